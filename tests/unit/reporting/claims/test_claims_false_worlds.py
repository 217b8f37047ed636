"""Worlds in which there is nothing to be found: dead searches, and noise. No claim may pass in them."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from claim_worlds import (
    RERUNS,
    A,
    World,
    dead_genotype,
    genotype,
    paper_grid,
    paper_world,
    proper,
    random_genotype,
)

from pipeline_src.config.grid import Grid
from pipeline_src.config.models import Config, SearchConfig
from pipeline_src.reporting.claims.chosen import NEEDED
from pipeline_src.reporting.claims.judge import OPTIONS, judge, search_beyond_the_paper
from pipeline_src.reporting.claims.statistics import ERROR

DECIDED = {"reproduced", "not reproduced"}


def test_where_every_search_is_dead_nothing_is_reproduced(tmp_path: Path) -> None:
    """All searches end with a cell each and zero everywhere, so they agree; every network scores alike."""
    world = World(paper_grid())
    generator = np.random.default_rng(0)
    for search in proper(world.grid):
        world.genotypes[search.name] = dead_genotype()
        world.top1[search.name] = 0.1
    for training in world.grid.trainings:
        world.miou[training.architecture.name, training.name] = 35.5 + float(generator.normal(0, 0.5))
    for architecture in world.grid.architectures:
        fast = architecture.search is not None
        world.fps[architecture.name, "cityscapes"] = 300.0 if fast else 100.0
        world.fps[architecture.name, "camvid"] = 300.0 if fast else 100.0
    claims = world.judged(tmp_path)
    assert {name for name, claim in claims.items() if claim.verdict in DECIDED} == set()
    for name in ("C1", "C4", "C5", "C11"):
        assert claims[name].verdict == "not testable here" and "is dead" in claims[name].reason, claims[name]
    for name in NEEDED:
        assert claims[name].verdict == "not testable here" and claims[name].n == 0


def test_a_dead_search_is_left_out_and_named(tmp_path: Path) -> None:
    world = paper_world()
    name = list(RERUNS)[5]
    world.genotypes[name] = dead_genotype()
    found = world.judged(tmp_path)
    for claim in ("C3", "C8"):
        assert found[claim].n == 5
        assert f"{name} is dead: nothing gets through hyper-cell 1, 2, 3" in found[claim].reason
        assert "zero edges 100, 100, 100 %" in found[claim].reason


@pytest.mark.parametrize("claim", ["C1", "C4", "C5", "C11", "C12"])
def test_a_network_that_pretraining_did_not_move_decides_nothing(claim: str, tmp_path: Path) -> None:
    """Its genotype looks alive, but 104 of 1000 right of 10 classes are no more than guessing."""
    world = paper_world()
    world.top1[A] = 0.104
    found = world.claim(claim, tmp_path)
    assert found.verdict == "not testable here"
    assert f"{A} is dead: its pretraining is not above chance" in found.reason
    assert "10.4 % of 1000 images, 10 classes" in found.reason


def test_searches_that_agree_no_more_than_their_null_found_nothing() -> None:
    world = paper_world()
    nulls = [one for one in world.grid.searches if one not in proper(world.grid)]
    for search in nulls:
        world.genotypes[search.name] = world.genotypes[A]
    found = world.imagined()
    for claim in NEEDED:
        assert found[claim].verdict == "undecided" and "null 1.00" in found[claim].reason, found[claim]


def test_searches_that_like_one_operation_everywhere_agree_on_nothing() -> None:
    """Dealt to other places, the same choices are as alike: the search does not tell places apart."""
    world = paper_world()
    cell = {"depth": 2, "reduction": ("conv3x3",) * 5, "normal": ("conv3x3",) * 5}
    for search in proper(world.grid):
        one = world.genotypes.get(search.name) or random_genotype(0)
        world.genotypes[search.name] = one.with_(hyper_cells=(cell, cell, cell))
    found = world.imagined()["C10d"]
    assert found.verdict == "undecided" and "dealt by chance 1.00, p = 1;" in found.reason


@pytest.mark.parametrize("depth", [1, 2])
def test_where_all_depths_are_one_or_two_no_claim_on_depth_is_testable(depth: int, tmp_path: Path) -> None:
    world = paper_world()
    for search in proper(world.grid):
        world.genotypes[search.name] = genotype((depth, 1, depth))
        world.depths[search.name] = depth
    found = world.judged(tmp_path)
    for claim in ("C3", "C7", "C8"):
        assert found[claim].verdict == "not testable here", found[claim]
        assert "searches that keep more are needed" in found[claim].reason


def _noise(grid: Grid, generator: np.random.Generator) -> World:
    """Every network equally good and fast, every search a draw: what is measured differs by chance alone.

    All accuracies are a point below what the paper reports of A on CamVid, so that C12 holds by chance, too.
    """
    world = World(grid, parameters=2_400_000, spread=0.04)
    for training in grid.trainings:
        world.miou[training.architecture.name, training.name] = 72.5 + float(generator.normal(0, 1))
    for speed in grid.speeds:
        world.fps[speed.architecture.name, speed.dataset] = 50.0 * float(generator.normal(1, 0.01))
    for search in grid.searches:
        world.genotypes[search.name] = random_genotype(int(generator.integers(2**31)), search.depths)
        settled = generator.integers(1, 100, size=3)
        world.settled[search.name] = (int(settled[0]), int(settled[1]), int(settled[2]))
    return world


@pytest.mark.parametrize(
    "draws",
    [40, pytest.param(1000, marks=pytest.mark.slow("90 processor seconds; 40 worlds are in make test"))],
    ids=["a few worlds", "a thousand worlds"],
)
def test_in_noise_at_most_one_world_in_twenty_has_a_verdict(draws: int) -> None:
    grid, generator = paper_grid(), np.random.default_rng(7)
    decided = [
        {name: claim.verdict for name, claim in _noise(grid, generator).imagined().items()}
        for _ in range(draws)
    ]
    wrong = [{name for name, verdict in world.items() if verdict in DECIDED} for world in decided]
    assert sum(map(bool, wrong)) <= ERROR * draws, Counter(name for names in wrong for name in names)
    testable = {name for world in decided for name, verdict in world.items() if verdict == "undecided"}
    assert testable == set(decided[0]), "noise that cannot be tested shows nothing"


def test_dilations_that_a_map_cannot_tell_apart_leave_c9_open(tmp_path: Path) -> None:
    for crop, decided in (((96, 128), False), ((192, 256), True)):
        config = paper_grid().config
        data = config.data.model_copy(
            update={
                name: getattr(config.data, name).model_copy(
                    update={"search_crop_height_px": crop[0], "search_crop_width_px": crop[1]}
                )
                for name in ("cityscapes", "camvid")
            }
        )
        world = paper_world(Grid(config.model_copy(update={"data": data})))
        found = world.claim("C9", tmp_path / str(crop[0]))
        assert found.verdict == ("reproduced" if decided else "not testable here")
        if not decided:
            assert "maps of 3x4" in found.reason
            assert "dilconv3x3_d4_x2 and dilconv3x3_d8_x2 are the same function" in found.reason


def test_holm_stands_beside_every_p_and_options_beside_every_claim(tmp_path: Path) -> None:
    claims = paper_world().judged(tmp_path)
    ps = sorted(claim.p_value for claim in claims.values() if claim.p_value is not None)
    smallest = min((c for c in claims.values() if c.p_value is not None), key=lambda one: one.p_value or 1)
    assert smallest.p_holm == pytest.approx(len(ps) * ps[0], rel=1e-5)
    for claim in claims.values():
        assert (claim.p_holm is None) == (claim.p_value is None)
        assert claim.p_holm is None or claim.p_value is None or claim.p_holm >= claim.p_value
        assert claim.settings == ()
    search = SearchConfig(level="bilevel", epochs=60)
    grid = Grid(Config(scale="paper", search=search))
    assert all(one.settings == ("search.level bilevel",) for one in judge(grid, tmp_path / "none"))
    assert "level" in OPTIONS and search_beyond_the_paper(SearchConfig()) == ()


def test_settings_of_table_5_that_are_one_network_count_once(tmp_path: Path) -> None:
    world = paper_world()
    world.genotypes["downsampling-3.5.8"] = world.genotypes["downsampling-1.5.10"]
    assert world.claim("C4", tmp_path).n == 3
