"""What a data set is: its classes, how its label files name them, where its files lie, its splits and sizes.

A description is a YAML file (`workflow/datasets/NAME.yaml`, or any path). `config/datasets.py` finds and
reads it, `config/dataset_faults.py` refuses what cannot work, `data/prepare.py` prepares the set by it.
[no torch]
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from pipeline_src.config.block import Block, Place, Seed, Side

Byte = Annotated[int, Field(ge=0, le=255)]
Colour = tuple[Byte, Byte, Byte]
RawValue = Annotated[int, Field(ge=0, le=65_535)]
"""What a pixel of a label file holds: 8 or 16 bits."""
Name = Annotated[str, Field(min_length=1, max_length=80)]
MOST_CLASSES = 255
"""Labels of train ids have 8 bits, of which one value (255) is for ignored pixels."""
SPLIT_NAMES = ("train", "val", "test", "coarse")


class ClassEntry(Block):
    """A class that the network tells apart; its train id is its place in the list."""

    name: Name
    """As reports show it."""
    colour: Colour | None = None
    """Red, green, blue in pictures; null picks one."""


class RawEntry(Block):
    """A label as the label files have it, and the class that it becomes."""

    name: Name
    """In the set's own table."""
    becomes: Name | None
    """A name of `classes`; null: its pixels are ignored."""
    id: RawValue | None = None
    """Its value in label files that hold ids; null where a class table says it."""
    colour: Colour | None = None
    """Its colour in label files that hold colours, and in their palette."""


class Split(Block):
    """Which frames a split has: those of a folder, of a list, a share of all, or the rest."""

    folder: str | None = None
    """What `{split}` is in the patterns; null: the split's own name."""
    list: str | None = None
    """File of frame names in the raw folder, one a line; for patterns without `{split}`."""
    share: Annotated[float, Field(gt=0, lt=1)] | None = None
    """Of the frames that no list names, drawn by `seed`."""
    rest: bool = False
    """All frames that no other split has."""
    labels: str | None = None
    """Pattern of this split's labels, where it is another."""
    may_lack_labels: bool = False
    """Whether its labels may be absent, or void throughout, as a benchmark's test set's are."""


class Splits(Block):
    """The splits by the pipeline's own names."""

    train: Split
    """What networks learn from."""
    val: Split
    """What they are judged on, and what picks the best epoch."""
    test: Split | None = None
    """The benchmark's; null where there is none: `val` judges everything."""
    coarse: Split | None = None
    """Further training frames with coarse labels, used where `experiments.coarse` asks for them."""

    def given(self) -> dict[str, Split]:
        """The splits that there are, by name."""
        named = ((name, getattr(self, name)) for name in SPLIT_NAMES)
        return {name: split for name, split in named if split is not None}


class Layout(Block):
    """One way in which the set lies in a folder.

    Patterns are paths below the raw folder: `{name}` is the frame's name, in the last part; `{split}` the
    split's folder; `{folder}` a folder whose name is part of the frame's name; `*` any folder.
    """

    images: str
    """Pattern of the images; without a suffix, PNG and JPEG."""
    labels: str
    """Pattern of the labels; without a suffix, PNG."""
    hold: Literal["train_ids", "ids", "colours"]
    """What a label's pixels are: places in `classes`, ids of `raw`, or colours (of `raw` or of `classes`)."""
    ignored: tuple[RawValue | Colour, ...] = ()
    """Further values, or colours, whose pixels are ignored."""
    class_table: str | None = None
    """File in the raw folder that names ids (a name a line: `codes.txt`) or colours (CSV: name, r, g, b)."""
    splits: Splits
    """Which frames are in which split."""
    same_names: bool = False
    """Whether different frames of two splits' folders may have one name; the split becomes part of it."""
    seed: Seed = 0
    """Of shares."""
    keep_together: Literal["frame", "sequence", "folder"] = "frame"
    """What shares never cut: a sequence has one name up to the first `_`, a folder is that of `{folder}`."""


class Sizes(Block):
    """Sizes at which the set is used, in pixels; what is null follows from the input size."""

    input_height_px: Side
    """Deployed input height: lookup table, speed, evaluation and scale 1 of training (A17)."""
    input_width_px: Side
    """Deployed input width."""
    crop_height_px: Side | None = None
    """Height of the finetuning crop (A13); null: the input's."""
    crop_width_px: Side | None = None
    """Width of the finetuning crop (A13); null: the input's."""
    search_crop_height_px: Side | None = None
    """Height of the crop that searches train on; null: half of the input's."""
    search_crop_width_px: Side | None = None
    """Width of the crop that searches train on; null: half of the input's."""
    full_height_px: Side | None = None
    """Height of Table 9's full resolution; null leaves its rows not run."""
    full_width_px: Side | None = None
    """Width of Table 9's full resolution; null leaves its rows not run."""


class OfficialRelease(Block):
    """What the published set holds, to tell a user by how much a folder differs from it."""

    counts: dict[Literal["train", "val", "test", "coarse"], int]
    """Frames by split."""
    train_percent: tuple[float, ...] = ()
    """Share of each class in the labelled pixels of `train`, in class order; none where unknown."""


class Description(Block):
    """A data set for segmentation."""

    title: Name
    """As reports and messages name it."""
    available: str = ""
    """Where it is to be had."""
    layout: str = ""
    """Its layouts in words, for messages; empty: their patterns."""
    path: Place | None = None
    """Folder of the raw files; `data.own.path` in params.yaml wins."""
    wrong_values: str = ""
    """What to do about a label of other values, for messages."""
    classes: Annotated[tuple[ClassEntry, ...], Field(min_length=1)]
    """What the network tells apart, in the order of train ids."""
    raw: tuple[RawEntry, ...] = ()
    """The labels of the set's own table; none: they are `classes`."""
    layouts: Annotated[dict[Name, Layout], Field(min_length=1)]
    """Ways in which it lies in a folder; the first that fits is taken, unless one is asked for."""
    sizes: Sizes | None = None
    """Needed of a set that `data.main` names."""
    official: OfficialRelease | None = None
    """Null where no release is the official one."""

    @property
    def class_names(self) -> tuple[str, ...]:
        """Names by train id."""
        return tuple(one.name for one in self.classes)

    @property
    def palette(self) -> tuple[Colour, ...]:
        """Colours by train id; of a class without one, the next of `spare_colours` that is free."""
        taken = {one.colour for one in self.classes}
        spare = (colour for colour in spare_colours() if colour not in taken)
        return tuple(one.colour or next(spare) for one in self.classes)

    @property
    def labels(self) -> tuple[RawEntry, ...]:
        """The labels of the set's own table; where it has none, the classes themselves."""
        return self.raw or tuple(
            RawEntry(name=one.name, becomes=one.name, colour=one.colour) for one in self.classes
        )

    @property
    def train_ids(self) -> dict[str, int]:
        """Train id by class name."""
        return {name: index for index, name in enumerate(self.class_names)}


def spare_colours() -> tuple[Colour, ...]:
    """255 different colours, none of them black: the bits of a number, spread over red, green and blue."""
    found = []
    for number in range(1, 256):
        parts = [0, 0, 0]
        for bit in range(8):
            parts[bit % 3] |= (number >> bit & 1) << (7 - bit // 3)
        found.append((parts[0], parts[1], parts[2]))
    return tuple(found)
