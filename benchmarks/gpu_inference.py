"""Our A-shaped network and other systems on one device, in every form."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Mapping, Sequence

import torch
from torch import Tensor, nn

from benchmarks.gpu_parts import CLASSES, Place, Row, text_of
from benchmarks.measured import a_shaped
from pipeline_src.evaluation.folding import fold_batch_norm
from pipeline_src.evaluation.forms import EQUAL_PIXELS_MIN, captured, compiled
from pipeline_src.latency.runtimes import Runnable, runnable
from pipeline_src.latency.timing import Timing, fastest_kernels, time_in_turns
from pipeline_src.peers import build_peer
from pipeline_src.space.network import SegmentationNetwork

OURS = "AutoRTNet-A's shape"
PEERS = ("enet", "erfnet", "espnet", "icnet", "bisenet_resnet18", "swiftnet", "dfanet", "df1seg")
PLAIN, LAST, HALF = "fp32", "fp32 folded, channels last", "fp16 folded, channels last"
GRAPH, COMPILED = "fp16, CUDA graph", "fp32 folded, torch.compile"

Key = tuple[str, str]
"""Network and form."""
Works = dict[Key, Callable[[], Tensor]]


def inference(place: Place, ends: float, compiling_ends: float) -> list[Row]:
    """Every network and form at every size, those through torch.compile last: they may take a minute each.

    Weights are random, so the share of pixels that keep the class of float32 is told and refuses nothing;
    `measure-speeds` holds trained networks to it. A graph must give what its form gives without it.

    Args:
        place: where and how large.
        ends: `time.monotonic` behind which no network is begun.
        compiling_ends: the same for those through torch.compile.

    Returns:
        A row for each form: its time; how many times as fast as float32 of the same network it is; how many
        times as long as A's shape it takes in the same form; or `not_run`, which says why.
    """
    names = (OURS, *(PEERS[:2] if place.tiny else PEERS))
    forms = (PLAIN, LAST, HALF, GRAPH) if place.device.type == "cuda" else (PLAIN, LAST, HALF)
    rows = []
    for size in place.sizes:
        for name in names:
            rows += _rows(name, size, place, forms, ends, beside=OURS)
    for name in names:
        for size in place.sizes:
            rows += _rows(name, size, place, (COMPILED,), compiling_ends, beside=name)
    return rows


def _rows(
    name: str, size: tuple[int, int], place: Place, forms: Sequence[str], ends: float, *, beside: str
) -> list[Row]:
    """Some forms of one network, in turns with its float32 and with the same forms of another network."""
    about = {"network": name, "size": text_of(size)}
    if time.monotonic() > ends:
        return [{**about, "form": form, "not_run": "the time was over"} for form in forms]
    place.forget_peak()
    image = torch.randn(1, 3, *size, generator=torch.Generator().manual_seed(0))
    works: Works = {}
    with fastest_kernels():  # whatever was set before: some systems have no deterministic form
        told = {
            who: _ready(works, who, image, place, tuple(dict.fromkeys((PLAIN, *forms))))
            for who in dict.fromkeys((beside, name))
        }
    rounds, warmup = (3, 1) if place.tiny else (50, 10)
    taken = time_in_turns(works, device=place.device, threads=1, warmup=warmup, rounds=rounds)
    return [{**about, "form": form, **told[name][form], **_times(taken, (name, form))} for form in forms]


def _ready(works: Works, name: str, image: Tensor, place: Place, forms: Sequence[str]) -> dict[str, Row]:
    """Put the forms that run into `works`; what is told of each."""
    torch.manual_seed(0)
    ours = name == OURS
    network = SegmentationNetwork(a_shaped(place.space), CLASSES) if ours else build_peer(name, CLASSES)
    classes: dict[str, Tensor] = {}
    told: dict[str, Row] = {}
    for form in forms:
        try:
            work = _made(network.eval(), form, image, place).on(image)
            with torch.inference_mode():
                classes[form] = work().float().argmax(dim=1).cpu()
        except Exception as error:  # a form that this card or version cannot run is a finding, not an end
            told[form] = {"not_run": f"{type(error).__name__}: {(str(error).splitlines() or [''])[0][:100]}"}
            continue
        told[form] = {"equal_pixels": _equal(classes, form, PLAIN)}
        if form == GRAPH and (_equal(classes, form, HALF) or 0.0) < EQUAL_PIXELS_MIN:
            told[form]["not_run"] = "gives other classes than the same without a graph"
            continue
        works[name, form] = work
    return told


def _made(network: nn.Module, form: str, image: Tensor, place: Place) -> Runnable:
    on_card = place.device.type == "cuda"
    halved = form in (HALF, GRAPH)
    ready = runnable(
        network if form == PLAIN else fold_batch_norm(network),
        image,
        runtime="eager" if form in (PLAIN, COMPILED) else "channels_last",
        device=place.device,
        precision=("float16" if on_card else "bfloat16") if halved else "float32",
        threads=1,
    )
    if form == COMPILED:
        return compiled(ready, backend="inductor" if on_card else "eager")
    return captured(ready, image) if form == GRAPH else ready


def _equal(classes: Mapping[str, Tensor], form: str, reference: str) -> float | None:
    """The share of pixels to which two forms give the same class; None where the reference did not run."""
    return float((classes[form] == classes[reference]).float().mean()) if reference in classes else None


def _times(taken: Mapping[Key, list[float]], key: Key) -> Row:
    if key not in taken:
        return {}
    name, form = key
    timing = Timing.of(taken[key])
    row: Row = {"n": timing.repeats, "median_ms": timing.median_us / 1e3}
    row |= {"q1_ms": timing.q1_us / 1e3, "q3_ms": timing.q3_us / 1e3, "fps": 1e6 / timing.mean_us}
    plain, ours = taken.get((name, PLAIN)), taken.get((OURS, form))
    if plain:
        row["times_as_fast_as_fp32"] = _ratio(plain, taken[key])
    if ours:
        row["times_as_long_as_a"] = _ratio(taken[key], ours)
    return row


def _ratio(above: Sequence[float], below: Sequence[float]) -> float:
    return statistics.median(one / other for one, other in zip(above, below, strict=True))
