"""How well the lookup table foretells whole networks: predicted against measured latency."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence

import numpy as np
import torch
from scipy import stats

from pipeline_src.config.models import Block, LatencyConfig
from pipeline_src.latency.fingerprint import Fingerprint, current_for_table
from pipeline_src.latency.predict import predict_latency_us
from pipeline_src.latency.table import LookupTable
from pipeline_src.latency.timing import time_forward
from pipeline_src.space.genotype import Genotype
from pipeline_src.space.network import SegmentationNetwork

Progress = Callable[[Iterable[Genotype]], Iterable[Genotype]]


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
    Correlations are null where all networks agree in one of the two.
    """

    fingerprint: Fingerprint
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

    Raises:
        LookupTableError: the table belongs to another device, or lacks a key.
    """
    fingerprint = current_for_table(latency, device)
    table.require(fingerprint, latency.allow_other_device)
    rows = tuple(_check_network(table, genotype, latency, device) for genotype in progress(genotypes))
    agreement = _agreement([row.predicted_us for row in rows], [row.measured_us for row in rows])
    return TableCheck(
        fingerprint=fingerprint,
        input_height_px=table.input_height_px,
        input_width_px=table.input_width_px,
        networks=len(rows),
        rows=rows,
        **agreement,
    )


def _check_network(
    table: LookupTable, genotype: Genotype, latency: LatencyConfig, device: torch.device
) -> CheckRow:
    predicted_us = predict_latency_us(genotype, table)
    timing = time_forward(
        SegmentationNetwork(genotype, num_classes=2).backbone,
        (1, 3, *table.input_hw),
        device=device,
        precision=latency.precision,
        runtime=latency.runtime,
        threads=latency.threads,
        warmup=latency.warmup,
        repeats=latency.lut_repeats,
    )
    return CheckRow(
        depths=genotype.depths,
        predicted_us=predicted_us,
        measured_us=timing.median_us,
        q1_us=timing.q1_us,
        q3_us=timing.q3_us,
    )


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
