"""The result files that tables read, validated: absent is an answer, malformed is an error. [no torch]"""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from pipeline_src import places
from pipeline_src.artifacts import read_json
from pipeline_src.config.models import LatencyConfig
from pipeline_src.config.runs import Architecture, Evaluation, Size, Speed
from pipeline_src.errors import UserError, first_fault
from pipeline_src.not_run import NotRun, read_marker
from pipeline_src.space.genotype import Genotype

Share = Annotated[float, Field(ge=0.0, le=1.0, allow_inf_nan=False)]
Milliseconds = Annotated[float, Field(gt=0.0, allow_inf_nan=False)]
Factor = Annotated[float, Field(gt=0, allow_inf_nan=False)]
Count = Annotated[int, Field(ge=0)]
Load = Annotated[float, Field(ge=0.0, allow_inf_nan=False)]
SPREAD_MAX: float = LatencyConfig.model_fields["spread_max"].default
"""Of a timing whose file does not say what was accepted as steady."""


class _Record(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)


class Score(_Record):
    """Intersection over union at one epoch; None where no pixel is labelled."""

    miou: Share | None = None
    per_class_iou: dict[str, Share | None] = {}


class EvaluationRecord(_Record):
    """One `evaluate/` file."""

    architecture: str
    training: str
    dataset: str
    split: str
    input_height_px: int
    input_width_px: int
    labelled: bool
    epochs: int | None = None
    pretrained: bool | None = None
    last: Score | None = None
    best: Score | None = None


class Timing(_Record):
    """A latency over repeats: median and quartiles; a busy machine moves a mean, and hardly a median.

    Attributes:
        attempts: how often it was measured until it was steady enough; None where the file does not say.
        load: of the machine before it.
    """

    median: Milliseconds
    q1: Milliseconds
    q3: Milliseconds
    attempts: Annotated[int, Field(ge=1)] | None = None
    load: Load | None = None

    @property
    def spread(self) -> float:
        """Between the quartiles, as a share of the median."""
        return (self.q3 - self.q1) / self.median


class Device(_Record):
    """The part of a fingerprint that tables print."""

    device: str


class SpeedRecord(_Record):
    """One `speed/` file."""

    architecture: str
    dataset: str
    input_height_px: int
    input_width_px: int
    fingerprint: Device
    latency_ms: Timing
    latency_folded_ms: Timing | None = None
    parameters: Count
    multiply_adds: Count | None = None
    spread_max: Factor = SPREAD_MAX


class Ratio(_Record):
    """Of times to those of the first network, round by round: median and quartiles."""

    median: Factor
    q1: Factor
    q3: Factor

    @property
    def spread(self) -> float:
        """Between the quartiles, as a share of the median."""
        return (self.q3 - self.q1) / self.median


class FormRecord(_Record):
    """One network in one form; without timings where the form was refused or the machine was restless."""

    refused: str | None = None
    latency_ms: Timing | None = None
    times_the_first: Ratio | None = None


class NetworkRecord(_Record):
    """One network of an interleaved run."""

    label: str
    parameters: Count | None = None
    multiply_adds: Count | None = None
    forms: dict[str, FormRecord]


class TogetherRecord(_Record):
    """One interleaved run, `speed/SET-SIZE.json`."""

    input_height_px: int
    input_width_px: int
    fingerprint: Device
    withheld: str | None = None
    load: Load | None = None
    attempts: Annotated[int, Field(ge=1)] | None = None
    spread_max: Factor = SPREAD_MAX
    networks: tuple[NetworkRecord, ...]

    def network(self, label: str) -> NetworkRecord | None:
        """The network of a label, None where it was not timed."""
        return next((one for one in self.networks if one.label == label), None)


RecordT = TypeVar("RecordT", EvaluationRecord, SpeedRecord, TogetherRecord)


class Results:
    """The folder `results/SCALE`, read lazily and each file once.

    Every reader returns None where the file is absent and where the network is not run. Of a network that is
    the same as another, they read the other's results.

    Raises:
        UserError: (by every reader) the file is malformed, or belongs to another run than its path says.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        self.evaluation = cache(self._evaluation)
        self.speed = cache(self._speed)
        self.together = cache(self._together)
        self.genotype = cache(self._genotype)
        self.not_run = cache(self._not_run)

    def _not_run(self, architecture: Architecture) -> NotRun | None:
        """Why a network is not run; None where it is, or where its genotype is absent."""
        return None if architecture.is_peer else read_marker(self.root / places.genotype(architecture))

    def standing(self, architecture: Architecture) -> Architecture:
        """The network whose trainings and timings are this one's: itself, or the equal one that is run."""
        marker = self.not_run(architecture)
        if marker is None or not marker.equal_to:
            return architecture
        backbone = marker.equal_to if architecture.backbone else ""
        return replace(architecture, name=marker.equal_to, backbone=backbone)

    def behind_evaluation(self, one: Evaluation) -> Evaluation:
        """The evaluation that is read for this one (`standing`)."""
        run = one.training
        return replace(one, training=replace(run, architecture=self.standing(run.architecture)))

    def behind_speed(self, one: Speed) -> Speed:
        """The timing that is read for this one (`standing`)."""
        return replace(one, architecture=self.standing(one.architecture))

    def _is_empty(self, architecture: Architecture) -> bool:
        """Whether the network's results are markers alone."""
        marker = self.not_run(architecture)
        return marker is not None and not marker.equal_to

    def _evaluation(self, evaluation: Evaluation) -> EvaluationRecord | None:
        evaluation = self.behind_evaluation(evaluation)
        run = evaluation.training
        if self._is_empty(run.architecture):
            return None
        expected = {
            "architecture": run.architecture.name,
            "training": run.name,
            "dataset": run.dataset,
            "split": evaluation.split,
            "input_height_px": evaluation.size[0],
            "input_width_px": evaluation.size[1],
        }
        return self._record(EvaluationRecord, places.evaluation(evaluation), expected)

    def _speed(self, speed: Speed) -> SpeedRecord | None:
        speed = self.behind_speed(speed)
        if self._is_empty(speed.architecture):
            return None
        expected = {
            "architecture": speed.architecture.name,
            "dataset": speed.dataset,
            "input_height_px": speed.size[0],
            "input_width_px": speed.size[1],
        }
        return self._record(SpeedRecord, places.speed(speed), expected)

    def _together(self, dataset: str, size: Size) -> TogetherRecord | None:
        expected = {"input_height_px": size[0], "input_width_px": size[1]}
        return self._record(TogetherRecord, places.together(dataset, size), expected)

    def _genotype(self, architecture: Architecture) -> Genotype | None:
        path = self.root / places.genotype(architecture)
        marker = self.not_run(architecture)
        if marker is not None:
            return Genotype.parse(marker.genotype, path) if marker.equal_to else None
        return Genotype.load(path) if path.exists() else None

    def _record(self, model: type[RecordT], relative: str, expected: dict[str, Any]) -> RecordT | None:
        path = self.root / relative
        if not path.exists():
            return None
        try:
            record = model.model_validate(read_json(path))
        except ValidationError as error:
            raise UserError(
                path, f"is not a result file: {first_fault(error)}.", "Run the step that makes it again."
            ) from error
        for key, value in expected.items():
            if getattr(record, key) != value:
                found = getattr(record, key)
                raise UserError(
                    path,
                    f"belongs to another run: {key} is {found!r}, not {value!r}.",
                    "Run the step that makes it again.",
                )
        return record
