"""What dvc.yaml says: its stages, what each makes at a scale, and the code behind them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pipeline_src.artifacts import write_text
from pipeline_src.config.load import read_yaml, scale_named_by
from pipeline_src.reporting.read.pictures import PICTURES
from workflow.code import Package

PROVENANCE = "provenance"
CODE = "code"
"""The stage that tells the others what code they depend on."""

COMMANDS: dict[str, tuple[str, ...]] = {
    "data": ("render_scenes", "render_objects", "prepare_data", "prepare_imagenet"),
    "lut": ("measure_lut", "check_lut"),
    "search": ("search_architecture",),
    "baselines": (
        "sample_random", "sample_matched", "sample_control", "sample_downsampling", "sample_aggregation",
    ),
    "pretrain": ("pretrain_backbone",),
    "finetune": ("finetune_network",),
    "evaluate": (
        "evaluate_network", "measure_speeds", "export_submission", "draw_predictions",
    ),
    "report": (
        "tabulate_table", "collect_figure", "collect_overview", "plot_figure", "judge_claims",
        "trace_provenance", "render_report",
    ),
}  # fmt: skip
"""The commands that the jobs of a stage run."""


def scale_of(root: Path) -> str:
    """The scale that params.yaml picks."""
    return scale_named_by(read_yaml(root / "params.yaml"), root / "params.yaml")


def stages(root: Path, scale: str) -> dict[str, tuple[Path, ...]]:
    """What each stage of jobs makes at a scale, without its own provenance; relative to `root`."""
    declared = read_yaml(root / "dvc.yaml").get("stages", {})
    return {name: tuple(_made(stage, scale)) for name, stage in declared.items() if name != CODE}


def _made(stage: dict[str, Any], scale: str) -> Iterator[Path]:
    for entry in (*stage.get("outs", ()), *stage.get("metrics", ())):
        written = entry if isinstance(entry, str) else next(iter(entry))
        path = Path(written.replace("${scale}", scale))
        if path.parent.name != PROVENANCE:
            yield path


def code_path(root: Path, stage: str) -> Path:
    """Where it stands what code a stage depends on: a line for each module and data file."""
    return root / "results" / CODE / f"{stage}.txt"


def write_code(root: Path) -> None:
    """Write what code every stage depends on; a file whose content stays is left as it is."""
    package = Package(root)
    for stage, commands in COMMANDS.items():
        parts: dict[str, str] = {}
        for command in commands:
            drawn = {entry.full_name for entry in PICTURES.values()} if command == "plot_figure" else set()
            parts |= package.code_of(command, *sorted(drawn))
        text = "".join(f"{name} {parts[name]}\n" for name in sorted(parts))
        path = code_path(root, stage)
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            path.unlink(missing_ok=True)  # may be a read-only link into DVC's cache
            write_text(path, text)


def provenance_path(root: Path, scale: str, stage: str) -> Path:
    """Where a stage's provenance stands."""
    return root / "results" / scale / PROVENANCE / f"{stage}.json"


def files_below(root: Path, places: tuple[Path, ...]) -> Iterator[str]:
    """Every file at or below the places, relative to `root`, in a fixed order."""
    for place in places:
        found = [root / place] if (root / place).is_file() else sorted((root / place).rglob("*"))
        yield from (str(path.relative_to(root)) for path in found if path.is_file())
