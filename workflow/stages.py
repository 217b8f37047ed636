"""What dvc.yaml says: its stages, and the files and folders that each makes at a scale."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pipeline_src.config.load import read_yaml, scale_named_by

PROVENANCE = "provenance"


def scale_of(root: Path) -> str:
    """The scale that params.yaml picks."""
    return scale_named_by(read_yaml(root / "params.yaml"), root / "params.yaml")


def stages(root: Path, scale: str) -> dict[str, tuple[Path, ...]]:
    """What each stage of dvc.yaml makes at a scale, without its own provenance; relative to `root`."""
    declared = read_yaml(root / "dvc.yaml").get("stages", {})
    return {name: tuple(_made(stage, scale)) for name, stage in declared.items()}


def _made(stage: dict[str, Any], scale: str) -> Iterator[Path]:
    for entry in (*stage.get("outs", ()), *stage.get("metrics", ())):
        written = entry if isinstance(entry, str) else next(iter(entry))
        path = Path(written.replace("${scale}", scale))
        if path.parent.name != PROVENANCE:
            yield path


def provenance_path(root: Path, scale: str, stage: str) -> Path:
    """Where a stage's provenance stands."""
    return root / "results" / scale / PROVENANCE / f"{stage}.json"


def files_below(root: Path, places: tuple[Path, ...]) -> Iterator[str]:
    """Every file at or below the places, relative to `root`, in a fixed order."""
    for place in places:
        found = [root / place] if (root / place).is_file() else sorted((root / place).rglob("*"))
        yield from (str(path.relative_to(root)) for path in found if path.is_file())
