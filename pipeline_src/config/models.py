"""The one definition of every setting: its type, its range and the paper's own value as default.

Every block is frozen and refuses unknown keys. Lengths are in pixels, times in the unit of the
name. `A1`..`A18` are the assumptions of docs/assumptions.md.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

Positive = Annotated[int, Field(ge=1)]
NonNegative = Annotated[int, Field(ge=0)]
Rate = Annotated[float, Field(gt=0.0, le=100.0)]
Fraction = Annotated[float, Field(ge=0.0, le=1.0)]
Depths = tuple[Positive, Positive, Positive]
Positions = tuple[Positive, Positive, Positive]
Precision = Literal["float32", "bfloat16", "float16"]


class Block(BaseModel):
    """A block of settings: immutable, and without room for a misspelt key."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class RuntimeConfig(Block):
    """Where and how the jobs run; none of it changes a result on purpose."""

    device: Literal["auto", "cpu", "cuda"] = "auto"
    threads: Positive = 4
    workers: NonNegative = 4
    precision: Precision = "float32"
    processes: Positive = 1
    cache_mib: NonNegative = 1024
    checkpoint_every_s: Annotated[float, Field(gt=0)] = 60.0


class RenderConfig(Block):
    """A set of street scenes that the project renders itself, in a data set's official layout."""

    seed: NonNegative = 0
    train: Positive = 48
    val: Positive = 16
    test: Positive = 16
    coarse: NonNegative = 16
    height_px: Annotated[int, Field(ge=32)] = 128
    width_px: Annotated[int, Field(ge=32)] = 256


class RenderClassesConfig(Block):
    """A class-folder set of rendered objects, for pretraining without ImageNet."""

    seed: NonNegative = 0
    classes: Annotated[int, Field(ge=2, le=10)] = 8
    train_per_class: Positive = 24
    val_per_class: Positive = 6
    size_px: Annotated[int, Field(ge=16)] = 64


class SegmentationSetConfig(Block):
    """A segmentation data set: where it lies and the sizes at which it is used (A13)."""

    path: str | None = None
    render: RenderConfig | None = None
    input_height_px: Positive
    input_width_px: Positive
    crop_height_px: Positive
    crop_width_px: Positive
    search_crop_height_px: Positive
    search_crop_width_px: Positive
    full_height_px: Positive | None = None
    full_width_px: Positive | None = None

    @model_validator(mode="after")
    def _sizes_fit_the_network(self) -> SegmentationSetConfig:
        for name in ("crop_height_px", "crop_width_px", "search_crop_height_px", "search_crop_width_px"):
            if getattr(self, name) < 32:
                raise ValueError(f"{name} must be 32 or more: the network downsamples 32 times")
        return self


class CityscapesConfig(SegmentationSetConfig):
    """Cityscapes: 1024x2048 frames, used at 768x1536 (Sec. 4.3)."""

    input_height_px: Positive = 768
    input_width_px: Positive = 1536
    crop_height_px: Positive = 768
    crop_width_px: Positive = 1536
    search_crop_height_px: Positive = 384
    search_crop_width_px: Positive = 768
    full_height_px: Positive | None = 1024
    full_width_px: Positive | None = 2048


class CamvidConfig(SegmentationSetConfig):
    """CamVid: 720x960 frames (Sec. 4.3), in the original or the class-index layout."""

    layout: Literal["auto", "original", "indexed"] = "auto"
    input_height_px: Positive = 720
    input_width_px: Positive = 960
    crop_height_px: Positive = 720
    crop_width_px: Positive = 960
    search_crop_height_px: Positive = 360
    search_crop_width_px: Positive = 480


class ImagenetConfig(Block):
    """Class folders `train/CLASS/*` and `val/CLASS/*`."""

    path: str | None = None
    render: RenderClassesConfig | None = None
    crop_px: Annotated[int, Field(ge=32)] = 224
    resize_px: Annotated[int, Field(ge=32)] = 256


class DataConfig(Block):
    """The three data sets, and which of them is searched on and ablated on."""

    main: Literal["cityscapes", "camvid"] = "cityscapes"
    cityscapes: CityscapesConfig | None = CityscapesConfig()
    camvid: CamvidConfig = CamvidConfig()
    imagenet: ImagenetConfig = ImagenetConfig()

    @model_validator(mode="after")
    def _main_set_is_configured(self) -> DataConfig:
        if self.main == "cityscapes" and self.cityscapes is None:
            raise ValueError("main is cityscapes, but cityscapes is null: configure it or set main: camvid")
        return self


class SpaceConfig(Block):
    """Widths and strides of the search space (A1, A2, A7, A8)."""

    initial_channels: Positive = 8
    channel_multiplier: Positive = 3
    stem_strides: tuple[Literal[1, 2], Literal[1, 2]] = (2, 2)
    aggregation_channels: Positive = 64
    head_channels: Positive = 64
    head_dilations: tuple[Positive, Positive, Positive] = (6, 12, 18)
    head_dropout: Fraction = 0.1


class LatencyConfig(Block):
    """How latency is measured: batch 1, evaluation mode, warm, synchronised (Sec. 3.1, 4.3)."""

    warmup: NonNegative = 50
    repeats: Annotated[int, Field(ge=3)] = 500
    lut_repeats: Annotated[int, Field(ge=3)] = 500
    precision: Precision = "float32"
    memory_format: Literal["contiguous", "channels_last"] = "contiguous"
    threads: Positive = 1
    check_networks: Annotated[int, Field(ge=20)] = 20
    allow_other_device: bool = False


class SearchConfig(Block):
    """The search (Sec. 3, 4.1; A9 to A12)."""

    epochs: Positive = 150
    warmup_epochs: NonNegative = 50
    steps_per_epoch: Positive | None = None
    batch_size: Positive = 16
    level: Literal["single", "bilevel"] = "single"
    architecture_lr: Rate = 1e-3
    architecture_betas: tuple[Fraction, Fraction] = (0.5, 0.999)
    architecture_weight_decay: Annotated[float, Field(ge=0)] = 1e-4
    weight_lr: Rate = 0.025
    weight_lr_min: Annotated[float, Field(ge=0)] = 0.001
    weight_momentum: Fraction = 0.9
    weight_decay: Annotated[float, Field(ge=0)] = 1e-3
    gradient_clip: Annotated[float, Field(gt=0)] | None = 5.0
    temperature_start: Annotated[float, Field(gt=0)] = 3.0
    temperature_end: Annotated[float, Field(gt=0)] = 0.03
    temperature_schedule: Literal["linear", "exponential"] = "linear"
    scale_range: tuple[Rate, Rate] = (0.5, 2.0)
    validation_images: NonNegative = 100
    validation_every: Positive = 1

    @model_validator(mode="after")
    def _phases_fit(self) -> SearchConfig:
        if self.warmup_epochs >= self.epochs:
            raise ValueError("warmup_epochs must be less than epochs, or beta is never trained")
        if self.temperature_end > self.temperature_start:
            raise ValueError("temperature_end must not exceed temperature_start")
        if self.scale_range[0] > self.scale_range[1]:
            raise ValueError("scale_range must be (low, high)")
        return self


class PretrainConfig(Block):
    """ImageNet pretraining from scratch (Sec. 4.1; A13)."""

    epochs: Positive = 250
    batch_size: Positive = 256
    lr: Rate = 0.1
    lr_decay_per_epoch: Annotated[float, Field(gt=0, le=1)] = 0.97
    momentum: Fraction = 0.9
    weight_decay: Annotated[float, Field(ge=0)] = 3e-5
    label_smoothing: Annotated[float, Field(ge=0, lt=1)] = 0.1
    gradient_clip: Annotated[float, Field(gt=0)] | None = 5.0
    area_range: tuple[Rate, Rate] = (0.08, 1.0)
    validation_every: Positive = 1


class FinetuneConfig(Block):
    """Retraining on the segmentation set (Sec. 4.1; A13, A14)."""

    epochs: Positive = 200
    batch_size: Positive = 16
    lr: Rate = 0.01
    poly_power: Annotated[float, Field(ge=0)] = 0.9
    momentum: Fraction = 0.9
    weight_decay: Annotated[float, Field(ge=0)] = 5e-4
    gradient_clip: Annotated[float, Field(gt=0)] | None = None
    scale_range: tuple[Rate, Rate] = (0.5, 2.0)
    flip_probability: Fraction = 0.5
    bootstrap_threshold: Annotated[float, Field(gt=0, le=1)] = 0.7
    bootstrap_min_kept: Fraction = 1 / 16
    validation_every: Positive = 5
    validation_images: Positive | None = None

    @model_validator(mode="after")
    def _scales_are_ordered(self) -> FinetuneConfig:
        if self.scale_range[0] > self.scale_range[1]:
            raise ValueError("scale_range must be (low, high)")
        return self


class EvaluateConfig(Block):
    """Evaluation: single scale, no test augmentation (Sec. 4.3)."""

    batch_size: Positive = 4


class RobustnessRun(Block):
    """One row of Table 4: a seed and the initial numbers of cells of the three hyper-cells."""

    seed: NonNegative
    depths: Depths


class ExperimentsConfig(Block):
    """The grid behind every table and figure; see docs/experiments.md."""

    gamma_a: Annotated[float, Field(ge=0)] = 0.01
    gamma_b: Annotated[float, Field(ge=0)] = 0.001
    gamma_c: Annotated[float, Field(ge=0)] = 0.1
    seed: NonNegative = 2
    depths: Depths = (5, 10, 10)
    robustness: tuple[RobustnessRun, ...] = (
        RobustnessRun(seed=2, depths=(5, 10, 10)),
        RobustnessRun(seed=2, depths=(5, 10, 15)),
        RobustnessRun(seed=2, depths=(5, 15, 15)),
        RobustnessRun(seed=2, depths=(10, 10, 10)),
        RobustnessRun(seed=1, depths=(5, 10, 10)),
        RobustnessRun(seed=3, depths=(5, 10, 10)),
    )
    camvid_gammas: tuple[Annotated[float, Field(ge=0)], ...] = (0.001, 0.01, 0.05, 0.1)
    random_networks: Positive = 10
    matched_networks: NonNegative = 10
    matched_tolerance: Annotated[float, Field(gt=0, lt=1)] = 0.1
    downsampling_positions: tuple[Positions, ...] = ((1, 5, 10), (3, 5, 8), (1, 2, 4))
    random_aggregations: Positive = 10
    coarse: bool = True

    @model_validator(mode="after")
    def _grid_is_consistent(self) -> ExperimentsConfig:
        for positions in self.downsampling_positions:
            if not positions[0] < positions[1] < positions[2]:
                raise ValueError(f"downsampling_positions {positions} must increase")
        if self.gamma_c not in self.camvid_gammas:
            raise ValueError(f"gamma_c {self.gamma_c} must be one of camvid_gammas {self.camvid_gammas}")
        if len(set(self.robustness)) != len(self.robustness):
            raise ValueError("robustness lists a run twice")
        return self


class Config(Block):
    """The whole configuration of one scale."""

    scale: Literal["tiny", "camvid", "paper"] = "tiny"
    seed: NonNegative = 0
    runtime: RuntimeConfig = RuntimeConfig()
    data: DataConfig = DataConfig()
    space: SpaceConfig = SpaceConfig()
    latency: LatencyConfig = LatencyConfig()
    search: SearchConfig = SearchConfig()
    pretrain: PretrainConfig = PretrainConfig()
    finetune: FinetuneConfig = FinetuneConfig()
    evaluate: EvaluateConfig = EvaluateConfig()
    experiments: ExperimentsConfig = ExperimentsConfig()
