"""After kill -9 of Snakemake, orphaned jobs are named and may be stopped; two runs at once in a folder."""

from __future__ import annotations

import hashlib
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest
from small_runs import GENOTYPE, SEARCHED, environment, params, wait_for
from workflow_checkout import Checkout

from pipeline_src.cli.processes import Process, ancestors, everybody, look_at
from pipeline_src.ownership import CLAIM
from workflow import unlock

pytestmark = pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="no /proc to look at")

STAND_IN = """
import pathlib, subprocess, sys, time
job = pathlib.Path(sys.argv[0]).with_name("autortnet")
if pathlib.Path(sys.argv[0]).name == "snakemake":
    subprocess.Popen([sys.executable, job])
pathlib.Path(sys.argv[0] + ".started").touch()
time.sleep(600)
"""


def test_a_lock_is_cleared_when_nothing_works_in_the_folder_any_more(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / ".snakemake" / "locks").mkdir(parents=True)
    (tmp_path / ".snakemake" / "locks" / "0.input.lock").touch()
    for name in ("snakemake", "autortnet"):
        (tmp_path / name).write_text(STAND_IN)
    monkeypatch.chdir(tmp_path)
    cleared: list[object] = []

    def run(words: object, **_: object) -> SimpleNamespace:
        cleared.append(words)
        return SimpleNamespace(returncode=0)

    def said(*words: str, status: int) -> str:
        assert unlock.main(words) == status
        return capsys.readouterr().err

    with subprocess.Popen([sys.executable, "snakemake"]) as running:
        wait_for((tmp_path / "autortnet.started").exists)
        wait_for((tmp_path / "snakemake.started").exists)
        (job,) = [one for one in everybody() if one.folder == tmp_path and one.name == "autortnet"]
        monkeypatch.setattr(unlock.subprocess, "run", run)
        try:
            assert "the lock is rightly there" in said(status=1)
            assert f"process {running.pid}, since 20" in said("--hint", status=0)
            running.kill()
            running.wait()
            assert "locked by a run that was killed" in said("--hint", status=0)
            text = said(status=1)
            assert "KILL=1" in text and f"process {job.pid}, since 20" in text
            assert look_at(job.pid) is not None and not cleared
            assert "Stopped 1;" in said("--kill", status=0)
            assert look_at(job.pid) is None and cleared == [["snakemake", "--unlock", "--cores", "1"]]
        finally:
            running.kill()
            if job.is_there:
                os.kill(job.pid, signal.SIGKILL)
    shutil.rmtree(tmp_path / ".snakemake")
    assert "nothing to do" in said(status=0) and said("--hint", status=0) == ""


EPOCHS = 250  # long enough for what is done meanwhile


def with_make(checkout: Checkout, repository: Path) -> Checkout:
    """Give a checkout the Makefile, and this interpreter's environment as the one that is set up."""
    for name in ("Makefile", "pyproject.toml", "requirements.lock"):
        shutil.copy(repository / name, checkout.root / name)
    (checkout.root / ".venv").mkdir()
    (checkout.root / ".venv" / "bin").symlink_to(Path(sys.executable).parent)
    (checkout.root / ".venv" / ".installed").touch()
    return checkout


def make(checkout: Checkout, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["make", "--no-print-directory", *words],
        cwd=checkout.root,
        env=environment(checkout.root),
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )


def start(checkout: Checkout) -> subprocess.Popen[bytes]:
    words = [Path(sys.executable).with_name("snakemake"), GENOTYPE, "--cores", "1", "--quiet", "all"]
    return subprocess.Popen(
        words,
        cwd=checkout.root,
        env=environment(checkout.root),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def searching(checkout: Checkout) -> int | None:
    """The process number of the search once it has two checkpoints."""
    if len(list(checkout.root.glob(f".checkpoints/tiny/search/{SEARCHED}/*.ckpt"))) < 2:
        return None
    return next(
        (
            one.pid
            for one in everybody()
            if "search-architecture" in one.words and one.folder == checkout.root
        ),
        None,
    )


def digests(checkout: Checkout) -> dict[str, str]:
    """Of every output; the claim of a job at work (`pipeline_src/ownership.py`) is none."""
    return {
        str(path): hashlib.sha256(path.read_bytes()).hexdigest()
        for folder in ("data", "results")
        for path in sorted((checkout.root / folder).rglob("*"))
        if path.is_file() and not path.name.endswith(CLAIM)
    }


@pytest.fixture
def crashing(checkout: Checkout, repository: Path) -> Iterator[Checkout]:
    """A checkout whose jobs end with the test, whatever happens."""
    checkout.configure(params(epochs=EPOCHS, validation_every=EPOCHS))
    yield with_make(checkout, repository)
    for one in everybody():
        if one.folder == checkout.root and one.pid != os.getpid():
            os.kill(one.pid, signal.SIGKILL)


@pytest.mark.slow("a real search and a dozen starts of Snakemake; the same with stand-ins comes first")
def test_two_runs_at_once_then_a_crash_then_unlock(crashing: Checkout) -> None:
    running = start(crashing)
    job = wait_for(lambda: searching(crashing))
    before = digests(crashing)

    second = make(crashing, "reproduce", "CORES=1")
    assert second.returncode != 0
    assert "another run is at work in this folder; this one has touched nothing" in second.stderr
    assert f"process {running.pid}, since 20" in second.stderr
    refused = make(crashing, "unlock")
    assert refused.returncode != 0 and "the lock is rightly there" in refused.stderr
    assert running.poll() is None and look_at(job) is not None
    assert digests(crashing) == before

    running.kill()
    running.wait()
    assert look_at(job) is not None
    locked = make(crashing, "reproduce", "CORES=1")
    assert locked.returncode != 0 and "Run `make unlock`" in locked.stderr
    refused = make(crashing, "unlock")
    assert refused.returncode != 0 and "KILL=1" in refused.stderr
    assert f"process {job}, since 20" in refused.stderr and "search-architecture" in refused.stderr
    assert refused.stderr.count("  process ") == 1
    assert look_at(job) is not None and digests(crashing) == before

    cleared = make(crashing, "unlock", "KILL=1")
    assert cleared.returncode == 0, cleared.stderr
    assert look_at(job) is None and "Unlocked working directory" in cleared.stderr
    log = crashing.root / f"logs/tiny/search_architecture/{SEARCHED}.log"
    assert "interrupted: told to stop after search step" in log.read_text()
    assert list(crashing.root.glob(f".checkpoints/tiny/search/{SEARCHED}/*.ckpt"))

    ended = crashing.snakemake(GENOTYPE)
    assert ended.status == 0, ended.text
    assert "Going on after search step" in log.read_text()
    assert not (crashing.root / f".checkpoints/tiny/search/{SEARCHED}").exists()
    assert "nothing to do" in make(crashing, "unlock").stderr


STEP = """
import sys, time
from pathlib import Path
from pipeline_src.cli.long_step import checkpoints_of
folder = Path(sys.argv[1])
with checkpoints_of(folder / "checkpoints") as checkpoints:
    checkpoints.save(1, {"done": 1})
    while not (folder / "go").exists():
        time.sleep(0.02)
(folder / "ended").touch()
"""


@pytest.mark.parametrize("crash", [False, True])
def test_a_job_that_ends_after_its_snakemake_keeps_its_checkpoints(tmp_path: Path, crash: bool) -> None:
    workflow = tmp_path / "snakemake"
    workflow.write_text("import subprocess, sys; subprocess.run([sys.executable, '-c', *sys.argv[1:]])")
    words = [sys.executable, str(workflow), STEP, str(tmp_path)]
    with subprocess.Popen(words, stderr=subprocess.DEVNULL) as parent:
        wait_for(lambda: list(tmp_path.glob("checkpoints/*.ckpt")))
        if crash:
            parent.kill()
            parent.wait()
        (tmp_path / "go").touch()
        wait_for((tmp_path / "ended").exists)
    assert bool(list(tmp_path.glob("checkpoints/*.ckpt"))) == crash


def test_processes_are_seen_as_they_are(tmp_path: Path) -> None:
    with subprocess.Popen(["sleep", "60"], cwd=tmp_path) as child:
        try:
            wait_for(lambda: (one := look_at(child.pid)) is not None and one.name == "sleep")
            (seen,) = [one for one in everybody() if one.folder == tmp_path]
            assert (seen.pid, seen.parent, seen.words) == (child.pid, os.getpid(), ("sleep", "60"))
            assert 0 <= seen.age_s < 60 and seen.is_there
            assert next(ancestors(child.pid)).pid == os.getpid()
        finally:
            child.kill()
        wait_for(lambda: not seen.is_there)  # a zombie is gone


@pytest.mark.parametrize(
    ("words", "name"),
    [
        ("/usr/bin/sleep 60", "sleep"),
        ("/x/bin/python3.11 /x/bin/autortnet measure-lut", "autortnet"),
        ("/x/bin/python -u -m pipeline_src search-architecture", "pipeline_src"),
        ("python -m snakemake --cores 1", "snakemake"),
        ("bash -c autortnet", "bash"),
        ("python", ""),
        ("", ""),
    ],
)
def test_a_process_is_named_by_what_it_runs(words: str, name: str) -> None:
    assert Process(1, 0, 0, tuple(words.split())).name == name
