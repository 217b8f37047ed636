"""Checkouts to run Snakemake in, and dry runs that several modules look at."""

from __future__ import annotations

import hashlib
import sys
from pathlib import Path

import pytest

# The commands of the pages, and fabricated results.
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "unit"))
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "unit" / "reporting"))

from long_steps import prepare
from once import made_once
from workflow_checkout import LAYOUTS, SETS, Checkout, Ended, Planner


@pytest.fixture
def checkout(tmp_path: Path, repository: Path) -> Checkout:
    """A checkout that a test may change."""
    return Checkout(tmp_path / "clone", repository)


@pytest.fixture(scope="session")
def shared(tmp_path_factory: pytest.TempPathFactory, repository: Path) -> Checkout:
    """A checkout that no test changes."""
    return Checkout(tmp_path_factory.mktemp("graph") / "clone", repository)


@pytest.fixture(scope="session")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the long steps need: small sets, a lookup table, a genotype."""
    return made_once(tmp_path_factory, "long-steps", prepare)


@pytest.fixture(scope="session")
def folders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The folders of the three sets in their official layouts, without images: a dry run reads none."""

    def make(root: Path) -> None:
        for name, below in LAYOUTS.items():
            for folder in below:
                (root / name / folder).mkdir(parents=True)

    root = made_once(tmp_path_factory, "sets", make)
    return {name: root / name for name in LAYOUTS}


@pytest.fixture(scope="session")
def planner(shared: Checkout, tmp_path_factory: pytest.TempPathFactory) -> Planner:
    """Dry runs of everything, `planner(*config)`; the same settings are planned once for all workers."""

    def plan(*config: str) -> Ended:
        def make(folder: Path) -> None:
            shared.plan(*config).save(folder / "ended.json")

        name = f"plan-{hashlib.sha256(repr(config).encode()).hexdigest()[:16]}"
        return Ended.load(made_once(tmp_path_factory, name, make) / "ended.json")

    return plan


@pytest.fixture(scope="session")
def planned(planner: Planner, folders: dict[str, Path]) -> Planner:
    """The whole graph of a scale, `planned(scale)`, whose sets are the folders."""

    def plan(scale: str) -> Ended:
        data = ",".join(f"{name}: {{path: {folders[name]}}}" for name in SETS[scale])
        ended = planner(*([f"scale={scale}", f"data={{{data}}}"] if data else []))
        assert ended.status == 0, ended.text
        return ended

    return plan


@pytest.fixture(scope="session")
def tiny(planned: Planner) -> Ended:
    """The whole graph of the scale tiny."""
    return planned("tiny")
