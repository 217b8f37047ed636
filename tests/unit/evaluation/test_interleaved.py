"""Networks and forms in one interleaved run: turns, ratios, refusals, and what a restless machine gives."""

from __future__ import annotations

import contextlib
import importlib.util
from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from pipeline_src.config.models import LatencyConfig
from pipeline_src.errors import UserError
from pipeline_src.evaluation import forms as forms_module
from pipeline_src.evaluation import interleaved
from pipeline_src.evaluation.forms import (
    FORMS,
    GRAPH_WARMUP,
    captured,
    classes_of,
    compiled,
    equal_pixels,
    prepare,
    require_forms,
)
from pipeline_src.evaluation.interleaved import Comparison, Key, Subject, compare_speeds, described
from pipeline_src.latency.runtimes import Runnable
from pipeline_src.latency.timing import Timing, time_in_turns

CPU = torch.device("cpu")
LATENCY = LatencyConfig(warmup=1, repeats=4, threads=1)
SIZE = (16, 24)


def small(seed: int = 0) -> nn.Module:
    torch.manual_seed(seed)
    return nn.Sequential(nn.Conv2d(3, 4, 3, padding=1), nn.BatchNorm2d(4), nn.ReLU(), nn.Conv2d(4, 5, 1))


def at(label: str) -> Subject:
    return Subject(label, "camvid", 5, SIZE)


def noise(size: tuple[int, int]) -> list[Tensor]:
    return [torch.randn(1, 3, *size, generator=torch.Generator().manual_seed(0))]


def compare(networks: dict[str, nn.Module], *forms: str, **over: Any) -> Comparison:
    latency = LATENCY.model_copy(update={"spread_max": over.pop("spread_max", 1.0)})
    subjects = {at(label): network for label, network in networks.items()}
    settings: dict[str, Any] = {"budget_s": 0.0, "images": noise} | over
    return compare_speeds(subjects, dict.fromkeys(subjects, forms), latency, CPU, **settings)


def told_of(comparison: Comparison, networks: dict[str, nn.Module]) -> list[dict[str, Any]]:
    return described(comparison, {at(label): network for label, network in networks.items()}, CPU)


def test_work_is_done_in_turns_and_the_warm_up_is_not_counted() -> None:
    order: list[str] = []
    works: dict[str, Callable[[], object]] = {name: lambda name=name: order.append(name) for name in "abc"}
    samples = time_in_turns(works, device=CPU, threads=1, warmup=1, rounds=3)
    assert order == list("abc") * 4
    assert {name: len(values) for name, values in samples.items()} == {"a": 3, "b": 3, "c": 3}


def test_the_spread_is_that_of_the_quartiles() -> None:
    timing = Timing.of([8.0, 9.0, 10.0, 11.0, 12.0])
    assert (timing.median_us, timing.mean_us, timing.repeats) == (10, 10, 5)
    assert timing.spread == pytest.approx(0.2)


def test_every_network_is_timed_in_every_form_and_ratios_are_to_the_first(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def stopwatch(works: dict[Key, object], **_: object) -> dict[Key, list[float]]:
        first = {
            (at("A"), "eager"): 100.0,
            (at("A"), "folded"): 50.0,
            (at("B"), "eager"): 300.0,
            (at("B"), "folded"): 200.0,
        }
        assert list(works) == list(first)
        return {key: [one, 1.1 * one, 0.9 * one] for key, one in first.items()}

    monkeypatch.setattr(interleaved, "time_in_turns", stopwatch)
    networks = {"A": small(), "B": small(1)}
    comparison = compare(networks, "eager", "folded")
    a, b = told_of(comparison, networks)
    assert (a["network"], b["network"]) == ("A", "B")
    assert a["parameters"] == 3 * 4 * 9 + 4 + 8 + 4 * 5 + 5
    assert a["multiply_adds"] == 16 * 24 * (3 * 4 * 9 + 4 * 5)
    assert a["forms"]["eager"]["times_the_first"]["median"] == 1
    assert b["forms"]["eager"]["times_the_first"]["median"] == pytest.approx(3)
    assert b["forms"]["folded"]["times_the_first"]["median"] == pytest.approx(4)
    assert b["forms"]["folded"]["times_faster_than_eager"]["median"] == pytest.approx(1.5)
    assert b["forms"]["folded"]["fps"] == pytest.approx(1e6 / 200)
    assert a["forms"]["eager"]["latency_ms"]["mean"] == pytest.approx(0.1)


@pytest.mark.parametrize("form", ["eager", "folded", "channels_last"])
def test_a_form_gives_the_same_logits_and_leaves_the_network_alone(form: str) -> None:
    network = small()
    before = {key: value.clone() for key, value in network.state_dict().items()}
    image = torch.randn(1, 3, *SIZE)
    with torch.inference_mode():
        found = prepare(network, form, image, device=CPU, latency=LATENCY).on(image)()
        assert torch.allclose(found, network.eval()(image), atol=1e-5)
    assert all(torch.equal(before[key], value) for key, value in network.state_dict().items())


def test_onnx_runtime_sees_the_same_classes() -> None:
    for package in ("onnx", "onnxruntime", "onnxscript"):
        pytest.importorskip(package, reason="the extra [onnx] is not installed")
    image = torch.randn(1, 3, *SIZE)
    network = small()
    reference = prepare(network, "eager", image, device=CPU, latency=LATENCY)
    exported = prepare(network, "onnxruntime", image, device=CPU, latency=LATENCY)
    assert equal_pixels(classes_of(reference, [image]), exported, [image]) == 1
    with torch.inference_mode():
        assert torch.allclose(torch.from_numpy(exported.on(image)()), reference.on(image)(), atol=1e-5)


def test_the_share_of_equal_pixels_is_counted() -> None:
    logits = torch.zeros(1, 2, 1, 4)
    logits[:, 1] = torch.tensor([1.0, 1.0, -1.0, -1.0])
    other = logits.clone()
    other[0, 1, 0, 3] = 1.0

    def giving(value: object) -> Runnable:
        return Runnable(lambda image: image, lambda _: value)

    image = torch.zeros(1, 3, 1, 4)
    (expected,) = classes_of(giving(logits), [image])
    assert equal_pixels([expected], giving(other), [image]) == 0.75
    assert equal_pixels([expected, expected], giving(logits.numpy()), [image, image]) == 1


def test_forms_are_compared_on_the_frames_that_are_given(monkeypatch: pytest.MonkeyPatch) -> None:
    """A form that is right on noise and wrong on a frame is refused."""

    class Right(nn.Module):
        def forward(self, x: Tensor) -> Tensor:
            return torch.stack([x[:, 0], x[:, 1]], dim=1)

    class WrongOnBright(nn.Module):
        def forward(self, x: Tensor) -> Tensor:
            logits = torch.stack([x[:, 0], x[:, 1]], dim=1)
            return logits.flip(1) if float(x.min()) > 5 else logits

    monkeypatch.setattr(forms_module, "fold_batch_norm", lambda network: WrongOnBright())
    bright = 10 + torch.rand(1, 3, *SIZE, generator=torch.Generator().manual_seed(0))
    assert compare({"A": Right()}, "folded").refused == {}
    told = compare({"A": Right()}, "eager", "folded", images=lambda _: [-bright, bright]).refused
    assert told == {(at("A"), "folded"): "50.00 % of the pixels keep their class, under 99.9 %"}


def test_a_form_that_changes_classes_is_refused_and_not_timed(monkeypatch: pytest.MonkeyPatch) -> None:
    class Broken(nn.Module):
        def forward(self, x: Tensor) -> Tensor:
            return torch.stack([x[:, 0], x[:, 1]], dim=1).flip(1)

    class Right(nn.Module):
        def forward(self, x: Tensor) -> Tensor:
            return torch.stack([x[:, 0], x[:, 1]], dim=1)

    monkeypatch.setattr(forms_module, "fold_batch_norm", lambda network: Broken())
    networks = {"A": Right()}
    comparison = compare(networks, "eager", "folded")
    assert set(comparison.run.samples_us) == {(at("A"), "eager")}
    assert comparison.refused[(at("A"), "folded")] == "0.00 % of the pixels keep their class, under 99.9 %"
    (told,) = told_of(comparison, networks)
    assert told["forms"]["folded"] == {
        "equal_pixels": 0.0,
        "refused": comparison.refused[(at("A"), "folded")],
    }


def test_outputs_that_are_not_finite_are_an_error() -> None:
    network = nn.Conv2d(3, 2, 1)
    nn.init.constant_(network.weight, float("nan"))
    with pytest.raises(UserError, match="not finite"):
        compare({"A": network}, "eager")


def test_attempts_end_with_the_setting_whatever_the_budget(monkeypatch: pytest.MonkeyPatch) -> None:
    restless = [100.0, 200.0, 300.0, 400.0]
    monkeypatch.setattr(interleaved, "time_in_turns", lambda works, **_: dict.fromkeys(works, restless))
    found = compare({"A": small()}, "eager", spread_max=0.1, budget_s=1e9)
    assert found.run.attempts == LATENCY.attempts_max == 3


@pytest.mark.parametrize(("budget_s", "attempts"), [(0.0, 1), (60.0, 3)])
def test_a_restless_machine_is_tried_again_within_the_budget_and_the_steadiest_run_counts(
    budget_s: float, attempts: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    runs = iter([[100.0, 200.0, 300.0, 400.0], [100.0, 150.0, 200.0, 300.0], [100.0, 101.0, 102.0, 103.0]])
    monkeypatch.setattr(interleaved, "time_in_turns", lambda works, **_: {key: next(runs) for key in works})
    run = compare({"A": small()}, "eager", spread_max=0.1, budget_s=budget_s).run
    assert run.attempts == attempts and (run.spread <= 0.1) == (attempts == 3)
    assert run.samples_us[at("A"), "eager"][1] == (101.0 if attempts == 3 else 200.0)


class TooLarge(nn.Module):
    """What PyTorch says on a GPU that is full."""

    def forward(self, x: Tensor) -> Tensor:
        raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 9.00 GiB.")


def test_a_network_that_does_not_fit_the_memory_is_refused_and_the_others_are_timed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(interleaved, "least_memory_mib", lambda network, size: 0.0)
    networks = {"A": small(), "B": TooLarge()}
    comparison = compare(networks, "eager", "folded")
    told = "16x24 does not fit the memory"
    assert comparison.refused == {(at("B"), "eager"): told, (at("B"), "folded"): told}
    assert set(comparison.run.samples_us) == {(at("A"), "eager"), (at("A"), "folded")}


def test_a_network_that_fits_alone_and_not_next_to_the_others_is_left_out_and_they_are_timed() -> None:
    class FullLater(nn.Module):
        """Runs when it is prepared, and fails in the first round."""

        passes = 0

        def forward(self, x: Tensor) -> Tensor:
            FullLater.passes += 1
            if FullLater.passes > 1:
                raise RuntimeError(
                    "DefaultCPUAllocator: can't allocate memory: you tried to allocate 9 bytes"
                )
            return torch.stack([x[:, 0], x[:, 1]], dim=1)

    networks = {"A": small(), "B": FullLater(), "C": small(1)}
    comparison = compare(networks, "eager")
    told = "16x24 does not fit the memory next to the other networks"
    assert comparison.refused == {(at("B"), "eager"): told}
    assert set(comparison.run.samples_us) == {(at("A"), "eager"), (at("C"), "eager")}
    assert {len(samples) for samples in comparison.run.samples_us.values()} == {LATENCY.repeats}
    FullLater.passes = 0
    _, found, _ = told_of(comparison, networks)
    assert found["forms"] == {"eager": {"equal_pixels": 1.0, "refused": told}}


def test_ratios_are_to_the_first_network_of_the_same_set_and_size() -> None:
    networks = {
        Subject(label, dataset, 5, size): small()
        for dataset, size in (("camvid", SIZE), ("cityscapes", SIZE), ("camvid", (8, 8)))
        for label in ("A", "B")
    }
    forms = dict.fromkeys(networks, ("eager",))
    comparison = compare_speeds(networks, forms, LATENCY, CPU, budget_s=0.0, images=noise)
    for one in described(comparison, networks, CPU):
        ratio = one["forms"]["eager"]["times_the_first"]
        assert (ratio == {"median": 1.0, "q1": 1.0, "q3": 1.0}) == (one["network"] == "A")


def test_a_later_attempt_that_does_not_fit_leaves_the_first(monkeypatch: pytest.MonkeyPatch) -> None:
    runs = iter([[100.0, 200.0, 300.0, 400.0]])

    def once(works: dict[Key, Callable[[], object]], **_: object) -> dict[Key, list[float]]:
        samples = next(runs, None)
        if samples is None:
            monkeypatch.setattr(nn.Sequential, "forward", TooLarge.forward)
            for work in works.values():
                work()
        assert samples is not None
        return dict.fromkeys(works, samples)

    monkeypatch.setattr(interleaved, "time_in_turns", once)
    comparison = compare({"A": small()}, "eager", spread_max=0.1, budget_s=60.0)
    assert comparison.run.attempts == 1 and comparison.refused == {}
    assert comparison.run.samples_us == {(at("A"), "eager"): [100.0, 200.0, 300.0, 400.0]}


def test_an_input_over_the_memory_of_a_cpu_is_not_tried(monkeypatch: pytest.MonkeyPatch) -> None:
    """Linux would end the process, and with it the run."""
    monkeypatch.setattr(interleaved, "available_mib", lambda: 1000.0)

    class Wide(nn.Module):
        """Would take 5 GB where its forward pass is run, and nothing where its shapes are."""

        def __init__(self) -> None:
            super().__init__()
            self.layer = nn.Conv2d(3, 3_000_000, 1)

        def forward(self, x: Tensor) -> Tensor:
            assert x.device.type == "meta", "it was tried"
            return self.layer(x)  # type: ignore[no-any-return]

    with torch.device("meta"):
        wide = Wide()
    comparison = compare({"A": small(), "B": wide}, "eager")
    told = comparison.refused[at("B"), "eager"]
    assert told.startswith("16x24 does not fit the memory: it takes ") and "1000 MiB are free" in told
    needed = 4 * (3_000_000 * 4 + 16 * 24 * (3 + 3_000_000)) / 2**20
    assert f" {needed:.0f} MiB at least" in told
    assert set(comparison.run.samples_us) == {(at("A"), "eager")}


def test_a_compiled_network_gives_the_same_logits() -> None:
    """Through the whole of torch.compile but its code generator, which needs a GPU's."""
    network, image = small(), torch.randn(1, 3, *SIZE)
    plain = prepare(network, "folded", image, device=CPU, latency=LATENCY)
    with torch.inference_mode():
        found = compiled(plain, backend="eager").on(image)()
        assert torch.allclose(found, plain.on(image)(), atol=1e-6)


def test_more_networks_than_the_compiler_keeps_of_one_code_are_all_compiled() -> None:
    runs: list[int] = []

    def backend(graph: torch.fx.GraphModule, _: list[Tensor]) -> Callable[..., object]:
        def run(*given: object) -> object:
            runs.append(1)
            return graph.forward(*given)

        return run

    image = torch.randn(1, 3, *SIZE)
    limit = torch._dynamo.config.recompile_limit
    with torch.inference_mode():
        for depth in range(1, limit + 3):
            layers = nn.Sequential(*(nn.Conv2d(3, 3, 1) for _ in range(depth)))
            found = compiled(Runnable(lambda given: given, layers.eval()), backend).on(image)()
            assert len(runs) == depth and torch.allclose(found, layers(image), atol=1e-6)


def test_a_recorded_network_is_given_each_new_input(monkeypatch: pytest.MonkeyPatch) -> None:
    """With a stand-in for the graph, which runs what it recorded: it reads the place of the first input."""
    recorded: list[Callable[[], object]] = []

    class Stream:
        def wait_stream(self, other: object) -> None: ...

    class Graph:
        def replay(self) -> None:
            recorded[-1]()

    monkeypatch.setattr(torch.cuda, "Stream", Stream)
    monkeypatch.setattr(torch.cuda, "current_stream", Stream)
    monkeypatch.setattr(torch.cuda, "CUDAGraph", Graph)
    for name in ("stream", "graph"):
        monkeypatch.setattr(torch.cuda, name, lambda _: contextlib.nullcontext())
    place = torch.empty(1)

    def double(given: Tensor) -> Tensor:
        recorded.append(lambda: place.copy_(2 * given))
        return place.copy_(2 * given)

    ready = captured(Runnable(lambda image: image, double), torch.tensor([1.0]))
    assert len(recorded) == GRAPH_WARMUP + 1 and place.item() == 2
    assert ready.on(torch.tensor([7.0]))().item() == 14 and ready.on(torch.tensor([3.0]))().item() == 6


def test_a_form_that_this_version_cannot_run_is_refused_and_ends_no_run(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def prepared(network: nn.Module, form: str, *args: Any, **more: Any) -> Runnable:
        if form == "compiled":
            raise NotImplementedError("no such\n  kernel")
        return prepare(network, form, *args, **more)

    monkeypatch.setattr(interleaved, "prepare", prepared)
    comparison = compare({"A": small()}, "eager", "compiled")
    told = "cannot be run here: NotImplementedError: no such kernel"
    assert comparison.refused == {(at("A"), "compiled"): told}
    assert set(comparison.run.samples_us) == {(at("A"), "eager")}


def test_errors_that_are_not_of_memory_are_not_hidden() -> None:
    class Broken(nn.Module):
        def forward(self, x: Tensor) -> Tensor:
            raise RuntimeError("mat1 and mat2 shapes cannot be multiplied")

    with pytest.raises(RuntimeError, match="cannot be multiplied"):
        compare({"A": Broken()}, "eager")


@pytest.mark.parametrize(
    ("form", "device", "told"),
    [
        ("eagr", "cpu", "'eagr' is no form of a network. Did you mean 'eager'"),
        ("half", "cpu", "half needs a GPU"),
        ("compiled", "cpu", "compiled needs a GPU"),
        ("cuda_graphs", "cpu", "cuda_graphs needs a GPU"),
        ("onnxruntime", "cuda", "runs on the CPU here"),
    ],
)
def test_forms_that_cannot_be_run_are_refused_before_measuring(form: str, device: str, told: str) -> None:
    with pytest.raises(UserError) as caught:
        require_forms((form,), torch.device(device))
    assert told in str(caught.value)


def test_a_missing_package_is_named_with_what_installs_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == "onnxruntime" else name)
    with pytest.raises(UserError, match=r"needs onnxruntime\. Install them: pip install .*\[onnx\]"):
        require_forms(("onnxruntime",), CPU)
    require_forms(tuple(set(FORMS) - {"half", "compiled", "cuda_graphs", "onnxruntime"}), CPU)
