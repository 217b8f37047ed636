"""Small rendered sets that several tests of the data package share."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from pipeline_src.data.rendering.layouts import render_camvid, render_cityscapes, render_classes

SIZE = (64, 128)


@pytest.fixture(scope="session")
def rendered(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folders cityscapes, camvid, camvid-original and imagenet; read only, see the copying fixtures."""
    root = tmp_path_factory.mktemp("rendered")
    render_cityscapes(root / "cityscapes", {"train": 6, "val": 3, "test": 2, "train_extra": 2}, 0, *SIZE)
    counts = {"train": 5, "val": 2, "test": 2}
    render_camvid(root / "camvid", counts, 0, *SIZE)
    render_camvid(root / "camvid-original", counts, 0, *SIZE, layout="original")
    render_classes(root / "imagenet", 3, {"train": 4, "val": 2}, 0, 32)
    return root


def _copy(rendered: Path, name: str, tmp_path: Path) -> Path:
    return Path(shutil.copytree(rendered / name, tmp_path / f"raw-{name}"))


@pytest.fixture
def cityscapes(rendered: Path, tmp_path: Path) -> Path:
    return _copy(rendered, "cityscapes", tmp_path)


@pytest.fixture
def camvid(rendered: Path, tmp_path: Path) -> Path:
    return _copy(rendered, "camvid", tmp_path)


@pytest.fixture
def camvid_original(rendered: Path, tmp_path: Path) -> Path:
    return _copy(rendered, "camvid-original", tmp_path)


@pytest.fixture
def imagenet(rendered: Path, tmp_path: Path) -> Path:
    return _copy(rendered, "imagenet", tmp_path)
