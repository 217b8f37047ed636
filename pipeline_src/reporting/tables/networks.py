"""All networks of a run in one table, for those who calculate with it themselves. [no torch]

A line is a network at one place: a training judged on a split at a size, with the timings of that network at
the same size; or a size at which it was timed and not judged.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline_src import places
from pipeline_src.artifacts import RECORD, read_json
from pipeline_src.config.grid import DEPLOYED, Grid
from pipeline_src.config.models import SpeedForm
from pipeline_src.config.runs import Architecture, Evaluation, Size, Speed
from pipeline_src.reporting.read.liveness import faults_of
from pipeline_src.reporting.read.picture_sources import trained, with_liveness
from pipeline_src.reporting.read.records import Results, Timing

FIRST = ("network", "kind", "cells", "dead", "training", "data_set", "split", "input", "missing")
SCORES = ("miou_percent", "miou_best_epoch_percent")
SPEEDS = ("parameters", "multiply_adds", "latency_ms", "latency_folded_ms")
LAST = ("judged_on", "judged_at", "timed_on", "timed_at")


@dataclass(frozen=True)
class _Place:
    """Where a network stands: judged, timed, or both, at one size of one data set."""

    architecture: Architecture
    dataset: str
    size: Size
    evaluation: Evaluation | None


def network_sources(grid: Grid) -> tuple[str, ...]:
    """The files behind the table, below `results/SCALE`."""
    measured = (
        *(places.evaluation(one) for one in grid.evaluations),
        places.SPEEDS,
    )
    return with_liveness(grid, measured, trained(grid))


def network_table(grid: Grid, results: Path) -> tuple[Sequence[str], list[dict[str, Any]]]:
    """The table: its columns and its lines, each network of the grid at least once.

    Units are in the names of the columns: mIoU and IoU in percent, times in milliseconds (medians, batch 1),
    counts of parameters and multiply-adds; `cells` are those of each hyper-cell, `dead` says why a network
    is, and `missing` what of the line is empty and why. All times are of one interleaved run, so they can be
    compared.

    Raises:
        UserError: a result file is malformed.
    """
    reader = Results(results)
    dead = faults_of(trained(grid), results)
    forms = [form for form in grid.experiments.speed_forms if form not in DEPLOYED]
    lines = [_line(place, forms, reader, dead) for place in _places(grid)]
    found = [name for name in dict.fromkeys(key for line in lines for key in line) if name.startswith("iou_")]
    columns = (*FIRST, *SCORES, *found, *SPEEDS, *(f"{form}_ms" for form in forms), *LAST)
    return columns, [{name: line.get(name, "") for name in columns} for line in lines]


def _places(grid: Grid) -> Iterator[_Place]:
    judged = set()
    for one in grid.evaluations:
        place = (one.training.architecture, one.training.dataset, one.size)
        judged.add(place)
        yield _Place(*place, one)
    for timed in grid.speeds:
        place = (timed.architecture, timed.dataset, timed.size)
        if place not in judged:
            yield _Place(*place, None)


def _line(place: _Place, forms: Sequence[SpeedForm], reader: Results, dead: dict[str, str]) -> dict[str, Any]:
    one = place.architecture
    genotype = None if one.is_peer else reader.genotype(one)
    line: dict[str, Any] = {
        "network": one.name,
        "kind": one.kind,
        "cells": "-".join(map(str, genotype.depths)) if genotype else "",
        "dead": dead.get(one.name, ""),
        "data_set": place.dataset,
        "input": places.size_text(place.size),
    }
    missing = []
    if place.evaluation is not None:
        line |= {"training": place.evaluation.training.name, "split": place.evaluation.split}
        scores, why = _scores(place.evaluation, reader)
        line |= scores
        missing += [why] if why else []
    speeds = _speeds(Speed(one, place.dataset, place.size), forms, reader)
    missing += [] if speeds else ["not timed at this size"]
    marker = reader.not_run(one)
    return line | speeds | {"missing": "; ".join([marker.reason] if marker else missing)}


def _scores(evaluation: Evaluation, reader: Results) -> tuple[dict[str, Any], str]:
    """Accuracies in percent, and why there are none."""
    record = reader.evaluation(evaluation)
    if record is None:
        return {}, "not judged"
    found = _made(reader.root / places.evaluation(reader.behind_evaluation(evaluation)), "judged")
    if not record.labelled:
        return found, f"{record.split} labels are withheld"
    # Where the validation split was trained on, nothing could choose an epoch.
    best = None if evaluation.training.split == "trainval" else record.best
    for name, score in zip(SCORES, (record.last, best), strict=True):
        found[name] = _percent(score.miou) if score else ""
    classes = record.last.per_class_iou if record.last else {}
    return found | {f"iou_{name}_percent": _percent(share) for name, share in classes.items()}, ""


def _speeds(speed: Speed, forms: Sequence[SpeedForm], reader: Results) -> dict[str, Any]:
    record = reader.speed(speed)
    if record is None:
        return {}
    return {
        **_made(reader.root / places.SPEEDS, "timed"),
        "parameters": record.parameters,
        "multiply_adds": record.multiply_adds,
        "latency_ms": _ms(record.latency("eager")),
        "latency_folded_ms": _ms(record.latency("folded")),
        **{f"{form}_ms": _ms(record.latency(form)) for form in forms},
    }


def _ms(timing: Timing | None) -> float | str:
    return "" if timing is None else round(timing.median, 4)


def _percent(share: float | None) -> float | str:
    return "" if share is None else round(100 * share, 3)


def _made(path: Path, verb: str) -> dict[str, Any]:
    """Device and time (UTC) of a result, from its run record; empty without one."""
    record = path.with_name(f"{path.name}.{RECORD}")
    value = read_json(record) if record.is_file() else None
    told = value if isinstance(value, dict) else {}
    return {
        f"{verb}_on": " ".join(str(told.get("device") or "").split()),
        f"{verb}_at": told.get("started") or "",
    }
