"""What a column of a table is, and the columns of speeds beyond the paper. [no torch, no pandas]"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Literal

from pipeline_src.config.models import SpeedForm
from pipeline_src.reporting.tables import measures
from pipeline_src.reporting.tables.measures import Measure

Spread = Literal["spread", "range", "range_down"]


@dataclass(frozen=True)
class Quantity:
    """What a column tells.

    Attributes:
        name: of the quantity.
        unit: of its numbers, empty for text.
        better: 1 where more is better, -1 where less is, 0 where neither.
        decimals: shown for numbers.
    """

    name: Literal[
        "name", "mIoU", "class IoU", "latency", "FPS", "parameters", "device", "input size", "cells"
    ]
    unit: str = ""
    better: Literal[-1, 0, 1] = 0
    decimals: int = 1

    @property
    def is_accuracy(self) -> bool:
        """Whether it is judged on labelled images."""
        return self.name in ("mIoU", "class IoU")

    @property
    def is_timing(self) -> bool:
        """Whether it is timed on a device."""
        return self.name in ("latency", "FPS")


NAME = Quantity("name")
MIOU = Quantity("mIoU", "%", better=1)
CLASS_IOU = Quantity("class IoU", "%", better=1)
LATENCY = Quantity("latency", "ms", better=-1, decimals=2)
FPS = Quantity("FPS", "1/s", better=1)
TIMES = Quantity("latency", "times", better=-1, decimals=2)
PARAMETERS = Quantity("parameters", "M", better=-1, decimals=2)
DEVICE_NAME = Quantity("device")
INPUT_SIZE = Quantity("input size", "px")
CELLS = Quantity("cells", "cells")


@dataclass(frozen=True)
class Column:
    """One column.

    Attributes:
        id: short name for commands and anchors, such as `miou`.
        title: as the paper prints it; for a column beyond the paper, our heading.
        quantity: what it tells: unit, which way is better, digits.
        measure: how it is measured; None where there is nothing to measure (a method's name).
        spread: how several runs are shown: mean±std, min~max, or max~min.
        printed: whether the paper has this column.
        folded: whether batch norm was folded for it.
        split: what the paper judges it on; empty for what is not judged on images.
        printed_unit: of the paper's numbers, where it is not ours.
        beside: the printed column whose number it is set against, of a column beyond the paper.
    """

    id: str
    title: str
    quantity: Quantity = NAME
    measure: Measure | None = None
    spread: Spread = "spread"
    printed: bool = True
    folded: bool = False
    split: str = ""
    printed_unit: str = ""
    beside: str = ""

    @property
    def unit(self) -> str:
        """Of its numbers, empty for text."""
        return self.quantity.unit

    @property
    def decimals(self) -> int:
        """Shown for numbers."""
        return self.quantity.decimals


FORMS: dict[SpeedForm, str] = {
    "eager": "",
    "folded": "batch norm folded",
    "channels_last": "batch norm folded, channels last",
    "onnxruntime": "ONNX Runtime",
    "half": "half precision",
    "compiled": "torch.compile",
    "cuda_graphs": "half precision, CUDA graph",
}
"""What a heading says of a form in which networks are timed."""


def fps_id(form: SpeedForm, at_paper_size: bool = False) -> str:
    """The id of the column of a form's FPS; eager mode at the deployed size is the paper's column."""
    name = "fps" if form == "eager" else f"fps_{form}"
    return f"{name}_paper_size" if at_paper_size else name


@cache
def fps_column(form: SpeedForm, at_paper_size: bool = False) -> Column:
    """FPS in a form; only eager mode is compared with the paper's, which names no other form."""
    where = "FPS at the paper's size" if at_paper_size else "FPS"
    return Column(
        fps_id(form, at_paper_size),
        ", ".join(filter(None, (where, FORMS[form]))),
        FPS,
        measures.fps(form, at_paper_size),
        printed=False,
        folded=form != "eager",
        beside="fps" if at_paper_size and form == "eager" else "",
    )


def _ratio(column_id: str, title: str, at_paper_size: bool) -> Column:
    measure = measures.times_of_a(at_paper_size)
    return Column(column_id, title, TIMES, measure, printed=False)


FOLDED = (
    Column(
        "latency_folded",
        "Latency, batch norm folded (ms)",
        LATENCY,
        measures.latency("folded"),
        printed=False,
        folded=True,
    ),
    fps_column("folded"),
)
COMPARED = (
    _ratio("times_of_a", "Time over A's", False),
    fps_column("channels_last"),
    fps_column("onnxruntime"),
)
"""What tables that compare speeds with other systems have beyond the paper; further forms follow."""
AT_PAPER_SIZE = (
    fps_column("eager", at_paper_size=True),
    _ratio("times_of_a_paper_size", "Time over A's at the paper's size", True),
)
"""The same at the size at which the paper timed the row, times `experiments.paper_size_share`."""
