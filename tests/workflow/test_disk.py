"""Full disks, folders that cannot be written, links into a read-only cache: told, and nothing is lost."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from long_steps import Step
from small_runs import SPACE, params
from workflow_checkout import Checkout

from pipeline_src.cli.main import main

RANDOM = "results/tiny/architectures/random-0/genotype.json"
FULL, READ_ONLY = "No space left on device", "Read-only file system"


class Disk:
    """A small file system of its own."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def fill(self, leave_bytes: int = 0) -> None:
        """Leave so many bytes free."""
        left = os.statvfs(self.root)
        with (self.root / "filler").open("wb") as stream:
            stream.write(bytes(left.f_bavail * left.f_bsize - leave_bytes))

    def free(self) -> None:
        (self.root / "filler").unlink()

    def make_read_only(self) -> None:
        subprocess.run(["mount", "-o", "remount,ro", self.root], check=True)


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Disk]:
    """A file system in memory, where this user may mount one."""
    root = tmp_path / "disk"
    root.mkdir()
    words = ["mount", "-t", "tmpfs", "-o", "size=4m", "none", str(root)]
    if shutil.which("mount") is None or subprocess.run(words, capture_output=True, check=False).returncode:
        pytest.skip("only root may mount a small file system")
    yield Disk(root)
    subprocess.run(["umount", "--lazy", root], check=True)


def contents(folder: Path) -> dict[str, bytes]:
    """Of all files, half-written ones too."""
    return {str(path): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def sample(output: Path, seed: int = 0) -> list[str]:
    """A step of a moment."""
    settings = f'{{"space": {SPACE}}}'.replace("'", '"')
    drawn = ["--depths", "3,3,3", "--seed", str(seed), "--index", "0"]
    return ["sample-random", "--settings", settings, *drawn, "--output", str(output)]


# Full and read-only disks


@pytest.mark.parametrize("hindrance", [FULL, READ_ONLY])
def test_an_earlier_output_outlives_a_disk_that_takes_no_more(
    disk: Disk, capsys: pytest.CaptureFixture[str], hindrance: str
) -> None:
    output = disk.root / "genotype.json"
    assert main(sample(output)) == 0
    if hindrance == FULL:
        disk.fill()
    else:
        disk.make_read_only()
    before = contents(disk.root)
    assert main(sample(output, seed=1)) == 2
    said = capsys.readouterr().err
    assert f"error: {output}: cannot be written ({hindrance}). Free some disk space or mend" in said
    assert contents(disk.root) == before


@pytest.mark.parametrize("name", ["search", "pretrain", "finetune"])
def test_a_long_step_finds_a_full_disk_before_it_works(
    files: Path, disk: Disk, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    step = Step(name, files, disk.root)
    step.out.mkdir()
    (step.out / "log.csv").write_text("of an earlier run")
    disk.fill()
    before = contents(disk.root)
    assert main(step.words(60.0)) == 2
    said = capsys.readouterr().err
    assert f"cannot be written ({FULL})" in said and str(step.place) in said and "0 of" not in said
    assert contents(disk.root) == before


@pytest.mark.slow("three runs of a step; its checkpoints: tests/unit/training/test_checkpoint.py")
def test_a_disk_that_fills_up_meanwhile_costs_no_checkpoint(files: Path, disk: Disk, tmp_path: Path) -> None:
    alone = Step("finetune", files, tmp_path / "alone")
    assert alone.run()[0] == 0
    step = Step("finetune", files, disk.root, alone.digests())
    assert step.run(moment="after:step_:2")[0] == -signal.SIGKILL
    disk.fill(leave_bytes=1 << 16)  # enough for the start
    assert len(step.kept()) == 2
    status, said = step.run()
    # Which checkpoint finds no room depends on what the killed attempt had left half-written.
    assert status == 2 and re.search(rf"step_\d+\.ckpt: cannot be written \({FULL}\)", said), said
    assert "Traceback" not in said and not list(disk.root.rglob("*.half"))
    assert len(step.kept()) == 2
    disk.free()
    status, said = step.run()
    assert status == 0 and re.search(r"Going on after training step [2-9]\.", said), said
    step.require_identical()


@pytest.mark.slow("starts Snakemake; the same step alone meets the same disk above")
def test_the_graph_tells_of_a_full_disk_and_goes_on_when_it_is_mended(checkout: Checkout, disk: Disk) -> None:
    checkout.configure(params())
    (checkout.root / "results").symlink_to(disk.root)
    (disk.root / "earlier").write_text("whole")
    disk.fill()
    ended = checkout.snakemake(RANDOM)
    assert ended.status != 0
    assert f"genotype.json: cannot be written ({FULL})" in ended.text and "Traceback" not in ended.text
    assert (disk.root / "earlier").read_text() == "whole"
    assert not (checkout.root / RANDOM).exists()
    disk.free()
    ended = checkout.snakemake(RANDOM)
    assert ended.status == 0, ended.text


# Folders that cannot be


@pytest.mark.parametrize("name", ["search", "pretrain", "finetune"])
@pytest.mark.parametrize("place", ["out", "checkpoints"])
def test_a_folder_below_a_file_is_told_before_the_work(
    files: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str, place: str
) -> None:
    step = Step(name, files, tmp_path)
    blocked = tmp_path / place
    blocked.write_text("a file")
    assert main(step.words(60.0)) == 2
    assert f"error: {blocked}: cannot be written (" in capsys.readouterr().err
    assert blocked.read_text() == "a file"


@pytest.mark.slow("starts Snakemake; the same step alone meets the same disk above")
def test_the_graph_tells_of_a_results_folder_that_is_a_file(checkout: Checkout) -> None:
    checkout.configure(params())
    (checkout.root / "results").write_text("a file")
    ended = checkout.snakemake(RANDOM)
    assert ended.status != 0 and "Traceback" not in ended.text, ended.text
    assert "results: is no folder, and outputs have to go there. Move it away" in ended.text
    assert (checkout.root / "results").read_text() == "a file"


@pytest.mark.slow("starts Snakemake; the same step alone meets the same disk above")
def test_the_graph_tells_of_a_results_folder_that_is_read_only(checkout: Checkout, disk: Disk) -> None:
    checkout.configure(params())
    (checkout.root / "results").symlink_to(disk.root)
    (disk.root / "earlier").write_text("whole")
    disk.make_read_only()
    ended = checkout.snakemake(RANDOM)
    assert ended.status != 0 and "Traceback" not in ended.text, ended.text
    assert "results: cannot be written, and outputs have to go there." in ended.text
    assert (disk.root / "earlier").read_text() == "whole"


# Links into a cache, as DVC makes them


def linked(output: Path, cache: Path, kind: str) -> bytes:
    """Move an output into a read-only cache and put a link in its place; its content."""
    cache.mkdir(exist_ok=True)
    stored = cache / "0123"
    stored.unlink(missing_ok=True)
    shutil.move(output, stored)
    stored.chmod(0o444)
    if kind == "symlink":
        output.symlink_to(stored)
    else:
        output.hardlink_to(stored)
    return stored.read_bytes()


def require_untouched(cache: Path, content: bytes) -> None:
    assert (cache / "0123").read_bytes() == content
    assert (cache / "0123").stat().st_mode & 0o777 == 0o444


@pytest.mark.parametrize("kind", ["symlink", "hardlink"])
def test_a_link_into_the_cache_is_replaced_and_never_written_through(tmp_path: Path, kind: str) -> None:
    output, cache = tmp_path / "genotype.json", tmp_path / "cache"
    assert main(sample(output)) == 0
    content = linked(output, cache, kind)
    assert main(sample(output, seed=1)) == 0
    assert output.read_bytes() != content and not output.is_symlink()
    assert output.stat().st_mode & 0o200 and output.stat().st_nlink == 1
    require_untouched(cache, content)


@pytest.mark.slow("starts Snakemake; the same step alone meets the same disk above")
def test_the_graph_makes_linked_outputs_again_and_leaves_the_cache(checkout: Checkout) -> None:
    checkout.configure(params())
    output, cache = checkout.root / RANDOM, checkout.root / "cache"
    assert checkout.snakemake(RANDOM).status == 0
    for seed, kind in enumerate(("symlink", "hardlink"), start=1):
        content = linked(output, cache, kind)
        checkout.configure({**params(), "seed": seed})
        ended = checkout.snakemake(RANDOM)
        assert ended.status == 0, ended.text
        assert output.read_bytes() != content and not output.is_symlink()
        require_untouched(cache, content)
