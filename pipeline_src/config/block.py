"""What all blocks of settings share: their base, and the ranges that recur."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

Positive = Annotated[int, Field(ge=1)]
NonNegative = Annotated[int, Field(ge=0)]
Rate = Annotated[float, Field(gt=0.0, le=100.0)]
Fraction = Annotated[float, Field(ge=0.0, le=1.0)]
Depths = tuple[Positive, Positive, Positive]
Positions = tuple[Positive, Positive, Positive]
Precision = Literal["float32", "bfloat16", "float16"]

EXECUTION = "execution"
"""Marks a key, by `Annotated`, that changes how a job runs and no result: a change of it redoes nothing."""


class Block(BaseModel):
    """A block of settings: immutable, and without room for a misspelt key."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False, use_attribute_docstrings=True)
