"""A few steps of each kind of work on this device, at sizes that mean nothing."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pytest
import torch

from pipeline_src.cli.networks import build_classifier, build_network
from pipeline_src.config.load import resolve
from pipeline_src.config.models import Config
from pipeline_src.planning import measuring, steps
from pipeline_src.planning.steps import Bench, Measured

REPOSITORY = Path(__file__).resolve().parents[3]
WHOLE = {"entry": 1, "search": 4, "pretrain": 3, "finetune": 6, "forward": 2}


@pytest.fixture(scope="module")
def config() -> Config:
    sides = [f"{name}_{side}_px" for name in ("input", "crop", "search_crop") for side in ("height", "width")]
    small = {
        "runtime": {"device": "cpu", "threads": 1, "workers": 0},
        "data": {"cityscapes": dict.fromkeys(sides, 64), "imagenet": {"crop_px": 32, "resize_px": 32}},
        "space": {"initial_channels": 2, "aggregation_channels": 4, "head_channels": 4},
        "search": {"batch_size": 4},
        "pretrain": {"batch_size": 3},
        "finetune": {"batch_size": 6},
        "evaluate": {"batch_size": 2},
        "experiments": {"depths": [1, 1, 1], "robustness": []},
    }
    return resolve({"scale": "tiny", **small}, REPOSITORY / "workflow" / "scales")


def measured(config: Config, kind: str, peer: str = "", available_mib: float = 1e6) -> Measured:
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    cpu = torch.device("cpu")
    bench = Bench(config, cpu, lambda: 500.0, available_mib, build_network, build_classifier, budget_s=600.0)
    try:
        return steps.measure(kind, peer, bench)
    finally:
        torch.set_num_threads(threads)


@pytest.mark.parametrize("kind", WHOLE)
def test_each_kind_of_work_is_timed_with_the_batch_of_its_job(config: Config, kind: str) -> None:
    found = measured(config, kind)
    low, middle, high = found.seconds
    assert 0 < low <= middle <= high < 1e-2
    assert found.images == found.whole == WHOLE[kind] and found.shrunk == 1
    assert (found.weights_bytes > 1000) == (kind not in ("entry", "search"))
    assert found.memory_mib == 500


def test_another_system_is_timed_as_itself(config: Config) -> None:
    own, icnet = measured(config, "forward"), measured(config, "forward", "icnet")
    assert icnet.weights_bytes > 10 * own.weights_bytes, "ICNet has millions of parameters, ours thousands"


def test_a_batch_that_would_not_fit_is_not_tried(config: Config, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two images of half the sides take 12.5 MiB more: six whole ones would take 150."""
    peaks = iter([100.0, 100.0, 112.5, *[150.0] * 20])
    monkeypatch.setattr(Bench, "memory_mib", lambda self: next(peaks))
    network = build_network(steps._extremes(config)[0], 19)
    bench = Bench(config, torch.device("cpu"), lambda: 0.0, 300.0, build_network, build_classifier, 600.0)
    step = steps._forward(network, (128, 128), bench)
    found = steps._timed(step, (128, 128), 1, 6, bench, 0)
    assert (found.images, found.whole, found.shrunk) == (2, 6, 1)
    assert found.memory_mib == 100 + 50 * 6 / 2


def test_an_image_that_would_take_too_long_is_timed_smaller(
    config: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A whole image takes 0.2 s of a budget of 0.15 s, one of half the sides 0.05 s; a clock of the test."""
    now_s, ran = 0.0, []

    def step(images: int, shrunk: int) -> None:
        nonlocal now_s
        ran.append((images, shrunk))
        now_s += 0.2 / shrunk**2

    monkeypatch.setattr(steps, "time", SimpleNamespace(monotonic=lambda: now_s))
    bench = Bench(config, torch.device("cpu"), lambda: 1.0, 1e6, build_network, build_classifier, 0.15)
    found = steps._timed(step, (512, 512), 1, 6, bench, 0)
    assert ran == [(2, 4), (2, 4), (2, 2), (2, 2)], "each once to warm up and once timed"
    assert (found.images, found.shrunk) == (2, 2)
    assert found.seconds[1] * 2 * 256**2 == pytest.approx(0.05)


@pytest.mark.parametrize(
    ("points", "seconds"),
    [
        ([(10, 2.0)], 20.0),  # one point: in proportion
        ([(10, 2.0), (20, 3.0)], 11.0),  # 1 s that does not grow, and 0.1 s a pixel
        ([(10, 1.0), (20, 4.0)], 20.0),  # steeper than in proportion: noise
        ([(10, 2.0), (20, 1.5)], 1.5),
    ],
)
def test_a_larger_step_is_foretold_by_a_line(points: list[tuple[int, float]], seconds: float) -> None:
    assert steps.grown_s(points, 100) == pytest.approx(seconds)


@pytest.mark.slow(
    "starts a process that imports torch; each kind of step is measured in process in make test"
)
def test_a_process_measures_and_answers(config: Config) -> None:
    taken = measuring.measure_rates(config, [("forward", "")])
    assert list(taken.rates.seconds) == [("forward", "")] and taken.scaled == ()
    assert 50 < taken.rates.memory_mib["forward", ""] < 4000
    assert taken.rates.start_s > 0 and taken.device
