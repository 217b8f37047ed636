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
    Ratio,
    Results,
    Score,
    SpeedRecord,
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
    tells how the timing went. A value with a reason is another network's, which is the same.
    """

    value: float | str | None
    source: str
    reason: str = ""
    data: str = ""
    conditions: Conditions | None = None
    quartiles: tuple[float, float] | None = None
    moment: Moment | None = None


Measure = Callable[[Row, Results], tuple[Reading, ...]]


def _evaluations(row: Row, role: Role) -> tuple[Evaluation, ...]:
    return row.val if role == "val" else row.test


def _missing(path: str) -> Reading:
    return Reading(None, path, f"{path} is missing")


def _absent(architecture: Architecture, path: str, results: Results) -> Reading:
    """No value: the network is not run, or its result is not there."""
    marker = results.not_run(architecture)
    return _missing(path) if marker is None or marker.equal_to else Reading(None, path, marker.reason)


def _why_not_its_own(architecture: Architecture, results: Results) -> str:
    """What is to be said of a value: that it is another network's, which is the same; else nothing."""
    marker = results.not_run(architecture)
    return "" if marker is None else marker.reason


def _one_line(text: str) -> str:
    return " ".join(text.split())


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


Timed = tuple[float | str, tuple[float, float] | None]
"""A value and its quartiles."""


def _timings(
    pick: Callable[[SpeedRecord], Timed | None],
    timing: Callable[[SpeedRecord], Timing | None] = lambda record: None,
) -> Measure:
    """A measure over timings of single networks; `timing` is the one that a picked value is from."""

    def read(speed: Speed, results: Results) -> Reading:
        path = places.speed(results.behind_speed(speed))
        record = results.speed(speed)
        if record is None:
            return _absent(speed.architecture, path, results)
        found = pick(record)
        if found is None:
            return Reading(None, path, f"{path} has no latency with batch norm folded")
        value, quartiles = found
        data = f"{record.dataset} {record.input_height_px}x{record.input_width_px}"
        conditions = Conditions(
            set_title(record.dataset),
            size=(record.input_height_px, record.input_width_px),
            device=_one_line(record.fingerprint.device),
        )
        known = timing(record)
        moment = Moment(known.spread, record.spread_max, known.attempts, known.load) if known else None
        reason = _why_not_its_own(speed.architecture, results)
        return Reading(value, path, reason, data, conditions, quartiles, moment)

    return lambda row, results: tuple(read(one, results) for one in row.speeds)


def _timing(record: SpeedRecord, folded: bool) -> Timing | None:
    return record.latency_folded_ms if folded else record.latency_ms


def latency(folded: bool = False) -> Measure:
    """Latency in milliseconds at batch 1, the median over repeats (Sec. 4.3), batch norm folded or not."""

    def pick(record: SpeedRecord) -> Timed | None:
        timing = _timing(record, folded)
        return None if timing is None else (timing.median, (timing.q1, timing.q3))

    return _timings(pick, lambda record: _timing(record, folded))


def fps(folded: bool = False) -> Measure:
    """Frames per second: 1000 over the median latency in milliseconds."""

    def pick(record: SpeedRecord) -> Timed | None:
        timing = _timing(record, folded)
        return None if timing is None else (1000 / timing.median, (1000 / timing.q3, 1000 / timing.q1))

    return _timings(pick, lambda record: _timing(record, folded))


def _together(
    form: SpeedForm,
    pick: Callable[[FormRecord], Timed | None],
    timing: Callable[[FormRecord], Timing | Ratio | None],
    at_paper_size: bool,
) -> Measure:
    """A measure over interleaved runs: of the row's network among all timed at its size or at the paper's."""

    def read(speed: Speed, results: Results) -> Reading:
        path = places.together(speed.dataset, speed.size)
        record = results.together(speed.dataset, speed.size)
        if record is None:
            return _missing(path)
        network = record.network(speed.architecture.name)
        if network is None:
            return Reading(None, path, f"{path} has no timing of {speed.architecture.name}")
        found = network.forms.get(form)
        if found is None:
            return Reading(None, path, f"experiments.speed_forms leaves {form} out")
        told = pick(found)
        if told is None:
            reason = found.refused or record.withheld or "it was not timed"
            return Reading(None, path, f"{form}: {reason}")
        conditions = Conditions(
            set_title(speed.dataset),
            size=speed.size,
            device=_one_line(record.fingerprint.device),
        )
        data = f"{speed.dataset} {places.size_text(speed.size)}"
        known = timing(found)
        moment = Moment(known.spread, record.spread_max, record.attempts, record.load) if known else None
        return Reading(told[0], path, data=data, conditions=conditions, quartiles=told[1], moment=moment)

    def measure(row: Row, results: Results) -> tuple[Reading, ...]:
        if at_paper_size and row.no_paper_size:
            return (Reading(None, "", row.no_paper_size),)
        return tuple(read(one, results) for one in (row.at_paper_size if at_paper_size else row.speeds))

    return measure


def fps_together(form: SpeedForm, at_paper_size: bool = False) -> Measure:
    """Frames per second in a form, from the run in which all networks were timed in turns.

    Args:
        form: in which they were run.
        at_paper_size: at the size that the paper has in the row, else at the one deployed here.
    """

    def pick(found: FormRecord) -> Timed | None:
        timing = found.latency_ms
        return None if timing is None else (1000 / timing.median, (1000 / timing.q3, 1000 / timing.q1))

    return _together(form, pick, lambda found: found.latency_ms, at_paper_size)


def times_of_a(at_paper_size: bool = False) -> Measure:
    """The time of a pass over that of network A in the same round, in eager mode; the median over rounds."""

    def pick(found: FormRecord) -> Timed | None:
        ratio = found.times_the_first
        return None if ratio is None else (ratio.median, (ratio.q1, ratio.q3))

    return _together("eager", pick, lambda found: found.times_the_first, at_paper_size)


def parameters() -> Measure:
    """Learnable parameters in millions; of another system also what was counted, and why that differs."""
    count = _timings(lambda record: (record.parameters / 1e6, None))

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
    return _timings(lambda record: (_one_line(record.fingerprint.device) or "unnamed device", None))


def input_size(times: str) -> Measure:
    """The network's input as height, `times`, width in pixels."""
    return _timings(lambda record: (f"{record.input_height_px}{times}{record.input_width_px}", None))


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
