"""Settings that are each in range and cannot work together: told before the first job, not hours in."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator
from typing import TYPE_CHECKING, Any

from pipeline_src.config.datasets import described

if TYPE_CHECKING:
    from pipeline_src.config.models import Config

WIDEST = 16_384
"""Channels of a node at most."""
FRAMES = {"cityscapes": (1024, 2048), "camvid": (720, 960)}
"""Height and width of the frames that the authors of a data set offer; a copy of it may have smaller ones."""


def at_odds(config: Config) -> Iterator[tuple[str, str]]:
    """Each key that cannot work with another, and why."""
    yield from _batches(config)
    yield from _precision(config)
    yield from _batch_norm(config)
    yield from _batched(config)
    yield from _widths(config)
    yield from _frames(config)


def weights_at_odds(config: Config) -> Iterator[tuple[str, str]]:
    """The class weights that are not one for each class of every data set that networks are finetuned on."""
    weights = config.finetune.class_weights
    if weights is None or isinstance(weights, str):
        return
    own = config.data.own
    names = {config.data.main, config.data.main if own else "camvid"}
    for name in sorted(names):
        classes = own.class_names if own else described(name).class_names
        problem = wrong_number_of_weights(weights, len(classes), name)
        if problem:
            yield "finetune.class_weights", problem + " Set enet or balanced, which fit every data set."


def wrong_number_of_weights(weights: Collection[float], classes: int, dataset: str) -> str:
    """The problem with class weights of which there is not one for each class; empty where there is."""
    if len(weights) == classes:
        return ""
    return f"has {len(weights)} numbers, but {dataset} has {classes} classes."


def _batches(config: Config) -> Iterator[tuple[str, str]]:
    for step in ("search", "pretrain", "finetune"):
        batch = getattr(config, step).batch_size
        processes = getattr(config.runtime.processes, step)
        count = processes.nodes * processes.per_node
        if batch % count:
            yield (
                f"{step}.batch_size",
                f"{batch} images cannot be shared out evenly over the {count} processes of "
                f"runtime.processes.{step}.",
            )


def _precision(config: Config) -> Iterator[tuple[str, str]]:
    if config.runtime.device == "cpu" and config.runtime.precision == "float16":
        yield "runtime.precision", "float16 needs a GPU, and runtime.device is cpu: bfloat16 or float32 work."
    elif config.runtime.precision == "float16" and config.search.precision is None:
        yield (
            "search.precision",
            "null takes runtime.precision; float16's range is too small for the search's gradients, which "
            "are not scaled: set bfloat16 or float32.",
        )


def _batch_norm(config: Config) -> Iterator[tuple[str, str]]:
    """Batch norm needs two values of a channel: a batch of one image must leave more than one pixel."""
    factor = 8 * math.prod(config.space.stem_strides)
    for step, name, height, width in _crops(config):
        batch = getattr(config, step).batch_size
        if batch * math.ceil(height / factor) * math.ceil(width / factor) < 2:
            yield (
                f"{step}.batch_size",
                f"one image of {height}x{width} px ({name}) is one pixel behind the network's {factor}-fold "
                "downsampling, and batch norm needs two: take two images or a larger crop.",
            )


def _batched(config: Config) -> Iterator[tuple[str, str]]:
    processes = config.runtime.processes.search
    if config.search.batched and processes.nodes * processes.per_node > 1:
        yield (
            "search.batched",
            "the batch norms of this form do not see the images of other processes: set it to false, or "
            "runtime.processes.search to one process.",
        )


def _crops(config: Config) -> Iterator[tuple[str, str, int, int]]:
    yield "pretrain", "data.imagenet.crop_px", config.data.imagenet.crop_px, config.data.imagenet.crop_px
    for name in ("cityscapes", "camvid", "own"):
        block: Any = getattr(config.data, name)
        if block is not None:
            yield "finetune", f"data.{name}.crop_*_px", block.crop_height_px, block.crop_width_px
            yield (
                "search",
                f"data.{name}.search_crop_*_px",
                block.search_crop_height_px,
                block.search_crop_width_px,
            )


def _widths(config: Config) -> Iterator[tuple[str, str]]:
    space = config.space
    widest = space.initial_channels * space.channel_multiplier**3
    if widest > WIDEST:
        yield (
            "space.initial_channels",
            f"{space.initial_channels}, times {space.channel_multiplier} at each of three reductions, make "
            f"{widest} channels; {WIDEST} are the most.",
        )


def _frames(config: Config) -> Iterator[tuple[str, str]]:
    """Frames are never enlarged: a result would be told at a resolution that no frame has."""
    for name, official in FRAMES.items():
        block: Any = getattr(config.data, name)
        if block is None:
            continue
        drawn = block.path is None and block.render is not None
        frame = (block.render.height_px, block.render.width_px) if drawn else official
        whose = f"data.{name}.render draws" if drawn else "the data set has"
        for use in ("input", "full"):
            for side, most in zip(("height", "width"), frame, strict=True):
                key = f"{use}_{side}_px"
                size = getattr(block, key)
                if size is not None and size > most:
                    yield (
                        f"data.{name}.{key}",
                        f"{size} px is above the frames' own {side}, {most} px, of the {frame[0]}x{frame[1]}"
                        f" frames that {whose}: frames are not enlarged.",
                    )
