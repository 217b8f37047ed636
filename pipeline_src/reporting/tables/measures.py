"""What a column measures: each function returns a measure, which reads one value for every run of a row.

A run without a value says why. Percent for mIoU, milliseconds for latency, millions of parameters.
[no torch, no pandas]
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal

from pipeline_src import places
from pipeline_src.config.models import SpeedForm
from pipeline_src.config.peers import BY_NAME
from pipeline_src.config.runs import Architecture, Evaluation, Row, Speed
from pipeline_src.reporting.paper.classes import class_named
from pipeline_src.reporting.read.records import (
    EvaluationRecord,
    FormRecord,
    Results,
    Score,
    SpeedRecord,
    SpeedsRecord,
    Timing,
)
from pipeline_src.reporting.tables.conditions import Conditions, set_title
from pipeline_src.space.genotype import Genotype

Role = Literal["val", "test"]
Epoch = Literal["last", "best"]

NO_BEST_EPOCH = "no best epoch: the validation split was trained on, so nothing could choose one"


@dataclass(frozen=True)
class Moment:
    """How a timing went.

    Attributes:
        spread: between the quartiles of the time, as a share of the median.
        spread_max: the widest that was accepted without measuring again.
        attempts: how often it was measured, and `load` the machine's before it; None where it is not known.
    """

    spread: float
    spread_max: float
    attempts: int | None
    load: float | None


@dataclass(frozen=True)
class Reading:
    """One run's value, the file it is from and what it was measured on; or why there is none.

    `quartiles` are those of a timing over its repeats, the lower first, in the value's unit, and `moment`
    tells how the timing went. A value with a reason is another network's, which is the same; `network` is
    that one's name.
    """

    value: float | str | None
    source: str
    reason: str = ""
    data: str = ""
    conditions: Conditions | None = None
    quartiles: tuple[float, float] | None = None
    moment: Moment | None = None
    network: str = ""


Measure = Callable[[Row, Results], tuple[Reading, ...]]


def _evaluations(row: Row, role: Role) -> tuple[Evaluation, ...]:
    return row.val if role == "val" else row.test


def _absent(architecture: Architecture, path: str, results: Results, missing: str = "") -> Reading:
    """No value: the network is not run, or its result is missing."""
    marker = results.not_run(architecture)
    if marker is not None and not marker.equal_to:
        return Reading(None, path, marker.reason)
    return Reading(None, path, missing or f"{path} is missing")


def _why_not_its_own(architecture: Architecture, results: Results) -> str:
    """What is to be said of a value: that it is another network's, which is the same; else nothing."""
    marker = results.not_run(architecture)
    return "" if marker is None else marker.reason


def _scores(
    role: Role, epoch: Epoch, pick: Callable[[Score, EvaluationRecord], tuple[float | None, str]]
) -> Measure:
    """A measure over evaluations; `pick` returns a share in 0..1 and what it is of, or None and why."""

    def read(evaluation: Evaluation, results: Results) -> Reading:
        path = places.evaluation(results.behind_evaluation(evaluation))
        if epoch == "best" and evaluation.training.split == "trainval":
            return Reading(None, path, NO_BEST_EPOCH)
        architecture = evaluation.training.architecture
        record = results.evaluation(evaluation)
        if record is None:
            return _absent(architecture, path, results)
        if not record.labelled:
            withheld = "labels are withheld: send the submission folder to the benchmark server"
            return Reading(None, path, f"{record.split} {withheld}")
        score = record.last if epoch == "last" else record.best
        if score is None:
            return Reading(None, path, f"{path} has no score of the {epoch} epoch")
        share, note = pick(score, record)
        if share is None:
            return Reading(None, path, note)
        size = f"{record.input_height_px}x{record.input_width_px}"
        trained = record.training + _limits(record)
        conditions = Conditions(
            set_title(record.dataset),
            record.split,
            (record.input_height_px, record.input_width_px),
        )
        return Reading(
            100 * share,
            path,
            _why_not_its_own(architecture, results),
            f"{trained}, {record.split} {size}{note}",
            conditions,
            network=record.architecture,
        )

    return lambda row, results: tuple(read(one, results) for one in _evaluations(row, role))


def _limits(record: EvaluationRecord) -> str:
    """What limits a training: no pretraining (A19, A30), and then its epochs, which may be fewer (A19)."""
    if record.pretrained is not False:
        return ""
    epochs = f", {record.epochs} epochs" if record.epochs else ""
    return f" from scratch, without pretraining{epochs}"


def miou(role: Role, epoch: Epoch = "last") -> Measure:
    """Mean intersection over union in percent (Sec. 4.2)."""

    def pick(score: Score, record: EvaluationRecord) -> tuple[float | None, str]:
        return (
            score.miou,
            "" if score.miou is not None else f"no pixel of {record.dataset} {record.split} is labelled",
        )

    return _scores(role, epoch, pick)


def class_iou(title: str) -> Measure:
    """Intersection over union of the class that a column of Tables 8 and 10 names, in percent."""

    def pick(score: Score, record: EvaluationRecord) -> tuple[float | None, str]:
        name = class_named(title, score.per_class_iou)
        if name is None:
            return None, f"{record.dataset} has no class {title!r}"
        share = score.per_class_iou[name]
        if share is None:
            return None, f"class {name!r} is in no label and no prediction of {record.dataset} {record.split}"
        return share, f", class {name}"

    return _scores("test", "last", pick)


@dataclass(frozen=True)
class _Timed:
    """A value of a timing; or, without one, the reason.

    `timing` is what its quartiles are of.
    """

    value: float | str | None
    reason: str = ""
    quartiles: tuple[float, float] | None = None
    timing: Timing | None = None


Pick = Callable[[SpeedsRecord, SpeedRecord], _Timed]


def _timings(pick: Pick, at_paper_size: bool = False) -> Measure:
    """A measure over the interleaved run of all networks: the only latencies, so all can be compared.

    Args:
        pick: of the run and a network's timing in it.
        at_paper_size: at the size that the paper has in the row, else at the one deployed here.
    """

    def read(speed: Speed, results: Results) -> Reading:
        path = places.SPEEDS
        run, timing = results.speeds(), results.speed(speed)
        if run is None:
            return _absent(speed.architecture, path, results)
        size = places.size_text(speed.size)
        if timing is None:
            missing = f"{path} has no timing of {speed.architecture.name} at {size}"
            return _absent(speed.architecture, path, results, missing)
        found = pick(run, timing)
        if found.value is None:
            return Reading(None, path, found.reason)
        conditions = Conditions(set_title(speed.dataset), size=speed.size, device=run.device)
        known = found.timing
        moment = Moment(known.spread, run.spread_max, run.attempts, run.load) if known else None
        reason = _why_not_its_own(speed.architecture, results)
        return Reading(
            found.value,
            path,
            reason,
            f"{speed.dataset} {size}",
            conditions,
            found.quartiles,
            moment,
            timing.network,
        )

    def measure(row: Row, results: Results) -> tuple[Reading, ...]:
        if at_paper_size and row.no_paper_size:
            return (Reading(None, "", row.no_paper_size),)
        return tuple(read(one, results) for one in (row.at_paper_size if at_paper_size else row.speeds))

    return measure


def _of_form(
    form: SpeedForm,
    pick: Callable[[FormRecord], Timing | None],
    value: Callable[[float], float] = lambda number: number,
    at_paper_size: bool = False,
) -> Measure:
    """A measure of one form: `value` of the median and of the quartiles of what is picked."""

    def picked(_: SpeedsRecord, timing: SpeedRecord) -> _Timed:
        found = timing.forms.get(form)
        if found is None:
            return _Timed(None, f"experiments.speed_forms leaves {form} out")
        known = pick(found)
        if known is None:
            return _Timed(None, f"{form}: {found.refused or 'it was not timed'}")
        low, high = sorted((value(known.q1), value(known.q3)))
        return _Timed(value(known.median), quartiles=(low, high), timing=known)

    return _timings(picked, at_paper_size)


def latency(form: SpeedForm = "eager") -> Measure:
    """Latency in milliseconds at batch 1, the median over rounds (Sec. 4.3)."""
    return _of_form(form, lambda found: found.latency_ms)


def fps(form: SpeedForm = "eager", at_paper_size: bool = False) -> Measure:
    """Frames per second: 1000 over the median latency in milliseconds.

    Args:
        form: in which the networks are run.
        at_paper_size: at the size that the paper has in the row, else at the one deployed here.
    """
    return _of_form(form, lambda found: found.latency_ms, lambda number: 1000 / number, at_paper_size)


def times_of_a(at_paper_size: bool = False) -> Measure:
    """The time of a pass over that of network A in the same round, in eager mode; the median over rounds."""
    return _of_form("eager", lambda found: found.times_the_first, at_paper_size=at_paper_size)


def parameters() -> Measure:
    """Learnable parameters in millions; of another system also what was counted, and why that differs."""
    count = _timings(lambda _, timing: _Timed(timing.parameters / 1e6))

    def measure(row: Row, results: Results) -> tuple[Reading, ...]:
        found = zip(row.speeds, count(row, results), strict=True)
        return tuple(
            replace(reading, data=f"{reading.data}; {BY_NAME[one.architecture.name].counted()}")
            if one.architecture.is_peer and reading.value is not None
            else reading
            for one, reading in found
        )

    return measure


def device() -> Measure:
    """The device that was timed, as its fingerprint names it."""
    return _timings(lambda run, _: _Timed(run.device or "unnamed device"))


def input_size(times: str) -> Measure:
    """The network's input as height, `times`, width in pixels."""
    return _timings(lambda _, timing: _Timed(f"{timing.input_height_px}{times}{timing.input_width_px}"))


def _genotypes(pick: Callable[[Architecture, Genotype], float | str]) -> Measure:
    def read(architecture: Architecture, results: Results) -> Reading:
        path = places.genotype(architecture)
        genotype = results.genotype(architecture)
        if genotype is None:
            return _absent(architecture, path, results)
        return Reading(pick(architecture, genotype), path, _why_not_its_own(architecture, results))

    return lambda row, results: tuple(read(one.architecture, results) for one in row.speeds)


def _braces(numbers: tuple[int, ...]) -> str:
    return f"{{{', '.join(map(str, numbers))}}}"


def depths() -> Measure:
    """The numbers of cells that the search ended with, as `{2, 4, 6}` (Table 4)."""
    return _genotypes(lambda _, genotype: _braces(genotype.depths))


def initial_depths() -> Measure:
    """The numbers of cells that the search started with (Table 4)."""
    return _genotypes(lambda one, _: "sampled" if one.search is None else _braces(one.search.depths))


def search_seed() -> Measure:
    """The seed of the search (Table 4)."""
    return _genotypes(lambda one, _: "sampled" if one.search is None else str(one.search.seed))


def positions() -> Measure:
    """The positions of the reduction cells among all cells, as `(1, 3, 7)` (Table 5)."""
    return _genotypes(lambda _, genotype: f"({', '.join(map(str, genotype.downsampling_positions))})")


def total_cells() -> Measure:
    """The number of all cells (Table 5)."""
    return _genotypes(lambda _, genotype: str(genotype.total_cells))
