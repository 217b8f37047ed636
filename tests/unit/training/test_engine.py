"""What searches and trainings share: the loop over steps, whatever a step is."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
import torch

from pipeline_src.errors import ConfigError, UserError
from pipeline_src.search.searcher import Searcher
from pipeline_src.training import loop
from pipeline_src.training.checkpoint import Checkpoints
from pipeline_src.training.engine import Batch, BatchSource, Engine, Keeping


def pairs(count: int = 3) -> BatchSource:
    def source(epoch: int, start: int) -> Iterator[Batch]:
        for number in range(start, count):
            yield torch.full((1,), 10.0 * epoch + number), torch.zeros(1)

    return source


class Adding(Engine):
    """A run that sums up its batches; `broken` makes the step of that number lose its mind."""

    def __init__(self, keeping: Keeping, source: BatchSource, broken: int | None = None, **more: Any) -> None:
        settings = {"epochs": 2, "steps_per_epoch": 3, "precision": "float32", "device": torch.device("cpu")}
        super().__init__(sources=[source], keeping=keeping, **{**settings, **more})
        self.total, self.broken = 0.0, broken

    def begin_epoch(self) -> None:
        pass

    def step(self, batches: Sequence[Batch]) -> None:
        self.total += batches[0][0].item() if self.steps_done != self.broken else float("nan")

    def loss_is_finite(self) -> bool:
        return self.total == self.total

    def end_epoch(self, epochs_done: int) -> dict[str, Any]:
        return {"epoch": epochs_done, "total": self.total}

    def state(self) -> dict[str, Any]:
        return {"total": self.total}

    def load_state(self, state: dict[str, Any]) -> None:
        self.total = state["total"]


def test_both_users_run_on_the_one_loop() -> None:
    for user in (Searcher, loop._Run):
        assert issubclass(user, Engine)
        own = {"run", "resume", "_rest_of_epoch", "_finish_epoch", "_keep", "_save", "_require_finite_loss"}
        assert not own & vars(user).keys()


def test_rows_and_steps_of_a_whole_run() -> None:
    run, told = Adding(Keeping(), pairs()), []
    assert sum(1 for _ in run.run(told.append)) == 6
    assert run.rows == told == [{"epoch": 1, "total": 3.0}, {"epoch": 2, "total": 36.0}]


@pytest.mark.parametrize("killed_after", [1, 3, 5])
def test_a_killed_run_goes_on(tmp_path: Path, killed_after: int) -> None:
    keeping = Keeping(Checkpoints(tmp_path), "one", every_s=0.0)
    first = Adding(keeping, pairs())
    for _, _ in zip(range(killed_after), first.run(), strict=False):
        pass
    second = Adding(keeping, pairs())
    second.resume()
    assert second.steps_done == killed_after
    assert sum(1 for _ in second.run()) == 6 - killed_after and second.rows[-1]["total"] == 36.0


def test_a_loss_that_is_no_number_is_never_saved(tmp_path: Path) -> None:
    """Kept, it would be taken up again and again."""
    run = Adding(Keeping(Checkpoints(tmp_path), every_s=0.0), pairs(), broken=4)
    with pytest.raises(UserError, match=r"training, epoch 2.*no longer a finite number"):
        list(run.run())
    again = Adding(Keeping(Checkpoints(tmp_path)), pairs())
    again.resume()
    assert again.steps_done == 4 and again.total == 13.0


def test_too_few_batches_are_an_error_and_no_short_epoch() -> None:
    with pytest.raises(ValueError, match="1 batches short of 3 in epoch 0"):
        list(Adding(Keeping(), pairs(2)).run())


def test_float16_needs_a_gpu() -> None:
    with pytest.raises(ConfigError, match="needs a GPU"):
        Adding(Keeping(), pairs(), precision="float16")


def test_a_validation_draws_nothing_and_keeps_no_gradient() -> None:
    run = Adding(Keeping(), pairs())
    before = torch.get_rng_state()
    assert run.scored(lambda: float(torch.rand(()) >= 0) * (not torch.is_grad_enabled())) == 1.0
    assert torch.equal(before, torch.get_rng_state())
