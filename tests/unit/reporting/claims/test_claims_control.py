"""A claim on accuracy is only reproduced where accuracy depends on the cells: A against its control (A29)."""

from __future__ import annotations

from pathlib import Path

import pytest
from claim_worlds import A, PeerGrid, World, paper_config, paper_world

from pipeline_src import places
from pipeline_src.config.rows import CONTROL
from pipeline_src.reporting.claims.control import HELD
from pipeline_src.reporting.claims.sources import claim_sources
from pipeline_src.space.genotype import Genotype


def _world(control: float | None) -> World:
    """The paper's world with a control that reaches so many percent; None: it was not trained."""
    config = paper_config()
    experiments = config.experiments.model_copy(update={"control": True})
    world = paper_world(PeerGrid(config.model_copy(update={"experiments": experiments}), ("ICNet",)))
    world.genotypes["control"] = world.genotypes[A].emptied()
    if control is None:
        world.without = lambda name: name == "control"
    else:
        world.miou["control", "cityscapes-train"] = control
    return world


def test_a_control_that_a_is_ahead_of_changes_nothing(tmp_path: Path) -> None:
    claims = _world(65.0).judged(tmp_path)
    assert {claim.verdict for claim in claims.values()} == {"reproduced"}


@pytest.mark.parametrize("control", [72.9, 80.0])
def test_where_nothing_of_accuracy_is_owed_to_the_cells_no_claim_on_it_is_reproduced(
    control: float, tmp_path: Path
) -> None:
    claims = _world(control).judged(tmp_path)
    assert {name for name, claim in claims.items() if claim.verdict == "undecided"} == HELD
    for name in HELD:
        assert f"A without hyper-cells 2 and 3 reaches {control:.1f} %" in claims[name].reason
        assert "accuracy may not depend on these cells" in claims[name].reason
        assert any(source.startswith("evaluate/control/") for source in claims[name].sources)


def test_a_control_that_was_not_trained_leaves_them_open(tmp_path: Path) -> None:
    claims = _world(None).judged(tmp_path)
    assert {name for name, claim in claims.items() if claim.verdict == "undecided"} == HELD
    assert all("must both be trained" in claims[name].reason for name in HELD)


def test_what_is_false_stays_false(tmp_path: Path) -> None:
    world = _world(80.0)
    world.miou["ICNet", "cityscapes-trainval"], world.fps["ICNet", "cityscapes"] = 76.0, 120.0
    assert world.claim("C1", tmp_path).verdict == "not reproduced"


def test_it_is_a_row_of_table_3_with_repeats_and_an_input_of_the_claims() -> None:
    grid = _world(70.0).grid
    (row,) = (one for one in grid.of_table("table_3") if one.label == CONTROL)
    assert [one.training.seed for one in row.val] == [None, 1, 2]
    assert {*map(places.evaluation, row.val)} <= {*claim_sources(grid)}
    plain = PeerGrid(paper_config(), ("ICNet",))
    assert CONTROL not in {one.label for one in plain.rows} and plain.control is None


def test_it_is_a_without_what_fills_its_last_two_hyper_cells() -> None:
    a: Genotype = paper_world().genotypes[A]
    control = a.emptied()
    assert control.depths == a.depths and control.hyper_cells[0] == a.hyper_cells[0]
    assert control.aggregation == a.aggregation and control.space == a.space
    edges = {name for cell in control.hyper_cells[1:] for name in (*cell.reduction, *cell.normal)}
    assert edges == {"zero"} and control.emptied() == control != a
