"""What was measured for a claim is told in one sentence that a colleague would say."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from claim_worlds import A, genotype, paper_world

WHOLE = {
    "C3": "In six live searches the farthest hyper-cell ended 0.33 cells from the median, on average.",
    "C8": "All six informative searches kept at most two cells (2, 2, 1, 2, 2, 1).",
}
ALONE = {
    "C3": "The only live search kept {2, 4, 6} cells.",
    "C8": "The only informative search kept 2 cells; five are needed.",
    "C9": "In 1 of 1 live searches all edges that leave x3 have dilation 4.",
}


def _only_a(name: str) -> bool:
    return re.match(r"(cityscapes|camvid)-g", name) is not None and name != A


def test_a_whole_run_is_told_in_one_sentence(tmp_path: Path) -> None:
    told = {name: claim.ours for name, claim in paper_world().judged(tmp_path).items()}
    assert {name: told[name] for name in WHOLE} == WHOLE
    for name in ("C9", "C10a", "C10b", "C10c", "C10d"):
        assert re.match(r"In (\d+) of \1 live searches ", told[name]), told[name]


def test_one_search_is_told_with_how_many_are_needed(tmp_path: Path) -> None:
    world = paper_world()
    world.without = _only_a
    told = {name: claim.ours for name, claim in world.judged(tmp_path).items()}
    assert {name: told[name] for name in ALONE} == ALONE


def test_a_search_that_breaks_the_bound_and_one_that_could_not(tmp_path: Path) -> None:
    world = paper_world()
    world.without = _only_a
    world.genotypes[A] = genotype((3, 4, 6), early="skip", deep="conv1x1_x2")
    told = {name: claim.ours for name, claim in world.judged(tmp_path).items()}
    assert told["C8"] == "The only informative search kept 3 cells; five are needed."
    assert told["C9"].startswith("In 0 of 1 live searches") and told["C10d"].startswith("In 0 of 1")


@pytest.mark.parametrize("claim", ["C3", "C7", "C8", "C9"])
def test_the_evidence_is_one_short_sentence(claim: str, tmp_path: Path) -> None:
    told = paper_world().claim(claim, tmp_path).ours
    assert re.fullmatch(r"[A-Z][^.;]*(\d\.\d+[^.;]*)?(; \w+ are needed)?\.", told), told
    assert len(told.split()) <= 40
