"""What all blocks of settings share: their base, and the ranges that recur."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

Positive = Annotated[int, Field(ge=1, le=1_000_000)]
NonNegative = Annotated[int, Field(ge=0, le=1_000_000)]
Seed = Annotated[int, Field(ge=0, lt=2**32)]
"""What every generator of random numbers takes."""
Count = Annotated[int, Field(ge=1, le=1000)]
"""Of networks or runs of one kind: each is a job, or several."""
Channels = Annotated[int, Field(ge=1, le=4096)]
Side = Annotated[int, Field(ge=1, le=16_384)]
"""Of an image, in pixels."""
Magnitude = Annotated[float, Field(ge=0.0, le=1e6)]
PositiveMagnitude = Annotated[float, Field(gt=0.0, le=1e6)]
Rate = Annotated[float, Field(gt=0.0, le=100.0)]
Fraction = Annotated[float, Field(ge=0.0, le=1.0)]
Depth = Annotated[int, Field(ge=1, le=100)]
Depths = tuple[Depth, Depth, Depth]
Positions = tuple[Positive, Positive, Positive]
Precision = Literal["float32", "bfloat16", "float16"]
Runtime = Literal["eager", "channels_last", "onnxruntime"]
"""What runs a measured network; `pipeline_src.latency.runtimes` says how."""
MemoryFormat = Literal["contiguous", "channels_last"]
"""How maps lie in memory: channel by channel, or pixel by pixel."""

EXECUTION = "execution"
"""Marks a key, by `Annotated`, that changes how a job runs and no result: a change of it redoes nothing."""


def _expanded(path: str) -> str:
    """A path without `~` and variables: what a shell would have made of it.

    Raises:
        ValueError: a variable is not set, or there is no such user.
    """
    whole = os.path.expandvars(path)
    with suppress(RuntimeError):  # no such user: told below
        whole = str(Path(whole).expanduser()) if whole.startswith("~") else whole
    if whole.startswith("~") or "$" in whole:
        raise ValueError("has a ~ or a $VARIABLE that means nothing here; give the whole path")
    return whole


Place = Annotated[str, AfterValidator(_expanded)]
"""A path, in which `~` and `$HOME` are what they are in a shell."""


class Block(BaseModel):
    """A block of settings: immutable, and without room for a misspelt key."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False, use_attribute_docstrings=True)
