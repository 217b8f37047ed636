"""Fabricated logs of epochs and a fabricated check of a lookup table, with numbers that the tests know."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from fabricate import Folder, write_json

from pipeline_src import places
from pipeline_src.config.grid import Grid
from pipeline_src.config.runs import Search, Training
from pipeline_src.reporting.tables.overview import CURVES, curve_sources

EPOCHS, FROZEN = 6, 2


def write_search(folder: Folder, search: Search, shift: float = 0.0) -> Path:
    """Cross-entropy 2 + shift falls by 0.1 an epoch, latency 2000 us by 100; validated every third epoch."""
    lines = [
        "epoch,temperature,lr,ce,latency_us,sampled_depth_1,sampled_depth_2,sampled_depth_3,argmax_depth_1,"
        "argmax_depth_2,argmax_depth_3,expected_depth_1,expected_depth_2,expected_depth_3,alpha_entropy,"
        "beta_entropy,miou_soft,miou_argmax,beta_frozen"
    ]
    for epoch in range(1, EPOCHS + 1):
        scores = f"{0.1 + shift / 10 + epoch / 100},{0.08 + epoch / 100}" if epoch % 3 == 0 else ","
        depths = f"1,2,3,2,{8 - epoch},{9 - epoch},1.5,{6 - epoch / 4},{5 + epoch / 8}"
        numbers = f"{2 + shift - epoch / 10},{2000 - 100 * epoch}"
        lines.append(
            f"{epoch},3.0,0.02,{numbers},{depths},{2.3 - epoch / 50},1.1,{scores},{int(epoch <= FROZEN)}"
        )
    return _write(folder.root / places.search_log(search), lines)


def write_pretraining(folder: Folder, backbone: str, loss: float = 2.0) -> Path:
    """Loss falls by 0.1 an epoch, top-1 rises by 5 % from 20 %."""
    lines = ["epoch,lr,loss,val_top1,val_images,classes"]
    lines += [f"{epoch},0.05,{loss - epoch / 10},{0.2 + epoch / 20},100,10" for epoch in range(1, EPOCHS + 1)]
    return _write(folder.root / places.pretraining_log(backbone), lines)


def write_finetuning(folder: Folder, training: Training, loss: float = 1.5) -> Path:
    """Loss falls by 0.1 an epoch; mIoU at every third, 30 % and 40 %, unless val was trained on."""
    lines = ["epoch,lr,loss,val_miou"]
    for epoch in range(1, EPOCHS + 1):
        miou = "" if epoch % 3 or training.split == "trainval" else str(0.2 + epoch / 30)
        lines.append(f"{epoch},0.01,{loss - epoch / 10},{miou}")
    return _write(folder.root / places.finetuning_log(training), lines)


def write_check(folder: Folder, grid: Grid, **changes: Any) -> Path:
    """Four networks whose measured latency is exactly 1.5 x predicted + 200 us."""
    predicted = [1000.0, 2000.0, 3000.0, 5000.0]
    rows = [
        {
            "depths": [1, 1, 1],
            "predicted_us": one,
            "measured_us": 1.5 * one + 200,
            "q1_us": 1.5 * one + 150,
            "q3_us": 1.5 * one + 300,
        }
        for one in predicted
    ]
    value = {
        "fingerprint": {"device": "Test Processor 9000", "threads": 1, "repeats": 15},
        "input_height_px": 96,
        "input_width_px": 192,
        "networks": len(rows),
        "pearson": 1.0,
        "spearman": 1.0,
        "slope": 1.5,
        "intercept_us": 200.0,
        "rows": rows,
    }
    path = folder.root / places.lookup_check(grid.main)
    write_json(path, value | changes)
    return path


def write_table_head(folder: Folder, dataset: str, device: str = "Test Processor 9000") -> Path:
    """The part of a lookup table that captions read; network figures need a whole one."""
    path = folder.root / places.lookup_table(dataset)
    write_json(path, {"fingerprint": {"device": device}})
    return path


def write_all(folder: Folder, grid: Grid) -> None:
    """Everything that a picture of numbers reads."""
    folder.everything(grid)
    for number, search in enumerate(grid.searches):
        write_search(folder, search, 0.1 * number)
    for number, backbone in enumerate(grid.backbones):
        write_pretraining(folder, backbone, 2.0 + 0.1 * number)
    for number, training in enumerate(grid.trainings):
        write_finetuning(folder, training, 1.5 + 0.1 * number)
    write_check(folder, grid)


def _write(path: Path, lines: list[str]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def write_logs(grid: Grid, folder: Folder, kind: str) -> None:
    """Logs of two epochs of all runs of a kind, with the columns that curves have."""
    for index, source in enumerate(curve_sources(grid, kind).values()):
        path = folder.root / source
        path.parent.mkdir(parents=True, exist_ok=True)
        lines = [",".join(["epoch", "lr", *CURVES[kind]])]
        lines += [
            ",".join([str(epoch), "0.1", *[str(index + epoch)] * len(CURVES[kind])]) for epoch in (1, 2)
        ]
        path.write_text("\n".join(lines) + "\n")
