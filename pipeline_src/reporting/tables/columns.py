"""What a column of a table is, and the columns of speeds beyond the paper. [no torch, no pandas]"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

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
        interleaved: whether it is of a run in which all networks were timed in turns.
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
    interleaved: bool = False
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


FOLDED = (
    Column(
        "latency_folded",
        "Latency, batch norm folded (ms)",
        LATENCY,
        measures.latency(folded=True),
        printed=False,
        folded=True,
    ),
    Column(
        "fps_folded", "FPS, batch norm folded", FPS, measures.fps(folded=True), printed=False, folded=True
    ),
)
TOGETHER = tuple(
    Column(name, title, quantity, measure, printed=False, folded=folded, interleaved=True)
    for name, title, quantity, measure, folded in (
        ("fps_together", "FPS, all in one run", FPS, measures.fps_together("eager"), False),
        ("times_of_a", "Time over A's, one run", TIMES, measures.times_of_a(), False),
        (
            "fps_channels_last",
            "FPS, one run, batch norm folded, channels last",
            FPS,
            measures.fps_together("channels_last"),
            True,
        ),
        ("fps_onnxruntime", "FPS, one run, ONNX Runtime", FPS, measures.fps_together("onnxruntime"), True),
    )
)
"""What is timed in one interleaved run, beside the other systems."""
AT_PAPER_SIZE = (
    Column(
        "fps_paper_size",
        "FPS at the paper's size, one run",
        FPS,
        measures.fps_together("eager", at_paper_size=True),
        printed=False,
        interleaved=True,
        beside="fps",
    ),
    Column(
        "times_of_a_paper_size",
        "Time over A's at the paper's size",
        TIMES,
        measures.times_of_a(at_paper_size=True),
        printed=False,
        interleaved=True,
    ),
)
"""The same at the size at which the paper timed the row, times `experiments.paper_size_share`."""
