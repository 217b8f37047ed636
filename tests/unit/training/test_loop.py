"""The loop: golden curve, interruption at any step, best state, precision, bad input."""

from __future__ import annotations

import itertools
import json
import os
import signal
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor
from training_stand_ins import (
    STEPS,
    TinyClassifier,
    TinyNet,
    classification_batches,
    pixel_accuracy,
    segmentation_batches,
)

from pipeline_src.config.models import FinetuneConfig, PretrainConfig, RuntimeConfig
from pipeline_src.errors import CheckpointError, ConfigError, UserError
from pipeline_src.training.checkpoint import Checkpoints
from pipeline_src.training.engine import BatchSource, Keeping
from pipeline_src.training.finetune import finetune, transfer_backbone
from pipeline_src.training.interruption import Interrupted, watch_signals
from pipeline_src.training.loop import TrainingResult, Validation
from pipeline_src.training.pretrain import pretrain
from pipeline_src.training.seeding import seed_everything

GOLDEN = Path(__file__).parents[2] / "golden" / "training_loss_curves.json"
CPU = torch.device("cpu")
CONFIG = FinetuneConfig(epochs=4, lr=0.1, validation_every=2)


def tune(
    keeping: Keeping | None = None,
    batches: BatchSource = segmentation_batches,
    cfg: FinetuneConfig = CONFIG,
    dropout: float = 0.3,
    runtime: RuntimeConfig | None = None,
    validate: Validation = pixel_accuracy,
) -> TrainingResult:
    seed_everything(11, threads=1)
    return finetune(
        TinyNet(dropout),
        batches,
        validate,
        steps_per_epoch=STEPS,
        cfg=cfg,
        runtime=runtime or RuntimeConfig(),
        device=CPU,
        keeping=keeping,
    )


def assert_identical(one: TrainingResult, other: TrainingResult) -> None:
    assert one.rows == other.rows and one.best_epoch == other.best_epoch
    assert one.best_state is not None and other.best_state is not None
    pairs = [(one.last_state, other.last_state), (one.best_state, other.best_state)]
    for mine, theirs in pairs:
        assert mine.keys() == theirs.keys()
        assert all(torch.equal(mine[name], theirs[name]) for name in mine)


def ticking(every: int) -> Keeping:
    """Saves each so many looks at the clock."""
    return Keeping(every_s=every, clock=itertools.count().__next__)


def failing_at(step: int) -> BatchSource:
    """The batches, but the iterator dies before the batch of that number since the start."""

    def batches(epoch: int, start: int) -> Iterator[tuple[Tensor, Tensor]]:
        for number, batch in enumerate(segmentation_batches(epoch, start), start):
            if epoch * STEPS + number == step:
                raise RuntimeError("killed")
            yield batch

    return batches


def test_golden_loss_curves() -> None:
    """Regenerate after a wanted change: AUTORTNET_WRITE_GOLDEN=1 pytest this file."""
    tuned = tune(dropout=0.0)
    seed_everything(12, threads=1)
    trained = pretrain(
        TinyClassifier(),
        classification_batches,
        None,
        steps_per_epoch=STEPS,
        cfg=PretrainConfig(epochs=4, lr=0.5),
        runtime=RuntimeConfig(),
        device=CPU,
    )
    curves = {
        "finetune": [row["loss"] for row in tuned.rows],
        "pretrain": [row["loss"] for row in trained.rows],
    }
    if os.environ.get("AUTORTNET_WRITE_GOLDEN"):
        GOLDEN.write_text(json.dumps(curves, indent=2) + "\n")
    expected = json.loads(GOLDEN.read_text())
    for name, losses in curves.items():
        assert losses == pytest.approx(expected[name], rel=1e-4)
        assert expected[name][-1] < 0.95 * expected[name][0], "nothing was learnt"


def test_rows_and_rates() -> None:
    result = tune()
    assert [row["epoch"] for row in result.rows] == [1, 2, 3, 4]
    assert [row["val_miou"] is None for row in result.rows] == [True, False, True, False]
    assert result.rows[0]["lr"] == pytest.approx(0.1 * (1 - 4 / 20) ** 0.9)
    assert result.best_epoch in (2, 4)


@pytest.mark.parametrize("step", [int(step) for step in np.random.default_rng(0).permutation(20)[:6]] + [0])
def test_a_killed_run_ends_in_the_same_bytes(tmp_path: Path, step: int) -> None:
    whole = tune()
    checkpoints = Checkpoints(tmp_path)
    with pytest.raises(RuntimeError, match="killed"):
        tune(replace(ticking(3), checkpoints=checkpoints), failing_at(step))
    torch.rand(step + 1)  # the state of the generators at the restart must not matter
    assert_identical(whole, tune(Keeping(checkpoints)))


def test_a_truncated_newest_checkpoint_falls_back(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    checkpoints = Checkpoints(tmp_path)
    with pytest.raises(RuntimeError):
        tune(replace(ticking(2), checkpoints=checkpoints), failing_at(13))
    newest = max(tmp_path.iterdir())
    newest.write_bytes(newest.read_bytes()[:1000])
    assert_identical(tune(), tune(Keeping(checkpoints)))
    assert newest.name in caplog.text


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGUSR1])
@pytest.mark.parametrize("step", [2, 4, 10])
def test_a_signal_saves_and_stops(tmp_path: Path, number: signal.Signals, step: int) -> None:
    def batches(epoch: int, start: int) -> Iterator[tuple[Tensor, Tensor]]:
        for index, batch in enumerate(segmentation_batches(epoch, start), start):
            if epoch * STEPS + index == step:
                os.kill(os.getpid(), number)
            yield batch

    checkpoints = Checkpoints(tmp_path)
    before = signal.getsignal(number)
    with pytest.raises(Interrupted, match=f"step {step + 1};"):
        tune(Keeping(checkpoints), batches)
    assert signal.getsignal(number) == before
    found = checkpoints.load_newest()
    assert found is not None and found[0] == step + 1
    assert_identical(tune(), tune(Keeping(checkpoints)))


def test_a_chain_of_interruptions(tmp_path: Path) -> None:
    checkpoints = Checkpoints(tmp_path)
    for step in (6, 11, 17):
        with pytest.raises(RuntimeError):
            tune(Keeping(checkpoints, every_s=0), failing_at(step))
        found = checkpoints.load_newest()
        assert found is not None and found[0] == step
    assert_identical(tune(), tune(Keeping(checkpoints)))


def test_the_best_epoch_survives_a_restart(tmp_path: Path) -> None:
    def falling() -> Validation:
        scores = itertools.count(step=-1)
        return lambda network: float(next(scores))

    checkpoints = Checkpoints(tmp_path)
    with pytest.raises(RuntimeError):
        tune(replace(ticking(1), checkpoints=checkpoints), failing_at(12), validate=falling())
    resumed = tune(Keeping(checkpoints), validate=lambda network: -9.0)
    whole = tune(validate=falling())
    assert resumed.best_epoch == whole.best_epoch == 2
    assert resumed.best_state is not None and whole.best_state is not None
    assert all(torch.equal(value, whole.best_state[name]) for name, value in resumed.best_state.items())


def test_validation_changes_no_weight() -> None:
    often = tune(cfg=CONFIG.model_copy(update={"validation_every": 1})).last_state
    assert all(torch.equal(value, often[name]) for name, value in tune().last_state.items())


def test_a_checkpoint_of_other_settings_is_not_taken_up(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    keeping = replace(ticking(1), checkpoints=Checkpoints(tmp_path))
    with pytest.raises(RuntimeError):
        tune(keeping, failing_at(9))
    other = CONFIG.model_copy(update={"lr": 0.05})
    assert_identical(tune(cfg=other), tune(keeping, cfg=other))
    assert "other settings" in caplog.text


def test_signals_are_watched_in_the_body_only() -> None:
    before = signal.getsignal(signal.SIGTERM)
    with watch_signals() as stop:
        assert not stop.requested
        os.kill(os.getpid(), signal.SIGTERM)
        assert stop.requested
    assert signal.getsignal(signal.SIGTERM) == before


def test_bfloat16_trains_and_float16_needs_a_gpu() -> None:
    plain, brain = tune(dropout=0.0), tune(dropout=0.0, runtime=RuntimeConfig(precision="bfloat16"))
    assert brain.rows[-1]["loss"] != plain.rows[-1]["loss"]
    assert brain.rows[-1]["loss"] == pytest.approx(plain.rows[-1]["loss"], rel=0.05)
    assert brain.last_state["head.weight"].dtype == torch.float32
    with pytest.raises(ConfigError, match="needs a GPU"):
        tune(runtime=RuntimeConfig(precision="float16"))


def test_a_diverged_run_says_so_and_keeps_no_checkpoint_of_it(tmp_path: Path) -> None:
    def batches(epoch: int, start: int) -> Iterator[tuple[Tensor, Tensor]]:
        for images, labels in segmentation_batches(epoch, start):
            yield images * float("nan"), labels

    with pytest.raises(UserError, match="no longer a finite number"):
        tune(replace(ticking(1), checkpoints=Checkpoints(tmp_path)), batches)
    assert not any(tmp_path.iterdir())


def test_too_few_batches_are_an_error() -> None:
    with pytest.raises(ValueError, match="2 batches short of 5 in epoch 0"):
        tune(batches=lambda epoch, start: segmentation_batches(epoch, start + 2))


def test_progress_sees_the_steps_left(tmp_path: Path) -> None:
    seen = []

    def progress(items, total, label):  # type: ignore[no-untyped-def]
        seen.append((total, label, len(list(items))))
        return iter(())

    seed_everything(1)
    net = TinyNet()
    rows: list[object] = []
    finetune(
        net,
        segmentation_batches,
        None,
        steps_per_epoch=STEPS,
        cfg=CONFIG,
        runtime=RuntimeConfig(),
        device=CPU,
        progress=progress,
        on_epoch=rows.append,
    )
    assert seen == [(20, "training steps", 20)] and len(rows) == 4


def test_transfer_copies_the_backbone_only() -> None:
    source, target = TinyClassifier(), TinyNet()
    head = target.head.weight.clone()
    transfer_backbone(target, source.state_dict())
    assert torch.equal(target.backbone[0].weight, source.backbone[0].weight)  # type: ignore[arg-type]
    assert torch.equal(target.head.weight, head)


def test_transfer_names_what_does_not_fit() -> None:
    target = TinyNet()
    before = {name: value.clone() for name, value in target.state_dict().items()}
    weights = TinyNet().state_dict()
    weights["backbone.0.weight"] = torch.zeros(1)
    weights["backbone.9.weight"] = weights.pop("backbone.1.weight")
    with pytest.raises(CheckpointError) as caught:
        transfer_backbone(target, weights, "weights.safetensors")
    for part in ("weights.safetensors", "lacks backbone.1.weight", "backbone.9.weight", "(1,) instead of"):
        assert part in str(caught.value)
    assert all(torch.equal(value, before[name]) for name, value in target.state_dict().items())
