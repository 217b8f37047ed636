"""Whether searches choose alike: what every claim about their choices rests on, and agreement.csv."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path

from pipeline_src.artifacts import write_text
from pipeline_src.config.rows import NULL_LATENCY, NULL_SIGNS
from pipeline_src.config.runs import Search, gamma_text
from pipeline_src.reporting.claims.agreement import CHOICES, Agreement, Choice, agreement
from pipeline_src.reporting.claims.evidence import Evidence, Searched
from pipeline_src.reporting.claims.statistics import ERROR
from pipeline_src.spreadsheets import guarded

NULL_OF: dict[Choice, str] = {"cells": NULL_SIGNS, "aggregation": NULL_SIGNS, "depths": NULL_LATENCY}
"""The null that lacks what decides a choice: random signs leave beta, and with it the depths, as they are."""
NEEDED: dict[str, Choice] = {
    "C3": "depths",
    "C7": "depths",
    "C8": "depths",
    "C9": "aggregation",
    "C10a": "aggregation",
    "C10b": "aggregation",
    "C10c": "aggregation",
    "C10d": "cells",
}
"""The choice that a claim is about: its p value is at least that of searches making it alike."""
TABLE = "table_4"
"""The searches of network A's kind: alike but for seed and initial depths."""
AGREEMENT_RULE = (
    "The p value is at least that of the searches of Table 4 choosing alike, more than by chance and more"
    " than null searches (agreement.csv)."
)


def agreement_for(evidence: Evidence, claim: str) -> tuple[Agreement | None, str]:
    """How alike the searches of A's kind choose what a claim is about; None and why, where it is unknown."""
    choice = NEEDED[claim]
    if choice not in evidence.agreed:
        own, nulls = evidence.searched(TABLE)[0], evidence.nulls(NULL_OF[choice])
        evidence.agreed[choice] = agreement(own, nulls, choice)
    found: Agreement | None = evidence.agreed[choice]
    if found is None:
        return None, f"Whether searches agree on {choice} is unknown: two live searches are needed."
    sides = 2 if claim == "C3" else 1  # C3 is about the agreement itself, either way
    if found.p_null is None or sides * found.smallest_p > ERROR:
        return None, (
            f"{found.searches} searches and {found.nulls} null searches cannot show that searches choose"
            f" {choice} more alike than null searches: more of these are needed (experiments.null_seeds)."
        )
    return found, ""


def write_agreements(evidence: Evidence, path: Path) -> None:
    """Write `agreements` as UTF-8 CSV, a line for each group of searches and kind of choice."""
    names = ["dataset", "gamma", *(field.name for field in fields(Agreement)), "beyond_chance", "beyond_null"]
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(names)
    for dataset, gamma, found in agreements(evidence):
        values = [getattr(found, name) for name in names[2:]]
        writer.writerow([dataset, gamma_text(gamma), *map(_cell, values)])
    write_text(path, stream.getvalue())


def _cell(value: object) -> str:
    if value is None:
        return ""
    return f"{value:.6g}" if isinstance(value, float) and value != 1 else guarded(str(value))


def groups(evidence: Evidence) -> dict[tuple[str, float], tuple[Searched, ...]]:
    """The ended searches, dead or not, by data set and gamma; nulls of random signs are not among them."""
    found: dict[tuple[str, float], list[Searched]] = {}
    for one in evidence.ended(evidence.grid.rows, live=False)[0]:
        search: Search = one.search
        if not search.null:
            found.setdefault((search.dataset, search.gamma), []).append(one)
    return {key: tuple(searches) for key, searches in found.items()}


def agreements(evidence: Evidence) -> Iterator[tuple[str, float, Agreement]]:
    """For each group of two searches or more, and each kind of choice, how alike they choose.

    Yields:
        Data set, gamma, and the agreement.
    """
    for (dataset, gamma), searches in groups(evidence).items():
        for choice in CHOICES:
            nulls = [one for one in evidence.nulls(NULL_OF[choice]) if one not in searches]
            found = agreement(searches, nulls, choice)
            if found is not None:
                yield dataset, gamma, found
