"""Every claim in a world where it is true, in worlds where it is false, and with too few runs to tell."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from itertools import combinations
from math import comb
from pathlib import Path

import pytest
from claim_worlds import (
    DECIDING,
    GAMMAS,
    IDS,
    RERUNS,
    A,
    B,
    PeerGrid,
    World,
    genotype,
    paper_grid,
    paper_world,
    proper,
    set_random,
)
from fabricate import Folder

from pipeline_src import places
from pipeline_src.config.grid import Grid
from pipeline_src.config.load import resolve
from pipeline_src.config.models import Config, SpaceConfig
from pipeline_src.errors import UserError
from pipeline_src.reporting.claims.chosen import NEEDED
from pipeline_src.reporting.claims.fronts import NAMED
from pipeline_src.reporting.claims.judge import judge
from pipeline_src.reporting.claims.sources import claim_sources
from pipeline_src.reporting.claims.statistics import LEVEL

SCALES = Path(__file__).resolve().parents[4] / "workflow" / "scales"
CAMVID = [f"camvid-g{gamma:g}-s2-d5.10.10" for gamma in GAMMAS]
FURTHER = [name.replace("-s2-", f"-s{seed}-") for name in CAMVID for seed in (1, 3)]
Change = Callable[[World], object]


def test_the_papers_own_numbers_reproduce_every_claim(tmp_path: Path) -> None:
    claims = paper_world().judged(tmp_path)
    assert tuple(claims) == IDS
    assert {name: claim.verdict for name, claim in claims.items()} == dict.fromkeys(IDS, "reproduced")


def _peer(miou: float, fps: float) -> Change:
    def change(world: World) -> None:
        world.miou["ICNet", "cityscapes-trainval"], world.fps["ICNet", "cityscapes"] = miou, fps

    return change


def _scattered_depths(world: World) -> None:
    """Searches end far apart, and searches without a weight of latency all alike."""
    scattered = [(1, 1, 10), (5, 10, 1), (1, 10, 10), (5, 1, 1), (1, 10, 1), (5, 1, 10)]
    for name, depths in zip(RERUNS, scattered, strict=True):
        world.genotypes[name] = genotype(depths)
    for search in world.grid.searches:
        if search.gamma == 0:
            world.genotypes[search.name] = genotype((2, 5, 5))


def _reversed_aggregation(world: World) -> None:
    world.miou["aggregation-none", "cityscapes-train"] = 76.0
    set_random(world, "aggregation-random", 74.5, 0.3)


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
    ("C1", _peer(76.0, 37.7)),
    ("C1", _peer(69.5, 120.0)),
    ("C2", lambda world: set_random(world, "matched", 80.0)),
    ("C3", _scattered_depths),
    ("C4", lambda world: world.miou.update({("downsampling-1.2.4", "cityscapes-train"): 76.0})),
    ("C5", _reversed_aggregation),
    ("C6a", _gammas((73.0, 72.0, 71.0, 70.0), (130.0, 120.0, 110.0, 100.0))),
    ("C6b", _gammas((70.0, 71.0, 72.0, 73.0), (100.0, 110.0, 120.0, 130.0))),
    ("C7", _settle(60, 30, 40)),
    ("C8", lambda world: world.genotypes.update({A: genotype((3, 4, 6))})),
    ("C9", _every_search(deep="dilconv3x3_d8_x2")),
    ("C10b", _every_search(low="dilconv3x3_d2_x2", deep="conv3x3_x2")),
    ("C10c", _every_search(deep="conv3x3_x2")),
    ("C10d", _every_search(early="sepconv3x3")),
    ("C11", _camvid(60.0, 61.0)),
    ("C12", lambda world: setattr(world, "parameters", 2_560_000)),
    ("C12", _camvid(69.0, 74.2)),
]


@pytest.mark.parametrize(("claim", "change"), FALSE)
def test_a_false_claim_is_not_reproduced(claim: str, change: Change) -> None:
    world = paper_world()
    change(world)
    found = world.imagined()[claim]
    assert found.verdict == "not reproduced", found


def test_where_choosing_the_opposite_is_rare_more_searches_show_it() -> None:
    """By chance 0.84 of searches do not choose plain convolutions at x1, so 19 that do not show nothing."""
    few, many = paper_world(), paper_world(PeerGrid(_with(gamma_seeds=(1, 3, 4, 5, 6, 7)), NAMED))
    for world, verdict in ((few, "undecided"), (many, "not reproduced")):
        _every_search(low="dilconv3x3_d2_x2", deep="dilconv3x3_d4_x2")(world)
        assert world.imagined()["C10a"].verdict == verdict


def test_every_claim_comes_out_either_way() -> None:
    assert {claim for claim, _ in FALSE} | {"C10a"} == set(IDS)


def test_a_world_without_files_is_the_same_world(tmp_path: Path) -> None:
    world = paper_world()
    written, imagined = world.judged(tmp_path), world.imagined()
    assert [replace(one, sources=()) for one in written.values()] == [
        replace(one, sources=()) for one in imagined.values()
    ]


def _with(**changes: object) -> Config:
    return Config(scale="paper", experiments=DECIDING.model_copy(update=changes))


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


def _matched_at(fps: float) -> Change:
    return lambda world: world.fps.update({(f"matched-{index}", "cityscapes"): fps for index in range(10)})


def _downsample_alike(world: World) -> None:
    for name in ("downsampling-1.5.10", "downsampling-3.5.8", "downsampling-1.2.4"):
        world.genotypes[name] = world.genotypes[A]


TOO_FEW: list[tuple[str, Change, str]] = [
    ("C1", _without("ICNet"), "must be measured on one split (experiments.peers): A and ENet are"),
    ("C1", _without(A), "A, ENet and ICNet must be measured"),
    ("C2", _without("matched", "random"), "networks matched to each are needed"),
    ("C2", _matched_at(60.0), "networks matched to each are needed"),
    ("C3", _without(*list(RERUNS)[1:4]), "at least two of each"),
    ("C4", _without("downsampling-1.5.10"), "Every setting must be measured"),
    ("C4", _downsample_alike, "12 cells, is network A itself: a search that keeps more cells is needed"),
    ("C5", _without(*(f"aggregation-random-{index}" for index in range(2, 10))), "6 random cells are needed"),
    ("C5", _without("aggregation-none"), "None, random and searched cells must be measured"),
    ("C6a", _without(CAMVID[1], *FURTHER), "more seeds of each (experiments.gamma_seeds) could"),
    ("C7", _leave_searches(5), "searches that keep more are needed, 6 with a lead or a lag"),
    ("C7", _settle(30, 30, 30), "6 with a lead or a lag (here 0)"),
    ("C8", _without(*list(RERUNS)[4:]), "searches that keep more are needed, 5 at least"),
    ("C9", _leave_searches(5), "At least 6 live searches"),
    ("C10a", _leave_searches(5), "At least 6 live searches"),
    ("C11", _without(CAMVID[1]), "must be judged on CamVid"),
    ("C11", _without("matched", "random"), "and what C2 needs"),
    ("C12", _without(A), "A must be counted"),
]


@pytest.mark.parametrize(("claim", "change", "why"), TOO_FEW)
def test_what_cannot_be_tested_says_what_is_needed(
    claim: str, change: Change, why: str, tmp_path: Path
) -> None:
    world = paper_world()
    change(world)
    found = world.claim(claim, tmp_path)
    assert (found.verdict, found.p_value) == ("not testable here", None), found
    assert why in found.reason


OPEN: list[tuple[str, Change, str]] = [
    ("C1", _spread, "times as many training runs would tell them apart"),
    ("C2", lambda world: set_random(world, "matched", 72.7), "times as many networks would tell"),
    ("C4", _spread, "times as many training runs would tell them apart"),
    ("C5", lambda world: set_random(world, "aggregation-random", 71.4, 4.0), "would narrow it"),
    (
        "C6b",
        _gammas((72.0, 70.0, 73.0, 71.0), (100.0, 110.0, 120.0, 130.0)),
        "more seeds of each, would tell",
    ),
    ("C11", _spread, "times as many training runs would tell it from a loss of 1 point"),
    ("C12", _spread, "times as many training runs would tell it from a loss of 1 point"),
]


@pytest.mark.parametrize(("claim", "change", "why"), OPEN)
def test_too_few_runs_decide_nothing_and_say_how_many_would(claim: str, change: Change, why: str) -> None:
    world = paper_world()
    change(world)
    found = world.imagined()[claim]
    assert found.verdict == "undecided" and found.p_value is not None, found
    assert why in found.reason


def test_an_uncorrected_p_alone_is_suggestive() -> None:
    """Searched networks are ahead of random ones with a p that passes alone, and not as one of many."""
    world = paper_world()
    _spread(world)
    for index in range(10):
        world.miou[f"matched-{index}", "cityscapes-train"] = 72.05 + 0.1 * index
    claims = world.imagined()
    found = claims["C2"]
    family = sum(claim.p_value is not None for claim in claims.values())
    assert found.p_value is not None and found.p_holm is not None
    assert found.p_value <= 0.05 < found.p_holm
    assert (found.verdict, found.verdict_words) == ("undecided", "undecided (suggestive)")
    assert f"Corrected for the {family} claims that are testable here" in found.reason


def test_nothing_run_decides_nothing(any_grid: Grid, tmp_path: Path) -> None:
    claims = judge(any_grid, tmp_path)
    assert tuple(claim.id for claim in claims) == IDS
    for claim in claims:
        assert claim.verdict == "not testable here" and claim.n == 0 and claim.sources == ()
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
        assert claim.sources or claim.verdict == "not testable here"
    for source in inputs:  # and nothing the tables or searches have is left out
        assert (tmp_path / source).exists(), source


def test_a_claim_says_what_it_rests_on(tmp_path: Path) -> None:
    for claim in paper_world().judged(tmp_path).values():
        assert claim.n > 0 and claim.ours and claim.sources and claim.scale == "paper"
        assert claim.level == LEVEL and claim.test
        if claim.interval is not None:
            assert claim.interval[0] <= claim.interval[1] and claim.unit
            if claim.paper_effect is not None:
                assert "which contains the paper's" in claim.interval_words


def test_the_papers_evidence_is_read_from_its_tables(tmp_path: Path) -> None:
    paper = {claim.id: claim.paper for claim in judge(paper_grid(), tmp_path)}
    assert "AutoRTNet-A 72.2 % at 110.0 FPS; ENet 58.3 % at 78.4 FPS; ICNet 69.5 % at 37.7 FPS" in paper["C1"]
    assert "72.9 % against 66.7±2.5 %" in paper["C2"]
    assert "seed 3 {5, 10, 10} -> {1, 4, 7}" in paper["C3"]
    assert "(1, 2, 4) 68.4 % at 125 FPS" in paper["C4"]
    assert "b) random aggregation cell 71.4 %" in paper["C5"]
    assert "gamma 0.05: 232.1 FPS" in paper["C6a"] and "gamma 0.05: 69.2 %" in paper["C6b"]
    assert "2 of 5, 4 of 10, 6 of 10 cells" in paper["C7"]
    assert "2, 2, 1, 2, 2, 1 cells" in paper["C8"]
    assert "AutoRTNet-A 73.5 %, searched on CamVid with the same gamma 70.2 %" in paper["C11"]
    assert "CAS, 71.2 %" in paper["C11"]
    assert "2.5 M parameters, 73.5 % mIoU" in paper["C12"]


@pytest.mark.parametrize(
    ("place", "text"),
    [
        (f"evaluate/{A}/cityscapes-train/val-768x1536.json", "{"),
        (places.SPEEDS, "[]"),
        (f"search/{A}/genotype.json", '{"format": "other"}'),
        (f"search/{A}/log.csv", "epoch,argmax_depth_1\n1,2\n"),
    ],
)
def test_a_malformed_file_is_named(place: str, text: str, tmp_path: Path) -> None:
    world = paper_world()
    world.write(tmp_path)
    assert (tmp_path / place).exists()
    (tmp_path / place).write_text(text)
    with pytest.raises(UserError, match=re.escape(place)):
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


def test_where_a_and_b_were_searched_on_camvid_nothing_was_transferred(
    camvid_grid: Grid, tmp_path: Path
) -> None:
    found = World(camvid_grid).claim("C11", tmp_path)
    assert found.verdict == "not testable here" and "nothing was transferred" in found.reason


def test_a_reduced_scale_does_not_judge_the_printed_accuracy(small_grid: Grid, tmp_path: Path) -> None:
    world = World(small_grid, parameters=2_000_000)
    found = world.claim("C12", tmp_path / "width")
    assert found.verdict == "not testable here" and "scale paper is needed" in found.reason
    narrow = SpaceConfig(initial_channels=4)
    world.genotypes[small_grid.network_a.name] = genotype(space=narrow)
    found = world.claim("C12", tmp_path / "narrow")
    assert found.verdict == "not testable here" and "another width" in found.reason
    world = World(small_grid, parameters=2_600_000)
    assert world.claim("C12", tmp_path / "large").verdict == "not reproduced"


def test_a_setting_with_the_searched_positions_is_no_rival() -> None:
    world = paper_world()
    world.genotypes["downsampling-1.2.4"] = genotype()
    world.miou["downsampling-1.2.4", "cityscapes-train"] = 76.0
    found = world.imagined()["C4"]
    assert found.verdict == "reproduced" and found.n == 3


def test_a_slower_setting_that_may_be_more_accurate_leaves_the_trade_off_open() -> None:
    world = paper_world()
    world.miou["downsampling-3.5.8", "cityscapes-train"] = 76.0
    found = world.imagined()["C4"]
    assert found.verdict == "undecided"
    assert "hyper-cell is clearly faster than 3.5.8 and 3.10 points less accurate" in found.reason


def test_normal_cells_that_are_not_kept_do_not_count() -> None:
    world = paper_world()
    for search in proper(world.grid):
        cells = list(genotype((1, 4, 6)).model_dump()["hyper_cells"])
        cells[0] |= {"normal": ("sepconv3x3",) * 5, "reduction": ("conv3x3",) * 3 + ("skip",) * 2}
        world.genotypes[search.name] = genotype((1, 4, 6), hyper_cells=cells)
    assert world.imagined()["C10d"].verdict == "reproduced"
    for name in [search.name for search in proper(world.grid)]:
        one = world.genotypes[name]
        if one.depths == (1, 4, 6):
            cells = list(one.model_dump()["hyper_cells"])
            cells[0]["depth"] = 2
            world.genotypes[name] = one.with_(hyper_cells=cells)
    assert world.imagined()["C10d"].verdict == "not reproduced"


def test_networks_of_other_latencies_do_not_decide_c2() -> None:
    world = paper_world()
    found = world.imagined()["C2"]
    assert found.n == 15 and "without a random one of their latency: 9.7 ms" in found.ours
    text = "Random networks of any latency, as in the paper: 66.7±2.5 % (n = 10), p = 0.00025"
    assert any(note.startswith(text) for note in found.notes)
    set_random(world, "random", 90.0)
    changed = world.imagined()["C2"]
    assert (changed.verdict, changed.p_value) == (found.verdict, found.p_value)


def test_networks_are_compared_with_those_of_their_own_latency() -> None:
    """Slow searched networks beat fast random ones; within blocks of equal latency they lose."""
    world = paper_world()
    slow = {A: 50.0, **{name: 50.0 + number for number, name in enumerate(list(RERUNS)[1:3])}}
    for number, name in enumerate(RERUNS):
        world.fps[name, "cityscapes"] = slow.get(name, 100.0 + number)
        world.miou[name, "cityscapes-train"] = 80.0 + number if name in slow else 60.0 + number
    for index in range(10):
        world.fps[f"matched-{index}", "cityscapes"] = 51.0 if index < 4 else 102.0
        world.miou[f"matched-{index}", "cityscapes-train"] = (90.0 if index < 4 else 66.0) + 0.1 * index
    for index in range(10):
        world.fps[f"random-{index}", "cityscapes"] = 20.0
    found = world.imagined()["C2"]
    assert found.interval is not None and found.interval[1] < 0
    assert found.verdict == "not reproduced" and "in 2 blocks of equal latency" in found.ours
    assert found.p_value == pytest.approx(2 / (35 * 84), rel=1e-5)


def test_random_search_at_the_cost_of_a_search_is_next_to_c2() -> None:
    world = paper_world()
    values = [world.miou[f"matched-{index}", "cityscapes-train"] for index in range(10)]
    best = sum(max(three) for three in combinations(values, 3)) / comb(10, 3)
    (note,) = (one for one in world.imagined()["C2"].notes if one.startswith("Compute-matched"))
    assert f"{best:.1f} % (latency-matched, n = 10)" in note and "72.8±0.2 % (n = 6)" in note


def test_one_system_that_is_slower_or_less_accurate_is_not_enough() -> None:
    world = paper_world()
    _peer(72.2, 37.7)(world)
    assert world.imagined()["C1"].verdict == "undecided"
    world = paper_world()
    world.fps["ENet", "cityscapes"] = 109.99
    world.spread = 0.04
    assert world.imagined()["C1"].verdict == "undecided", "as fast is not faster"


@pytest.mark.parametrize("claim", ["C1", "C4", "C5", "C11", "C12"])
def test_without_repeats_of_training_nothing_that_needs_their_spread_is_testable(claim: str) -> None:
    found = paper_world(PeerGrid(_with(training_seeds=0), NAMED)).imagined()[claim]
    assert found.verdict == "not testable here" and "experiments.training_seeds" in found.reason, found


@pytest.mark.parametrize(
    ("claim", "seeds"), [*((claim, (1,)) for claim in NEEDED), ("C3", (1, 2)), ("C9", ())]
)
def test_without_nulls_nothing_that_searches_choose_is_testable(claim: str, seeds: tuple[int, ...]) -> None:
    found = paper_world(PeerGrid(_with(null_seeds=seeds), NAMED)).imagined()[claim]
    assert found.verdict == "not testable here" and "experiments.null_seeds" in found.reason, found


def test_parts_that_were_chosen_afterwards_say_so() -> None:
    claims = paper_world().imagined()
    marked = {name for name, claim in claims.items() if any("was chosen after" in one for one in claim.notes)}
    assert marked == {"C10a", "C10b", "C10c", "C10d"}


def test_c9_names_the_maps_where_they_are_not_the_papers() -> None:
    assert "feature maps" not in paper_world().imagined()["C9"].sentence
    published = resolve({"scale": "camvid"}, SCALES)
    claims = {claim.id: claim for claim in judge(Grid(published), Path("none"))}
    assert claims["C9"].sentence.endswith(
        "dilation 4, on feature maps of 6x8 pixels, where the paper's search has about 12x24."
    )
