"""The epoch loop of pretraining and finetuning: what a step and an epoch are; `training.engine` runs them."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor, nn

from pipeline_src.config.models import Precision
from pipeline_src.training import distributed
from pipeline_src.training.engine import Batch, BatchSource, Engine, Keeping

Validation = Callable[[nn.Module], float]
"""Network in evaluation mode, on its device -> a score, larger is better; called in every process."""
Row = dict[str, int | float | None]
Progress = Callable[[Iterable[Any], int, str], Iterable[Any]]
"""(items, their number, label) -> the same items, shown to whoever watches."""


@dataclass(frozen=True)
class Plan:
    """What to do, apart from network, loss, optimizer and data.

    Args:
        epochs, steps_per_epoch: 1 or more.
        learning_rate: of the steps done since the start of training.
        gradient_clip: largest norm of the gradient, or None.
        precision: of the forward pass; float16 needs CUDA and scales the loss.
        validation_every: epochs from one validation to the next; the last epoch is always validated.
        metric: name of the score in the log rows.
    """

    epochs: int
    steps_per_epoch: int
    learning_rate: Callable[[int], float]
    gradient_clip: float | None = None
    precision: Precision = "float32"
    validation_every: int = 1
    metric: str = "val_score"


@dataclass(frozen=True)
class TrainingResult:
    """What training made: CPU state dicts of the bare network, and one log row an epoch.

    Rows hold epoch (from 1), lr (of the epoch's last step), loss (mean over its steps), and the
    score under the plan's name (None where not validated). `best_*` are None without validation;
    of equal scores the earliest epoch is the best.
    """

    last_state: dict[str, Tensor]
    best_state: dict[str, Tensor] | None
    best_epoch: int | None
    rows: list[Row] = field(default_factory=list)


def run_epochs(
    network: nn.Module,
    loss: Callable[[Tensor, Tensor], Tensor],
    optimizer: torch.optim.Optimizer,
    train_batches: BatchSource,
    validate: Validation | None,
    plan: Plan,
    *,
    device: torch.device,
    keeping: Keeping | None = None,
    progress: Progress | None = None,
    on_epoch: Callable[[Row], None] | None = None,
) -> TrainingResult:
    """Train `network` in place, going on from the newest checkpoint if there is one.

    Args:
        network: on `device`; its batch norms are replaced where several processes train.
        loss: (logits, targets) -> this process's part, as in `training.losses`.
        optimizer: over the network's parameters; its learning rate is set before each step.
        progress, on_epoch: called in the main process only.

    Raises:
        Interrupted: SIGTERM or SIGUSR1 came; a checkpoint was written, if any are kept.
        CheckpointError: there are checkpoints, but none is good.
        UserError: the loss is no longer finite, or a checkpoint cannot be written.
    """
    run = _Run(network, loss, optimizer, train_batches, validate, plan, device, keeping or Keeping())
    run.resume()
    steps: Iterable[None] = run.run(on_epoch)
    if progress is not None and distributed.is_main():
        steps = progress(steps, plan.epochs * plan.steps_per_epoch - run.steps_done, "training steps")
    for _ in steps:
        pass
    return TrainingResult(_cpu_copy(network.state_dict()), run.best_state, run.best_epoch, run.rows)


class _Run(Engine):
    """One training run: its parts, and everything that changes while it goes on."""

    def __init__(
        self,
        network: nn.Module,
        loss: Callable[[Tensor, Tensor], Tensor],
        optimizer: torch.optim.Optimizer,
        train_batches: BatchSource,
        validate: Validation | None,
        plan: Plan,
        device: torch.device,
        keeping: Keeping,
    ) -> None:
        super().__init__(
            epochs=plan.epochs,
            steps_per_epoch=plan.steps_per_epoch,
            sources=[train_batches],
            precision=plan.precision,
            device=device,
            keeping=keeping,
        )
        self.network, self.loss, self.optimizer = network, loss, optimizer
        self.validate, self.plan = validate, plan
        self.model = distributed.wrap(network, device)
        self.layout = _layout(network)
        self.scaler = torch.amp.GradScaler(device.type, enabled=plan.precision == "float16")
        self.loss_sum = torch.zeros((), dtype=torch.float64, device=device)
        self.best_state: dict[str, Tensor] | None = None
        self.best_epoch: int | None = None
        self.best_score = float("-inf")

    @property
    def identity(self) -> str:
        """Of settings and inputs, and of the network's layout."""
        return f"{super().identity} {self.layout}"

    def begin_epoch(self) -> None:
        """Validation has left the network in evaluation mode."""
        self.model.train()

    def step(self, batches: Sequence[Batch]) -> None:
        """Forward, backward, and one step of the optimizer."""
        ((inputs, targets),) = batches
        for group in self.optimizer.param_groups:
            group["lr"] = self.plan.learning_rate(self.steps_done)
        self.optimizer.zero_grad(set_to_none=True)
        with self.autocast():
            logits = self.model(inputs)
        loss = self.loss(logits, targets)
        self.scaler.scale(loss).backward()  # type: ignore[no-untyped-call]
        if self.plan.gradient_clip is not None:
            self.scaler.unscale_(self.optimizer)
            nn.utils.clip_grad_norm_(self.network.parameters(), self.plan.gradient_clip)
        self.scaler.step(self.optimizer)
        self.scaler.update()
        self.loss_sum += distributed.all_reduce_mean(loss.detach().double())

    def loss_is_finite(self) -> bool:
        """Whether the sum of this epoch's losses is."""
        return bool(torch.isfinite(self.loss_sum))

    def end_epoch(self, epochs_done: int) -> Row:
        """Validate if it is time, and make the log row."""
        score = None
        if epochs_done % self.plan.validation_every == 0 or epochs_done == self.plan.epochs:
            score = self._score()
        if score is not None and score > self.best_score:
            self.best_score, self.best_epoch = score, epochs_done
            self.best_state = _cpu_copy(self.network.state_dict())
        row: Row = {
            "epoch": epochs_done,
            "lr": self.plan.learning_rate(self.steps_done - 1),
            "loss": self.loss_sum.item() / self.plan.steps_per_epoch,
            self.plan.metric: score,
        }
        self.loss_sum.zero_()
        return row

    def _score(self) -> float | None:
        validate = self.validate
        if validate is None:
            return None
        self.network.eval()
        return self.scored(lambda: validate(self.network))

    def state(self) -> dict[str, Any]:
        """Network, optimizer, the epoch's sum and the best epoch so far."""
        return {
            "network": self.network.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "scaler": self.scaler.state_dict(),
            "loss_sum": self.loss_sum,
            "best": (self.best_state, self.best_epoch, self.best_score),
        }

    def load_state(self, state: dict[str, Any]) -> None:
        """Take up what `state` returned."""
        self.network.load_state_dict(state["network"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.scaler.load_state_dict(state["scaler"])
        self.loss_sum.copy_(state["loss_sum"])
        self.best_state, self.best_epoch, self.best_score = state["best"]


def _layout(network: nn.Module) -> str:
    """Digest of the names and shapes of all parameters and buffers."""
    shapes = [(name, tuple(value.shape)) for name, value in network.state_dict().items()]
    return hashlib.sha256(repr(shapes).encode()).hexdigest()


def _cpu_copy(state: dict[str, Tensor]) -> dict[str, Tensor]:
    copies = {name: value.detach().cpu() for name, value in state.items()}
    return {name: value.clone(memory_format=torch.contiguous_format) for name, value in copies.items()}
