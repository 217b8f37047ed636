"""DVC and Snakemake as one, run for real on a graph far below `tiny`: repro, clones, edits, pruning, push."""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import minimal
import numpy as np
import pytest
import yaml
from PIL import Image
from processes import processor_s

from pipeline_src.data.raw_state import TIMES_NAME
from pipeline_src.data.rendering.layouts import render_camvid
from pipeline_src.data.sources import CLAIM_NAME
from workflow.provenance import restore

WHOLE = pytest.mark.slow("runs every stage; the last test takes one stage there and back")

BIN = Path(sys.executable).parent
SIZES = ("input", "crop", "search_crop")
PARAMS: dict[str, Any] = {
    "scale": "tiny",
    "seed": 3,
    "data": {
        "main": "camvid",
        "cityscapes": None,
        "camvid": {
            "render": {"train": 4, "val": 2, "test": 2, "coarse": 0, "height_px": 64, "width_px": 64},
            **{f"{name}_{side}_px": 32 for name in SIZES for side in ("height", "width")},
        },
        "imagenet": minimal.IMAGENET,
    },
    "runtime": {},
    **minimal.BLOCKS,
    "finetune": {"epochs": 1, "batch_size": 2, "validation_every": 1},
    "evaluate": {},
    "workflow": {},
    "experiments": {
        "gamma_a": 0.01,
        "gamma_b": 0.01,
        "gamma_c": 0.01,
        "camvid_gammas": [0.01],
        **minimal.EXPERIMENTS,
        "downsampling_positions": [],
        "random_aggregations": 1,
    },
}
CLEAN = "Data and pipelines are up to date."
NOTHING = "Nothing to be done"
SEED = "results/tiny/search/camvid-g0.01-s4-d1.1.1"
SEARCHES = 3
"""With gamma, and the two nulls that `tiny` asks for: gamma 0 and random signs."""
TRAININGS = 4
"""The searched network, a random one, and the searched one without aggregation and with a random one."""


class Clone:
    """A git clone with its own DVC cache, and the tools run in it."""

    def __init__(self, root: Path) -> None:
        self.root = root

    @classmethod
    def of(cls, source: Path, root: Path, cache_type: str = "copy") -> Clone:
        subprocess.run(["git", "clone", "--quiet", source, root], check=True)
        clone = cls(root)
        clone.run("git", "config", "user.name", "Test")
        clone.run("git", "config", "user.email", "test@example.org")
        clone.run("dvc", "config", "--local", "cache.type", cache_type)
        return clone

    def started(self, *words: str, **options: Any) -> subprocess.Popen[str]:
        """Start a command of this interpreter's environment in the clone, with the clone's own package."""
        environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith(("DVC_", "GIT_"))},
            "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}",
            "PYTHONPATH": str(self.root),
            "OMP_NUM_THREADS": "1",
        }
        return subprocess.Popen(
            words, cwd=self.root, env=environment, text=True,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, **options
        )  # fmt: skip

    def run(self, *words: str, status: int = 0) -> str:
        """Run a command to its end; returns what it said."""
        process = self.started(*words)
        said, _ = process.communicate(timeout=3600)
        assert process.returncode == status, f"{' '.join(words)}: {process.returncode}\n{said}"
        return str(said)

    def step(self, *words: str, status: int = 0) -> str:
        return self.run("python", "-m", "workflow.artifacts", *words, status=status)

    def planned(self) -> Counter[str]:
        """How many jobs of each rule Snakemake would run."""
        said = self.run("snakemake", "reproduce_tables", "--dry-run", "--nocolor")
        lines = (
            said.split("Job stats:")[1].split("\ntotal")[0].splitlines()[3:] if "Job stats:" in said else []
        )
        counts = Counter({name: int(count) for name, count in (line.split() for line in lines if line)})
        assert bool(counts) != (NOTHING in said), said
        return counts

    def is_clean(self) -> bool:
        return CLEAN in self.run("dvc", "status")

    def configure(self, **blocks: Any) -> None:
        """Change keys of blocks in params.yaml."""
        path = self.root / "params.yaml"
        params = yaml.safe_load(path.read_text())
        for block, keys in blocks.items():
            params[block] = {**(params[block] or {}), **keys}
        path.write_text(yaml.safe_dump(params, sort_keys=False))

    def times(self, *folders: str) -> dict[str, int]:
        """When each file below `results/tiny` folders was last written."""
        files = [path for name in folders for path in (self.root / "results/tiny" / name).rglob("*")]
        return {str(path.relative_to(self.root)): path.stat().st_mtime_ns for path in files if path.is_file()}


@pytest.fixture(scope="module")
def computed(tmp_path_factory: pytest.TempPathFactory, repository: Path) -> Clone:
    """A clone in which `dvc repro` ran, committed to git and pushed to the remote `store`."""
    if not (repository / ".git").exists():
        pytest.skip("not a git checkout: nothing to clone")
    root = tmp_path_factory.mktemp("dvc")
    clone = Clone.of(repository, root / "first")
    for name in ("dvc.lock", "params.yaml"):
        (clone.root / name).unlink(missing_ok=True)
    (clone.root / "params.yaml").write_text(yaml.safe_dump(PARAMS, sort_keys=False))
    clone.run("dvc", "remote", "add", "--default", "store", str(root / "store"))
    said = clone.run("dvc", "repro")
    assert "Running stage 'report'" in said
    clone.run("git", "add", "--all")
    clone.run("git", "commit", "--quiet", "--message", "Results")
    return clone


@pytest.fixture(scope="module")
def shared(computed: Clone) -> Clone:
    """The same, pushed."""
    said = computed.step("push")
    assert "files pushed" in said
    return computed


def copy_of(clone: Clone, root: Path) -> Clone:
    """A copy of the whole folder, which a test may change."""
    shutil.copytree(clone.root, root, symlinks=True)
    return Clone(root)


@WHOLE
def test_a_second_repro_does_nothing_and_takes_little_more_than_a_look(computed: Clone) -> None:
    before = computed.times("search", "finetune", "evaluate", "speed", "provenance")
    found: list[str] = []
    looking_s = processor_s(lambda: found.append(computed.run("dvc", "status")))
    took_s = processor_s(lambda: found.append(computed.run("dvc", "repro")))
    status, said = found
    assert CLEAN in status
    assert CLEAN in said and "Running stage" not in said, said
    assert took_s <= 3 * looking_s, (took_s, looking_s)
    assert computed.times("search", "finetune", "evaluate", "speed", "provenance") == before
    assert computed.planned() == Counter()  # the other entrance agrees


@WHOLE
def test_plain_snakemake_and_commit_leave_dvc_clean(computed: Clone, tmp_path: Path) -> None:
    clone = copy_of(computed, tmp_path / "plain")
    # As after plain `snakemake` in a clone that DVC has never seen.
    (clone.root / "dvc.lock").unlink()
    for folder in (".dvc/cache", ".dvc/tmp", "results/tiny/provenance"):
        shutil.rmtree(clone.root / folder)
    assert not clone.is_clean()
    before = clone.times("search", "finetune", "evaluate", "speed")
    assert "records exported" in clone.step("commit")
    assert clone.is_clean()
    assert clone.times("search", "finetune", "evaluate", "speed") == before
    assert clone.planned() == Counter()
    # What params.yaml does not ask for is not blessed.
    clone.configure(finetune={"epochs": 2})
    assert "not those of params.yaml" in clone.step("commit", status=2)


@WHOLE
@pytest.mark.parametrize("link", ["copy", "hardlink", "symlink"])
def test_a_clone_with_pulled_results_has_nothing_to_do(shared: Clone, tmp_path: Path, link: str) -> None:
    clone = Clone.of(shared.root, tmp_path / link, link)
    assert "records and" in clone.step("pull")
    linked = clone.root / "results/tiny/search/camvid-g0.01-s2-d1.1.1/genotype.json"
    assert linked.is_symlink() == (link == "symlink")
    assert (linked.stat().st_nlink > 1) == (link == "hardlink")
    assert clone.planned() == Counter()
    assert clone.is_clean()
    assert clone.run("git", "status", "--porcelain") == ""
    if link == "copy":
        return
    # An edited parameter, changed code and a changed input are still seen, by both.
    clone.configure(finetune={"epochs": 2})
    seen = clone.planned()
    assert set(seen) == {
        "finetune_network", "evaluate_network", "draw_predictions", "tabulate_table", "collect_figure",
        "collect_overview", "plot_figure", "judge_claims", "trace_provenance", "render_report",
        "reproduce_tables",
    } and seen["finetune_network"] == TRAININGS  # fmt: skip
    assert "finetune:" in clone.run("dvc", "status")
    clone.run("git", "checkout", "--quiet", "params.yaml")
    if link == "hardlink":
        code = clone.root / "pipeline_src/cli/sample_random.py"
        text = code.read_text()
        code.write_text(f"{text}# A comment is no code.\n")
        assert clone.planned() == Counter()
        said = clone.run("dvc", "repro", "baselines")
        assert "Running stage 'code'" in said and "Running stage 'baselines'" not in said
        assert clone.is_clean()
        code.write_text(f"{text}EDITED = 1\n")
        seen = clone.planned()
        assert seen["sample_random"] == 1 and not seen["search_architecture"]
        assert "code:" in clone.run("dvc", "status")
        said = clone.run("dvc", "repro", "baselines")
        assert "Running stage 'baselines'" in said and "Running stage 'lut'" not in said
    else:
        manifest = clone.root / "data/tiny/camvid/manifest.json"
        text = manifest.read_text()
        manifest.unlink()
        manifest.write_text(text + "\n")
        seen = clone.planned()
        assert seen["search_architecture"] == SEARCHES and seen["finetune_network"] == TRAININGS
        assert "data:" in clone.run("dvc", "status")


@WHOLE
def test_both_entrances_make_the_same_tables_of_the_same_results(computed: Clone, tmp_path: Path) -> None:
    """What `dvc repro` made is made again by Snakemake alone, to the byte; only the report's jobs run."""
    clone = copy_of(computed, tmp_path / "entrances")
    reports = clone.root / "reports/tiny"
    names = [f"tables/table_{n}{end}" for n in range(1, 11) for end in (".csv", ".cells.csv", ".md", ".tex")]
    names += ["tables/networks.csv", "provenance.csv"]
    by_dvc = {name: (reports / name).read_bytes() for name in names}
    shutil.rmtree(reports)
    targets = [f"reports/tiny/{name}" for name in by_dvc]
    said = clone.run("snakemake", *targets, "--cores", "1", "--nocolor")
    assert {name: (reports / name).read_bytes() for name in by_dvc} == by_dvc
    assert set(re.findall(r"^(?:local)?rule (\w+):", said, re.MULTILINE)) == {
        "tabulate_table",
        "collect_overview",
        "trace_provenance",
    }


@WHOLE
def test_a_pulled_file_that_was_altered_is_not_blessed(shared: Clone, tmp_path: Path) -> None:
    clone = Clone.of(shared.root, tmp_path / "altered")
    clone.run("dvc", "pull")
    table = clone.root / "results/tiny/lut/camvid.json"
    table.write_text(table.read_text() + "\n")
    done = restore(clone.root, "tiny", overwrite=True)
    assert done.altered == ["results/tiny/lut/camvid.json"] and done.records > 50
    assert clone.planned()["search_architecture"] == SEARCHES


@WHOLE
def test_a_seed_is_added_alone_and_pruned_when_taken_out(computed: Clone, tmp_path: Path) -> None:
    clone = copy_of(computed, tmp_path / "seeds")
    kinds = ("search", "architectures", "pretrain")
    before = clone.times(*kinds)
    run = {"depths": [1, 1, 1]}
    clone.configure(experiments={"robustness": [{"seed": 2, **run}, {"seed": 4, **run}]})
    clone.run("dvc", "repro", "pretrain")
    after = clone.times(*kinds)
    assert {name: after[name] for name in before} == before
    added = {name.split("/")[2] + "/" + name.split("/")[3] for name in after.keys() - before.keys()}
    assert added == {f"{kind}/{Path(SEED).name}" for kind in ("search", "pretrain")}
    clone.run("git", "checkout", "--quiet", "params.yaml")
    said = clone.run("dvc", "repro", "pretrain")
    assert f"pruned: {SEED} " in said
    assert clone.times(*kinds) == before
    assert clone.planned() == Counter()
    assert CLEAN in clone.run("dvc", "status", "pretrain", "search")


@WHOLE
def test_metrics_params_and_plots_are_shown_and_compared(computed: Clone, tmp_path: Path) -> None:
    clone = copy_of(computed, tmp_path / "shown")
    shown = json.loads(clone.run("dvc", "metrics", "show", "--json"))
    numbers = shown[""]["data"]["reports/tiny/metrics.json"]["data"]
    network = numbers["camvid-g0.01-s2-d1.1.1"]
    assert {name.rsplit("_", 1)[1] for name in network} == {"fps", "ms", "percent"}
    assert network["camvid-32x32_fps"] == pytest.approx(1000 / network["camvid-32x32_latency_ms"], rel=1e-3)
    path = clone.root / "reports/tiny/metrics.json"
    path.write_text(path.read_text().replace('"camvid-32x32_fps": ', '"camvid-32x32_fps": 1', 1))
    changed = json.loads(clone.run("dvc", "metrics", "diff", "--json"))["reports/tiny/metrics.json"]
    assert len(changed) == 1 and next(iter(changed)).endswith("camvid-32x32_fps")
    clone.configure(finetune={"epochs": 2})
    keys = json.loads(clone.run("dvc", "params", "diff", "--json"))["params.yaml"]
    assert keys == {"finetune.epochs": {"old": 1, "new": 2, "diff": 1}}
    said = clone.run("dvc", "plots", "show", "--json")
    drawn = json.loads(said[said.index("{") :])
    names = {"search_cross_entropy", "search_latency", "pretrain_loss", "finetune_loss", "finetune_miou"}
    tables = {f"table_{number}" for number in range(1, 11)}
    assert {*names, *tables, "cell_numbers", "gamma_front"} <= set(drawn.get("data", drawn))


def objects(store: Path) -> Iterator[Path]:
    """The files in a remote that stand under a checksum's name."""
    for path in (store / "files/md5").rglob("*"):
        if path.is_file() and len(path.parent.name) == 2 and len(path.name.removesuffix(".dir")) == 30:
            yield path


@WHOLE
def test_an_interrupted_push_harms_nothing_and_a_second_completes(computed: Clone, tmp_path: Path) -> None:
    clone = copy_of(computed, tmp_path / "pushing")
    store = tmp_path / "interrupted"
    clone.run("dvc", "remote", "modify", "--local", "store", "url", str(store))
    push = clone.started("dvc", "push", "--jobs", "1", start_new_session=True)
    while push.poll() is None and len(list(objects(store))) < 3:
        time.sleep(0.002)
    assert push.returncode is None, push.communicate()[0]
    os.killpg(push.pid, signal.SIGKILL)
    push.communicate()
    there = list(objects(store))
    assert len(there) >= 3
    for path in there:  # whatever has its final name is whole
        digest = hashlib.md5(path.read_bytes(), usedforsecurity=False).hexdigest()
        assert digest == path.parent.name + path.name.removesuffix(".dir")
    assert "files pushed" in clone.run("dvc", "push")
    assert "in sync" in clone.run("dvc", "status", "--cloud")
    assert clone.is_clean() and clone.planned() == Counter()


@WHOLE
def test_push_without_a_remote_says_so(computed: Clone, tmp_path: Path) -> None:
    clone = Clone.of(computed.root, tmp_path / "bare")
    clone.run("dvc", "remote", "remove", "store")
    for command in ("push", "pull"):
        said = clone.step(command, status=2)
        assert "has no default remote" in said and "dvc remote add --default" in said


def test_a_label_overwritten_in_an_external_set_is_prepared_again(repository: Path, tmp_path: Path) -> None:
    if not (repository / ".git").exists():
        pytest.skip("not a git checkout: nothing to clone")
    clone = Clone.of(repository, tmp_path / "external")
    (clone.root / "dvc.lock").unlink(missing_ok=True)
    raw = clone.root / "data/external/camvid"
    render_camvid(raw, {"train": 3, "val": 2, "test": 2}, 0, 32, 64)
    (raw / CLAIM_NAME).unlink()
    camvid = {**PARAMS["data"]["camvid"], "render": None, "path": "data/external/camvid"}
    params = {**PARAMS, "data": {**PARAMS["data"], "camvid": camvid}}
    (clone.root / "params.yaml").write_text(yaml.safe_dump(params, sort_keys=False))
    assert "Running stage 'data'" in clone.run("dvc", "repro", "data")
    manifest = clone.root / "data/tiny/camvid/manifest.json"
    before = json.loads(manifest.read_text())["splits"]["train"][1]
    label = raw / "train/labels/TR0001_00001.png"
    assert before["source_sha256"] == hashlib.sha256(label.read_bytes()).hexdigest()
    pixels = np.asarray(Image.open(label)).copy()
    pixels[:3] = 8
    Image.fromarray(pixels).save(label)
    # The stage runs, and what DVC locks beside the new data is made from the new data.
    assert "Running stage 'data'" in clone.run("dvc", "repro", "data")
    after = json.loads(manifest.read_text())["splits"]["train"][1]
    assert after["source_sha256"] == hashlib.sha256(label.read_bytes()).hexdigest()
    assert after["label_sha256"] != before["label_sha256"]
    assert CLEAN in clone.run("dvc", "status", "data")
    assert NOTHING in clone.run("snakemake", "stage_data", "--dry-run", "--cores", "1")

    # A clone that has the set by its own way, with times of its own, has nothing to prepare.
    clone.run("dvc", "remote", "add", "--default", "store", str(tmp_path / "store"))
    clone.run("git", "add", "--all")
    clone.run("git", "commit", "--quiet", "--message", "Data")
    clone.run("dvc", "push", "code", "data")
    second = Clone.of(clone.root, tmp_path / "second")
    shutil.copytree(raw, second.root / "data/external/camvid", copy_function=shutil.copyfile)
    second.run("dvc", "pull", "code", "data")
    restore(second.root, "tiny", overwrite=True)
    assert not (second.root / "data/tiny/camvid" / TIMES_NAME).exists()
    assert NOTHING in second.run("snakemake", "stage_data", "--dry-run", "--cores", "1")
    assert (second.root / "data/tiny/camvid" / TIMES_NAME).exists()
    assert CLEAN in second.run("dvc", "status", "data")
    (second.root / label.relative_to(clone.root)).write_bytes(label.read_bytes() + b"\0")
    assert "prepare_data" in second.run("snakemake", "stage_data", "--dry-run", "--cores", "1")
