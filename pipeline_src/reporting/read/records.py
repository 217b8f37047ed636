"""The result files that tables read, validated: absent is an answer, malformed is an error. [no torch]"""

from __future__ import annotations

from dataclasses import replace
from functools import cache, cached_property
from pathlib import Path
from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from pipeline_src import places
from pipeline_src.artifacts import read_json
from pipeline_src.config.models import SpeedForm
from pipeline_src.config.runs import Architecture, Evaluation, Size, Speed
from pipeline_src.errors import UserError, first_fault
from pipeline_src.not_run import NotRun, read_marker
from pipeline_src.space.genotype import Genotype

Share = Annotated[float, Field(ge=0.0, le=1.0, allow_inf_nan=False)]
Factor = Annotated[float, Field(gt=0, allow_inf_nan=False)]
Count = Annotated[int, Field(ge=0)]
Load = Annotated[float, Field(ge=0.0, allow_inf_nan=False)]


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
    """Over the rounds of a run: median and quartiles; a busy machine moves a mean, and hardly a median.

    Of latencies in milliseconds, or of ratios to network A's in the same round.
    """

    median: Factor
    q1: Factor
    q3: Factor

    @property
    def spread(self) -> float:
        """Between the quartiles, as a share of the median."""
        return (self.q3 - self.q1) / self.median


class Device(_Record):
    """The part of a fingerprint that tables print."""

    device: str


class FormRecord(_Record):
    """One network in one form; without timings where the form was refused."""

    refused: str | None = None
    latency_ms: Timing | None = None
    times_the_first: Timing | None = None


class SpeedRecord(_Record):
    """One network at one size of a data set."""

    network: str
    dataset: str
    input_height_px: int
    input_width_px: int
    parameters: Count
    multiply_adds: Count | None = None
    forms: dict[str, FormRecord]

    def latency(self, form: SpeedForm) -> Timing | None:
        """Milliseconds in a form; None where it was refused or not asked for."""
        found = self.forms.get(form)
        return found.latency_ms if found else None


class SpeedsRecord(_Record):
    """All timings of a scale, of one interleaved run: `speed/networks.json`."""

    fingerprint: Device
    load: Load | None = None
    attempts: Annotated[int, Field(ge=1)] | None = None
    spread_max: Factor
    timings: tuple[SpeedRecord, ...]

    @property
    def device(self) -> str:
        """The device that was timed, in one line."""
        return " ".join(self.fingerprint.device.split())


RecordT = TypeVar("RecordT", EvaluationRecord, SpeedsRecord)


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
        self.speeds = cache(self._speeds)
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

    def _speeds(self) -> SpeedsRecord | None:
        return self._record(SpeedsRecord, places.SPEEDS, {})

    @cached_property
    def _timings(self) -> dict[tuple[str, str, Size], SpeedRecord]:
        run = self.speeds()
        return {
            (one.network, one.dataset, (one.input_height_px, one.input_width_px)): one
            for one in (run.timings if run else ())
        }

    def speed(self, one: Speed) -> SpeedRecord | None:
        """A network's timing at a size, from the interleaved run of all."""
        return self._timings.get((self.standing(one.architecture).name, one.dataset, one.size))

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
