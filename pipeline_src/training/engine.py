"""The one loop over steps, for searches and trainings: it can be killed after any step and goes on unchanged.

What a checkpoint holds is all that the next step depends on, so that a resumed run ends in the very bytes
of one that was never interrupted (CPU, same threads, same number of processes). What a step is, and what
an epoch's log row holds, is the user's: `training.loop` and `search.searcher`.
"""

from __future__ import annotations

import contextlib
import logging
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import torch
from torch import Tensor

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
Row = TypeVar("Row", bound=dict[str, Any])

GO, SAVE, STOP = 0, 1, 2


@dataclass(frozen=True)
class Keeping:
    """Where and when checkpoints are written; the times at which they are change no result.

    Args:
        checkpoints: the job's own, or None to keep none.
        identity: of all settings and inputs that shape the result. A checkpoint of another one is not
            taken up: the work starts from the beginning.
        every_s: seconds from one checkpoint to the next, looked at after each step.
        clock: seconds from any origin.
    """

    checkpoints: Checkpoints | None = None
    identity: str = ""
    every_s: float = 60.0
    clock: Callable[[], float] = time.monotonic


def autocast(device: torch.device, precision: Precision) -> contextlib.AbstractContextManager[Any]:
    """What a forward pass of this precision runs under; the weights stay float32."""
    if precision == "float32":
        return contextlib.nullcontext()
    return torch.autocast(device.type, getattr(torch, precision))


class Engine(ABC):
    """Steps, epochs, checkpoints and stopping of one run.

    Args:
        epochs, steps_per_epoch: 1 or more.
        sources: where batches come from; a step takes one of each.
        precision: of the forward pass; float16 needs CUDA.
        what: names the run in messages: `training` or `search`.
        remedy: what a user can do where the loss is no longer finite.
    """

    what = "training"
    remedy = "Lower the learning rate, or set gradient_clip."

    def __init__(
        self,
        *,
        epochs: int,
        steps_per_epoch: int,
        sources: Sequence[BatchSource],
        precision: Precision,
        device: torch.device,
        keeping: Keeping,
    ) -> None:
        if precision == "float16" and device.type != "cuda":
            problem = "is float16, which needs a GPU."
            raise ConfigError("runtime.precision", problem, "Set bfloat16 or float32.")
        self.epochs, self.steps_per_epoch, self.sources = epochs, steps_per_epoch, tuple(sources)
        self.precision, self.device, self.keeping = precision, device, keeping
        self.epoch = self.batch = 0
        self.rows: list[dict[str, Any]] = []
        self.saved_at = keeping.clock()

    @abstractmethod
    def begin_epoch(self) -> None:
        """Before the first step of an epoch in this process."""

    @abstractmethod
    def step(self, batches: Sequence[Batch]) -> None:
        """One step with a batch of each source, on the device."""

    @abstractmethod
    def loss_is_finite(self) -> bool:
        """Whether no step of this epoch had a loss that is infinite or not a number."""

    @abstractmethod
    def end_epoch(self, epochs_done: int) -> dict[str, Any]:
        """The log row of the epoch that has ended; drops what was summed over its steps."""

    @abstractmethod
    def state(self) -> dict[str, Any]:
        """Tensors and plain values that the next step depends on, beside what the engine keeps."""

    @abstractmethod
    def load_state(self, state: dict[str, Any]) -> None:
        """Take up what `state` returned."""

    @property
    def identity(self) -> str:
        """Of everything that shapes the result."""
        return self.keeping.identity

    @property
    def steps_done(self) -> int:
        """Steps since the start, in this process or the ones before it."""
        return self.epoch * self.steps_per_epoch + self.batch

    @property
    def is_over(self) -> bool:
        """Whether nothing is left to do."""
        return self.epoch >= self.epochs

    def run(self, on_epoch: Callable[[Any], None] | None = None) -> Iterator[None]:
        """Go on to the end, yielding after each step; `rows` then holds the log, a row an epoch.

        Args:
            on_epoch: called with each row, in the main process only.

        Raises:
            Interrupted: SIGTERM or SIGUSR1 came; a checkpoint was written, if any are kept.
            UserError: the loss is no longer finite, or a checkpoint cannot be written.
        """
        with watch_signals() as stop:
            while not self.is_over:
                self.begin_epoch()
                for batches in self._rest_of_epoch():
                    self.step(batches)
                    self.batch += 1
                    self._keep(stop, due=self.keeping.clock() - self.saved_at >= self.keeping.every_s)
                    yield
                self._finish_epoch(on_epoch)
                if not self.is_over:
                    self._keep(stop, due=False)

    def _rest_of_epoch(self) -> Iterator[tuple[Batch, ...]]:
        """The batches still to come in this epoch, on the device."""
        missing = self.steps_per_epoch - self.batch
        if missing == 0:
            return
        # A loader may draw from the global generators when it starts, which would differ after a resume.
        with preserved_rng():
            sources = [iter(source(self.epoch, self.batch)) for source in self.sources]
            batches = self._next(sources, missing)
        for left in range(missing, 0, -1):
            yield tuple(self._moved(batch) for batch in batches)
            batches = self._next(sources, left - 1) if left > 1 else []

    def _next(self, sources: Sequence[Iterator[Batch]], left: int) -> list[Batch]:
        batches = [next(source, None) for source in sources]
        found = [batch for batch in batches if batch is not None]
        if len(found) < len(batches):
            raise ValueError(
                f"the source ended {left} batches short of {self.steps_per_epoch} in epoch {self.epoch}"
            )
        return found

    def _moved(self, batch: Batch) -> Batch:
        # PyTorch 2.13's CPU kernels crash on some channels_last tensors: hence contiguous().
        inputs, targets = (part.to(self.device, non_blocking=True).contiguous() for part in batch)
        return inputs, targets

    def autocast(self) -> contextlib.AbstractContextManager[Any]:
        """What the forward pass runs under."""
        return autocast(self.device, self.precision)

    def scored(self, judge: Callable[[], float]) -> float:
        """A validation's score, that of the main process in all; draws nothing from the generators."""
        with preserved_rng(), torch.inference_mode():
            return distributed.broadcast_object(float(judge()))

    def _finish_epoch(self, on_epoch: Callable[[Any], None] | None) -> None:
        """Write the log row, and turn to the next epoch."""
        self._require_finite_loss()
        row = self.end_epoch(self.epoch + 1)
        self.rows.append(row)
        self.epoch, self.batch = self.epoch + 1, 0
        if on_epoch is not None and distributed.is_main():
            on_epoch(row)

    def _require_finite_loss(self) -> None:
        if not self.loss_is_finite():
            problem = f"the {self.what}'s loss is no longer a finite number."
            raise UserError(f"{self.what}, epoch {self.epoch + 1}", problem, self.remedy)

    def _keep(self, stop: StopRequest, *, due: bool) -> None:
        """Write a checkpoint if it is time, or if a signal came, and then go.

        Clocks and signals differ between processes; the most urgent wish holds for all of them.
        """
        wish = STOP if stop.requested else SAVE if due else GO
        agreed = distributed.all_reduce_max(wish, self.device)
        if agreed >= SAVE:
            self._save()
        if agreed == STOP:
            raise Interrupted(f"told to stop after {self.what} step {self.steps_done}; start again to go on")

    def _save(self) -> None:
        self._require_finite_loss()
        generators = distributed.gather_objects(rng_state())
        if self.keeping.checkpoints is not None and distributed.is_main():
            state = {
                "identity": self.identity,
                "epoch": self.epoch,
                "batch": self.batch,
                "rows": self.rows,
                "generators": generators,
                "run": self.state(),
            }
            self.keeping.checkpoints.save(self.steps_done, state)
        self.saved_at = self.keeping.clock()

    def resume(self) -> None:
        """Take up the newest good checkpoint of this very run, if there is one.

        Raises:
            CheckpointError: there are checkpoints, but none is good.
        """
        found = None
        if self.keeping.checkpoints is not None and distributed.is_main():
            found = self.keeping.checkpoints.load_newest()
        found = distributed.broadcast_object(found)
        if found is None:
            return
        step, state = found
        if state["identity"] != self.identity:
            LOG.warning(
                "The checkpoint is of other settings or inputs: the %s starts from the beginning.", self.what
            )
            if self.keeping.checkpoints is not None:
                self.keeping.checkpoints.start_over()
            return
        LOG.info("Going on after %s step %d.", self.what, step)
        self.epoch, self.batch, self.rows = state["epoch"], state["batch"], state["rows"]
        self.load_state(state["run"])
        generators = state["generators"]
        if len(generators) != distributed.world_size():
            LOG.warning("Going on with another number of processes: dropout will differ.")
        restore_rng_state(generators[distributed.rank() % len(generators)])
