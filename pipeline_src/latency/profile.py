"""Measuring the lookup table on the device at hand (Sec. 3.1)."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Iterable, Mapping

import torch

from pipeline_src.config.models import LatencyConfig, SpaceConfig
from pipeline_src.latency.fingerprint import Fingerprint, current_for_table
from pipeline_src.latency.predict import predict_latency_us
from pipeline_src.latency.table import FixedPart, LookupTable, LutEntry
from pipeline_src.latency.timing import time_forward
from pipeline_src.space.catalogue import AGGREGATION_EDGES, AGGREGATION_OPERATIONS, CELL_EDGES
from pipeline_src.space.genotype import Genotype, HyperCellGenotype
from pipeline_src.space.network import SegmentationNetwork
from pipeline_src.space.operations import build_operation
from pipeline_src.space.reach import LutKey, reachable_keys

Progress = Callable[[Iterable[LutKey]], Iterable[LutKey]]


def measure_entry(key: LutKey, latency: LatencyConfig, device: torch.device) -> LutEntry:
    """Time one operation at batch 1, in the form in which the derived network has it."""
    timing = time_forward(
        build_operation(key.operation, key.channels_in, key.channels_out, key.stride),
        (1, key.channels_in, key.height_px, key.width_px),
        device=device,
        precision=latency.precision,
        runtime=latency.runtime,
        threads=latency.threads,
        warmup=latency.warmup,
        repeats=latency.lut_repeats,
    )
    return LutEntry(
        median_us=timing.median_us, q1_us=timing.q1_us, q3_us=timing.q3_us, repeats=timing.repeats
    )


def measure_table(
    space: SpaceConfig,
    input_hw: tuple[int, int],
    latency: LatencyConfig,
    device: torch.device,
    progress: Progress = iter,
    *,
    num_classes: int | None = None,
    begun: LookupTable | None = None,
    on_entry: Callable[[LookupTable], None] | None = None,
) -> LookupTable:
    """Time every key that a network of the space can reach at this input size.

    Args:
        progress: wraps the iteration over the keys still to measure, to show how far it is.
        num_classes: K of the networks whose fixed part is timed last (A21); None leaves it out.
        begun: what an earlier attempt measured; its entries and its fingerprint are kept.
        on_entry: called with the table so far after each entry.

    Raises:
        LookupTableError: `begun` was measured under other conditions, or is of another space or size.
    """
    fingerprint = current_for_table(latency, device)
    entries: dict[str, LutEntry] = {}
    if begun is not None:
        begun.require(fingerprint)
        begun.require_made_for(space, input_hw)
        fingerprint, entries = begun.fingerprint, dict(begun.entries)
    keys = [key for key in reachable_keys(space, input_hw) if key.text not in entries]
    for key in progress(keys):
        entries[key.text] = measure_entry(key, latency, device)
        if on_entry is not None:
            on_entry(_table(fingerprint, space, input_hw, entries))
    ordered = {key.text: entries[key.text] for key in reachable_keys(space, input_hw)}
    table = _table(fingerprint, space, input_hw, ordered)
    if num_classes is None:
        return table
    smallest = measure_smallest_networks(space, input_hw, num_classes, latency, device)
    cells_us = predict_latency_us(smallest_network(space, AGGREGATION_OPERATIONS[0]), table)
    # What the cells of these networks cost is in the entries.
    rest = {name: max(getattr(smallest, name) - cells_us, 0.0) for name in ("median_us", "q1_us", "q3_us")}
    return table.model_copy(update={"fixed_part": smallest.model_copy(update=rest)})


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
