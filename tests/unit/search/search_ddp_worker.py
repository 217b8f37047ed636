"""One process of the distributed search test: it searches, and the main one writes its log (file, level)."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path

import torch
from torch import Tensor

from pipeline_src.config.models import SearchConfig, SpaceConfig
from pipeline_src.search.objective import LatencyModel
from pipeline_src.search.searcher import Searcher, SearchPlan
from pipeline_src.space.supernet import ArchitectureParameters, Supernet
from pipeline_src.training import distributed

SPACE = SpaceConfig(
    initial_channels=4, aggregation_channels=8, head_channels=8, head_dilations=(1, 2, 3), head_dropout=0.0
)
DEPTHS = (2, 2, 2)


def batches(_epoch: int, start: int) -> Iterator[tuple[Tensor, Tensor]]:
    """Every world_size-th item of batches of four, with unequal shares of void pixels."""
    for step in range(start, 3):
        noise = torch.Generator().manual_seed(step)
        images = torch.randn(4, 3, 64, 64, generator=noise)
        labels = (images[:, 0] > 0).long()
        labels[0, :20] = 255
        mine = slice(distributed.rank(), None, distributed.world_size())
        yield images[mine], labels[mine]


def main(output: Path, *, bilevel: bool) -> None:
    """Search for two epochs."""
    torch.set_num_threads(1)
    with distributed.session("cpu") as world:
        torch.manual_seed(0)
        noise = torch.Generator().manual_seed(1)
        searcher = Searcher(
            Supernet(SPACE, DEPTHS, 2),
            ArchitectureParameters(DEPTHS, noise),
            train_batches=batches,
            architecture_batches=batches if bilevel else None,
            validate=None,
            latency=LatencyModel.build(SPACE, (64, 64), lambda key: float(len(key.operation)), world.device),
            config=SearchConfig(
                epochs=2,
                warmup_epochs=1,
                batch_size=4,
                architecture_lr=0.05,
                level="bilevel" if bilevel else "single",
            ),
            plan=SearchPlan(gamma=0.1, steps_per_epoch=3),
            device=world.device,
            generator=noise,
        )
        for _ in searcher.run():
            pass
        if world.is_main:
            output.write_text(json.dumps(searcher.rows))


if __name__ == "__main__":
    main(Path(sys.argv[1]), bilevel=sys.argv[2] == "bilevel")
