"""Networks that are not run: what samples them leaves a marker, and every later step hands it on."""

from __future__ import annotations

import json
import subprocess
import sys
from functools import partial
from pathlib import Path

import pytest

from pipeline_src.cli.main import main
from pipeline_src.errors import GenotypeError, UserError
from pipeline_src.latency.predict import predict_latency_us
from pipeline_src.latency.table import LookupTable
from pipeline_src.not_run import NotRun, read_marker
from pipeline_src.space import sampling
from pipeline_src.space.genotype import Genotype


@pytest.fixture
def collapsed(genotype: Genotype, tmp_path: Path) -> Path:
    """What a search collapses to: a cell each, and every edge zero; in a folder of its name."""
    cells = [{"depth": 1, "reduction": ("zero",) * 5, "normal": ("zero",) * 5}] * 3
    path = tmp_path / "network-a" / "genotype.json"
    genotype.with_(hyper_cells=cells).save(path)
    return path


def sample_matched(reference: Path, lut: Path, output: Path) -> int:
    settings = json.dumps({"space": Genotype.load(reference).space.model_dump(mode="json")})
    words = ["--settings", settings, "--reference", str(reference), "--lut", str(lut), "--tolerance", "0.1"]
    words += ["--depths", "5,10,10", "--seed", "0", "--index", "0", "--output", str(output)]
    return main(["sample-matched", *words])


def test_a_collapsed_reference_is_matched_by_no_network_and_ends_nothing(
    collapsed: Path, table: LookupTable, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    few = partial(sampling.matched_genotype, tries=50)
    monkeypatch.setattr(sampling, "matched_genotype", few)
    table.save(tmp_path / "lut.json")
    target_us = predict_latency_us(Genotype.load(collapsed), table)
    output = tmp_path / "matched-0" / "genotype.json"
    assert sample_matched(collapsed, tmp_path / "lut.json", output) == 0
    found = read_marker(output)
    wanted = f"within 10% of {target_us:.1f} us, the latency to be matched"
    assert found == NotRun(f"no random network {wanted}, in 50 draws", "", None)
    record = json.loads((output.parent / "genotype.json.run.json").read_text())
    told = record["predicted_us"]
    assert told["reference"] == pytest.approx(target_us) and told["nearest"] > 1.1 * target_us
    with pytest.raises(GenotypeError, match="is of a network that is not run: no random network"):
        Genotype.load(output)


def moved(reference: Path, positions: str, *run_before: str) -> Path:
    output = reference.parents[1] / f"downsampling-{positions}" / "genotype.json"
    words = ["--reference", str(reference), "--positions", positions, "--output", str(output)]
    words += [word for one in run_before for word in ("--run-before", f"downsampling-{one}={one}")]
    assert main(["sample-downsampling", *words]) == 0
    return output


def test_equal_positions_are_one_network(genotype: Genotype, tmp_path: Path) -> None:
    cells = [
        {**cell.model_dump(), "depth": depth}
        for cell, depth in zip(genotype.hyper_cells, (1, 1, 3), strict=True)
    ]
    path = tmp_path / "network-a" / "genotype.json"
    genotype.with_(hyper_cells=cells).save(path)
    assert Genotype.load(path).downsampling_positions == (1, 2, 3)
    assert Genotype.load(moved(path, "1.5.10")).downsampling_positions == (1, 2, 4)
    assert read_marker(moved(path, "1.4.10", "1.5.10")) == NotRun(
        "the same network as downsampling-1.5.10: of 5 cells, its reductions come to (1, 2, 4), too",
        "downsampling-1.5.10",
        Genotype.load(path).with_positions((1, 2, 4)).model_dump(mode="json"),
    )
    later = Genotype.load(moved(path, "3.5.8", "1.5.10", "1.4.10"))
    assert later.downsampling_positions == (2, 3, 4)


def test_a_setting_that_comes_to_the_searched_positions_is_the_searched_network(collapsed: Path) -> None:
    for positions in ("1.5.10", "3.5.8"):
        marker = read_marker(moved(collapsed, positions))
        assert marker is not None and marker.equal_to == "network-a"


STEPS = """
import json, sys
from pathlib import Path
from pipeline_src.cli.main import main
marker, root = sys.argv[1:]
data = ["--prepared", "none", "--raw", "none", "--settings", "{}", "--genotype", marker]
kept = ["--checkpoints", f"{root}/kept", "--seed", "0"]
sizes = ["--input-size", "32x64"]
tuned = f"{root}/finetune"
assert main(["pretrain-backbone", *data, *kept, "--output", f"{root}/pretrain"]) == 0
assert main(["finetune-network", *data, *kept, *sizes, "--crop-size", "32x32", "--splits", "train",
             "--backbone", f"{root}/pretrain/weights.safetensors", "--output", tuned]) == 0
assert main(["evaluate-network", *data, *sizes, "--split", "val", "--output", f"{root}/val-32x64.json",
             "--weights-last", f"{tuned}/weights_last.safetensors",
             "--weights-best", f"{tuned}/weights_best.safetensors"]) == 0
assert main(["measure-speed", "--settings", "{}", "--genotype", marker, *sizes, "--num-classes", "3",
             "--output", f"{root}/set-32x64.json"]) == 0
print([name for name in ("torch", "numpy", "PIL") if name in sys.modules])
"""


def test_every_step_hands_the_marker_on_without_work(tmp_path: Path) -> None:
    marker, root = NotRun("no random network is as fast"), tmp_path / "out"
    marker.save(tmp_path / "genotype.json")
    words = [sys.executable, "-c", STEPS, str(tmp_path / "genotype.json"), str(root)]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1] == "[]"
    assert done.stderr.count("not run: no random network is as fast") == 4
    written = {path.relative_to(root).as_posix() for path in root.rglob("*") if path.is_file()}
    records = {"pretrain/run.json", "finetune/run.json", "val-32x64.json.run.json", "set-32x64.json.run.json"}
    results = {
        *(f"pretrain/{name}" for name in ("weights.safetensors", "log.csv")),
        *(f"finetune/{name}" for name in ("weights_last.safetensors", "weights_best.safetensors", "log.csv")),
        "val-32x64.json",
        "set-32x64.json",
    }
    assert written == records | results
    assert all(read_marker(root / name) == marker for name in results)
    for name in records:
        record = json.loads((root / name).read_text())
        assert record["not_run"] == marker.reason and str(tmp_path / "genotype.json") in record["inputs"]


def test_what_is_no_marker_is_left_to_its_reader_and_half_a_marker_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "file"
    assert read_marker(path) is None
    for text in ("", "epoch,loss\n1,2\n", "{}", '{"format": "autortnet-genotype/1"}', "[" * 60000):
        path.write_text(text)
        assert read_marker(path) is None
    for part in ({}, {"reason": ""}, {"reason": "x", "equal_to": "a", "genotype": None}, {"reason": 3}):
        path.write_text(json.dumps({"format": "autortnet-not-run/1", **part}))
        with pytest.raises(UserError, match="Sample it again"):
            read_marker(path)
