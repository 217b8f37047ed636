"""Genotype files, positions, reachable keys: nothing here needs torch."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from pipeline_src.config.models import SpaceConfig
from pipeline_src.errors import GenotypeError, UserError
from pipeline_src.space.genotype import Genotype
from pipeline_src.space.reach import cell_keys, reachable_keys, stage_size
from pipeline_src.space.sampling import matched_genotype, random_genotype, scaled_positions

SPACE = SpaceConfig()


@pytest.fixture
def genotype() -> Genotype:
    return random_genotype(SPACE, (5, 10, 10), np.random.default_rng(0))


def test_round_trip_is_exact(genotype: Genotype, tmp_path: Path) -> None:
    genotype.save(tmp_path / "g.json")
    assert Genotype.load(tmp_path / "g.json") == genotype
    first = (tmp_path / "g.json").read_bytes()
    genotype.save(tmp_path / "g.json")
    assert (tmp_path / "g.json").read_bytes() == first


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda v: v["hyper_cells"][0].update(depth=0), "depth"),
        (lambda v: v["hyper_cells"][1]["normal"].__setitem__(2, "conv7x7"), "conv7x7"),
        (lambda v: v["hyper_cells"][1].update(normal=["skip"]), "5 operations"),
        (lambda v: v.update(aggregation=["conv1x1_x2"] * 6), "7 operations"),
        (lambda v: v.update(format="autortnet-genotype/2"), "format"),
        (lambda v: v.update(extra=1), "extra"),
        (lambda v: v["hyper_cells"].pop(), "hyper_cells"),
    ],
)
def test_malformed_genotypes_are_refused(genotype: Genotype, tmp_path: Path, change, message: str) -> None:
    value = genotype.model_dump(mode="json")
    change(value)
    path = tmp_path / "bad.json"
    path.write_text(json.dumps(value))
    with pytest.raises(GenotypeError, match=message) as caught:
        Genotype.load(path)
    assert str(path) in str(caught.value)


def test_truncated_file_is_refused(genotype: Genotype, tmp_path: Path) -> None:
    path = tmp_path / "cut.json"
    path.write_text(genotype.model_dump_json()[:50])
    with pytest.raises(UserError, match="not readable JSON"):
        Genotype.load(path)


def test_genotype_of_another_space_is_refused_by_key(genotype: Genotype) -> None:
    with pytest.raises(GenotypeError, match="initial_channels is 8, here 16"):
        genotype.require_space(SpaceConfig(initial_channels=16))
    genotype.require_space(SPACE)


def test_positions_of_table_5() -> None:
    base = random_genotype(SPACE, (5, 10, 10), np.random.default_rng(1))
    cells = [{**c.model_dump(), "depth": d} for c, d in zip(base.hyper_cells, (2, 4, 6), strict=True)]
    found = base.with_(hyper_cells=cells)
    assert found.downsampling_positions == (1, 3, 7)
    for positions in ((1, 5, 10), (3, 5, 8), (1, 2, 4)):
        moved = found.with_positions(positions)
        assert moved.downsampling_positions == positions
        assert moved.total_cells == 12
    with pytest.raises(GenotypeError, match="do not increase"):
        found.with_positions((3, 3, 8))
    with pytest.raises(GenotypeError, match="do not increase"):
        found.with_positions((1, 5, 13))


@pytest.mark.parametrize("total", range(3, 26))
@pytest.mark.parametrize("positions", [(1, 5, 10), (3, 5, 8), (1, 2, 4)])
def test_scaled_positions_always_fit(total: int, positions: tuple[int, int, int]) -> None:
    first, second, third = scaled_positions(positions, total)
    assert 1 <= first < second < third <= total
    if total == 12:
        assert (first, second, third) == positions


def test_matched_sampling_accepts_only_what_matches() -> None:
    latencies = iter([5.0, 200.0, 104.0])
    drawn = matched_genotype(lambda: "net", lambda _: next(latencies), 100.0, 0.1)  # type: ignore[arg-type,return-value]
    assert drawn == "net"
    assert next(latencies, None) is None
    with pytest.raises(GenotypeError, match=r"within 10% of 100\.0 us in 7 draws; the nearest took 150\.0"):
        matched_genotype(lambda: "net", lambda _: 150.0, 100.0, 0.1, tries=7)  # type: ignore[arg-type,return-value]


def test_reachable_keys_at_the_paper_size() -> None:
    keys = reachable_keys(SPACE, (768, 1536))
    assert len(keys) == len(set(keys)) == 70 + 16
    assert [key.operation for key in keys[70:]] == ["preprocess"] * 16
    shapes = {tuple(key)[1:] for key in keys[:70]}
    assert shapes == {
        (8, 8, 1, 192, 384),
        (24, 24, 2, 192, 384),
        (24, 24, 1, 96, 192),
        (72, 72, 2, 96, 192),
        (72, 72, 1, 48, 96),
        (216, 216, 2, 48, 96),
        (216, 216, 1, 24, 48),
    }
    assert keys[0].text == "zero|8|8|1|192|384"


def test_cell_keys_follow_the_edges_and_odd_sizes_round_up() -> None:
    reduction = cell_keys(SPACE, (720, 960), 2, "reduction")
    assert [row[0].stride for row in reduction] == [2, 2, 2, 2, 1]
    assert (reduction[0][0].height_px, reduction[0][0].width_px) == (45, 60)
    assert (reduction[4][0].height_px, reduction[4][0].width_px) == (23, 30)
    assert stage_size(SPACE, (720, 960), 3) == (23, 30)


def test_genotypes_are_read_without_torch() -> None:
    code = (
        "import sys; import pipeline_src.space.genotype, pipeline_src.space.sampling, "
        "pipeline_src.config.grid, "
        "pipeline_src.latency.predict, pipeline_src.reporting.tables.cells; print('torch' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
