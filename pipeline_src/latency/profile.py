"""Measuring the lookup table on the device at hand (Sec. 3.1)."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

import torch
from torch import Tensor

from pipeline_src.config.models import LatencyConfig, SpaceConfig
from pipeline_src.latency.fingerprint import Fingerprint, current_for_table
from pipeline_src.latency.predict import predict_latency_us
from pipeline_src.latency.runtimes import runnable
from pipeline_src.latency.table import FixedPart, LookupTable, LutEntry
from pipeline_src.latency.timing import Timing, time_forward, time_in_turns
from pipeline_src.space.catalogue import AGGREGATION_EDGES, AGGREGATION_OPERATIONS, CELL_EDGES
from pipeline_src.space.genotype import Genotype, HyperCellGenotype
from pipeline_src.space.network import SegmentationNetwork
from pipeline_src.space.operations import build_operation
from pipeline_src.space.reach import LutKey, reachable_keys

Group = tuple[LutKey, ...]
Progress = Callable[[Iterable[Group]], Iterable[Group]]
GROUP = 32
"""Operations that are timed together: enough to fill a processor's nearest caches, few enough to lose."""


def measure_entries(
    keys: Sequence[LutKey],
    latency: LatencyConfig,
    device: torch.device,
    rounds: Callable[[Iterable[int]], Iterable[int]] = iter,
) -> dict[str, LutEntry]:
    """Time operations at batch 1, each in the form in which the derived network has it, in turns.

    In turns, A B C A B C ..., an operation finds the caches as others have left them, as in a network.
    One that is repeated by itself has its input and weights at hand: such a table was a fifth too low
    (docs/results/benchmarks.md).

    Args:
        rounds: wraps the iteration over the rounds of timing.

    Returns:
        The entries by the text of their key.
    """
    generator = torch.Generator().manual_seed(0)
    samples: dict[tuple[int, ...], Tensor] = {}
    works = {}
    for key in keys:
        shape = (1, key.channels_in, key.height_px, key.width_px)
        if shape not in samples:
            samples[shape] = torch.randn(shape, generator=generator)
        ready = runnable(
            build_operation(key.operation, key.channels_in, key.channels_out, key.stride),
            samples[shape],
            runtime=latency.runtime,
            device=device,
            precision=latency.precision,
            threads=latency.threads,
        )
        works[key.text] = ready.on(samples[shape])
    samples_us = time_in_turns(
        works,
        device=device,
        threads=latency.threads,
        warmup=latency.warmup,
        rounds=latency.lut_repeats,
        progress=rounds,
    )
    timings = {text: Timing.of(taken_us) for text, taken_us in samples_us.items()}
    return {
        text: LutEntry(median_us=one.median_us, q1_us=one.q1_us, q3_us=one.q3_us, repeats=one.repeats)
        for text, one in timings.items()
    }


def measure_table(
    space: SpaceConfig,
    input_hw: tuple[int, int],
    latency: LatencyConfig,
    device: torch.device,
    progress: Progress = iter,
    *,
    num_classes: int | None = None,
    begun: LookupTable | None = None,
    on_round: Callable[[LookupTable | None], None] | None = None,
) -> LookupTable:
    """Time every key that a network of the space can reach at this input size.

    Args:
        progress: wraps the iteration over the groups of keys still to measure, to show how far it is.
        num_classes: K of the networks whose fixed part is timed last (A21); None leaves it out.
        begun: what an earlier attempt measured; its entries and its fingerprint are kept.
        on_round: called before each round of timing and after each group, with the table of the groups
            that are done (None where none is); it may raise.

    Raises:
        LookupTableError: `begun` was measured under other conditions, or is of another space or size.
    """
    fingerprint = current_for_table(latency, device)
    entries: dict[str, LutEntry] = {}
    if begun is not None:
        begun.require(fingerprint)
        begun.require_made_for(space, input_hw)
        fingerprint, entries = begun.fingerprint, dict(begun.entries)
    so_far = begun

    def watched(rounds: Iterable[int]) -> Iterator[int]:
        for index in rounds:
            if on_round is not None:
                on_round(so_far)
            yield index

    for group in progress(groups_left(space, input_hw, begun)):
        entries |= measure_entries(group, latency, device, watched)
        so_far = _table(fingerprint, space, input_hw, entries)
        if on_round is not None:
            on_round(so_far)
    ordered = {key.text: entries[key.text] for key in reachable_keys(space, input_hw)}
    table = _table(fingerprint, space, input_hw, ordered)
    if num_classes is None:
        return table
    smallest = measure_smallest_networks(space, input_hw, num_classes, latency, device)
    cells_us = predict_latency_us(smallest_network(space, AGGREGATION_OPERATIONS[0]), table)
    # What the cells of these networks cost is in the entries.
    rest = {name: max(getattr(smallest, name) - cells_us, 0.0) for name in ("median_us", "q1_us", "q3_us")}
    return table.model_copy(update={"fixed_part": smallest.model_copy(update=rest)})


def groups_left(space: SpaceConfig, input_hw: tuple[int, int], begun: LookupTable | None) -> list[Group]:
    """The keys that `begun` lacks, in the groups in which they are timed."""
    measured = {} if begun is None else begun.entries
    keys = [key for key in reachable_keys(space, input_hw) if key.text not in measured]
    return [tuple(keys[start : start + GROUP]) for start in range(0, len(keys), GROUP)]


def smallest_network(space: SpaceConfig, fusing: str) -> Genotype:
    """Three cells, one a hyper-cell, with `zero` on each edge; one operation throughout the aggregation."""
    zeros = ("zero",) * len(CELL_EDGES)
    cell = HyperCellGenotype(depth=1, reduction=zeros, normal=zeros)
    fused = (fusing,) * len(AGGREGATION_EDGES)
    return Genotype(space=space, hyper_cells=(cell, cell, cell), aggregation=fused)


def measure_smallest_networks(
    space: SpaceConfig,
    input_hw: tuple[int, int],
    num_classes: int,
    latency: LatencyConfig,
    device: torch.device,
) -> FixedPart:
    """Time the smallest network: what no search can remove, and the preprocessing of three cells (A21).

    The aggregation cell carries no latency term and has some operation on each edge: the mean over five
    networks, one for each of its operations, is what its edges cost with operations drawn uniformly.
    Quartiles are means likewise.
    """
    timings = [
        time_forward(
            SegmentationNetwork(smallest_network(space, name), num_classes),
            (1, 3, *input_hw),
            device=device,
            precision=latency.precision,
            runtime=latency.runtime,
            threads=latency.threads,
            warmup=latency.warmup,
            repeats=latency.lut_repeats,
        )
        for name in AGGREGATION_OPERATIONS
    ]
    return FixedPart(
        median_us=statistics.fmean(one.median_us for one in timings),
        q1_us=statistics.fmean(one.q1_us for one in timings),
        q3_us=statistics.fmean(one.q3_us for one in timings),
        repeats=latency.lut_repeats,
        num_classes=num_classes,
    )


def _table(
    fingerprint: Fingerprint,
    space: SpaceConfig,
    input_hw: tuple[int, int],
    entries: Mapping[str, LutEntry],
) -> LookupTable:
    return LookupTable(
        fingerprint=fingerprint,
        input_height_px=input_hw[0],
        input_width_px=input_hw[1],
        space=space,
        entries=dict(entries),
    )
