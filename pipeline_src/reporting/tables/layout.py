"""The columns of every table: the paper's own, then what is measured beyond it. [no torch, no pandas]"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

from pipeline_src.config.models import SpeedForm
from pipeline_src.errors import ConfigError
from pipeline_src.reporting.paper.classes import class_named
from pipeline_src.reporting.paper.quoted import quoted_table
from pipeline_src.reporting.tables import measures
from pipeline_src.reporting.tables.columns import (
    AT_PAPER_SIZE,
    CELLS,
    CLASS_IOU,
    COMPARED,
    DEVICE_NAME,
    FOLDED,
    FORMS,
    FPS,
    INPUT_SIZE,
    LATENCY,
    MIOU,
    NAME,
    PARAMETERS,
    Column,
    Spread,
    fps_column,
    fps_id,
)
from pipeline_src.reporting.tables.measures import Role


@dataclass(frozen=True)
class Layout:
    """One table: its caption in the paper and its columns, the paper's first.

    `dataset` is the one that the paper measures it on.
    """

    name: str
    caption: str
    columns: tuple[Column, ...]
    dataset: str = "cityscapes"

    @property
    def printed(self) -> tuple[Column, ...]:
        """The paper's columns."""
        return tuple(column for column in self.columns if column.printed)

    def column(self, column_id: str) -> Column:
        """The column of an id."""
        return next(column for column in self.columns if column.id == column_id)


def _label(title: str = "Method") -> Column:
    return Column("method", title)


def _miou(title: str, role: Role, column_id: str = "miou") -> Column:
    return Column(column_id, title, MIOU, measures.miou(role), split=role)


def _best(role: Role, suffix: str = "") -> Column:
    title = f"mIoU of the best epoch (%) {suffix}".strip()
    column_id = f"miou_best_{suffix}".strip("_")
    return Column(column_id, title, MIOU, measures.miou(role, "best"), printed=False)


def _latency(title: str = "Latency (ms)", printed: bool = True, spread: Spread = "spread") -> Column:
    return Column("latency", title, LATENCY, measures.latency(), spread, printed)


def _fps(title: str = "FPS", printed: bool = True, spread: Spread = "spread") -> Column:
    return Column("fps", title, FPS, measures.fps(), spread, printed)


def _size(times: str) -> Column:
    return Column("input_size", "Input Size", INPUT_SIZE, measures.input_size(times))


CLASS_ID = "iou_"
"""What the id of a column of one class begins with."""
DEVICE = Column("device", "Device", DEVICE_NAME, measures.device(), printed=False)


def _class_columns(table: str) -> tuple[Column, ...]:
    """The class columns of Tables 8 and 10: all but the method, the mean and the FPS."""
    titles = quoted_table(table).columns[1:-2]
    return tuple(
        Column(_class_id(title), title, CLASS_IOU, measures.class_iou(title), split="test")
        for title in titles
    )


def _class_id(title: str) -> str:
    return CLASS_ID + title.casefold().replace(" ", "_")


def with_classes(layout: Layout, class_names: Sequence[str]) -> Layout:
    """A table of classes with columns for further ones, which the paper has not, behind its own.

    Args:
        class_names: of the set that is measured here; those that a column of the paper means add none.
    """
    places = [place for place, one in enumerate(layout.columns) if one.quantity is CLASS_IOU]
    if not places:
        return layout
    meant = {class_named(one.title, class_names) for one in layout.columns if one.quantity is CLASS_IOU}
    taken = {one.id for one in layout.columns}
    added = []
    for name in (one for one in class_names if one not in meant):
        column_id, number = _class_id(name), 2
        while column_id in taken:
            column_id, number = f"{_class_id(name)}_{number}", number + 1
        taken.add(column_id)
        added.append(
            Column(column_id, name, CLASS_IOU, measures.class_iou(name), printed=False, split="test")
        )
    end = places[-1] + 1
    return replace(layout, columns=(*layout.columns[:end], *added, *layout.columns[end:]))


def with_forms(layout: Layout, forms: Collection[SpeedForm]) -> Layout:
    """A table that compares speeds with a column for each further form, at our size and at the paper's.

    Args:
        forms: of `experiments.speed_forms`.
    """
    if AT_PAPER_SIZE[0] not in layout.columns:
        return layout
    columns, known = list(layout.columns), {one.id for one in layout.columns}
    for at_paper_size in (False, True):
        place = columns.index((AT_PAPER_SIZE if at_paper_size else COMPARED)[-1]) + 1
        added = [
            fps_column(form, at_paper_size) for form in forms if fps_id(form, at_paper_size) not in known
        ]
        columns[place:place] = added
    return replace(layout, columns=tuple(columns))


def _original() -> tuple[Column, ...]:
    """What a system's authors measured on their own device; for our networks that is the device here."""
    return (
        Column("original_fps", "Original Results FPS", FPS, measures.fps()),
        Column("original_gpu", "Original Results GPU", DEVICE_NAME, measures.device()),
    )


def _table(name: str, caption: str, *columns: Column) -> Layout:
    return Layout(name, caption, columns, "camvid" if "CamVid" in caption else "cityscapes")


_LAYOUTS: tuple[Layout, ...] = (
    _table(
        "table_1",
        "Accuracy and speed on the Cityscapes test set",
        _label(),
        _size(" × "),
        _miou("mIoU (%)", "test"),
        _latency("Latency(ms)"),
        _fps(),
        _best("test"),
        *FOLDED,
        *COMPARED,
        *AT_PAPER_SIZE,
        DEVICE,
    ),
    _table(
        "table_2",
        "Results on the CamVid test set",
        _label(),
        _miou("mIoU (%)", "test"),
        _latency("Latency(ms)"),
        _fps(),
        Column(
            "parameters",
            "Parameters (M)",
            PARAMETERS,
            measures.parameters(),
            printed_unit="millions or megabytes",
        ),
        _best("test"),
        *FOLDED,
        *COMPARED,
        *AT_PAPER_SIZE,
        DEVICE,
    ),
    _table(
        "table_3",
        "Comparison with random search on the Cityscapes validation set",
        _label(),
        _miou("mIoU (%)", "val"),
        _latency(spread="range"),
        _fps(spread="range_down"),
        _best("val"),
        *FOLDED,
        DEVICE,
    ),
    _table(
        "table_4",
        "Hyper-cells from different initial states and random seeds",
        Column("seed", "Random seed setting", NAME, measures.search_seed()),
        Column("initial_cells", "Initial phase {a, b, c}", CELLS, measures.initial_depths()),
        Column("final_cells", "After optimization {ā, b̄, c̄}", CELLS, measures.depths()),
        _miou("mIoU (%)", "val"),
        _fps("Frames Per Second (FPS)"),
        _best("val"),
        _latency(printed=False),
        *FOLDED,
        DEVICE,
    ),
    _table(
        "table_5",
        "Comparison with random downsampling strategies",
        Column("positions", "Downsampling Positions", CELLS, measures.positions()),
        _miou("mIoU(%)", "val"),
        _fps(),
        Column("rule", "Downsampling Design Rule"),
        Column("total_cells", "Total cells", CELLS, measures.total_cells(), printed=False),
        _best("val"),
        _latency(printed=False),
        *FOLDED,
        DEVICE,
    ),
    _table(
        "table_6",
        "Effectiveness of the aggregation cell",
        _label("Methods"),
        _miou("mIoU (%)", "val"),
        _best("val"),
        _latency(printed=False),
        _fps(printed=False),
        *FOLDED,
        DEVICE,
    ),
    _table(
        "table_7",
        "Detailed time and device on Cityscapes",
        _label(),
        _size("x"),
        _miou("mIoU (%) val", "val", "miou_val"),
        _miou("mIoU (%) test", "test"),
        _latency("Latency (ms) on Titan XP"),
        _fps("FPS on Titan XP"),
        *_original(),
        _best("val", "val"),
        _best("test"),
        *FOLDED,
        *COMPARED,
        *AT_PAPER_SIZE,
    ),
    _table(
        "table_8",
        "Classes on the Cityscapes test set",
        _label(),
        *_class_columns("table_8"),
        _miou("Mean IOU(%)", "test"),
        _fps(),
        _best("test"),
        _latency(printed=False),
        *FOLDED,
        DEVICE,
    ),
    _table(
        "table_9",
        "Full resolution on the Cityscapes validation set",
        _label(),
        _size("x"),
        _miou("mIoU (%)", "val"),
        _fps("FPS on Titan XP"),
        *_original(),
        _best("val"),
        _latency(printed=False),
        *FOLDED,
        *COMPARED,
        *AT_PAPER_SIZE,
    ),
    _table(
        "table_10",
        "Classes on the CamVid test set",
        _label(),
        *_class_columns("table_10"),
        _miou("Mean IOU(%)", "test"),
        _fps(),
        _best("test"),
        _latency(printed=False),
        *FOLDED,
        *COMPARED,
        *AT_PAPER_SIZE,
        DEVICE,
    ),
    _table(
        "figure_6",
        "Different weights of the latency term on CamVid",
        Column("gamma", "gamma"),
        _miou("mIoU (%)", "test"),
        _fps(),
        _best("test"),
        _latency(printed=False),
        *FOLDED,
        DEVICE,
    ),
)


def layout_of(table: str) -> Layout:
    """The layout of `table_1`..`table_10` or `figure_6`.

    Raises:
        ConfigError: there is no such table.
    """
    for layout in _LAYOUTS:
        if layout.name == table:
            return layout
    raise ConfigError(table, "is not a table.", f"Choose one of {', '.join(one.name for one in _LAYOUTS)}.")


def column_of(table: str, column_id: str) -> Column | None:
    """The column of an id, as a stored table names both; None where this version has no such column."""
    columns = next((with_forms(layout, FORMS).columns for layout in _LAYOUTS if layout.name == table), ())
    return next((column for column in columns if column.id == column_id), None)
