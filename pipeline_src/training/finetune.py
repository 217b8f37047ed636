"""Transfer of a pretrained backbone, and retraining on the segmentation set (Sec. 4.1; A13, A14)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import torch
from torch import Tensor, nn

from pipeline_src.config.models import FinetuneConfig, RuntimeConfig
from pipeline_src.errors import CheckpointError
from pipeline_src.training.class_weights import class_weights
from pipeline_src.training.engine import BatchSource, Keeping
from pipeline_src.training.layout import arrange
from pipeline_src.training.loop import Plan, Progress, Row, TrainingResult, Validation, run_epochs
from pipeline_src.training.losses import BootstrappedCrossEntropy, CrossEntropy
from pipeline_src.training.optimizers import SGD, Adam
from pipeline_src.training.schedules import poly

PREFIX = "backbone."


def transfer_backbone(
    network: nn.Module, weights: Mapping[str, Tensor], source: object = "pretrained weights"
) -> None:
    """Copy every `backbone.*` tensor of `weights` into `network`; the head is left as it is.

    Args:
        network: with a submodule `backbone`.
        weights: of a classification network with the same backbone, or of a segmentation network.
        source: what errors name, such as the weights' path.

    Raises:
        CheckpointError: keys are missing, unknown, or of another shape; nothing was copied.
    """
    target = {name: value for name, value in network.state_dict().items() if name.startswith(PREFIX)}
    given = {name: value for name, value in weights.items() if name.startswith(PREFIX)}
    misshaped = [
        f"{name} {tuple(given[name].shape)} instead of {tuple(value.shape)}"
        for name, value in target.items()
        if name in given and given[name].shape != value.shape
    ]
    problems = [
        _listed("lacks", sorted(target.keys() - given.keys())),
        _listed("has too many keys:", sorted(given.keys() - target.keys())),
        _listed("has another shape:", misshaped),
    ]
    if any(problems) or not target:
        raise CheckpointError(
            source,
            "; ".join(filter(None, problems)) + "." if target else "the network has no backbone.",
            "Pretrain the backbone of this very genotype or system.",
        )
    with torch.no_grad():
        for name, value in target.items():
            value.copy_(given[name])


def _listed(problem: str, names: Sequence[str], shown: int = 3) -> str:
    """The problem with its first few names, or nothing where there are none."""
    if not names:
        return ""
    rest = f" and {len(names) - shown} more" if len(names) > shown else ""
    return f"{problem} {', '.join(names[:shown])}{rest}"


def finetune(
    network: nn.Module,
    train_batches: BatchSource,
    validate: Validation | None,
    *,
    steps_per_epoch: int,
    cfg: FinetuneConfig,
    runtime: RuntimeConfig,
    device: torch.device,
    class_pixels: Sequence[int] = (),
    keeping: Keeping | None = None,
    progress: Progress | None = None,
    on_epoch: Callable[[Row], None] | None = None,
) -> TrainingResult:
    """Train a segmentation network by the recipe of `cfg`, with a poly rate in each step.

    Call `seeding.seed_everything` before the network is built.

    Args:
        network: (B, 3, H, W) float32 -> logits (B, K, H, W); trained in place.
        train_batches: (epoch, start batch) -> (images, int64 labels (B, H, W), 255 ignored) of this
            process.
        validate: -> mIoU in 0..1, every `cfg.validation_every` epochs and at the last; None where
            there is no set left to validate on.
        device: of this process, from `distributed.session`.
        class_pixels: labelled pixels of each class in the training splits (K,), for `cfg.class_weights`.
        keeping: checkpoints, None for none; its identity is joined with `cfg` and the precision.

    Returns:
        Rows with columns epoch, lr, loss, val_miou; the states are on the CPU.

    Raises:
        Interrupted, CheckpointError, UserError: as `loop.run_epochs`.
        ConfigError: as `class_weights`.
    """
    keeping = keeping or Keeping()
    arrange(network.to(device), cfg.memory_format)
    loss, optimizer = _loss(cfg, class_pixels).to(device), _optimizer(cfg, network)
    total = cfg.epochs * steps_per_epoch
    plan = Plan(
        epochs=cfg.epochs,
        steps_per_epoch=steps_per_epoch,
        learning_rate=lambda step: poly(step, total, cfg.lr, cfg.poly_power),
        gradient_clip=cfg.gradient_clip,
        precision=runtime.precision,
        validation_every=cfg.validation_every,
        metric="val_miou",
    )
    identity = f"finetune {cfg.model_dump_json()} {steps_per_epoch} {runtime.precision} {keeping.identity}"
    return run_epochs(
        network,
        loss,
        optimizer,
        train_batches,
        validate,
        plan,
        device=device,
        keeping=replace(keeping, identity=identity),
        progress=progress,
        on_epoch=on_epoch,
    )


def _optimizer(cfg: FinetuneConfig, network: nn.Module) -> torch.optim.Optimizer:
    """SGD with momentum, or Adam; either adds the weight decay to the gradient."""
    if cfg.optimizer == "adam":
        return Adam(network.parameters(), lr=cfg.lr, weight_decay=cfg.weight_decay)
    return SGD(network.parameters(), lr=cfg.lr, momentum=cfg.momentum, weight_decay=cfg.weight_decay)


def _loss(cfg: FinetuneConfig, class_pixels: Sequence[int]) -> nn.Module:
    if cfg.loss == "cross_entropy":
        return CrossEntropy(class_weights=class_weights(cfg.class_weights, class_pixels))
    return BootstrappedCrossEntropy(cfg.bootstrap_threshold, cfg.bootstrap_min_kept)
