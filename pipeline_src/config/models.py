"""The one definition of every setting: its type, its range and the paper's own value as default.

Every block is frozen and refuses unknown keys. Lengths are in pixels, times in the unit of the
name. `A1` and so on are the assumptions of docs/assumptions.md.
"""

from __future__ import annotations

from typing import Annotated, Literal, get_args

from pydantic import BeforeValidator, Field, model_validator
from pydantic_core import PydanticCustomError

from pipeline_src.config.block import (
    EXECUTION,
    Channels,
    Count,
    Depths,
    Fraction,
    Magnitude,
    Positions,
    PositiveMagnitude,
    Rate,
    Seed,
)

# `as`: for those who import all settings from here.
from pipeline_src.config.block import Block as Block
from pipeline_src.config.block import MemoryFormat as MemoryFormat
from pipeline_src.config.block import NonNegative as NonNegative
from pipeline_src.config.block import Positive as Positive
from pipeline_src.config.block import Precision as Precision
from pipeline_src.config.block import Runtime as Runtime
from pipeline_src.config.data_sets import CamvidConfig as CamvidConfig
from pipeline_src.config.data_sets import CityscapesConfig as CityscapesConfig
from pipeline_src.config.data_sets import DataConfig as DataConfig
from pipeline_src.config.data_sets import ImagenetConfig as ImagenetConfig
from pipeline_src.config.data_sets import OwnSetConfig as OwnSetConfig
from pipeline_src.config.data_sets import RenderClassesConfig as RenderClassesConfig
from pipeline_src.config.data_sets import RenderConfig as RenderConfig
from pipeline_src.config.data_sets import SegmentationSetConfig as SegmentationSetConfig
from pipeline_src.config.peers import Peer
from pipeline_src.config.runtime import RuntimeConfig as RuntimeConfig
from pipeline_src.config.search import SearchConfig as SearchConfig
from pipeline_src.config.workflow import WorkflowConfig as WorkflowConfig


class SpaceConfig(Block):
    """Widths and strides of the search space (A1, A2, A7, A8)."""

    initial_channels: Channels = 8
    """Width of the stem and of a node before the first reduction (A2)."""
    channel_multiplier: Annotated[int, Field(ge=1, le=16)] = 3
    """Factor of the node width at each reduction (A2)."""
    stem_strides: tuple[Literal[1, 2], Literal[1, 2]] = (2, 2)
    """Of the stem's two convolutions (A1); its output is both inputs of the first cell (A18)."""
    aggregation_channels: Channels = 64
    """Width of the aggregation cell's inner nodes (A7)."""
    head_channels: Channels = 64
    """Width of the head's branches (A8)."""
    head_dilations: tuple[Positive, Positive, Positive] = (6, 12, 18)
    """Of the head's three dilated convolutions (A8)."""
    head_dropout: Fraction = 0.1
    """Share of values dropped before the classifier (A8)."""


class LatencyConfig(Block):
    """How latency is measured: batch 1, evaluation mode, warm, synchronised (Sec. 3.1, 4.3)."""

    warmup: NonNegative = 50
    """Forward passes before each measurement that are not counted."""
    repeats: Annotated[int, Field(ge=3, le=1_000_000)] = 500
    """Counted forward passes of a whole network."""
    lut_repeats: Annotated[int, Field(ge=3, le=1_000_000)] = 500
    """Counted forward passes of a lookup table's entry and of its check's networks."""
    precision: Precision = "float32"
    """Of the measured networks and operations; float32 convolutions use TF32 on GPUs that have it."""
    runtime: Runtime = "eager"
    """What runs them: table, check and speed alike. Set the one you deploy; `onnxruntime` needs [onnx]."""
    threads: Positive = 1
    """CPU threads during a measurement."""
    spread_max: Annotated[float, Field(gt=0, le=1)] = 0.1
    """Widest gap between a timing's quartiles, as a share of its median; a wider one is measured again."""
    attempts_max: Annotated[int, Field(ge=1, le=100)] = 3
    """Attempts at an interleaved run; the most stable is kept, and what is still too wide is flagged."""
    check_networks: Annotated[int, Field(ge=20, le=1_000_000)] = 20
    """Random networks whose measured latency is held against the table."""
    allow_other_device: Annotated[bool, EXECUTION] = False
    """Whether a table of another device, version or procedure may be used."""


class PretrainConfig(Block):
    """ImageNet pretraining from scratch (Sec. 4.1; A13)."""

    epochs: Positive = 250
    """Epochs over the class-folder set (A13)."""
    batch_size: Positive = 256
    lr: Rate = 0.1
    """SGD's rate in the first epoch (A13)."""
    lr_decay_per_epoch: Annotated[float, Field(gt=0, le=1)] = 0.97
    """Factor of the rate after each epoch (A13)."""
    momentum: Fraction = 0.9
    weight_decay: Magnitude = 3e-5
    label_smoothing: Annotated[float, Field(ge=0, lt=1)] = 0.1
    """Share of the target spread over all classes (A13)."""
    gradient_clip: PositiveMagnitude | None = 5.0
    """Largest norm of the gradient; null does not clip (A13)."""
    area_range: tuple[Rate, Rate] = (0.08, 1.0)
    """Share of an image's area that the random crop covers (low, high)."""
    validation_every: Positive = 1
    memory_format: MemoryFormat = "contiguous"
    """As `finetune.memory_format`."""


Weighting = Literal["enet", "balanced"]
"""A formula for class weights; `pipeline_src.training.class_weights` has both."""


def _formula_or_weights(value: object) -> object:
    """Report one error instead of one for each member of the union."""
    formulas = get_args(Weighting)
    is_list = isinstance(value, list | tuple) and all(_is_weight(one) for one in value) and len(value) > 0
    if value is not None and not is_list and not (isinstance(value, str) and value in formulas):
        raise PydanticCustomError(
            "literal_error",
            "must be null, enet, balanced or a list of numbers above 0, one for each class",
            {"expected": ", ".join(map(repr, formulas))},
        )
    return value


def _is_weight(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 < value <= 1e6


class FinetuneConfig(Block):
    """Retraining on the segmentation set (Sec. 4.1; A13, A14)."""

    pretrained: bool = True
    """Whether training starts from a pretrained backbone; false trains all networks from scratch (A30)."""
    epochs: Positive = 200
    """Epochs over the training splits; the same with coarse frames (A16)."""
    batch_size: Positive = 16
    optimizer: Literal["sgd", "adam"] = "sgd"
    """SGD with momentum, or Adam with decay rates 0.9 and 0.999 of its moments (A30)."""
    lr: Rate = 0.01
    """Learning rate of the first step."""
    poly_power: Magnitude = 0.9
    """The rate falls as (1 - step / steps) to this power."""
    momentum: Fraction = 0.9
    """SGD's momentum; Adam has none."""
    weight_decay: Magnitude = 5e-4
    """Weight decay, added to the gradient (an L2 penalty) with either optimizer."""
    loss: Literal["bootstrapped", "cross_entropy"] = "bootstrapped"
    """Cross-entropy over hard pixels only (A14), or over all labelled pixels (A30)."""
    class_weights: Annotated[
        Weighting | tuple[PositiveMagnitude, ...] | None, BeforeValidator(_formula_or_weights)
    ] = None
    """Class weights of `cross_entropy`: a formula over the training labels, or a number each (A30)."""
    gradient_clip: PositiveMagnitude | None = None
    """Largest norm of the gradient; null does not clip."""
    scale_range: tuple[Rate, Rate] = (0.5, 2.0)
    flip_probability: Fraction = 0.5
    """Of a horizontal flip."""
    bootstrap_threshold: Annotated[float, Field(gt=0, le=1)] = 0.7
    """Pixels whose true class is less probable than this make the loss (A14)."""
    bootstrap_min_kept: Fraction = 1 / 16
    """Share of the batch's pixels that make the loss at least (A14)."""
    validation_every: Positive = 5
    validation_images: Positive | None = None
    """Images of a validation while training; null takes the whole split."""
    memory_format: MemoryFormat = "contiguous"
    """Of the trained network; channels_last is faster, and rounds and draws dropout in another order."""

    @model_validator(mode="after")
    def _scales_are_ordered(self) -> FinetuneConfig:
        if self.scale_range[0] > self.scale_range[1]:
            raise ValueError("scale_range must be (low, high)")
        return self

    @model_validator(mode="after")
    def _every_key_has_an_effect(self) -> FinetuneConfig:
        for key, (choice, needed) in _ONLY_WITH.items():
            is_default = getattr(self, key) == type(self).model_fields[key].default
            if not is_default and getattr(self, choice) != needed:
                raise ValueError(
                    f"{key} has no effect unless {choice} is {needed}: remove it, or set {choice}: {needed}"
                )
        return self


_ONLY_WITH = {
    "momentum": ("optimizer", "sgd"),
    "bootstrap_threshold": ("loss", "bootstrapped"),
    "bootstrap_min_kept": ("loss", "bootstrapped"),
    "class_weights": ("loss", "cross_entropy"),
}
"""Keys of `finetune` that only one optimizer or loss uses."""


class EvaluateConfig(Block):
    """Evaluation: single scale, no test augmentation (Sec. 4.3)."""

    batch_size: Annotated[Positive, EXECUTION] = 4
    """Images evaluated at a time; each is normalised and counted by itself."""


class RobustnessRun(Block):
    """One row of Table 4: a seed and the initial numbers of cells of the three hyper-cells."""

    seed: Seed
    """Of the search."""
    depths: Depths
    """Initial numbers of cells {a, b, c}, reduction cells included."""


SpeedForm = Literal["eager", "folded", "channels_last", "onnxruntime", "half", "compiled", "cuda_graphs"]
"""A form in which a network is run; `pipeline_src.evaluation.forms` says what each is."""


class ExperimentsConfig(Block):
    """The grid behind every table and figure; see docs/experiments.md."""

    gamma_a: Magnitude = 0.01
    """Weight of the latency term of network A."""
    gamma_b: Magnitude = 0.001
    """Weight of the latency term of network B."""
    gamma_c: Magnitude = 0.1
    """Weight of the latency term of network C; one of `camvid_gammas`."""
    seed: Seed = 2
    """Of the searches of A, B, C and Figure 6."""
    depths: Depths = (5, 10, 10)
    """Initial numbers of cells of the same searches and of random networks."""
    robustness: tuple[RobustnessRun, ...] = (
        RobustnessRun(seed=2, depths=(5, 10, 10)),
        RobustnessRun(seed=2, depths=(5, 10, 15)),
        RobustnessRun(seed=2, depths=(5, 15, 15)),
        RobustnessRun(seed=2, depths=(10, 10, 10)),
        RobustnessRun(seed=1, depths=(5, 10, 10)),
        RobustnessRun(seed=3, depths=(5, 10, 10)),
    )
    """The searches of Table 4, a row each."""
    camvid_gammas: tuple[Magnitude, ...] = (0.001, 0.01, 0.05, 0.1)
    """The searches of Figure 6, a point each."""
    gamma_seeds: tuple[Seed, ...] = ()
    """Further seeds of each search of Figure 6, beside `seed`; the paper has none."""
    null_seeds: tuple[Seed, ...] = ()
    """Seeds of the null searches: one at gamma 0 and one with random signs of alpha's gradients for each."""
    training_seeds: Annotated[int, Field(ge=0, le=1000)] = 0
    """Further trainings, with seeds of their own, of A, its control and what C4, C5 and C11 compare with."""
    random_networks: Count = 10
    """Networks of Table 3's random search."""
    matched_networks: Annotated[int, Field(ge=0, le=1000)] = 10
    """Networks of the latency-matched random search beside it; 0 leaves it out."""
    matched_tolerance: Annotated[float, Field(gt=0, lt=1)] = 0.1
    """How far their predicted latency may be from A's, as a share."""
    control: bool = False
    """Whether A is trained with its last two hyper-cells emptied too: does accuracy depend on them (A29)?"""
    downsampling_positions: tuple[Positions, ...] = ((1, 5, 10), (3, 5, 8), (1, 2, 4))
    """The settings of Table 5 beside A's own, as positions among 12 cells."""
    random_aggregations: Count = 10
    """Random aggregation cells of Table 6."""
    coarse: bool = True
    """Whether the rows marked * are run, which train on fine and coarse frames together (A16)."""
    peers: tuple[Peer, ...] = ("icnet",)
    """Other systems trained and timed here (A19); none leaves their rows quoted."""
    timed_peers: tuple[Peer, ...] = ()
    """Further systems that are timed at the sizes of the paper's rows and not trained."""
    paper_size_share: Annotated[float, Field(gt=0, le=1)] | None = 1.0
    """Share of the sides of the input in its row of the paper at which each is timed too; null: never."""
    speed_forms: Annotated[tuple[SpeedForm, ...], Field(min_length=1)] = ("eager", "channels_last")
    """Further forms in tables that compare speeds; `onnxruntime` needs [onnx], the last three a GPU."""
    peer_epochs: Positive | None = None
    """Epochs of a peer's training; null takes `finetune.epochs`. Fewer are no fair comparison."""

    @model_validator(mode="after")
    def _grid_is_consistent(self) -> ExperimentsConfig:
        for positions in self.downsampling_positions:
            if not positions[0] < positions[1] < positions[2]:
                raise ValueError(f"downsampling_positions {positions} must increase")
            if positions[2] > 12:
                raise ValueError(f"downsampling_positions {positions} are counted among 12 cells (Table 5)")
        if self.gamma_c not in self.camvid_gammas:
            raise ValueError(f"gamma_c {self.gamma_c} must be one of camvid_gammas {self.camvid_gammas}")
        if len(set(self.camvid_gammas)) != len(self.camvid_gammas):
            raise ValueError("camvid_gammas lists a gamma twice")
        for name in ("gamma_seeds", "null_seeds"):
            if len(set(getattr(self, name))) != len(getattr(self, name)):
                raise ValueError(f"{name} lists a seed twice")
        if self.seed in self.gamma_seeds:
            raise ValueError(f"gamma_seeds holds {self.seed}, which is seed itself: list further ones only")
        if len(set(self.downsampling_positions)) != len(self.downsampling_positions):
            raise ValueError("downsampling_positions lists a setting twice")
        if len(set(self.robustness)) != len(self.robustness):
            raise ValueError("robustness lists a run twice")
        if len(set(self.speed_forms)) != len(self.speed_forms):
            raise ValueError("speed_forms lists a form twice")
        for name in ("peers", "timed_peers"):
            if len(set(getattr(self, name))) != len(getattr(self, name)):
                raise ValueError(f"{name} lists a system twice")
        if self.timed_peers and self.paper_size_share is None:
            raise ValueError(
                "timed_peers are timed at the paper's sizes, which paper_size_share: null leaves out"
            )
        return self


class Config(Block):
    """The whole configuration of one scale."""

    scale: Literal["tiny", "camvid", "paper"] = "tiny"
    """Which workflow/scales/SCALE.yaml the other keys start from."""
    seed: Seed = 0
    """Of sampling, pretraining, finetuning and checks; searches have seeds of their own."""
    runtime: RuntimeConfig = RuntimeConfig()
    data: DataConfig = DataConfig()
    space: SpaceConfig = SpaceConfig()
    latency: LatencyConfig = LatencyConfig()
    search: SearchConfig = SearchConfig()
    pretrain: PretrainConfig = PretrainConfig()
    finetune: FinetuneConfig = FinetuneConfig()
    evaluate: EvaluateConfig = EvaluateConfig()
    experiments: ExperimentsConfig = ExperimentsConfig()
    workflow: WorkflowConfig = WorkflowConfig()
