"""Pretraining of a backbone on image classification (Sec. 4.1; A13)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import torch
from torch import nn

from pipeline_src.config.models import PretrainConfig, RuntimeConfig
from pipeline_src.training.engine import BatchSource, Keeping
from pipeline_src.training.layout import arrange
from pipeline_src.training.loop import Plan, Progress, Row, TrainingResult, Validation, run_epochs
from pipeline_src.training.losses import CrossEntropy
from pipeline_src.training.optimizers import SGD
from pipeline_src.training.schedules import exponential


def pretrain(
    network: nn.Module,
    train_batches: BatchSource,
    validate: Validation | None,
    *,
    steps_per_epoch: int,
    cfg: PretrainConfig,
    runtime: RuntimeConfig,
    device: torch.device,
    keeping: Keeping | None = None,
    progress: Progress | None = None,
    on_epoch: Callable[[Row], None] | None = None,
) -> TrainingResult:
    """Train a classifier from scratch: SGD, x0.97 an epoch, label smoothing, clipped gradients.

    Call `seeding.seed_everything` before the network is built.

    Args:
        network: (B, 3, H, W) float32 -> logits (B, K); trained in place.
        train_batches: (epoch, start batch) -> (images, int64 classes (B,)) of this process.
        validate: -> top-1 accuracy in 0..1, or None for no validation.
        device: of this process, from `distributed.session`.
        keeping: checkpoints, None for none; its identity is joined with `cfg` and the precision.

    Returns:
        Rows with columns epoch, lr, loss, val_top1; the states are on the CPU.

    Raises:
        Interrupted, CheckpointError, UserError: as `loop.run_epochs`.
    """
    keeping = keeping or Keeping()
    arrange(network.to(device), cfg.memory_format)
    optimizer = SGD(network.parameters(), lr=cfg.lr, momentum=cfg.momentum, weight_decay=cfg.weight_decay)
    plan = Plan(
        epochs=cfg.epochs,
        steps_per_epoch=steps_per_epoch,
        learning_rate=lambda step: exponential(step // steps_per_epoch, cfg.lr, cfg.lr_decay_per_epoch),
        gradient_clip=cfg.gradient_clip,
        precision=runtime.precision,
        validation_every=cfg.validation_every,
        metric="val_top1",
    )
    identity = f"pretrain {cfg.model_dump_json()} {steps_per_epoch} {runtime.precision} {keeping.identity}"
    return run_epochs(
        network,
        CrossEntropy(cfg.label_smoothing),
        optimizer,
        train_batches,
        validate,
        plan,
        device=device,
        keeping=replace(keeping, identity=identity),
        progress=progress,
        on_epoch=on_epoch,
    )
