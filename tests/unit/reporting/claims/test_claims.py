"""Every claim in a world where it is true, in worlds where it is false, and with too few runs to tell."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from claim_worlds import (
    DECIDING,
    GAMMAS,
    RERUNS,
    A,
    B,
    World,
    genotype,
    paper_grid,
    paper_world,
    proper,
    set_random,
)
from fabricate import Folder

from pipeline_src.config.grid import Grid
from pipeline_src.config.models import Config, SpaceConfig
from pipeline_src.errors import UserError
from pipeline_src.reporting.claims.judge import judge
from pipeline_src.reporting.claims.operations import majority, majority_reason
from pipeline_src.reporting.claims.sources import claim_sources
from pipeline_src.reporting.claims.statistics import ERROR, LEVEL, share

IDS = tuple(f"C{number}" for number in range(1, 13))
CAMVID = [f"camvid-g{gamma:g}-s2-d5.10.10" for gamma in GAMMAS]
FURTHER = [name.replace("-s2-", f"-s{seed}-") for name in CAMVID for seed in (1, 3)]
Change = Callable[[World], object]


def test_the_papers_own_numbers_reproduce_every_claim(tmp_path: Path) -> None:
    claims = paper_world().judged(tmp_path)
    assert tuple(claims) == IDS
    assert {name: claim.verdict for name, claim in claims.items()} == dict.fromkeys(IDS, "reproduced")


def _faster_and_better_peer(world: World) -> None:
    world.miou["ICNet", "cityscapes-trainval"], world.fps["ICNet", "cityscapes"] = 76.0, 120.0


def _b_better_and_faster(world: World) -> None:
    world.fps[B, "cityscapes"] = 130.0


def _scattered_depths(world: World) -> None:
    scattered = [(1, 3, 9), (3, 6, 9), (1, 6, 6), (3, 3, 6), (1, 3, 6), (3, 6, 9)]
    for name, depths in zip(RERUNS, scattered, strict=True):
        world.genotypes[name] = genotype(depths)


def _gammas(miou: tuple[float, ...], fps: tuple[float, ...]) -> Change:
    def change(world: World) -> None:
        for name, accuracy, speed in zip(CAMVID, miou, fps, strict=True):
            for seed, step in ((2, 0.0), (1, 0.1), (3, -0.1)):
                run = name.replace("-s2-", f"-s{seed}-")
                world.miou[run, "camvid-train"], world.fps[run, "camvid"] = accuracy + step, speed + step

    return change


def _settle(*epochs: int) -> Change:
    def change(world: World) -> None:
        for number, search in enumerate(world.grid.searches):
            world.settled[search.name] = tuple(epoch + number for epoch in epochs)  # type: ignore[assignment]

    return change


def _every_search(**operations: str) -> Change:
    def change(world: World) -> None:
        for search in proper(world.grid):
            depths = RERUNS[search.name][0] if search.name in RERUNS else (2, 4, 6)
            world.genotypes[search.name] = genotype(depths, **operations)

    return change


def _camvid(a: float, b: float) -> Change:
    return lambda world: world.miou.update({(A, "camvid-train"): a, (B, "camvid-train"): b})


FALSE: list[tuple[str, Change]] = [
    ("C1", _faster_and_better_peer),
    ("C1", _b_better_and_faster),
    ("C2", lambda world: set_random(world, "matched", 80.0)),
    ("C3", _scattered_depths),
    ("C4", lambda world: world.miou.update({("downsampling-1.2.4", "cityscapes-train"): 76.0})),
    ("C5", lambda world: set_random(world, "aggregation-random", 75.0, 0.4)),
    ("C5", lambda world: set_random(world, "aggregation-random", 66.0, 0.4)),
    ("C6", _gammas((70.0, 71.0, 72.0, 73.0), (100.0, 110.0, 120.0, 130.0))),
    ("C6", _gammas((73.0, 72.0, 71.0, 70.0), (130.0, 120.0, 110.0, 100.0))),
    ("C7", _settle(60, 30, 40)),
    ("C8", lambda world: world.genotypes.update({A: genotype((3, 4, 6))})),
    ("C9", _every_search(deep="dilconv3x3_d8_x2")),
    ("C10", _every_search(early="sepconv3x3")),
    ("C10", _every_search(low="dilconv3x3_d2_x2", deep="conv3x3_x2")),
    ("C11", _camvid(60.0, 61.0)),
    ("C12", lambda world: setattr(world, "parameters", 2_560_000)),
    ("C12", _camvid(69.0, 74.2)),
]


@pytest.mark.parametrize(("claim", "change"), FALSE)
def test_a_false_claim_is_not_reproduced(claim: str, change: Change, tmp_path: Path) -> None:
    world = paper_world()
    change(world)
    found = world.claim(claim, tmp_path)
    assert found.verdict == "not reproduced", found


def _without(*names: str) -> Change:
    return lambda world: setattr(world, "without", lambda name: name.startswith(names))


def _spread(world: World) -> None:
    world.repeat = 6.0


def _leave_searches(count: int) -> Change:
    def change(world: World) -> None:
        left = {search.name for search in proper(world.grid)[:count]}
        searched = {search.name for search in proper(world.grid)}
        world.without = lambda name: name in searched - left

    return change


def _downsample_alike(world: World) -> None:
    for name in ("downsampling-1.5.10", "downsampling-3.5.8", "downsampling-1.2.4"):
        world.genotypes[name] = world.genotypes[A]


TOO_FEW: list[tuple[str, Change, str]] = [
    ("C1", _without("ICNet"), "No other system is measured here"),
    ("C1", _without(B), "A and B must both be measured"),
    ("C1", lambda world: world.device.update({B: "Another"}), "not timed on one device"),
    ("C2", _without(*(f"matched-{index}" for index in range(5, 10))), "6 of each are needed"),
    ("C2", _without("matched"), "searched and latency-matched random networks with a value"),
    ("C2", _leave_searches(1), "6 of each are needed"),
    ("C2", lambda world: set_random(world, "matched", 72.7), "networks on each side would settle it"),
    ("C3", _without(list(RERUNS)[5]), "6 runs are needed"),
    ("C3", _without(*list(RERUNS)[1:4]), "at least two of each"),
    ("C4", _spread, "trainings of each would tell them apart"),
    ("C4", _without("downsampling-1.5.10"), "one that is missing may be better"),
    ("C4", _without("downsampling"), "one that differs from it must be measured"),
    ("C4", _downsample_alike, "12 cells, is network A itself: a search that keeps more cells is needed"),
    ("C5", _without(*(f"aggregation-random-{index}" for index in range(2, 10))), "6 random cells are needed"),
    ("C5", lambda world: set_random(world, "aggregation-random", 71.4, 4.0), "would narrow both"),
    ("C5", _without("aggregation-none"), "None, random and searched cells must be measured"),
    ("C6", _without(CAMVID[1], *FURTHER), "more seeds of each (experiments.gamma_seeds) could"),
    ("C6", _gammas((72.0, 70.0, 73.0, 71.0), (100.0, 110.0, 120.0, 130.0)), "allows chance"),
    ("C7", _leave_searches(5), "6 could"),
    ("C7", _settle(30, 30, 30), "6 could"),
    ("C8", _without(list(RERUNS)[5]), "6 are needed"),
    ("C9", _leave_searches(5), "at least 6 searches are needed"),
    ("C10", _leave_searches(5), "at least 6 searches are needed"),
    ("C11", _without(CAMVID[1]), "must be judged on CamVid"),
    ("C11", _spread, "trainings of each would tell it from a loss of 1 point"),
    ("C12", _without(A), "A must be counted"),
    ("C12", _spread, "trainings of each would tell it from a loss of 1 point"),
]


@pytest.mark.parametrize(("claim", "change", "why"), TOO_FEW)
def test_too_few_runs_decide_nothing_and_say_how_many_would(
    claim: str, change: Change, why: str, tmp_path: Path
) -> None:
    world = paper_world()
    change(world)
    found = world.claim(claim, tmp_path)
    assert found.verdict == "undecided", found
    assert why in found.reason


def test_nothing_run_decides_nothing(any_grid: Grid, tmp_path: Path) -> None:
    claims = judge(any_grid, tmp_path)
    assert tuple(claim.id for claim in claims) == IDS
    for claim in claims:
        assert claim.verdict == "undecided" and claim.n == 0 and claim.sources == ()
        assert claim.reason and claim.paper and claim.test
        assert claim.interval is None and claim.p_value is None
        missing = "is missing" in claim.reason or "nothing was transferred" in claim.reason
        assert missing, claim


def test_every_file_that_a_claim_is_from_is_an_input_of_the_rule(any_grid: Grid, tmp_path: Path) -> None:
    claims = World(any_grid).judged(tmp_path)
    inputs = claim_sources(any_grid)
    assert len(inputs) == len(set(inputs))
    for claim in claims.values():
        assert set(claim.sources) <= set(inputs), claim.id
        assert claim.sources or claim.verdict == "undecided"
    for source in inputs:  # and nothing the tables or searches have is left out
        assert (tmp_path / source).exists(), source


def test_a_claim_says_what_it_rests_on(tmp_path: Path) -> None:
    for claim in paper_world().judged(tmp_path).values():
        assert claim.n > 0 and claim.ours and claim.sources and claim.scale == "paper"
        assert claim.level in (LEVEL, 1 - 2 * ERROR)
        assert "Reproduced" in claim.test or "reproduced" in claim.test or "Decided" in claim.test
        if claim.interval is not None:
            assert claim.interval[0] <= claim.interval[1] and claim.unit


def test_the_papers_evidence_is_read_from_its_tables(tmp_path: Path) -> None:
    paper = {claim.id: claim.paper for claim in judge(paper_grid(), tmp_path)}
    assert "72.2 % at 110.0 FPS, with 0 of 17 other systems" in paper["C1"]
    assert "72.9 % against 66.7±2.5 %" in paper["C2"]
    assert "seed 3 {5, 10, 10} -> {1, 4, 7}" in paper["C3"]
    assert "(1, 2, 4) 68.4 % at 125 FPS" in paper["C4"]
    assert "b) random aggregation cell 71.4 %" in paper["C5"]
    assert "gamma 0.05: 69.2 % at 232.1 FPS" in paper["C6"]
    assert "2 of 5, 4 of 10, 6 of 10 cells" in paper["C7"]
    assert "2, 2, 1, 2, 2, 1 cells" in paper["C8"]
    assert "AutoRTNet-A 73.5 %, searched on CamVid with the same gamma 70.2 %" in paper["C11"]
    assert "CAS, 71.2 %" in paper["C11"]
    assert "2.5 M parameters, 73.5 % mIoU" in paper["C12"]


@pytest.mark.parametrize(
    ("place", "text"),
    [
        (f"evaluate/{A}/cityscapes-train/val-768x1536.json", "{"),
        (f"speed/{A}/cityscapes-768x1536.json", "[]"),
        (f"search/{A}/genotype.json", '{"format": "other"}'),
        (f"search/{A}/log.csv", "epoch,argmax_depth_1\n1,2\n"),
    ],
)
def test_a_malformed_file_is_named(place: str, text: str, tmp_path: Path) -> None:
    world = paper_world()
    world.write(tmp_path)
    assert (tmp_path / place).exists()
    (tmp_path / place).write_text(text)
    with pytest.raises(UserError, match=A):
        judge(world.grid, tmp_path)


def test_where_test_labels_are_withheld_the_front_is_that_of_the_validation_split(tmp_path: Path) -> None:
    world = paper_world(Grid(Config(scale="paper")))
    world.write(tmp_path)
    found = {claim.id: claim for claim in judge(world.grid, tmp_path)}["C1"]
    assert found.ours.startswith("cityscapes test")
    for one in world.grid.evaluations:
        if one.split == "test" and one.training.dataset == "cityscapes":
            Folder(tmp_path).evaluation(one, None, labelled=False, last=None, best=None)
    found = {claim.id: claim for claim in judge(world.grid, tmp_path)}["C1"]
    assert found.ours.startswith("cityscapes val, Test Processor 9000: AutoRTNet-A 72.9 %")


def test_a_peer_of_another_device_is_no_rival(tmp_path: Path) -> None:
    world = paper_world()
    _faster_and_better_peer(world)
    world.device["ICNet"] = "Titan XP"
    found = world.claim("C1", tmp_path)
    assert found.verdict == "undecided" and "ICNet was measured on Titan XP" in found.reason


def test_where_a_and_b_were_searched_on_camvid_nothing_was_transferred(
    camvid_grid: Grid, tmp_path: Path
) -> None:
    found = World(camvid_grid).claim("C11", tmp_path)
    assert found.verdict == "undecided" and "nothing was transferred" in found.reason


def test_a_reduced_scale_does_not_judge_the_printed_accuracy(small_grid: Grid, tmp_path: Path) -> None:
    world = World(small_grid, parameters=2_000_000)
    found = world.claim("C12", tmp_path / "width")
    assert found.verdict == "undecided" and "scale paper is needed" in found.reason
    narrow = SpaceConfig(initial_channels=4)
    world.genotypes[small_grid.network_a.name] = genotype(space=narrow)
    found = world.claim("C12", tmp_path / "narrow")
    assert found.verdict == "undecided" and "another width" in found.reason
    world = World(small_grid, parameters=2_600_000)
    assert world.claim("C12", tmp_path / "large").verdict == "not reproduced"


def test_a_setting_with_the_searched_positions_is_no_rival(tmp_path: Path) -> None:
    world = paper_world()
    world.genotypes["downsampling-1.2.4"] = genotype()
    world.miou["downsampling-1.2.4", "cityscapes-train"] = 76.0
    found = world.claim("C4", tmp_path)
    assert found.verdict == "reproduced" and found.n == 3


def test_a_slower_setting_that_may_be_more_accurate_leaves_the_trade_off_open(tmp_path: Path) -> None:
    world = paper_world()
    world.miou["downsampling-3.5.8", "cityscapes-train"] = 76.0
    found = world.claim("C4", tmp_path)
    assert found.verdict == "undecided" and "Clearly faster than 3.5.8" in found.reason


def test_normal_cells_that_are_not_kept_do_not_count(tmp_path: Path) -> None:
    world = paper_world()
    for search in proper(world.grid):
        cells = list(genotype((1, 4, 6)).model_dump()["hyper_cells"])
        cells[0] |= {"normal": ("sepconv3x3",) * 5, "reduction": ("conv3x3",) * 3 + ("skip",) * 2}
        world.genotypes[search.name] = genotype((1, 4, 6), hyper_cells=cells)
    assert world.claim("C10", tmp_path / "one").verdict == "reproduced"
    for name in [search.name for search in proper(world.grid)]:
        one = world.genotypes[name]
        if one.depths == (1, 4, 6):
            cells = list(one.model_dump()["hyper_cells"])
            cells[0]["depth"] = 2
            world.genotypes[name] = one.with_(hyper_cells=cells)
    assert world.claim("C10", tmp_path / "two").verdict == "not reproduced"


def test_random_networks_of_any_latency_are_told_and_do_not_decide(tmp_path: Path) -> None:
    world = paper_world()
    found = world.claim("C2", tmp_path / "with")
    assert (
        "Random networks of any latency, which do not decide: 66.7±2.5 % (n = 10), p = 0.00025"
        in found.reason
    )
    assert "any latency" not in found.ours and found.ours.endswith(" points.")
    set_random(world, "random", 90.0)
    changed = world.claim("C2", tmp_path / "other")
    assert (changed.verdict, changed.p_value) == (found.verdict, found.p_value)
    world.without = lambda name: name.startswith("random")
    assert "which do not decide: not measured." in world.claim("C2", tmp_path / "none").reason


@pytest.mark.parametrize("claim", ["C1", "C4", "C5", "C11", "C12"])
def test_without_repeats_of_training_nothing_that_needs_their_spread_is_decided(
    claim: str, tmp_path: Path
) -> None:
    changes = {"training_seeds": 0}
    grid = Grid(Config(scale="paper", experiments=DECIDING.model_copy(update=changes)))
    found = paper_world(grid).claim(claim, tmp_path)
    assert found.verdict == "undecided" and "experiments.training_seeds" in found.reason, found


@pytest.mark.parametrize("claim", ["C3", "C7", "C8", "C9", "C10"])
def test_without_nulls_nothing_that_searches_choose_is_judged(claim: str, tmp_path: Path) -> None:
    changes = {"null_seeds": ()}
    grid = Grid(Config(scale="paper", experiments=DECIDING.model_copy(update=changes)))
    found = paper_world(grid).claim(claim, tmp_path)
    assert found.verdict == "undecided" and "experiments.null_seeds must ask for two" in found.reason, found


@pytest.mark.parametrize("claim", ["C3", "C7", "C8", "C9", "C10"])
def test_nulls_that_were_asked_for_and_have_not_ended_are_not_asked_for_again(
    claim: str, tmp_path: Path
) -> None:
    world = paper_world()
    own = {search.name for search in proper(world.grid)}
    nulls = {search.name for search in world.grid.searches} - own
    world.without = nulls.__contains__
    found = world.claim(claim, tmp_path)
    assert found.verdict == "undecided" and "two of its nulls must have ended" in found.reason, found


def test_more_than_chance_but_not_the_rule_is_said() -> None:
    some, none = share(4, 20, 1 / 25), share(0, 20, 1 / 25)
    assert majority(some) == "not reproduced"
    assert majority_reason(some).endswith(": more often than by chance (p = 0.0074), but not the rule.")
    assert majority_reason(none) == "0 of 20, the true share 0.00 to 0.17."
