"""The epoch loop of pretraining and finetuning: it can be killed after any step and goes on unchanged.

What a checkpoint holds is all that the next step depends on, so that a resumed run ends in the very
bytes of one that was never interrupted (CPU, same threads, same number of processes).
"""

from __future__ import annotations

import contextlib
import hashlib
import logging
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor, nn

from pipeline_src.config.models import Precision
from pipeline_src.errors import ConfigError, UserError
from pipeline_src.training import distributed
from pipeline_src.training.checkpoint import Checkpoints
from pipeline_src.training.interruption import Interrupted, StopRequest, watch_signals
from pipeline_src.training.seeding import preserved_rng, restore_rng_state, rng_state

LOG = logging.getLogger(__name__)

Batch = tuple[Tensor, Tensor]
BatchSource = Callable[[int, int], Iterator[Batch]]
"""(epoch from 0, batches to skip) -> this process's (inputs, targets) of the rest of that epoch."""
Validation = Callable[[nn.Module], float]
"""Network in evaluation mode, on its device -> a score, larger is better; called in every process."""
Row = dict[str, int | float | None]
Progress = Callable[[Iterable[Any], int, str], Iterable[Any]]
"""(items, their number, label) -> the same items, shown to whoever watches."""

GO, SAVE, STOP = 0, 1, 2


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
class Keeping:
    """Where and when checkpoints are written; the times at which they are change no result.

    Args:
        checkpoints: the job's own, or None to keep none.
        identity: of all settings and inputs that shape the result; the layout of the network is added to
            it. A checkpoint of another one is not taken up: training starts from the beginning.
        every_s: seconds from one checkpoint to the next, looked at after each step.
        clock: seconds from any origin.
    """

    checkpoints: Checkpoints | None = None
    identity: str = ""
    every_s: float = 60.0
    clock: Callable[[], float] = time.monotonic


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
    run = _Run(
        network, loss, optimizer, train_batches, validate, plan, device, keeping or Keeping(), on_epoch
    )
    run.resume()
    with watch_signals() as stop:
        steps: Iterable[None] = run.steps(stop)
        if progress is not None and distributed.is_main():
            steps = progress(steps, plan.epochs * plan.steps_per_epoch - run.steps_done, "training steps")
        for _ in steps:
            pass
    return TrainingResult(_cpu_copy(network.state_dict()), run.best_state, run.best_epoch, run.rows)


class _Run:
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
        on_epoch: Callable[[Row], None] | None,
    ) -> None:
        if plan.precision == "float16" and device.type != "cuda":
            problem = "is float16, which needs a GPU."
            raise ConfigError("runtime.precision", problem, "Set bfloat16 or float32.")
        self.network, self.loss, self.optimizer = network, loss, optimizer
        self.train_batches, self.validate, self.plan = train_batches, validate, plan
        self.device, self.keeping, self.on_epoch = device, keeping, on_epoch
        self.model = distributed.wrap(network, device)
        self.identity = f"{keeping.identity} {_layout(network)}"
        self.scaler = torch.amp.GradScaler(device.type, enabled=plan.precision == "float16")
        self.epoch = self.batch = 0
        self.loss_sum = torch.zeros((), dtype=torch.float64, device=device)
        self.rows: list[Row] = []
        self.best_state: dict[str, Tensor] | None = None
        self.best_epoch: int | None = None
        self.best_score = float("-inf")
        self.saved_at = keeping.clock()

    @property
    def steps_done(self) -> int:
        """Steps since the start of training, in this process or the ones before it."""
        return self.epoch * self.plan.steps_per_epoch + self.batch

    def steps(self, stop: StopRequest) -> Iterator[None]:
        """Train to the end, yielding after each step."""
        while self.epoch < self.plan.epochs:
            self.model.train()
            for inputs, targets in self._rest_of_epoch():
                self._step(inputs, targets)
                self._keep(stop, due=self._time_is_up())
                yield
            self._finish_epoch()
            if self.epoch < self.plan.epochs:
                self._keep(stop, due=False)

    def _rest_of_epoch(self) -> Iterator[Batch]:
        """The batches still to come in this epoch, on the device."""
        missing = self.plan.steps_per_epoch - self.batch
        if missing == 0:
            return
        # A loader may draw from the global generators when it starts, which would differ after a resume.
        with preserved_rng():
            source = iter(self.train_batches(self.epoch, self.batch))
            batch = next(source, None)
        for number in range(missing):
            if batch is None:
                raise ValueError(
                    f"train_batches ended {missing - number} batches short of "
                    f"{self.plan.steps_per_epoch} in epoch {self.epoch}"
                )
            # PyTorch 2.13's CPU kernels crash on some channels_last tensors: hence contiguous().
            inputs, targets = (part.to(self.device, non_blocking=True).contiguous() for part in batch)
            yield inputs, targets
            batch = next(source, None) if number + 1 < missing else None

    def _step(self, inputs: Tensor, targets: Tensor) -> None:
        """Forward, backward, and one step of the optimizer."""
        for group in self.optimizer.param_groups:
            group["lr"] = self.plan.learning_rate(self.steps_done)
        self.optimizer.zero_grad(set_to_none=True)
        with self._autocast():
            logits = self.model(inputs)
        loss = self.loss(logits, targets)
        self.scaler.scale(loss).backward()  # type: ignore[no-untyped-call]
        if self.plan.gradient_clip is not None:
            self.scaler.unscale_(self.optimizer)
            nn.utils.clip_grad_norm_(self.network.parameters(), self.plan.gradient_clip)
        self.scaler.step(self.optimizer)
        self.scaler.update()
        self.loss_sum += distributed.all_reduce_mean(loss.detach().double())
        self.batch += 1

    def _autocast(self) -> contextlib.AbstractContextManager[Any]:
        if self.plan.precision == "float32":
            return contextlib.nullcontext()
        return torch.autocast(self.device.type, getattr(torch, self.plan.precision))

    def _finish_epoch(self) -> None:
        """Validate if it is time, write the log row, and turn to the next epoch."""
        self._require_finite_loss()
        done = self.epoch + 1
        score = None
        if done % self.plan.validation_every == 0 or done == self.plan.epochs:
            score = self._score()
        if score is not None and score > self.best_score:
            self.best_score, self.best_epoch = score, done
            self.best_state = _cpu_copy(self.network.state_dict())
        row: Row = {
            "epoch": done,
            "lr": self.plan.learning_rate(self.steps_done - 1),
            "loss": self.loss_sum.item() / self.plan.steps_per_epoch,
            self.plan.metric: score,
        }
        self.rows.append(row)
        self.epoch, self.batch = done, 0
        self.loss_sum.zero_()
        if self.on_epoch is not None and distributed.is_main():
            self.on_epoch(row)

    def _score(self) -> float | None:
        if self.validate is None:
            return None
        self.network.eval()
        with preserved_rng(), torch.inference_mode():
            return distributed.broadcast_object(float(self.validate(self.network)))

    def _require_finite_loss(self) -> None:
        if not torch.isfinite(self.loss_sum):
            raise UserError(
                f"epoch {self.epoch + 1}",
                "the training loss is no longer a finite number.",
                "Lower the learning rate, or set gradient_clip.",
            )

    def _time_is_up(self) -> bool:
        return self.keeping.clock() - self.saved_at >= self.keeping.every_s

    def _keep(self, stop: StopRequest, *, due: bool) -> None:
        """Write a checkpoint if it is time, or if a signal came, and then go.

        Clocks and signals differ between processes; the most urgent wish holds for all of them.
        """
        wish = STOP if stop.requested else SAVE if due else GO
        agreed = distributed.all_reduce_max(wish, self.device)
        if agreed >= SAVE:
            self._save()
        if agreed == STOP:
            raise Interrupted(f"told to stop after training step {self.steps_done}; start again to go on")

    def _save(self) -> None:
        self._require_finite_loss()
        generators = distributed.gather_objects(rng_state())
        if self.keeping.checkpoints is not None and distributed.is_main():
            state = {
                "identity": self.identity,
                "epoch": self.epoch,
                "batch": self.batch,
                "network": self.network.state_dict(),
                "optimizer": self.optimizer.state_dict(),
                "scaler": self.scaler.state_dict(),
                "loss_sum": self.loss_sum,
                "rows": self.rows,
                "best": (self.best_state, self.best_epoch, self.best_score),
                "generators": generators,
            }
            self.keeping.checkpoints.save(self.steps_done, state)
        self.saved_at = self.keeping.clock()

    def resume(self) -> None:
        """Take up the state of the newest good checkpoint of this very run, if there is one."""
        found = None
        if self.keeping.checkpoints is not None and distributed.is_main():
            found = self.keeping.checkpoints.load_newest()
        found = distributed.broadcast_object(found)
        if found is None:
            return
        step, state = found
        if state["identity"] != self.identity:
            LOG.warning("The checkpoint is of other settings or inputs: training starts from the beginning.")
            return
        LOG.info("Going on after training step %d.", step)
        self.network.load_state_dict(state["network"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.scaler.load_state_dict(state["scaler"])
        self.epoch, self.batch = state["epoch"], state["batch"]
        self.loss_sum.copy_(state["loss_sum"])
        self.rows = state["rows"]
        self.best_state, self.best_epoch, self.best_score = state["best"]
        self._restore_generators(state["generators"])

    def _restore_generators(self, generators: list[dict[str, Any]]) -> None:
        if len(generators) != distributed.world_size():
            LOG.warning("Going on with another number of processes: dropout will differ.")
        restore_rng_state(generators[distributed.rank() % len(generators)])


def _layout(network: nn.Module) -> str:
    """Digest of the names and shapes of all parameters and buffers."""
    shapes = [(name, tuple(value.shape)) for name, value in network.state_dict().items()]
    return hashlib.sha256(repr(shapes).encode()).hexdigest()


def _cpu_copy(state: dict[str, Tensor]) -> dict[str, Tensor]:
    return {name: value.detach().cpu().clone() for name, value in state.items()}
