"""Fabricated reports: one with everything, one half finished, with names that try to be more than text."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
from fabricate import Folder, write_tables
from fabricate_epochs import write_all
from PIL import Image

from pipeline_src.cli.main import main
from pipeline_src.cli.report_steps import make_report
from pipeline_src.config.grid import Grid
from pipeline_src.config.load import resolve
from pipeline_src.config.models import (
    CamvidConfig,
    CityscapesConfig,
    Config,
    DataConfig,
    ExperimentsConfig,
    ImagenetConfig,
    RenderClassesConfig,
    RenderConfig,
    RobustnessRun,
)
from pipeline_src.reporting.read.claims import Claim, write_claims
from pipeline_src.reporting.tables.captions import BEYOND, FIGURES
from pipeline_src.reporting.tables.cells import write_csv
from pipeline_src.reporting.tables.figures import figure_data

REPOSITORY = Path(__file__).resolve().parents[2]
HOSTILE = (
    '<script>window.hurt=1</script><img src=x onerror="window.hurt=2"> \' & % $ # _ { } ~ ^ \\ 日本語 '
    + ("long" * 60)
)
SVG = (
    '<svg xmlns="http://www.w3.org/2000/svg" width="640" height="320" viewBox="0 0 640 320">'
    '<rect width="640" height="320" fill="#ddd"/><text x="20" y="160">{name}</text></svg>'
)
SPOTS = {
    "figure_1": [
        {
            "x": 0.25,
            "y": 0.5,
            "key": "table_1/autortnet_a/fps",
            "label": "AutoRTNet-A, measured: 90.9 FPS at 45 %",
        },
        {"x": 0.75, "y": 0.25, "key": "table_1/nobody/fps", "label": "of a row that this page lacks"},
    ],
    "figure_6": [{"x": 0.5, "y": 0.5, "key": "figure_6/0_1", "label": "gamma 0.1, measured"}],
}
CELLS = {
    name: [
        {
            "where": f"{part}.1",
            "kind": "reduction",
            "operations": ["0-2 conv 3x3", "1-2 skip"],
            "latency_us": 10.5,
        }
        for part in parts
    ]
    for name, parts in (("figure_7", (1, 2, 3)), ("architecture_b", (1, 2)), ("architecture_c", (1,)))
}
ORIGIN = "speed/networks.json"


def tiny_grid() -> Grid:
    """All rows of the paper's tables at small sizes."""
    render = RenderConfig()
    data = DataConfig(
        cityscapes=CityscapesConfig(
            render=render, input_height_px=96, input_width_px=192, full_height_px=128, full_width_px=256
        ),
        camvid=CamvidConfig(render=render, input_height_px=120, input_width_px=160),
        imagenet=ImagenetConfig(render=RenderClassesConfig()),
    )
    experiments = ExperimentsConfig(
        depths=(2, 3, 3),
        robustness=(RobustnessRun(seed=2, depths=(2, 3, 3)), RobustnessRun(seed=1, depths=(2, 3, 3))),
        random_networks=2,
        matched_networks=2,
        random_aggregations=2,
    )
    return Grid(Config(scale="tiny", data=data, experiments=experiments))


def write_records(results: Path) -> None:
    """A run record for every result file, as the commands leave it."""
    record = {
        "command": ["autortnet", "measure-speeds", "--output", "x y.json"],
        "settings": json.dumps({"space": {"initial_channels": 4}, "note": HOSTILE}),
        "seed": 7,
        "started": "2026-11-22T10:00:00+00:00",
        "wall_s": 12.5,
        "device": "Test Processor 9000",
        "host": {"system": "Linux", "cpus": 2},
        "versions": {"python": "3.11.0", "torch": "2.13.0"},
        "git": {"commit": "0123456789abcdef0123456789abcdef01234567", "changed": True},
        "inputs": {"data/tiny/cityscapes/manifest.json": "ab" * 32},
    }
    for path in results.rglob("*run.json"):
        path.unlink()
    for path in [path for path in results.rglob("*") if path.is_file()]:
        path.with_name(f"{path.name}.run.json").write_text(json.dumps(record), encoding="utf-8")


def write_pictures(folder: Path, names: tuple[str, ...]) -> None:
    """A picture and its words for each name."""
    folder.mkdir(parents=True)
    for name in names:
        drawn = name in ("figure_2", "figure_3", "figure_4")
        words = {
            "name": name,
            "title": f"Title of {name}",
            "caption": f"Caption of {name}. {HOSTILE}",
            "alt": f"What {name} shows",
            "status": "drawn" if drawn else "measured",
            "reason": "",
            "sources": [] if drawn else [ORIGIN],
        }
        if name in SPOTS:
            words["spots"] = SPOTS[name]
        if name in CELLS:
            words |= {"cells": CELLS[name], "cells_at": "CamVid, 96x192 px, Test Processor 9000"}
        (folder / f"{name}.json").write_text(json.dumps(words), encoding="utf-8")
        (folder / f"{name}.svg").write_text(SVG.format(name=name), encoding="utf-8")
        (folder / f"{name}.png").write_bytes(PNG)


def twelve_claims() -> tuple[Claim, ...]:
    """Every verdict, with and without numbers."""
    verdicts = ("reproduced", "not reproduced", "undecided", "not testable here")
    return tuple(
        Claim(
            id=f"C{number}",
            sentence=f"Claim {number} of the paper. {HOSTILE if number == 1 else ''}",
            where=("table_3", "figure_1"),
            paper="72.9 against 66.7±2.5 %",
            ours="24.7 against 23.6 %" if number % 3 else "",
            test="scipy.stats.bootstrap of the difference of means",
            n=3 if number % 3 else 0,
            statistic=1.234,
            p_value=0.0421,
            p_holm=0.5,
            settings=(),
            interval=(-1.5, 2.25) if number % 3 else None,
            level=0.95,
            unit="%",
            verdict=verdicts[number % 4],  # type: ignore[arg-type]
            reason="the interval holds 0",
            sources=(ORIGIN,) if number % 3 else (),
            scale="tiny",
        )
        for number in range(1, 13)
    )


def write_points(settings: Grid, results: Path, figures: Path) -> None:
    """The data of Figure 6, as `collect-figure` leaves it."""
    write_csv(figure_data("figure_6", settings, results), figures / "figure_6.csv")


def write_predictions(folder: Path, count: int = 2, size: tuple[int, int] = (60, 100)) -> None:
    """Frames of two classes: the label is red above blue, the prediction all red."""
    folder.mkdir(parents=True)
    height, width = size
    red, blue = (200, 0, 0), (0, 0, 200)
    pictures = {
        "image": np.full((height, width, 3), 90, np.uint8),
        "truth": np.array([[red] * width] * (height // 2) + [[blue] * width] * (height // 2), np.uint8),
        "a": np.array([[red] * width] * height, np.uint8),
    }
    frames = []
    for number in range(1, count + 1):
        files = {name: f"{number}_{name}.png" for name in pictures}
        for name, file in files.items():
            Image.fromarray(pictures[name]).save(folder / file)
        frames.append({"name": f"frame {number}", "files": files, "miou": {"a": 0.25 * number}})
    index = {
        "dataset": "camvid",
        "split": "test",
        "images_in_split": 2,
        "classes": [
            {"name": "road", "colour": red, "present": True},
            {"name": "sky", "colour": blue, "present": True},
        ],
        "void": {"colour": (0, 0, 0), "present": False},
        "networks": [{"column": "a", "label": "AutoRTNet-A"}],
        "frames": frames,
    }
    (folder / "index.json").write_text(json.dumps(index), encoding="utf-8")


def render(root: Path, settings: Grid, *more: str) -> Path:
    """The page of the folders below `root`, made by the command."""
    page = root / "reports" / "tiny" / "index.html"
    write_points(settings, root / "results" / "tiny", page.parent / "figures")
    write_tables(settings, root / "results" / "tiny", page.parent)
    words = ["render-report", "--settings", json.dumps(settings.config.model_dump(mode="json"))]
    words += ["--results", str(root / "results" / "tiny"), "--reports", str(page.parent)]
    words += ["--assumptions", str(REPOSITORY / "docs" / "assumptions.md")]
    words += ["--output", str(page)]
    assert main([*words, *more]) == 0
    return page


def full_report(root: Path) -> Path:
    """Everything was run; one device has a hostile name."""
    grid = tiny_grid()
    folder = Folder(root / "results" / "tiny")
    folder.everything(grid)
    folder.speed(next(iter(grid.speeds)), 11.0, fingerprint={"device": HOSTILE})
    write_records(folder.root)
    reports = root / "reports" / "tiny"
    write_pictures(reports / "figures", (*FIGURES, *BEYOND, "architecture_b", "architecture_c"))
    write_predictions(folder.root / "predictions" / "figure_9")
    write_claims(twelve_claims(), reports / "claims.json")
    return render(root, grid)


def camvid_report(root: Path) -> Path:
    """A finished run of the scale camvid with all its rows, judged claims and drawn pictures."""
    grid = Grid(resolve({"scale": "camvid"}, REPOSITORY / "workflow" / "scales"))
    folder = Folder(root / "results" / "camvid")
    write_all(folder, grid)
    write_predictions(folder.root / "predictions" / "figure_9", 4, (90, 120))
    return _made(root, grid)


def begun_report(root: Path) -> Path:
    """A run of the scale camvid of which network A alone has ended."""
    grid = Grid(resolve({"scale": "camvid"}, REPOSITORY / "workflow" / "scales"))
    folder = Folder(root / "results" / "camvid")
    write_all(folder, grid)
    for other in folder.root.glob("*/*/"):
        if other.name != grid.network_a.name:
            shutil.rmtree(other)
    return _made(root, grid)


def _made(root: Path, grid: Grid) -> Path:
    write_records(root / "results" / "camvid")
    (root / "docs").mkdir()
    shutil.copy(REPOSITORY / "docs" / "assumptions.md", root / "docs")
    make_report(grid.config, root, drawn=True)
    return root / "reports" / "camvid" / "index.html"


def against_report(root: Path, other: Path) -> Path:
    """A report in which network A is slower, and less accurate within noise, with another's values beside."""
    grid = tiny_grid()
    folder = Folder(root / "results" / "tiny")
    folder.everything(grid)
    folder.evaluation(grid.of_table("table_3")[0].val[0], 0.1)
    folder.speed(grid.of_table("table_3")[0].speeds[0], 25.0)
    write_records(folder.root)
    return render(root, grid, "--against", str(other))


def half_report(root: Path) -> Path:
    """Every other evaluation is missing, so is every timing but the first, most pictures, and the claims."""
    grid = tiny_grid()
    folder = Folder(root / "results" / "tiny")
    for number, evaluation in enumerate(grid.evaluations):
        if number % 2 == 0:
            folder.evaluation(evaluation, 0.4 + 0.001 * number)
    folder.speed(next(iter(grid.speeds)), 11.0)
    write_records(folder.root)
    write_pictures(root / "reports" / "tiny" / "figures", ("figure_1", "figure_2", "figure_8"))
    return render(root, grid)


PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d494844520000000100000001080600000"
    "01f15c4890000000d49444154789c6360606060000000050001a5f645400000000049454e44ae426082"
)
