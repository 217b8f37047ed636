"""How alike searches choose, next to the claims that rest on it. [no torch]"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path

from pipeline_src.errors import UserError
from pipeline_src.reporting.claims.chosen import NEEDED
from pipeline_src.reporting.tables.conditions import set_title
from pipeline_src.spreadsheets import unguarded

CHOICES = {
    "cells": "operations of cells",
    "aggregation": "operations of the aggregation cell",
    "depths": "numbers of cells",
}
_NUMBERS = ("searches", "nulls", "observed", "uniform", "p_uniform", "marginal", "p_marginal")


@dataclass(frozen=True)
class AgreementView:
    """One line: a group of searches (data set, gamma) and one kind of choice.

    Attributes:
        choice, claims: in plain words, and the claims that need it.
        n: number of searches.
        observed: how alike they choose, as percent.
        chance, null: the larger of the two chances, and the null searches, each with the p of more.
        verdict: what follows.
    """

    dataset: str
    gamma: str
    choice: str
    claims: str
    n: str
    observed: str
    chance: str
    null: str
    verdict: str


def read_agreements(path: Path) -> tuple[AgreementView, ...]:
    """The lines of `agreement.csv`; none where it is not there.

    Raises:
        UserError: it is not such a file.
    """
    if not path.is_file():
        return ()
    try:
        with path.open(encoding="utf-8", newline="") as stream:
            return tuple(_view(line) for line in csv.DictReader(stream))
    except (OSError, ValueError, KeyError, TypeError, csv.Error) as error:
        raise UserError(
            path, f"is not a file of agreement ({error}).", "Delete it and run judge-claims again."
        ) from error


def _view(line: dict[str, str]) -> AgreementView:
    number = {name: float(line[name]) for name in _NUMBERS}
    choice = line["choice"]
    # Both chances must be beaten: the one that is harder to beat is told.
    hardest = max(("uniform", "marginal"), key=lambda name: number[f"p_{name}"])
    null = "no null"
    if line["null"]:
        nulls = int(number["nulls"])
        null = f"{_percent(float(line['null']))} (n = {nulls}), p = {float(line['p_null']):.2g}"
    return AgreementView(
        dataset=set_title(line["dataset"]),
        gamma=unguarded(line["gamma"]),
        choice=CHOICES[choice],
        claims=", ".join(claim for claim, needed in NEEDED.items() if choice == needed),
        n=str(int(number["searches"])),
        observed=_percent(number["observed"]),
        chance=f"{_percent(number[hardest])}, p = {number[f'p_{hardest}']:.2g}",
        null=null,
        verdict=_verdict(line),
    )


def _percent(share: float) -> str:
    return f"{100 * share:.0f} %"


def _verdict(line: dict[str, str]) -> str:
    if line["beyond_chance"] != "True":
        return "no more alike than chance"
    if not line["null"]:
        return "more alike than chance; no null to compare with"
    if line["beyond_null"] != "True":
        return "no more alike than null searches"
    return "found: more alike than chance and null"
