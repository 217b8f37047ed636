"""What published results say, as their folder's README.md: claims, networks, what has ended. [no torch]

Written when they are published, from the published files alone, so that `autortnet verify` makes it again.
"""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from statistics import mean, median, stdev
from typing import Any

from pipeline_src import places
from pipeline_src.artifacts import RECORD, read_json
from pipeline_src.config.grid import Grid
from pipeline_src.config.models import Config
from pipeline_src.errors import DataError
from pipeline_src.markdown import plain, table
from pipeline_src.not_run import read_marker
from pipeline_src.reporting.read.claims import Claim, read_claims
from pipeline_src.reporting.read.records import Results, SpeedRecord
from pipeline_src.reporting.read.standing import jobs_of
from pipeline_src.spreadsheets import unguarded

STAGES = {
    "measure_lut": "lookup tables",
    "check_lut": "checks of lookup tables",
    "search_architecture": "searches",
    "pretrain_backbone": "pretrainings",
    "finetune_network": "finetunings",
    "evaluate_network": "evaluations",
    "measure_speeds": "interleaved timing of all networks",
}

_COLUMNS = (
    "network", "kind", "cells", "dead", "data_set", "split", "input", "missing", "miou_percent", "latency_ms",
    "parameters", "timed_on",
)  # fmt: skip
"""Of the table of all networks, what is told."""


def told(config: Config, results: Path, reports: Path) -> str:
    """The text of README.md.

    Args:
        config: of the run.
        results: as `results/SCALE`, or the published part of it; weights are not needed.
        reports: as `reports/SCALE`; what it lacks is left out.

    Raises:
        UserError: a file is malformed.
    """
    grid = Grid(config)
    parts = [
        f"# Published results of the scale {plain(config.scale)}",
        "Written by `autortnet publish` from the files beside it, and by nobody by hand. In a clone of the "
        f"project `make published-report SCALE={plain(config.scale)}` makes this text and every table again, "
        "compares them to the byte, and makes the whole report.",
        *_of_claims(reports / places.CLAIMS),
        *_of_networks(grid, reports / places.NETWORKS),
        *_of_speeds(grid, results),
        *_of_stages(grid, results),
    ]
    return "\n\n".join(parts) + "\n"


def _of_claims(path: Path) -> Iterator[str]:
    if not path.exists():
        return
    yield "## The paper's claims"
    rows = [
        (f"{one.id}: {one.sentence}", one.verdict_words, str(one.n), one.ours, _because(one))
        for one in read_claims(path)
    ]
    yield table(("claim", "verdict", "n", "here", "because"), rows)


def _because(claim: Claim) -> str:
    """The rule that gave the verdict, and the numbers that it saw."""
    numbers = ", ".join(filter(None, (claim.number_words, claim.interval_words)))
    return " ".join((f"{claim.reason} ({numbers})" if numbers else claim.reason, *claim.notes))


def _of_networks(grid: Grid, path: Path) -> Iterator[str]:
    """A line for each network at one place, over its trainings."""
    if not path.exists():
        return
    with path.open(encoding="utf-8", newline="") as stream:
        lines = [{name: unguarded(value) for name, value in line.items()} for line in csv.DictReader(stream)]
    if lacking := [name for name in _COLUMNS if lines and name not in lines[0]]:
        raise DataError(
            path, f"has no column {', '.join(lacking)}.", "Make it again: `autortnet make-report`."
        )
    found: dict[tuple[str, ...], list[Mapping[str, str]]] = {}
    for line in lines:
        if line["miou_percent"] or line["latency_ms"]:
            found.setdefault((line["network"], line["data_set"], line["split"], line["input"]), []).append(
                line
            )
    yield "## Networks"
    yield (
        "mIoU of the last epoch: mean and standard deviation over the trainings. Latency: median, batch 1. "
        "A network that is the same as another shows the other's numbers."
    )
    head = ("network", "kind", "cells", "judged on", "trainings", "mIoU", "latency", "parameters", "to know")
    yield table(head, [_network(_letter_and_name(grid, place[0]), group) for place, group in found.items()])


def _network(name: str, lines: Sequence[Mapping[str, str]]) -> tuple[str, ...]:
    """Its trainings in one line."""
    scores = [float(line["miou_percent"]) for line in lines if line["miou_percent"]]
    spread = f" ± {stdev(scores):.1f}" if len(scores) > 1 else ""
    first = lines[0]
    latency = f"{float(first['latency_ms']):.1f} ms, {first['timed_on']}" if first["latency_ms"] else ""
    return (
        name,
        first["kind"].replace("_", " "),
        first["cells"],
        " ".join(filter(None, (first["data_set"], first["split"], first["input"]))),
        str(len(scores) or ""),
        f"{mean(scores):.1f}{spread} %" if scores else "",
        latency,
        f"{int(first['parameters']) / 1e6:.2f} M" if first["parameters"] else "",
        "; ".join(filter(None, (f"dead: {first['dead']}" if first["dead"] else "", first["missing"]))),
    )


def _of_speeds(grid: Grid, results: Path) -> Iterator[str]:
    """All networks at all sizes, as timed in one run: latency and its ratio to A's."""
    run = Results(results).speeds()
    if run is None:
        return
    forms = list(dict.fromkeys(form for forms in grid.speeds.values() for form in forms))
    yield "## Latencies"
    yield (
        "Median latency, batch 1, of one interleaved run: one pass of each network at each size in each "
        "form, then all over again, so all saw the same moments of the machine. In brackets: how many times "
        "as long as A in the same form, the median of the rounds' ratios and its quartiles. Weights are "
        "random; a form that changed too many of their classes is not timed."
    )
    rows = [
        (
            f"{one.dataset} {places.size_text((one.input_height_px, one.input_width_px))}",
            _letter_and_name(grid, one.network),
            *(_form(one, form) for form in forms),
        )
        for one in run.timings
    ]
    yield table(("input", "network", *(form.replace("_", " ") for form in forms)), rows)


def _form(network: SpeedRecord, form: str) -> str:
    known = network.forms.get(form)
    if known is None or known.latency_ms is None:
        return f"not timed: {known.refused}" if known and known.refused else ""
    ratio = known.times_the_first
    against = f" ({ratio.median:.2f}: {ratio.q1:.2f} to {ratio.q3:.2f})" if ratio else ""
    return f"{known.latency_ms.median:.1f} ms{against}"


def _letter_and_name(grid: Grid, name: str) -> str:
    letters = {grid.network_a.name: "A: ", grid.network_b.name: "B: ", grid.network_c.name: "C: "}
    return letters.get(name, "") + name


def _of_stages(grid: Grid, results: Path) -> Iterator[str]:
    """What ended of what the settings ask for, and what it took."""
    same = {
        one.name
        for one in grid.architectures
        if not one.is_peer and read_marker(results / places.genotype(one)) is not None
    }
    asked, marked = Counter[str](), Counter[str]()
    ended: dict[str, list[dict[str, Any]]] = {}
    for job in jobs_of(grid):
        asked[job.rule] += 1
        record = _record(results / job.output)
        if record is not None and Path(job.output).parts[1] in same:
            marked[job.rule] += 1
        elif record is not None:
            ended.setdefault(job.rule, []).append(record)
    yield "## What has ended"
    yield (
        "Processor time is of the steps' own work, from their run records. Networks that turned out to be "
        "the same as another, or not to exist, are not to be run."
    )
    head = (
        "",
        "ended",
        "not to be run",
        "asked for",
        "processor time",
        "one of them: median (least to most)",
    )
    rows = [_stage(STAGES[rule], ended.get(rule, []), marked[rule], asked[rule]) for rule in asked]
    records = [record for group in ended.values() for record in group]
    total = _hours(sum(record.get("processor_s", 0.0) for record in records))
    rows.append(("all", str(len(records)), str(marked.total()), str(asked.total()), total, ""))
    yield table(head, rows)
    if records:
        yield _circumstances(records)


def _record(output: Path) -> dict[str, Any] | None:
    """Of a job that has ended; what it made may be weights, which are not published."""
    for path in (output.with_name(f"{output.name}.{RECORD}"), output.with_name(RECORD)):
        if path.is_file():
            record = read_json(path)
            if not isinstance(record, dict) or not {"started", "device"} <= record.keys():
                raise DataError(path, "is no run record.", "Run the step that makes its output again.")
            return record
    return None


def _stage(title: str, records: Sequence[Mapping[str, Any]], marked: int, asked: int) -> tuple[str, ...]:
    seconds = [float(record["processor_s"]) for record in records if "processor_s" in record]
    each = f"{median(seconds):,.0f} s ({min(seconds):,.0f} to {max(seconds):,.0f})" if seconds else ""
    return title, str(len(records)), str(marked or ""), str(asked), _hours(sum(seconds)), each


def _hours(seconds: float) -> str:
    return f"{seconds / 3600:.2f} h" if seconds else ""


def _circumstances(records: Sequence[Mapping[str, Any]]) -> str:
    """When, on what and by which code, each with the number of jobs."""
    began = sorted(str(record["started"]) for record in records)
    devices = Counter(str(record["device"]) for record in records)
    torch = Counter(str((record.get("versions") or {}).get("torch", "unknown")) for record in records)
    commits: dict[str, int] = {}
    for record in sorted(records, key=lambda one: str(one["started"])):
        name = ((record.get("git") or {}).get("commit") or "no git checkout")[:12]
        commits[name] = commits.get(name, 0) + 1
    facts = {
        "begun": {f"{began[0][:10]} to {began[-1][:10]}": len(records)},
        "on": devices,
        "PyTorch": torch,
        "code, oldest first": commits,
    }
    lines = [
        f"- {title}: {', '.join(f'{plain(name)} ({count})' for name, count in counts.items())}"
        for title, counts in facts.items()
    ]
    return "\n".join(["With the number of jobs:", "", *lines])
