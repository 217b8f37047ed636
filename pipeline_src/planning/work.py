"""How much each job computes, in pixels that pass through a network, whatever device does it. [no torch]"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

from pipeline_src.artifacts import read_json
from pipeline_src.config.datasets import described
from pipeline_src.config.grid import Grid
from pipeline_src.config.models import Config
from pipeline_src.config.peers import BY_NAME
from pipeline_src.config.runs import BENCHMARK_SPLITS
from pipeline_src.data.folders import MANIFEST_NAME
from pipeline_src.data.official import IMAGENET
from pipeline_src.errors import UserError
from pipeline_src.planning.graph import Task
from pipeline_src.space.reach import reachable_keys

Counts = Mapping[str, Mapping[str, int]]
"""Images by data set and split."""


class Work(NamedTuple):
    """A part of a job.

    Attributes:
        kind: `search` (pixels times cells of the supernet), `pretrain`, `finetune`, `forward` (pixels),
            `entry` (pixels through one operation), or the name of a rule whose rate is assumed (images).
        amount: of what the kind counts.
        peer: whose network; empty for one of the search space.
    """

    kind: str
    amount: float
    peer: str = ""


def image_counts(config: Config, root: Path) -> dict[str, dict[str, int]]:
    """Images of each set by split: as prepared below `root`, else as rendered, else of the official release.

    Args:
        root: the checkout, which may have `data/SCALE`.
    """
    found: dict[str, dict[str, int]] = {}
    for name in dict.fromkeys(("cityscapes", "camvid", config.data.main, "imagenet")):
        block = config.data.block(name)
        if block is None:
            continue
        manifest = root / "data" / config.scale / name / MANIFEST_NAME
        if manifest.is_file():
            found[name] = _counted(manifest)
        elif block.path is None and block.render is not None:
            found[name] = _rendered(block.render)
        else:
            found[name] = _official(name, config)
    return found


def _official(name: str, config: Config) -> dict[str, int]:
    if name == "imagenet":
        return dict(IMAGENET.counts)
    own = config.data.own
    release = described(own.description if own and name == config.data.main else name).official
    if release is None:
        raise UserError(
            f"data.{name if own is None else 'own'}",
            "is not prepared, and nothing says how many images it has.",
            "Prepare it first: snakemake --cores all stage_data.",
        )
    return {str(split): count for split, count in release.counts.items()}


def _counted(manifest: Path) -> dict[str, int]:
    counts = read_json(manifest).get("counts")
    if not isinstance(counts, dict):
        raise UserError(manifest, "has no counts of images.", "Prepare the set again.")
    return {str(split): int(count) for split, count in counts.items()}


def _rendered(block: object) -> dict[str, int]:
    classes = getattr(block, "classes", None)
    if classes is not None:
        return {split: classes * getattr(block, f"{split}_per_class") for split in ("train", "val")}
    return {split: getattr(block, split) for split in ("train", "val", "test", "coarse")}


class Workload:
    """The work of every job of a grid."""

    def __init__(self, grid: Grid, counts: Counts) -> None:
        self.grid, self.config, self.counts = grid, grid.config, counts

    def of(self, task: Task) -> tuple[Work, ...]:
        """What a job computes; nothing for jobs that only write a few lines."""
        return tuple(getattr(self, f"_{task.rule}", self._assumed)(task))

    def _images(self, dataset: str, splits: tuple[str, ...]) -> int:
        return sum(self.counts[dataset].get(split, 0) for split in splits)

    def _assumed(self, task: Task) -> Iterator[Work]:
        count = sum(self.counts[task.dataset].values()) if task.dataset else 1
        yield Work(task.rule, count)

    def _search_architecture(self, task: Task) -> Iterator[Work]:
        assert task.architecture is not None and task.architecture.search is not None
        search, cfg = task.architecture.search, self.config.search
        block = self.grid.dataset_config(search.dataset)
        images = self._images(search.dataset, self.grid.splits(search.dataset).trained)
        if cfg.level == "bilevel":
            images //= 2
        steps = cfg.steps_per_epoch or max(1, images // cfg.batch_size)
        pixels = block.search_crop_height_px * block.search_crop_width_px
        twice = 2 if cfg.level == "bilevel" else 1
        yield Work("search", cfg.epochs * steps * cfg.batch_size * twice * pixels * sum(search.depths))

    def _pretrain_backbone(self, task: Task) -> Iterator[Work]:
        cfg, peer = self.config.pretrain, _peer(task)
        pixels = self.config.data.imagenet.crop_px**2
        yield Work("pretrain", cfg.epochs * self.counts["imagenet"]["train"] * pixels, peer)
        judged = math.ceil(cfg.epochs / cfg.validation_every) * self.counts["imagenet"]["val"]
        yield Work("forward", judged * pixels, peer)

    def _finetune_network(self, task: Task) -> Iterator[Work]:
        run, cfg, peer = task.training, self.config.finetune, _peer(task)
        assert run is not None
        block = self.grid.dataset_config(run.dataset)
        splits = self.grid.splits(run.dataset).trained if run.split == "train" else BENCHMARK_SPLITS
        images = self._images(run.dataset, (*splits, *(("coarse",) if run.coarse else ())))
        epochs = (self.config.experiments.peer_epochs if peer else None) or cfg.epochs
        yield Work("finetune", epochs * images * block.crop_height_px * block.crop_width_px, peer)
        if run.split == "train":
            judged = self._images(run.dataset, (self.grid.splits(run.dataset).judged,))
            judged = min(judged, cfg.validation_images or judged) * math.ceil(epochs / cfg.validation_every)
            yield Work("forward", judged * block.input_height_px * block.input_width_px, peer)

    def _evaluate_network(self, task: Task) -> Iterator[Work]:
        networks = 2 if task.training is not None and task.training.split == "train" else 1
        yield Work(
            "forward", networks * self._images(task.dataset, (task.split,)) * _pixels(task), _peer(task)
        )

    def _export_submission(self, task: Task) -> Iterator[Work]:
        yield Work("forward", self._images(task.dataset, ("test",)) * _pixels(task), _peer(task))

    def _draw_predictions(self, task: Task) -> Iterator[Work]:
        yield Work("forward", 10 * _pixels(task))

    def _measure_lut(self, task: Task) -> Iterator[Work]:
        assert task.size is not None
        latency, keys = self.config.latency, reachable_keys(self.config.space, task.size)
        pixels = sum(key.height_px * key.width_px * key.channels_in for key in keys)
        yield Work("entry", (latency.warmup + latency.lut_repeats) * pixels)

    def _check_lut(self, task: Task) -> Iterator[Work]:
        latency = self.config.latency
        passes = latency.check_networks * (latency.warmup + latency.lut_repeats)
        yield Work("forward", passes * _pixels(task))

    def _measure_speeds(self, task: Task) -> Iterator[Work]:
        passes = self.config.latency.warmup + self.config.latency.repeats
        for speed, forms in self.grid.speeds.items():
            one = speed.architecture
            peer, times = self._timed_as(one.name) if one.is_peer else ("", 1.0)
            pixels = speed.size[0] * speed.size[1]
            yield Work("forward", passes * len(forms) * pixels * times, peer)

    def _timed_as(self, name: str) -> tuple[str, float]:
        """Whose rate a peer's timing goes by: its own where it is trained, else the first trained one's.

        The factor is of their multiply-adds a pixel. So a plan need not run every system.
        """
        trained = self.config.experiments.peers
        if name in trained or not trained:
            return name, 1.0
        return trained[0], BY_NAME[name].multiply_adds_a_pixel / BY_NAME[trained[0]].multiply_adds_a_pixel


def _pixels(task: Task) -> int:
    assert task.size is not None
    return task.size[0] * task.size[1]


def _peer(task: Task) -> str:
    one = task.architecture
    return one.name if one is not None and one.is_peer else ""
