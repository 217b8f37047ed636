"""Settings of the search (Sec. 3, 4.1)."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, model_validator

from pipeline_src.config.block import (
    Block,
    Fraction,
    Magnitude,
    NonNegative,
    Positive,
    PositiveMagnitude,
    Rate,
)

Sampling = Literal["soft", "single", "pair"]
DeriveZero = Literal["keep", "guard", "exclude"]


def _time_or_measured(value: object) -> object:
    """One fault in place of one for each member of the union."""
    is_time = isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= 1e9
    if not is_time and value != "measured":
        raise ValueError("must be a time of 0 to 1e9 microseconds, or measured")
    return value


Offset = Annotated[float, Field(ge=0, le=1e9, allow_inf_nan=False)] | Literal["measured"]


class SearchConfig(Block):
    """The search (Sec. 3, 4.1; A9 to A12). The defaults of A20 to A26 are the paper's plain form."""

    epochs: Positive = 150
    """Epochs of one search."""
    warmup_epochs: NonNegative = 50
    """First epochs, in which beta is frozen; less than `epochs`."""
    steps_per_epoch: Positive | None = None
    """Steps of an epoch; null runs through the whole training set."""
    batch_size: Positive = 16
    level: Literal["single", "bilevel"] = "single"
    """Whether alpha and beta learn from the same batch as w, or from the other half of the set (A12)."""
    sampling: Sampling = "soft"
    """What a step computes of an edge: all operations, weighted (Eq. 2, 3), or one or two drawn (A20)."""
    batched: bool = False
    """Whether soft steps compute a cell in few wide kernels: the same sums, in another order of rounding."""
    architecture_lr: Rate = 1e-3
    """Adam's rate for alpha and beta; the normal cells of a hyper-cell share an alpha (A4)."""
    architecture_betas: tuple[Fraction, Fraction] = (0.5, 0.999)
    """Adam's decay rates of the moments."""
    architecture_weight_decay: Magnitude = 1e-4
    """Weight decay of alpha and beta."""
    architecture_accumulation: Positive = 1
    """Steps whose gradients of alpha and beta are averaged before a step of Adam (A24)."""
    latency_offset_us: Annotated[Offset, BeforeValidator(_time_or_measured)] = 0.0
    """Added to the latency within the logarithm of Eq. 8: 0, a time in us, or the table's own (A21)."""
    latency_warmup: bool = False
    """Whether gamma is 0 while beta is frozen (A22)."""
    warmup_depth: Literal["sampled", "uniform"] = "sampled"
    """Weights of the depths while beta is frozen: sampled as later (Eq. 6), or all equal (A25)."""
    derive_zero: DeriveZero = "keep"
    """`zero` in the derived network: as any operation, but not on all edges of a node, or never (A23)."""
    precision: Literal["float32", "bfloat16"] | None = None
    """Of a search's forward passes; null takes `runtime.precision`, which must then not be float16."""
    entropy_stop: Annotated[float, Field(gt=0, allow_inf_nan=False)] | None = None
    """Mean entropy of alpha, in nats, at which a search ends behind the warm-up; null never (A26)."""
    weight_lr: Rate = 0.025
    """SGD's rate for w in the first epoch, then along a cosine."""
    weight_lr_min: Magnitude = 0.001
    """End of the cosine."""
    weight_momentum: Fraction = 0.9
    weight_decay: Magnitude = 1e-3
    """Weight decay of w."""
    gradient_clip: PositiveMagnitude | None = 5.0
    """Largest norm of w's gradient; null does not clip. The paper names none."""
    temperature_start: PositiveMagnitude = 3.0
    """Gumbel-softmax temperature of the first epoch."""
    temperature_end: PositiveMagnitude = 0.03
    """Temperature of the last epoch; at most `temperature_start`."""
    temperature_schedule: Literal["linear", "exponential"] = "linear"
    """From start to end by epoch (A10)."""
    scale_range: tuple[Rate, Rate] = (0.5, 2.0)
    validation_images: NonNegative = 100
    """Images behind the log's mIoU columns; 0 leaves them empty."""
    validation_every: Positive = 1

    @model_validator(mode="after")
    def _phases_fit(self) -> SearchConfig:
        if self.warmup_epochs >= self.epochs:
            raise ValueError("warmup_epochs must be less than epochs, or beta is never trained")
        if self.temperature_end > self.temperature_start:
            raise ValueError("temperature_end must not exceed temperature_start")
        if self.batched and self.sampling != "soft":
            raise ValueError("batched puts soft operations together: set sampling: soft, or batched: false")
        if self.scale_range[0] > self.scale_range[1]:
            raise ValueError("scale_range must be (low, high)")
        return self
