"""A very small search, and what it needs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import torch

from pipeline_src.config.models import SearchConfig, SpaceConfig
from pipeline_src.search.objective import LatencyModel
from pipeline_src.search.searcher import Searcher, SearchPlan, Validation
from pipeline_src.space.catalogue import CELL_OPERATIONS
from pipeline_src.space.reach import LutKey
from pipeline_src.space.supernet import ArchitectureParameters, Supernet
from pipeline_src.training.checkpoint import Checkpoints
from pipeline_src.training.engine import BatchSource

SPACE = SpaceConfig(initial_channels=4, aggregation_channels=8, head_channels=8, head_dilations=(1, 2, 3))
DEPTHS = (2, 2, 2)
CPU = torch.device("cpu")


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def cost_us(key: LutKey) -> float:
    """10 to 19 us for the candidates, 5 for preprocessing; more where there are more channels."""
    known = key.operation in CELL_OPERATIONS
    return (10.0 + CELL_OPERATIONS.index(key.operation) if known else 5.0) + key.channels_in / 100


def latency_model() -> LatencyModel:
    return LatencyModel.build(SPACE, (64, 64), cost_us, CPU)


def batches_of(side_px: int) -> BatchSource:
    """Three batches an epoch of two square images of noise, labelled by the sign of their red."""

    def source(epoch: int, start: int) -> Iterator[tuple[torch.Tensor, torch.Tensor]]:
        for index in range(start, 3):
            images = torch.randn(2, 3, side_px, side_px, generator=generator(1000 * epoch + index))
            yield images, (images[:, 0] > 0).long()

    return source


source = batches_of(32)


def build(
    tmp_path: Path | None = None,
    gamma: float = 0.01,
    every_s: float = 1e9,
    validate: Validation | None = None,
    null: bool = False,
    identity: str = "test",
    side_px: int = 32,
    measured_offset_us: float | None = None,
    **changes: object,
) -> Searcher:
    """A search of three epochs of three steps over a very small space; `changes` are of SearchConfig."""
    torch.manual_seed(0)
    torch.set_num_threads(1)
    values = {"epochs": 3, "warmup_epochs": 1, "batch_size": 2, "architecture_lr": 0.05, **changes}
    config = SearchConfig(**values)  # type: ignore[arg-type]
    noise = generator(3)
    return Searcher(
        Supernet(SPACE, DEPTHS, 2),
        ArchitectureParameters(DEPTHS, noise),
        train_batches=batches_of(side_px),
        architecture_batches=batches_of(side_px) if config.level == "bilevel" else None,
        validate=validate,
        latency=latency_model(),
        config=config,
        plan=SearchPlan(
            gamma=gamma,
            steps_per_epoch=3,
            measured_offset_us=measured_offset_us,
            identity=identity,
            checkpoint_every_s=every_s,
        ),
        device=CPU,
        generator=noise,
        null_signs=generator(4) if null else None,
        checkpoints=Checkpoints(tmp_path / "ck") if tmp_path else None,
    )


def kill(searcher: Searcher, after: int) -> None:
    """Stop a search after so many steps; it writes one checkpoint, at the last of them."""
    steps = searcher.run()
    for _ in range(after - 1):
        next(steps)
    searcher.keeping = replace(searcher.keeping, every_s=0.0)
    next(steps)


def finish(searcher: Searcher) -> Searcher:
    for _ in searcher.run():
        pass
    return searcher
