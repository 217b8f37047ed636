"""One process of the distributed test of drawn operations: what it drew and ended with (folder, sampling).

It searches once as a whole, and once more stopped in the middle and taken up again.
"""

from __future__ import annotations

import hashlib
import json
import sys
from itertools import islice
from pathlib import Path
from typing import Any, cast

import torch
from search_ddp_worker import DEPTHS, SPACE, batches

from pipeline_src.config.models import SearchConfig
from pipeline_src.config.search import Sampling
from pipeline_src.search.objective import LatencyModel
from pipeline_src.search.searcher import Searcher, SearchPlan
from pipeline_src.space.operations import SampledEdges
from pipeline_src.space.supernet import ArchitectureParameters, Masks, Supernet
from pipeline_src.training import distributed
from pipeline_src.training.checkpoint import Checkpoints

STEPS, STOPPED_AFTER = 3, 4


class Watched(Searcher):
    """Notes the operations drawn at each step."""

    def sample_masks(self) -> Masks:
        """The masks, after noting them."""
        masks = super().sample_masks()
        edges = [
            *(edge for one in masks.hyper_cells for edge in (one.reduction, one.normal)),
            masks.aggregation,
        ]
        drawn = [(one.operations, one.seconds) for one in edges if isinstance(one, SampledEdges)]
        self.__dict__.setdefault("drawn", []).append(drawn)
        return masks


def build(sampling: Sampling, device: torch.device, folder: Path | None = None) -> Watched:
    """A search of two epochs of three steps."""
    torch.manual_seed(0)
    noise = torch.Generator().manual_seed(1)
    return Watched(
        Supernet(SPACE, DEPTHS, 2),
        ArchitectureParameters(DEPTHS, noise),
        train_batches=batches,
        architecture_batches=None,
        validate=None,
        latency=LatencyModel.build(SPACE, (64, 64), lambda key: float(len(key.operation)), device),
        config=SearchConfig(epochs=2, warmup_epochs=1, batch_size=4, architecture_lr=0.05, sampling=sampling),
        plan=SearchPlan(gamma=0.1, steps_per_epoch=STEPS, identity=sampling, checkpoint_every_s=0.0),
        device=device,
        generator=noise,
        checkpoints=Checkpoints(folder) if folder else None,
    )


def told(searcher: Watched) -> dict[str, Any]:
    """The log's rows, the draws, and a digest of every weight, alpha and beta."""
    digest = hashlib.sha256()
    for value in (*searcher.supernet.state_dict().values(), *searcher.parameters.state_dict().values()):
        digest.update(value.numpy().tobytes())
    return {"rows": searcher.rows, "drawn": searcher.__dict__["drawn"], "sha256": digest.hexdigest()}


def main(folder: Path, sampling: Sampling) -> None:
    """Search whole and, of several processes, resumed."""
    torch.set_num_threads(1)
    with distributed.session("cpu") as world:
        whole = build(sampling, world.device)
        list(whole.run())
        found = {"whole": told(whole)}
        if world.size > 1:
            kept = folder / "checkpoints"
            list(islice(build(sampling, world.device, kept).run(), STOPPED_AFTER))
            distributed.barrier()
            second = build(sampling, world.device, kept)
            second.resume()
            assert second.epoch * STEPS + second.batch == STOPPED_AFTER
            list(second.run())
            found["resumed"] = told(second)
    (folder / f"{world.rank}.json").write_text(json.dumps(found))


if __name__ == "__main__":
    main(Path(sys.argv[1]), cast(Sampling, sys.argv[2]))
