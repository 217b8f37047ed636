"""The settings of the data sets: where each lies, and the sizes at which it is used."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from pipeline_src.config.block import Block, NonNegative, Place, Positive, Seed, Side

PAPER_SETS = ("cityscapes", "camvid")
"""Segmentation sets with blocks of their own; any other main set has the block `own`."""


class RenderConfig(Block):
    """A set of street scenes that the project renders itself, in a data set's official layout."""

    seed: Seed = 0
    """Of everything drawn."""
    train: Positive = 48
    """Frames of the training split."""
    val: Positive = 16
    """Frames of the validation split."""
    test: Positive = 16
    """Frames of the test split."""
    coarse: NonNegative = 16
    """Further frames with coarse labels only (Cityscapes; CamVid has none)."""
    height_px: Annotated[int, Field(ge=32, le=16_384)] = 128
    """Height of a frame."""
    width_px: Annotated[int, Field(ge=32, le=16_384)] = 256
    """Width of a frame."""


class RenderClassesConfig(Block):
    """A class-folder set of rendered objects, for pretraining without ImageNet."""

    seed: Seed = 0
    """Of everything drawn."""
    classes: Annotated[int, Field(ge=2, le=10)] = 8
    """Number of classes, one folder each."""
    train_per_class: Positive = 24
    """Training images of a class."""
    val_per_class: Positive = 6
    """Validation images of a class."""
    size_px: Annotated[int, Field(ge=16, le=16_384)] = 64
    """Side of an image."""


class SegmentationSetConfig(Block):
    """A segmentation data set: where it lies and the sizes at which it is used (A13)."""

    path: Place | None = None
    """Folder of the raw data set; null renders it where `render` is given."""
    render: RenderConfig | None = None
    """What to render where `path` is null; null where real data is needed."""
    input_height_px: Side
    """Deployed input height: lookup table, speed, evaluation and scale 1 of training (A17)."""
    input_width_px: Side
    """Deployed input width."""
    crop_height_px: Side
    """Height of the finetuning crop (A13)."""
    crop_width_px: Side
    """Width of the finetuning crop (A13)."""
    search_crop_height_px: Side
    """Height of the crop that searches train on."""
    search_crop_width_px: Side
    """Width of the crop that searches train on."""
    full_height_px: Side | None = None
    """Height of Table 9's full resolution; null leaves its rows not run."""
    full_width_px: Side | None = None
    """Width of Table 9's full resolution; null leaves its rows not run."""

    @model_validator(mode="after")
    def _sizes_fit_the_network(self) -> SegmentationSetConfig:
        for name in ("crop_height_px", "crop_width_px", "search_crop_height_px", "search_crop_width_px"):
            if getattr(self, name) < 32:
                raise ValueError(f"{name} must be 32 or more: the network downsamples 32 times")
        return self


class CityscapesConfig(SegmentationSetConfig):
    """Cityscapes: 1024x2048 frames, used at 768x1536 (Sec. 4.3)."""

    input_height_px: Side = 768
    input_width_px: Side = 1536
    crop_height_px: Side = 768
    crop_width_px: Side = 1536
    search_crop_height_px: Side = 384
    search_crop_width_px: Side = 768
    full_height_px: Side | None = 1024
    full_width_px: Side | None = 2048


class CamvidConfig(SegmentationSetConfig):
    """CamVid: 720x960 frames (Sec. 4.3), in the original or the class-index layout."""

    layout: Literal["auto", "indexed", "segnet", "class_dict", "codes", "original", "original_plain"] = "auto"
    """Of the raw folder, as `workflow/datasets/camvid.yaml` names them; auto finds out."""
    input_height_px: Side = 720
    input_width_px: Side = 960
    crop_height_px: Side = 720
    crop_width_px: Side = 960
    search_crop_height_px: Side = 360
    search_crop_width_px: Side = 480


class OwnSetConfig(SegmentationSetConfig):
    """The described set that `data.main` names, where it is none of the paper's.

    All of it comes from the description; a key given here wins, `path` for example.
    """

    description: str
    """Name or path of the description, as `data.main` gives it."""
    class_names: tuple[str, ...]
    """By train id."""
    layout: str = "auto"
    """Of the raw folder, as the description names it; auto finds out."""
    has_test: bool = True
    """Whether there is a test split; else `val` judges everything."""
    has_coarse: bool = False
    """Whether there is a coarse split."""


class ImagenetConfig(Block):
    """Class folders `train/CLASS/*` and `val/CLASS/*`."""

    path: Place | None = None
    """Folder of the raw set; null renders one where `render` is given."""
    render: RenderClassesConfig | None = None
    """What to render where `path` is null; null where real data is needed."""
    crop_px: Annotated[int, Field(ge=32, le=16_384)] = 224
    """Side of the crop that pretraining sees."""
    resize_px: Annotated[int, Field(ge=32, le=16_384)] = 256
    """Shorter side before the centre crop of validation."""


class DataConfig(Block):
    """The data sets, and which of them is searched on and ablated on."""

    main: str = "cityscapes"
    """The set that A and B are searched on and that the ablations use: cityscapes, camvid, or a set of your
    own, by its name in workflow/datasets or its description's path; it then takes CamVid's place, too."""
    cityscapes: CityscapesConfig | None = CityscapesConfig()
    """Cityscapes; null where there is none (then `main` must be camvid)."""
    camvid: CamvidConfig = CamvidConfig()
    """CamVid (Tables 2 and 10, Figure 6)."""
    own: OwnSetConfig | None = None
    """What a described main set is; null where the main set is one of the paper's."""
    imagenet: ImagenetConfig = ImagenetConfig()
    """The set that backbones, and nothing else, are pretrained on (A15)."""

    @model_validator(mode="after")
    def _main_set_is_configured(self) -> DataConfig:
        if self.main == "cityscapes" and self.cityscapes is None:
            raise ValueError("main is cityscapes, but cityscapes is null: configure it or set main: camvid")
        if self.main not in PAPER_SETS and self.own is None:
            raise ValueError(f"main is {self.main}, but data.own does not say what that is")
        return self

    def block(self, name: str) -> SegmentationSetConfig | ImagenetConfig | None:
        """The settings of a set by its name; null where there are none."""
        known = {"cityscapes": self.cityscapes, "camvid": self.camvid, "imagenet": self.imagenet}
        return known.get(name, self.own)
