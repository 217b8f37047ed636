"""Fabricated worlds for the claims: the paper's own numbers as if measured here, and ways to change them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from fabricate import Folder

from pipeline_src import places
from pipeline_src.config.grid import Grid
from pipeline_src.config.models import Config, ExperimentsConfig, SpaceConfig
from pipeline_src.config.peers import System
from pipeline_src.config.runs import Architecture, Evaluation, Search, Speed, Training
from pipeline_src.reporting.claims.evidence import Evidence, Settling
from pipeline_src.reporting.claims.fronts import NAMED
from pipeline_src.reporting.claims.judge import JUDGEMENTS, judge, judged
from pipeline_src.reporting.read.claims import Claim
from pipeline_src.reporting.read.liveness import Liveness, passes_through, zero_shares
from pipeline_src.reporting.read.records import (
    Device,
    EvaluationRecord,
    FormRecord,
    Results,
    Score,
    SpeedRecord,
    SpeedsRecord,
    Timing,
)
from pipeline_src.space.genotype import Genotype
from pipeline_src.space.sampling import random_genotype as drawn

IDS = (
    "C1", "C2", "C3", "C4", "C5", "C6a", "C6b", "C7", "C8",
    "C9", "C10a", "C10b", "C10c", "C10d", "C11", "C12",
)  # fmt: skip
NORMAL = (-1.5, -1.0, -0.65, -0.4, -0.15, 0.15, 0.4, 0.65, 1.0, 1.5)
"""Ten values with mean 0, spread like a normal sample."""
A, B = "cityscapes-g0.01-s2-d5.10.10", "cityscapes-g0.001-s2-d5.10.10"
RERUNS = {
    A: ((2, 4, 6), 72.9, 110.0),
    "cityscapes-g0.01-s2-d5.10.15": ((2, 4, 6), 73.0, 106.5),
    "cityscapes-g0.01-s2-d5.15.15": ((1, 4, 6), 72.5, 102.8),
    "cityscapes-g0.01-s2-d10.10.10": ((2, 4, 6), 72.8, 112.3),
    "cityscapes-g0.01-s1-d5.10.10": ((2, 4, 6), 73.0, 113.6),
    "cityscapes-g0.01-s3-d5.10.10": ((1, 4, 7), 72.8, 107.9),
}
"""Table 4: search, cells kept, mIoU in percent, FPS."""
GAMMAS = {0.001: (73.3, 138.0), 0.01: (70.2, 200.2), 0.05: (69.2, 232.1), 0.1: (68.6, 250.0)}
MOVED = {"1.5.10": (71.6, 90.2), "3.5.8": (72.5, 75.7), "1.2.4": (68.4, 125.0)}


PEER_ROWS = {f"table_{number}": "" for number in (1, 2, 7, 8, 9, 10)}


class PeerGrid(Grid):
    """A grid with other systems beside ours, of any name."""

    def __init__(self, config: Config, names: tuple[str, ...]) -> None:
        super().__init__(config)
        self.names = names

    @property
    def peers(self) -> tuple[tuple[System, Architecture], ...]:
        systems = [System(name, name, "built", PEER_ROWS, None, "") for name in self.names]
        return tuple((one, Architecture(one.name, "peer", "")) for one in systems)


DECIDING = ExperimentsConfig(gamma_seeds=(1, 3), null_seeds=(1, 2, 3, 4, 5), training_seeds=2)
"""The paper's grid, and the runs beyond it that its claims need."""


def paper_config() -> Config:
    """The paper's settings with `DECIDING`."""
    return Config(scale="paper", experiments=DECIDING)


def paper_grid(*peers: str) -> PeerGrid:
    """The grid of `paper_config` with measured peers, by default those that C1 names."""
    return PeerGrid(paper_config(), peers or NAMED)


def genotype(
    depths: tuple[int, int, int] = (2, 4, 6),
    early: str = "conv3x3",
    low: str = "conv1x1_x2",
    deep: str = "dilconv3x3_d4_x2",
    **changes: object,
) -> Genotype:
    """A genotype with one operation in hyper-cell 1, one on the edges of x1 and one on those of x3."""
    cells = [
        {"depth": depth, "reduction": (name,) * 5, "normal": (name,) * 5}
        for depth, name in zip(depths, (early, "skip", "skip"), strict=True)
    ]
    aggregation = (low, low, "conv3x3_x2", "conv3x3_x2", deep, deep, "conv3x3_x2")
    return Genotype.model_validate(
        {"space": SpaceConfig(), "hyper_cells": cells, "aggregation": aggregation} | changes
    )


PLAIN = genotype()


@dataclass
class World:
    """What would be measured: by architecture and data set, or architecture and training."""

    grid: Grid
    miou: dict[tuple[str, str], float] = field(default_factory=dict)
    fps: dict[tuple[str, str], float] = field(default_factory=dict)
    genotypes: dict[str, Genotype] = field(default_factory=dict)
    settled: dict[str, tuple[int, int, int]] = field(default_factory=dict)
    depths: dict[str, int] = field(default_factory=dict)
    """With how many cells the log of a search ends."""
    repeat: float = 0.15
    """How far the mIoU in percent of a repeat of training lies from the first: above, below, above."""
    top1: dict[str, float] = field(default_factory=dict)
    parameters: int = 2_500_000
    without: Callable[[str], bool] = field(default=lambda name: False)
    spread: float = 0.0
    """How far the quartiles of a latency lie from its median, as a fraction of it."""

    def write(self, root: Path) -> Path:
        """Write the result files of everything but the architectures that `without` names."""
        folder = Folder(root)
        for one in self.grid.evaluations:
            run = one.training
            if not self.without(run.architecture.name):
                folder.evaluation(one, self.fraction(run))
        timed = [speed for speed in self.grid.speeds if not self.without(speed.architecture.name)]
        if timed:
            found = {speed: self.latency_ms(speed) for speed in timed}
            folder.speeds(found, self.spread, parameters=self.parameters)
        for architecture in self.grid.architectures:
            if not (architecture.is_peer or self.without(architecture.name)):
                folder.genotype(architecture, self.genotypes.get(architecture.name, PLAIN))
        for backbone in self.grid.backbones:
            if not self.without(backbone):
                write_pretraining(root / places.pretraining_log(backbone), self.top1.get(backbone, 0.4))
        for search in self.grid.searches:
            if not self.without(search.name):
                settled, depth = self.settled.get(search.name, SETTLED), self.depths.get(search.name, DEPTH)
                write_log(root / places.search_log(search), settled, depth)
        return root

    def fraction(self, run: Training) -> float:
        """The mIoU of a training run, 0..1."""
        value = self.miou.get((run.architecture.name, run.name))
        if value is None:
            value = self.miou.get((run.architecture.name, _first(run)), 60.0) + self._moved(run)
        return round(value / 100, 6)

    def latency_ms(self, speed: Speed) -> float:
        """The median latency of a network at a size."""
        return 1000 / self.fps.get((speed.architecture.name, speed.dataset), 50.0)

    def _moved(self, run: Training) -> float:
        """What a repeat of a training differs from the first by."""
        number = 0 if run.seed is None else run.seed - self.grid.config.seed
        return 0.0 if number == 0 else self.repeat * (1 if number % 2 else -1)

    def claim(self, name: str, root: Path) -> Claim:
        """One claim on this world's files, without the correction for the others."""
        return JUDGEMENTS[IDS.index(name)](Evidence(self.grid, self.write(root)))

    def judged(self, root: Path) -> dict[str, Claim]:
        """The claims on this world's files, by id."""
        return {claim.id: claim for claim in judge(self.grid, self.write(root))}

    def imagined(self) -> dict[str, Claim]:
        """The claims on this world without its files, by id: a tenth of the time."""
        return {claim.id: claim for claim in judged(Imagined(self))}


class Unwritten(Results):
    """The result files of a world, as if they were read."""

    def __init__(self, world: World) -> None:
        super().__init__(Path("unwritten"))
        self.world = world

    def _not_run(self, architecture: Architecture) -> None:
        return None

    def _genotype(self, architecture: Architecture) -> Genotype | None:
        return self.world.genotypes.get(architecture.name, PLAIN)

    def _evaluation(self, evaluation: Evaluation) -> EvaluationRecord:
        run = evaluation.training
        height, width = evaluation.size
        known: dict[str, Any] = {"dataset": run.dataset, "split": evaluation.split, "labelled": True}
        known |= {"architecture": run.architecture.name, "training": run.name}
        known |= {"input_height_px": height, "input_width_px": width}
        score = Score.model_construct(miou=self.world.fraction(run))
        return EvaluationRecord.model_construct(**known, last=score)

    def _speeds(self) -> SpeedsRecord:
        return SpeedsRecord.model_construct(
            fingerprint=Device.model_construct(device="Test Processor 9000"),
            load=None,
            attempts=None,
            spread_max=0.1,
            timings=tuple(map(self._timing, self.world.grid.speeds)),
        )

    def _timing(self, speed: Speed) -> SpeedRecord:
        ms = self.world.latency_ms(speed)
        quartiles = {"q1": ms * (1 - self.world.spread), "q3": ms * (1 + self.world.spread)}
        eager = FormRecord.model_construct(latency_ms=Timing.model_construct(median=ms, **quartiles))
        height, width = speed.size
        return SpeedRecord.model_construct(
            network=speed.architecture.name,
            dataset=speed.dataset,
            input_height_px=height,
            input_width_px=width,
            parameters=self.world.parameters,
            forms={"eager": eager},
        )


class Imagined(Evidence):
    """The evidence of a world without files; every network was pretrained well."""

    def __init__(self, world: World) -> None:
        super().__init__(world.grid, Path("unwritten"))
        self.reader, self.world = Unwritten(world), world
        self.alive = cache(self._alive)

    def _alive(self, architecture: Architecture) -> Liveness | None:
        if architecture.is_peer:
            return None
        found = self.reader.genotype(architecture) or PLAIN
        return Liveness(architecture.name, zero_shares(found), passes_through(found), None, ())

    def settlings(self) -> tuple[tuple[Settling, ...], tuple[str, ...]]:
        """As the logs that `World.write` writes say it."""
        live = [one for one in proper(self.grid) if not self.dead(*self._searched(one))]
        courses = [(one, self.world.settled.get(one.name, SETTLED)) for one in live]
        return tuple(Settling(one, at, (DEPTH,) * 3, places.search_log(one)) for one, at in courses), ()

    def _searched(self, search: Search) -> list[Architecture]:
        return [one for one in self.grid.architectures if one.search == search]


def proper(grid: Grid) -> tuple[Search, ...]:
    """The searches that are no nulls."""
    nulls = {one.architecture.search for row in grid.of_table("nulls") for one in row.speeds}
    return tuple(one for one in grid.searches if one not in nulls)


def _first(run: Training) -> str:
    return replace(run, seed=None).name


def write_pretraining(path: Path, top1: float, images: int = 1000, classes: int = 10) -> None:
    """A pretraining's log of two epochs, of which the last was judged."""
    path.parent.mkdir(parents=True, exist_ok=True)
    lines = ["epoch,lr,loss,val_top1,val_images,classes", f"1,0.1,2.3,,{images},{classes}"]
    path.write_text("\n".join([*lines, f"2,0.1,2.0,{top1},{images},{classes}"]) + "\n", encoding="utf-8")


def random_genotype(seed: int, depths: tuple[int, int, int] = (5, 10, 10)) -> Genotype:
    """Operations and depths drawn evenly."""
    return drawn(SpaceConfig(), depths, np.random.default_rng([99, seed]))


DEAD = tuple({"depth": 1, "reduction": ("zero",) * 5, "normal": ("zero",) * 5} for _ in range(3))


def dead_genotype() -> Genotype:
    """What a search collapses to: a cell each, and every edge zero."""
    return genotype(hyper_cells=DEAD)


SETTLED, DEPTH = (10, 40, 60), 4


def write_log(
    path: Path, settled: tuple[int, int, int], depth: int = DEPTH, frozen: int = 50, epochs: int = 150
) -> None:
    """A search log whose argmax depths change for the last time at these epochs of training beta."""
    lines = ["epoch,argmax_depth_1,argmax_depth_2,argmax_depth_3,beta_frozen"]
    for epoch in range(1, epochs + 1):
        depths = [depth if epoch - frozen >= at else depth + 1 + epoch % 2 for at in settled]
        lines.append(f"{epoch},{depths[0]},{depths[1]},{depths[2]},{int(epoch <= frozen)}")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def paper_world(grid: Grid | None = None) -> World:
    """Every number that the paper prints, as if measured here; what it leaves open is invented."""
    world = World(grid or paper_grid())
    for name, (cells, miou, fps) in RERUNS.items():
        world.miou[name, "cityscapes-train"], world.fps[name, "cityscapes"] = miou, fps
        world.genotypes[name] = genotype(cells)
    world.miou |= {(A, "cityscapes-trainval"): 72.2, (A, "cityscapes-trainval-coarse"): 73.9}
    world.miou |= {(B, "cityscapes-trainval"): 74.3, (B, "cityscapes-trainval-coarse"): 75.8}
    world.miou |= {(A, "camvid-train"): 73.5, (B, "camvid-train"): 74.2, (B, "cityscapes-train"): 74.7}
    world.fps |= {(A, "camvid"): 140.0, (B, "camvid"): 82.5, (B, "cityscapes"): 71.4}
    world.miou["ICNet", "cityscapes-trainval"], world.fps["ICNet", "cityscapes"] = 69.5, 37.7
    world.miou["ENet", "cityscapes-trainval"], world.fps["ENet", "cityscapes"] = 58.3, 78.4
    for gamma, (miou, fps) in GAMMAS.items():
        for seed, step in ((2, 0.0), (1, 0.1), (3, -0.1)):
            name = f"camvid-g{gamma:g}-s{seed}-d5.10.10"
            world.miou[name, "camvid-train"], world.fps[name, "camvid"] = miou + step, fps - 30 * step
    for positions, (miou, fps) in MOVED.items():
        name = f"downsampling-{positions}"
        world.miou[name, "cityscapes-train"], world.fps[name, "cityscapes"] = miou, fps
        moved = genotype().with_positions(tuple(map(int, positions.split("."))))  # type: ignore[arg-type]
        world.genotypes[name] = moved
    for index, step in enumerate(NORMAL):
        world.miou[f"random-{index}", "cityscapes-train"] = 66.7 + 2.7 * step
        world.miou[f"matched-{index}", "cityscapes-train"] = 68.0 + 2.7 * step
        world.fps[f"matched-{index}", "cityscapes"] = 104.0 + index
        world.miou[f"aggregation-random-{index}", "cityscapes-train"] = 71.4 + 0.5 * step
    world.miou["aggregation-none", "cityscapes-train"] = 69.9
    world.genotypes["aggregation-none"] = genotype(aggregation=None)
    for number, search in enumerate(world.grid.searches):
        if search.null or search.gamma == 0:
            world.genotypes[search.name] = random_genotype(number)
        world.settled[search.name] = (5 + number, 30 + 3 * number, 60 + number)
    return world


def set_random(world: World, kind: str, mean: float, scale: float = 1.0) -> None:
    """Give the networks of a kind a mean and spread in percent."""
    for index, step in enumerate(NORMAL):
        world.miou[f"{kind}-{index}", "cityscapes-train"] = mean + scale * step
