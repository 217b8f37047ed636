"""A against its ablated control (A29): a finding of its own that decides no claim."""

from __future__ import annotations

from pathlib import Path

import pytest
from claim_worlds import A, PeerGrid, World, paper_config, paper_world

from pipeline_src import places
from pipeline_src.config.rows import CONTROL
from pipeline_src.reporting.claims.fronts import NAMED
from pipeline_src.reporting.claims.sources import claim_sources
from pipeline_src.space.genotype import Genotype


def _world(control: float | None) -> World:
    """The paper's world with a control that reaches so many percent; None: it was not trained."""
    config = paper_config()
    experiments = config.experiments.model_copy(update={"control": True})
    world = paper_world(PeerGrid(config.model_copy(update={"experiments": experiments}), NAMED))
    world.genotypes["control"] = world.genotypes[A].emptied()
    if control is None:
        world.without = lambda name: name == "control"
    else:
        world.miou["control", "cityscapes-train"] = control
    return world


@pytest.mark.parametrize(
    ("control", "meaning"),
    [
        (65.0, "so accuracy depends on these cells."),
        (72.9, "so accuracy is not shown to depend on these cells, which add less than 0.3."),
        (80.0, "so A is less accurate with these cells."),
    ],
)
def test_the_control_is_a_finding_of_its_own_and_decides_nothing(control: float, meaning: str) -> None:
    plain = paper_world().imagined()
    claims = _world(control).imagined()
    assert {name: claim.verdict for name, claim in claims.items()} == dict.fromkeys(plain, "reproduced")
    for name, claim in claims.items():
        notes = [note for note in claim.notes if note.startswith("Control")]
        assert len(notes) == (name in ("C2", "C6b"))
        if notes:
            assert f"A without hyper-cells 2 and 3 reaches {control:.1f} %" in notes[0]
            assert notes[0].endswith(meaning)
            assert any(source.startswith("evaluate/control/") for source in claim.sources)


def test_a_control_that_was_not_trained_is_named(tmp_path: Path) -> None:
    claims = _world(None).judged(tmp_path)
    assert {claim.verdict for claim in claims.values()} == {"reproduced"}
    assert "is not trained" in claims["C2"].notes[0]


def test_it_is_a_row_of_table_3_with_repeats_and_an_input_of_the_claims() -> None:
    grid = _world(70.0).grid
    (row,) = (one for one in grid.of_table("table_3") if one.label == CONTROL)
    assert [one.training.seed for one in row.val] == [None, 1, 2]
    assert {*map(places.evaluation, row.val)} <= {*claim_sources(grid)}
    plain = PeerGrid(paper_config(), NAMED)
    assert CONTROL not in {one.label for one in plain.rows} and plain.control is None


def test_it_is_a_without_what_fills_its_last_two_hyper_cells() -> None:
    a: Genotype = paper_world().genotypes[A]
    control = a.emptied()
    assert control.depths == a.depths and control.hyper_cells[0] == a.hyper_cells[0]
    assert control.aggregation == a.aggregation and control.space == a.space
    edges = {name for cell in control.hyper_cells[1:] for name in (*cell.reduction, *cell.normal)}
    assert edges == {"zero"} and control.emptied() == control != a
