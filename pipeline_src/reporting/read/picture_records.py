"""Result files that pictures read and tables do not: a table's check, confusion matrices. [no torch]"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, TypeVar

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from pipeline_src.artifacts import read_json
from pipeline_src.errors import UserError, first_fault

Microseconds = Annotated[float, Field(gt=0.0, allow_inf_nan=False)]
Finite = Annotated[float, Field(allow_inf_nan=False)]
Correlation = Annotated[float, Field(ge=-1.0, le=1.0)]


class _Record(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)


class CheckedDevice(_Record):
    """The part of a fingerprint that a picture names."""

    device: str
    threads: int
    repeats: int


class CheckedNetwork(_Record):
    """One random network: the table's sum, and the measured median and quartiles of its backbone."""

    predicted_us: Microseconds
    measured_us: Microseconds
    q1_us: Microseconds
    q3_us: Microseconds


class LutCheck(_Record):
    """A `lut/SET_check.json`: measured is about `slope` x predicted + `intercept_us`, None if undefined.

    `table_device` is None in files of earlier versions, whose table may have been of any device.
    """

    fingerprint: CheckedDevice
    table_device: str | None = None
    input_height_px: int
    input_width_px: int
    networks: int
    pearson: Correlation | None
    spearman: Correlation | None
    slope: Finite | None
    intercept_us: Finite | None
    rows: Annotated[tuple[CheckedNetwork, ...], Field(min_length=1)]

    @model_validator(mode="after")
    def _counts_its_rows(self) -> LutCheck:
        if self.networks != len(self.rows):
            raise ValueError(f"networks is {self.networks}, but there are {len(self.rows)} rows")
        return self


class TableDevice(_Record):
    """What a lookup table was measured on."""

    device: str


class TableHead(_Record):
    """The part of a `lut/SET.json` that a caption names."""

    fingerprint: TableDevice


class Confusion(_Record):
    """The confusion matrix of an `evaluate/` file: pixels by true class (row) and predicted (column)."""

    class_names: Annotated[tuple[str, ...], Field(min_length=1)]
    confusion: tuple[tuple[Annotated[int, Field(ge=0)], ...], ...]
    images: int
    labelled: bool

    @model_validator(mode="after")
    def _is_square(self) -> Confusion:
        if {len(self.confusion), *map(len, self.confusion)} != {len(self.class_names)}:
            raise ValueError(f"the matrix does not fit {len(self.class_names)} classes")
        return self

    def shares(self) -> NDArray[np.float64]:
        """(K, K) in 0..1, each row by its own sum; NaN in the row of a class that no pixel has."""
        counts = np.array(self.confusion, dtype=np.float64)
        totals = counts.sum(axis=1, keepdims=True)
        return np.divide(counts, totals, out=np.full_like(counts, np.nan), where=totals > 0)


RecordT = TypeVar("RecordT", LutCheck, TableHead, Confusion)


def read_record(model: type[RecordT], path: Path) -> RecordT:
    """Read and check one file.

    Raises:
        UserError: it is absent, not JSON, or not of this form.
    """
    try:
        return model.model_validate(read_json(path))
    except ValidationError as error:
        raise UserError(
            path, f"is not a result file: {first_fault(error)}.", "Run the step that makes it again."
        ) from error
