"""Grids of the scales, with what a test changes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pipeline_src.config.grid import Grid
from pipeline_src.config.load import resolve

SCALE_FILES = Path(__file__).resolve().parents[3] / "workflow" / "scales"


def grid_of(scale: str, **overrides: Any) -> Grid:
    """The grid of a scale under other settings."""
    return Grid(resolve({"scale": scale, **overrides}, SCALE_FILES))
