"""The stopwatch, the fingerprint, and tables and checks measured with them."""

from __future__ import annotations

import importlib.util
import itertools
import time
from collections.abc import Callable
from typing import ClassVar

import numpy as np
import pytest
import torch
from scipy import stats
from torch import Tensor, nn

from pipeline_src.config.models import LatencyConfig, SpaceConfig
from pipeline_src.errors import LookupTableError, UserError
from pipeline_src.latency.check import _agreement, check_table
from pipeline_src.latency.fingerprint import current, current_for_table
from pipeline_src.latency.predict import predict_latency_us
from pipeline_src.latency.profile import measure_entries, measure_table
from pipeline_src.latency.runtimes import runnable
from pipeline_src.latency.table import LookupTable
from pipeline_src.latency.timing import time_forward
from pipeline_src.space.genotype import Genotype
from pipeline_src.space.network import SegmentationNetwork
from pipeline_src.space.reach import LutKey, reachable_keys
from pipeline_src.space.sampling import random_genotype

CPU = torch.device("cpu")


class Probe(nn.Module):
    """Records how it is called; copies share the record."""

    def __init__(self, sleep_s: float = 0.0) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(2, 3, 1, 1))
        self.sleep_s = sleep_s

    calls: ClassVar[list[dict[str, object]]] = []

    def forward(self, x: Tensor) -> Tensor:
        type(self).calls.append(
            {
                "shape": tuple(x.shape),
                "dtype": (x.dtype, self.weight.dtype),
                "training": self.training,
                "inference": torch.is_inference_mode_enabled(),
                "threads": torch.get_num_threads(),
                "channels_last": x.is_contiguous(memory_format=torch.channels_last),
                "deterministic": torch.are_deterministic_algorithms_enabled(),
            }
        )
        time.sleep(self.sleep_s)
        return x


def timed(module: nn.Module, **changes: object):
    Probe.calls = []
    settings: dict[str, object] = {
        "device": CPU,
        "precision": "float32",
        "runtime": "eager",
        "threads": 1,
        "warmup": 2,
        "repeats": 5,
    }
    return time_forward(module, (1, 3, 4, 6), **(settings | changes))  # type: ignore[arg-type]


def test_counts_only_what_follows_the_warm_up() -> None:
    timing = timed(Probe())
    assert len(Probe.calls) == 7 and timing.repeats == 5


def test_measures_a_known_time_in_microseconds() -> None:
    start_s = time.perf_counter()
    timing = timed(Probe(sleep_s=0.01))
    whole_us = 1e6 * (time.perf_counter() - start_s)
    assert 10_000 <= timing.q1_us <= timing.median_us <= timing.q3_us
    assert timing.mean_us >= 10_000 and timing.repeats * timing.mean_us <= whole_us


def test_runs_batch_one_in_evaluation_and_inference_mode() -> None:
    module = Probe().train()
    torch.use_deterministic_algorithms(True)
    try:
        timed(module)
        assert torch.are_deterministic_algorithms_enabled()
    finally:
        torch.use_deterministic_algorithms(False)
    call = Probe.calls[-1]
    assert call["shape"] == (1, 3, 4, 6) and call["inference"] and not call["training"]
    assert not call["deterministic"]
    assert module.training and module.weight.requires_grad


def test_precision_layout_and_threads_are_those_asked_for() -> None:
    module, threads = Probe(), torch.get_num_threads()
    timed(module, precision="bfloat16", runtime="channels_last", threads=2)
    call = Probe.calls[-1]
    assert call["dtype"] == (torch.bfloat16, torch.bfloat16)
    assert call["channels_last"] and call["threads"] == 2
    assert torch.get_num_threads() == threads and module.weight.dtype == torch.float32


def test_fingerprint_tells_table_repeats_from_network_repeats(quick: LatencyConfig) -> None:
    network, table = current(quick, CPU), current_for_table(quick, CPU)
    assert (network.repeats, table.repeats) == (quick.repeats, quick.lut_repeats)
    assert network.torch == torch.__version__ and network.device and network.driver.startswith("cpu ")
    assert network.differences(current(quick, CPU)) == ()


@pytest.fixture
def measured(space: SpaceConfig, quick: LatencyConfig) -> LookupTable:
    return measure_table(space, (32, 64), quick, CPU)


def test_measures_every_reachable_key_and_shows_progress(space: SpaceConfig, quick: LatencyConfig) -> None:
    seen = []
    table = measure_table(
        space, (32, 64), quick, CPU, lambda groups: (seen.append(one) or one for one in groups)
    )
    keys = reachable_keys(space, (32, 64))
    assert [len(group) for group in seen] == [32, 32, 22] and tuple(itertools.chain(*seen)) == keys
    assert set(table.entries) == {key.text for key in keys}
    assert all(entry.repeats == 3 for entry in table.entries.values())
    assert sum(entry.median_us > 0 for entry in table.entries.values()) == len(keys)
    table.require(current_for_table(quick, CPU))


def test_operations_are_timed_in_turns_as_a_network_runs_them(
    quick: LatencyConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    ran: list[int] = []

    class Watched:
        def __init__(self, module: nn.Module, sample: Tensor, **_: object) -> None:
            self.number = len(list(module.parameters()))

        def on(self, sample: Tensor) -> Callable[[], None]:
            return lambda: ran.append(self.number)

    monkeypatch.setattr("pipeline_src.latency.profile.runnable", Watched)
    keys = [LutKey(name, 4, 4, 1, 8, 16) for name in ("skip", "conv3x3", "conv3x3_x2")]
    entries = measure_entries(keys, quick, CPU)
    assert list(entries) == [key.text for key in keys]
    assert len(set(ran)) == 3 and ran == ran[:3] * (quick.warmup + quick.lut_repeats)


def test_check_sets_predictions_against_measured_backbones(
    measured: LookupTable, genotype: Genotype, quick: LatencyConfig
) -> None:
    def convolutions(depths: tuple[int, int, int]) -> Genotype:
        operations = ("conv3x3",) * 5
        cells = [{"depth": depth, "reduction": operations, "normal": operations} for depth in depths]
        return genotype.with_(hyper_cells=cells)

    genotypes = [convolutions(depths) for depths in ((1, 1, 1), (5, 5, 5), (9, 9, 9))]
    rounds: list[int] = []
    result = check_table(
        measured, genotypes, quick, CPU, lambda turns: (rounds.append(turn) or turn for turn in turns)
    )
    assert (
        len(rounds) == quick.warmup + quick.lut_repeats
    )  # all networks in each, so all see the same machine
    assert result.networks == 3 and result.input_height_px == 32
    for row, network in zip(result.rows, genotypes, strict=True):
        assert row.predicted_us == pytest.approx(predict_latency_us(network, measured))
        assert row.depths == network.depths and row.q1_us <= row.measured_us <= row.q3_us
    # How well three timings of 100 us agree is the machine's affair; that the numbers are theirs is ours.
    predicted, took = zip(*((row.predicted_us, row.measured_us) for row in result.rows), strict=True)
    assert result.spearman == pytest.approx(stats.spearmanr(predicted, took).statistic)
    assert result.slope == pytest.approx(stats.linregress(predicted, took).slope)


def test_check_refuses_a_table_of_another_device(
    table: LookupTable, space: SpaceConfig, quick: LatencyConfig
) -> None:
    genotypes = [random_genotype(space, (1, 1, 1), np.random.default_rng(0))]
    with pytest.raises(LookupTableError, match="device is 'Chip'"):
        check_table(table, genotypes, quick, CPU)
    allowed = quick.model_copy(update={"allow_other_device": True})
    found = check_table(table, genotypes, allowed, CPU)
    assert found.pearson is None and found.table_device == "Chip" != found.fingerprint.device


def test_agreement_recovers_a_line_and_survives_constants() -> None:
    predicted = [1.0, 2.0, 4.0, 8.0]
    found = _agreement(predicted, [3.0 + 2.0 * x for x in predicted])
    assert found == pytest.approx({"pearson": 1.0, "spearman": 1.0, "slope": 2.0, "intercept_us": 3.0})
    assert _agreement(predicted, [5.0] * 4) == {
        "pearson": None,
        "spearman": None,
        "slope": 0.0,
        "intercept_us": 5.0,
    }
    assert _agreement([1.0] * 4, predicted)["pearson"] is None


# Runtimes


@pytest.mark.slow("exports an operation and a network; test_interleaved.py exports in make test")
def test_a_table_can_be_measured_in_the_runtime_that_is_deployed(genotype: Genotype) -> None:
    for package in ("onnx", "onnxruntime", "onnxscript"):
        pytest.importorskip(package, reason="the extra [onnx] is not installed")
    deployed = LatencyConfig(warmup=1, repeats=5, lut_repeats=3, runtime="onnxruntime")
    keys = [LutKey(name, 4, 4, 1, 8, 16) for name in ("zero", "skip", "maxpool3x3", "preprocess")]
    for entry in measure_entries(keys, deployed, CPU).values():
        assert entry.median_us > 0 and entry.repeats == 3
    here = current_for_table(deployed, CPU)
    assert here.runtime == "onnxruntime" and "ONNX Runtime " in here.driver
    module = SegmentationNetwork(genotype, 3).eval()
    image = torch.randn(1, 3, 32, 64)
    ready = runnable(module, image, runtime="onnxruntime", device=CPU, threads=1)
    with torch.inference_mode():
        torch.testing.assert_close(torch.from_numpy(ready.on(image)()), module(image), rtol=1e-3, atol=1e-3)


def test_a_table_of_another_runtime_is_refused(table: LookupTable) -> None:
    deployed = table.fingerprint.model_copy(update={"runtime": "channels_last"})
    with pytest.raises(LookupTableError, match="runtime is 'eager', not 'channels_last'"):
        table.require(deployed)


def test_a_runtime_that_is_not_there_is_refused_before_measuring(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == "onnxscript" else name)
    with pytest.raises(UserError, match=r"latency.runtime: needs onnxscript\. Install them"):
        current(LatencyConfig(runtime="onnxruntime"), CPU)
    with pytest.raises(UserError, match="not run in bfloat16"):
        current(LatencyConfig(runtime="onnxruntime", precision="bfloat16"), CPU)
    with pytest.raises(UserError, match="runs on the CPU here"):
        current(LatencyConfig(runtime="onnxruntime"), torch.device("cuda"))
