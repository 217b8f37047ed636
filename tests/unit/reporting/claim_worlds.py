"""Fabricated worlds for the claims: the paper's own numbers as if measured here, and ways to change them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from fabricate import Folder

from pipeline_src import places
from pipeline_src.config.grid import Grid
from pipeline_src.config.models import Config, SpaceConfig
from pipeline_src.config.runs import Architecture
from pipeline_src.reporting.claims.claim import Claim
from pipeline_src.reporting.claims.judge import judge
from pipeline_src.space.genotype import Genotype

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


class PeerGrid(Grid):
    """A grid with other systems beside ours, of any name."""

    def __init__(self, config: Config, names: tuple[str, ...]) -> None:
        super().__init__(config)
        self.names = names

    @property
    def peers(self) -> tuple[tuple[str, Architecture], ...]:
        return tuple((name, Architecture(name, "peer", "")) for name in self.names)


def paper_grid(*peers: str) -> PeerGrid:
    """The paper's grid with measured peers, by default ICNet."""
    return PeerGrid(Config(scale="paper"), peers or ("ICNet",))


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


@dataclass
class World:
    """What would be measured: by architecture and data set, or architecture and training."""

    grid: Grid
    miou: dict[tuple[str, str], float] = field(default_factory=dict)
    fps: dict[tuple[str, str], float] = field(default_factory=dict)
    genotypes: dict[str, Genotype] = field(default_factory=dict)
    settled: dict[str, tuple[int, int, int]] = field(default_factory=dict)
    parameters: int = 2_500_000
    device: dict[str, str] = field(default_factory=dict)
    without: Callable[[str], bool] = field(default=lambda name: False)

    def write(self, root: Path) -> Path:
        """Write the result files of everything but the architectures that `without` names."""
        folder = Folder(root)
        for one in self.grid.evaluations:
            run = one.training
            if not self.without(run.architecture.name):
                value = self.miou.get((run.architecture.name, run.name), 60.0)
                folder.evaluation(one, round(value / 100, 6))
        for speed in self.grid.speeds:
            name = speed.architecture.name
            if not self.without(name):
                fps = self.fps.get((name, speed.dataset), 50.0)
                device = {"device": self.device.get(name, "Test Processor 9000"), "threads": 1}
                folder.speed(speed, 1000 / fps, parameters=self.parameters, fingerprint=device)
        for architecture in self.grid.architectures:
            if not (architecture.is_peer or self.without(architecture.name)):
                folder.genotype(architecture, self.genotypes.get(architecture.name, genotype()))
        for search in self.grid.searches:
            if not self.without(search.name):
                write_log(root / places.search_log(search), self.settled.get(search.name, (10, 40, 60)))
        return root

    def judged(self, root: Path) -> dict[str, Claim]:
        """The claims on this world, by id."""
        return {claim.id: claim for claim in judge(self.grid, self.write(root))}


def write_log(path: Path, settled: tuple[int, int, int], frozen: int = 50, epochs: int = 150) -> None:
    """A search log whose argmax depths change for the last time at these epochs of training beta."""
    lines = ["epoch,argmax_depth_1,argmax_depth_2,argmax_depth_3,beta_frozen"]
    for epoch in range(1, epochs + 1):
        depths = [4 if epoch - frozen >= at else 1 + epoch % 3 for at in settled]
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
    for gamma, (miou, fps) in GAMMAS.items():
        name = f"camvid-g{gamma:g}-s2-d5.10.10"
        world.miou[name, "camvid-train"], world.fps[name, "camvid"] = miou, fps
    for positions, (miou, fps) in MOVED.items():
        name = f"downsampling-{positions}"
        world.miou[name, "cityscapes-train"], world.fps[name, "cityscapes"] = miou, fps
        moved = genotype().with_positions(tuple(map(int, positions.split("."))))  # type: ignore[arg-type]
        world.genotypes[name] = moved
    for index, step in enumerate(NORMAL):
        world.miou[f"random-{index}", "cityscapes-train"] = 66.7 + 2.7 * step
        world.miou[f"matched-{index}", "cityscapes-train"] = 68.0 + 2.7 * step
        world.miou[f"aggregation-random-{index}", "cityscapes-train"] = 71.4 + 0.5 * step
    world.miou["aggregation-none", "cityscapes-train"] = 69.9
    world.genotypes["aggregation-none"] = genotype(aggregation=None)
    for number, search in enumerate(world.grid.searches):
        world.settled[search.name] = (5 + number, 30 + 3 * number, 60 + number)
    return world


def set_random(world: World, kind: str, mean: float, scale: float = 1.0) -> None:
    """Give the networks of a kind a mean and spread in percent."""
    for index, step in enumerate(NORMAL):
        world.miou[f"{kind}-{index}", "cityscapes-train"] = mean + scale * step
