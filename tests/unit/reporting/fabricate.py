"""A fabricated results folder with numbers that the tests know."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from known_sets import CAMVID_CLASSES, CITYSCAPES_CLASSES

from pipeline_src import places
from pipeline_src.cli.record import record_path
from pipeline_src.config.grid import Grid
from pipeline_src.config.models import SpaceConfig
from pipeline_src.config.runs import Architecture, Evaluation, Speed
from pipeline_src.ownership import note
from pipeline_src.reporting.read.sources import TABLES
from pipeline_src.reporting.tables.cells import tabulate, write_table
from pipeline_src.space.genotype import Genotype, HyperCellGenotype

SETTINGS = '{"space":{"head_channels":16}}'
SAMPLED_BY = {
    "random": "sample-random",
    "matched": "sample-matched",
    "control": "sample-control",
    "downsampling": "sample-downsampling",
    "no_aggregation": "sample-aggregation",
    "random_aggregation": "sample-aggregation",
}

NO_MATCH = "no random network within 10% of 15.0 us, the latency to be matched, in 100000 draws"


SHARES = {"eager": 1.0, "folded": 0.5, "channels_last": 0.5, "onnxruntime": 0.25}
"""Of a fabricated time in eager mode, by form."""


def _place_of(timing: dict[str, Any]) -> tuple[str, str, int, int]:
    return timing["network"], timing["dataset"], timing["input_height_px"], timing["input_width_px"]


def genotype(depths: tuple[int, int, int] = (2, 4, 6), leading: int = 0) -> Genotype:
    """Any genotype of the given depths."""
    first, second, third = (
        HyperCellGenotype(depth=depth, reduction=("skip",) * 5, normal=("conv3x3",) * 5) for depth in depths
    )
    return Genotype(
        space=SpaceConfig(),
        hyper_cells=(first, second, third),
        leading_cells=leading,
        aggregation=("conv1x1_x2",) * 7,
    )


def write_tables(grid: Grid, results: Path, reports: Path) -> None:
    """The ten tables of a results folder, as `tabulate-table` leaves them below `reports/SCALE`."""
    for name in TABLES:
        write_table(tabulate(name, grid, results), reports / "tables" / f"{name}.csv")


def write_json(path: Path, value: Any) -> None:
    """Write JSON as `artifacts.write_json` does, but not atomically: a world has hundreds of files."""
    note(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(value), encoding="utf-8")


class Folder:
    """Writes result files where the grid expects them, with the records of their runs unless told not to."""

    def __init__(self, root: Path, records: bool = True) -> None:
        self.root = root
        self.records = records
        self.classes = {"camvid": CAMVID_CLASSES, "cityscapes": CITYSCAPES_CLASSES}
        root.mkdir(parents=True, exist_ok=True)

    def record(
        self,
        output: Path,
        command: str,
        seed: int | None = None,
        inputs: tuple[str, ...] = (),
        **changes: Any,
    ) -> Path:
        """The record of the run that made a file or a folder.

        Args:
            output: the file or folder, below the root.
            command: the subcommand that made it.
            seed: of the run.
            inputs: result files that it read, relative to the root; told as of `results/tiny`.
            changes: keys of the record to replace.
        """
        # As the commands call it, whatever the folder's name is here.
        told = f"results/tiny/{output.relative_to(self.root).as_posix()}"
        value = {
            "command": ["autortnet", command, "--output", told, "--settings", SETTINGS],
            "settings": SETTINGS,
            "seed": seed,
            "started": "2026-01-02T03:04:05+00:00",
            "wall_s": 12.5,
            "device": "Test Processor 9000",
            "git": {"commit": "0123456789abcdef0123456789abcdef01234567", "changed": False},
            "inputs": {f"results/tiny/{path}": "ab" * 32 for path in inputs},
        }
        path = record_path(output)
        if self.records:
            write_json(path, value | changes)
        return path

    def evaluation(self, one: Evaluation, miou: float | None = 0.5, **changes: Any) -> Path:
        """An evaluation: classes of 0.30, 0.31, ... in the data set's order; best is last + 0.05.

        Of each true class 80 pixels are right and 20 are taken for the next class.
        """
        names = self.classes[one.training.dataset]
        per_class = {name: round(0.3 + 0.01 * index, 4) for index, name in enumerate(names)}
        count = len(names)
        confusion = [[0] * count for _ in names]
        for index, row in enumerate(confusion):
            row[index], row[(index + 1) % count] = 80, 20
        value = {
            "architecture": one.training.architecture.name,
            "training": one.training.name,
            "dataset": one.training.dataset,
            "split": one.split,
            "input_height_px": one.size[0],
            "input_width_px": one.size[1],
            "images": 3,
            "labelled": True,
            "class_names": names,
            "last": {"miou": miou, "per_class_iou": per_class, "pixel_accuracy": 0.9},
            "best": {
                "miou": miou and miou + 0.05,
                "per_class_iou": per_class,
                "pixel_accuracy": 0.9,
                "epoch": 7,
            },
            "confusion": confusion,
        }
        path = self.root / places.evaluation(one)
        write_json(path, value | changes)
        trained = f"finetune/{one.training.architecture.name}/{one.training.name}"
        inputs = (places.genotype(one.training.architecture), f"{trained}/weights_last.safetensors")
        self.record(path, "evaluate-network", inputs=inputs)
        return path

    def speed(self, one: Speed, mean_ms: float = 10.0, **changes: Any) -> Path:
        """A timing in the one file of all: folded and channels last take half, ONNX Runtime a quarter.

        Args:
            one: what is timed.
            mean_ms: median, quartiles and mean in eager mode.
            changes: keys of the timing (`latency_ms` and `latency_folded_ms` of its forms), or of the run.
        """
        return self.speeds({one: mean_ms}, **changes)

    def speeds(self, found: Mapping[Speed, float], spread: float = 0.0, **changes: Any) -> Path:
        """Several timings, as `speed`; those that the file has stay.

        Args:
            found: milliseconds in eager mode, by what is timed.
            spread: how far the quartiles lie from the median, as a fraction of it.
            changes: as of `speed`.
        """
        path = self.root / places.SPEEDS
        run: dict[str, Any] = {
            "fingerprint": {"device": "Test Processor 9000", "threads": 1},
            "spread_max": 0.1,
            "timings": [],
        }
        run |= json.loads(path.read_text()) if path.exists() else {}
        run |= {
            key: changes.pop(key)
            for key in ("fingerprint", "spread_max", "attempts", "load")
            if key in changes
        }
        given = {
            "eager": changes.pop("latency_ms", None),
            "folded": changes.pop("latency_folded_ms", None),
        }
        timings = {_place_of(timing): timing for timing in run["timings"]}
        for one, ms in found.items():
            timing = {
                "network": one.architecture.name,
                "dataset": one.dataset,
                "num_classes": len(self.classes[one.dataset]),
                "input_height_px": one.size[0],
                "input_width_px": one.size[1],
                "parameters": 1_234_567,
                "multiply_adds": 1,
            }
            first = next(
                (known for known in timings.values() if _place_of(known)[1:] == _place_of(timing)[1:]), None
            )
            forms = {}
            for form, share in SHARES.items():
                median = share * ms
                quartiles = {"q1": median * (1 - spread), "q3": median * (1 + spread)}
                known = given.get(form) or {"median": median, **quartiles, "mean": median}
                base = (
                    first["forms"][form]["latency_ms"]
                    if first and first["network"] != one.architecture.name
                    else known
                )
                forms[form] = {
                    "equal_pixels": 1.0,
                    "refused": None,
                    "latency_ms": {**known, "repeats": 5},
                    "times_the_first": dict.fromkeys(
                        ("median", "q1", "q3"), known["median"] / base["median"]
                    ),
                }
            timing = timing | {"forms": forms} | changes
            timings[_place_of(timing)] = timing
        run["timings"] = list(timings.values())
        write_json(path, run)
        ours = (one.architecture for one in found if not one.architecture.is_peer)
        self.record(path, "measure-speeds", inputs=tuple(dict.fromkeys(map(places.genotype, ours))))
        return path

    def untimed(self, *gone: Speed) -> None:
        """Leave timings out of the run."""
        path = self.root / places.SPEEDS
        run = json.loads(path.read_text())
        left = {(one.architecture.name, one.dataset, *one.size) for one in gone}
        run["timings"] = [timing for timing in run["timings"] if _place_of(timing) not in left]
        write_json(path, run)

    def genotype(self, one: Architecture, value: Genotype) -> Path:
        """A genotype where its search or sampling leaves it."""
        path = self.root / places.genotype(one)
        write_json(path, value.model_dump(mode="json"))
        if one.search is not None:
            self.record(path.parent, "search-architecture", seed=one.search.seed)
        else:
            self.record(path, SAMPLED_BY[one.kind], seed=0)
        return path

    def log(self, grid: Grid, epochs: int = 4, frozen: int = 2) -> Path:
        """A's search log: argmax falls by one, expectation by a quarter an epoch."""
        path = self.root / places.search_log(grid.network_a.search)  # type: ignore[arg-type]
        head = "epoch,temperature,lr,ce,latency_us"
        for name in ("sampled", "argmax", "expected"):
            head += "".join(f",{name}_depth_{cell}" for cell in (1, 2, 3))
        lines = [head + ",alpha_entropy,beta_entropy,miou_soft,miou_argmax,beta_frozen"]
        for epoch in range(1, epochs + 1):
            depths = f"1,2,3,{6 - epoch},{7 - epoch},{8 - epoch},{5 - epoch / 4},{6.0},{1 / 3}"
            lines.append(f"{epoch},3.0,0.02,1.5,900.0,{depths},2.3,1.1,,,{epoch <= frozen}")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
        search = grid.network_a.search
        assert search is not None
        self.record(path.parent, "search-architecture", seed=search.seed)
        return path

    def everything(self, grid: Grid) -> None:
        """All files of a grid."""
        for number, evaluation in enumerate(grid.evaluations):
            self.evaluation(evaluation, 0.4 + 0.001 * number)
        self.speeds({speed: 10.0 + number for number, speed in enumerate(grid.speeds)})
        for architecture in (one for one in grid.architectures if not one.is_peer):
            self.genotype(architecture, genotype())
        self.log(grid)
