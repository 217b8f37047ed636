"""How well the lookup table foretells whole networks: predicted against measured latency."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import torch
from scipy import stats

from pipeline_src.config.models import Block, LatencyConfig
from pipeline_src.latency.fingerprint import Fingerprint, current_for_table
from pipeline_src.latency.predict import predict_latency_us
from pipeline_src.latency.runtimes import runnable
from pipeline_src.latency.table import LookupTable
from pipeline_src.latency.timing import Progress, Timing, time_in_turns
from pipeline_src.space.genotype import Genotype
from pipeline_src.space.network import SegmentationNetwork


class CheckRow(Block):
    """One network: the table's sum and the whole backbone's measured median and quartiles."""

    depths: tuple[int, int, int]
    predicted_us: float
    measured_us: float
    q1_us: float
    q3_us: float


class TableCheck(Block):
    """Rows and their agreement; measured is about `slope` x predicted + `intercept_us`.

    The backbone holds the stem, which the table leaves out: it makes the intercept.
    Correlations are null where all networks agree in one of the two. `fingerprint` is of the networks'
    measurement; the table may be of another device where the user says so.
    """

    fingerprint: Fingerprint
    table_device: str
    input_height_px: int
    input_width_px: int
    networks: int
    pearson: float | None
    spearman: float | None
    slope: float | None
    intercept_us: float | None
    rows: tuple[CheckRow, ...]


def check_table(
    table: LookupTable,
    genotypes: Sequence[Genotype],
    latency: LatencyConfig,
    device: torch.device,
    progress: Progress = iter,
) -> TableCheck:
    """Measure the backbone of each network and set it against the table's prediction.

    Args:
        progress: wraps the iteration over the rounds of timing, to show how far it is.

    Raises:
        LookupTableError: the table belongs to another device, or lacks a key.
    """
    fingerprint = current_for_table(latency, device)
    table.require(fingerprint, latency.allow_other_device)
    predicted = [predict_latency_us(genotype, table) for genotype in genotypes]
    timings = _measure_in_turns(genotypes, table.input_hw, latency, device, progress)
    rows = tuple(
        CheckRow(
            depths=genotype.depths,
            predicted_us=predicted_us,
            measured_us=timing.median_us,
            q1_us=timing.q1_us,
            q3_us=timing.q3_us,
        )
        for genotype, predicted_us, timing in zip(genotypes, predicted, timings, strict=True)
    )
    return TableCheck(
        fingerprint=fingerprint,
        table_device=table.fingerprint.device,
        input_height_px=table.input_height_px,
        input_width_px=table.input_width_px,
        networks=len(rows),
        rows=rows,
        **_agreement(predicted, [row.measured_us for row in rows]),
    )


def _measure_in_turns(
    genotypes: Sequence[Genotype],
    input_hw: tuple[int, int],
    latency: LatencyConfig,
    device: torch.device,
    progress: Progress,
) -> list[Timing]:
    """The backbones, A B C A B C ...; else the machine's drift would pass for the table's error."""
    sample = torch.randn(1, 3, *input_hw, generator=torch.Generator().manual_seed(0))
    works = {}
    for index, genotype in enumerate(genotypes):
        backbone = SegmentationNetwork(genotype, num_classes=2).backbone
        ready = runnable(
            backbone,
            sample,
            runtime=latency.runtime,
            device=device,
            precision=latency.precision,
            threads=latency.threads,
        )
        works[index] = ready.on(sample)
    samples_us = time_in_turns(
        works,
        device=device,
        threads=latency.threads,
        warmup=latency.warmup,
        rounds=latency.lut_repeats,
        progress=progress,
    )
    return [Timing.of(samples) for samples in samples_us.values()]


def _agreement(predicted: Sequence[float], measured: Sequence[float]) -> dict[str, float | None]:
    """Pearson, Spearman and the least-squares line of measured on predicted."""
    if len(predicted) < 3 or np.ptp(predicted) == 0:
        return {"pearson": None, "spearman": None, "slope": None, "intercept_us": None}
    line = stats.linregress(predicted, measured)
    varies = np.ptp(measured) > 0
    spearman = float(stats.spearmanr(predicted, measured).statistic) if varies else math.nan
    return {
        "pearson": float(line.rvalue) if varies else None,
        "spearman": None if math.isnan(spearman) else spearman,
        "slope": float(line.slope),
        "intercept_us": float(line.intercept),
    }
