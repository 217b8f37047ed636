"""Commands of the pages: those of `autortnet` that are cheap are run in a folder with results, the targets of
Snakemake are looked up among the rules, and every request of Snakemake is a dry run in `make test-all`."""

from __future__ import annotations

import itertools
import json
import shutil
import subprocess
from operator import itemgetter
from pathlib import Path
from typing import Any

import pytest
import yaml
from compared import rules_of
from fabricate import Folder, write_tables
from test_doc_commands import CASES, RULES
from workflow_checkout import Checkout

from pipeline_src.cli.main import main
from pipeline_src.config.grid import Grid
from pipeline_src.config.load import resolve
from pipeline_src.reporting.claims.judge import judge
from pipeline_src.reporting.provenance.lines import provenance
from pipeline_src.reporting.read.claims import write_claims
from pipeline_src.reporting.read.provenance import write_provenance
from workflow.requests import require_targets

DEAR = {
    "publish": "tests/workflow/test_published.py",
    "verify": "tests/workflow/test_published.py",
    "predict": "needs a trained network; tests/cli/test_commands.py runs it",
    "export": "needs a trained network; tests/cli has its own tests",
    "measure-speeds": "trains nothing, but times three networks in four forms",
    "measure-lut": "named in a sentence with a part of its options",
    "search-architecture": "named in a sentence with a part of its options",
    "describe-data": "needs a folder of photographs; tests/unit/data/test_proposal.py",
    "prepare-data": "needs a raw folder; tests/unit/data",
    "plan": "measures steps for minutes; tests/unit/planning and tests/workflow/test_plan_graph.py",
    "measure-speed": "needs a trained network and its ONNX file; tests/cli/test_exported_speed.py",
    "pack-network": "needs a trained network; tests/cli/test_pack_network.py",
    "render-scenes": "draws for seconds; tests/unit/data/test_rendering.py",
}
"""Commands that are not run as a page has them, and why."""
REVISIONS = {"main", "HEAD", "v1"}
"""Git revisions in `compare`: tests/workflow/test_compare_revisions.py has a repository of its own."""
AUTORTNET = list(dict.fromkeys(tuple(words[1:]) for _, words in CASES if words[0] == "autortnet"))
SNAKEMAKE = list(dict.fromkeys(tuple(words[1:]) for _, words in CASES if words[0] == "snakemake"))


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory, repository: Path) -> Path:
    """A checkout where all of tiny has been run, and another one with the same reports."""
    here = tmp_path_factory.mktemp("world") / "here"
    shutil.copytree(repository / "workflow" / "scales", here / "workflow" / "scales")
    shutil.copy(repository / "params.yaml", here)
    grid = Grid(resolve({"scale": "tiny"}, repository / "workflow" / "scales"))
    folder = Folder(here / "results" / "tiny")
    folder.everything(grid)
    write_tables(grid, folder.root, here / "reports" / "tiny")
    write_provenance(provenance(grid, folder.root), here / "reports" / "tiny" / "provenance.csv")
    write_claims(judge(grid, folder.root), here / "reports" / "tiny" / "claims.json")
    shutil.copytree(here / "reports", here.parent / "other" / "reports")
    return here


def is_run(words: tuple[str, ...]) -> bool:
    """Whether a command is run as it stands; one with no options in a sentence is asked for its help."""
    return (
        "--help" in words
        or len(words) < 2
        or (words[0] not in DEAR and not REVISIONS & {*words} and "results/published/camvid" not in words)
    )


@pytest.mark.parametrize("words", AUTORTNET, ids=" ".join)
def test_a_command_of_autortnet_does_what_the_page_says(
    words: tuple[str, ...], world: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    if not is_run(words):
        assert words[0] in DEAR or words[0] == "compare"
        return
    monkeypatch.chdir(world)
    asked = list(words) if len(words) > 1 else [*words, "--help"]
    try:
        status: object = main(asked)
    except SystemExit as ended:  # of argparse, behind the help
        status = ended.code
    said = capsys.readouterr()
    assert status == 0, said.err
    assert len(said.out) > 100


def test_no_reason_is_left_of_a_command_that_no_page_has() -> None:
    named = {words[0] for words in AUTORTNET if words and not is_run(words)}
    assert named == {*DEAR, "compare"}


# Snakemake


def dry(words: tuple[str, ...]) -> list[str]:
    """The same request as a dry run, without what only the real run needs."""
    kept, skip = [], False
    for word in words:
        if skip or word in ("-n", "--dry-run"):
            skip = False
        elif word in ("--report", "--cores"):
            skip = True
        else:
            kept.append(word)
    return [*kept, "--dry-run"]


def has_target(words: tuple[str, ...]) -> bool:
    return any(word in RULES or word.startswith(("reports/", "results/")) for word in words)


ELSEWHERE = {
    "experiments={random_networks: 385}": "2,000 jobs: tests/workflow/test_graph_resources.py",
    "results/tiny/finetune/street-g0.01-s2-d2.3.3/street-train/weights_last.safetensors": (
        "of a set that the page describes before: tests/workflow/test_own_data.py"
    ),
}
"""Words of requests that are not made here, and why."""
REQUESTS = list(
    dict.fromkeys(
        tuple(dry(words)) for words in SNAKEMAKE if has_target(words) and not ELSEWHERE.keys() & {*words}
    )
)


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory, repository: Path) -> Checkout:
    """A checkout whose params.yaml names folders of real sets, without images: a dry run reads none."""
    root = tmp_path_factory.mktemp("pages")
    for name in ("train", "val", "test"):
        for kind in ("images", "labels"):
            (root / "camvid" / name / kind).mkdir(parents=True)
    for name in ("train", "val"):
        (root / "imagenet" / name / "n01440764").mkdir(parents=True)
    made = Checkout(root / "clone", repository)
    made.configure({"data": {name: {"path": str(root / name)} for name in ("camvid", "imagenet")}})
    return made


def config_of(words: tuple[str, ...]) -> dict[str, Any]:
    """The settings that a request gives behind --config."""
    if "--config" not in words:
        return {}
    given = words[words.index("--config") + 1 :]
    pairs = [word.split("=", 1) for word in itertools.takewhile(lambda word: not word.startswith("-"), given)]
    return {key: yaml.safe_load(value) for key, value in pairs}


def test_a_rule_makes_every_target_of_the_pages(clone: Checkout) -> None:
    by_config = sorted((json.dumps(config_of(words)), words) for words in REQUESTS)
    for config, group in itertools.groupby(by_config, key=itemgetter(0)):
        targets = [word for _, words in group for word in words if has_target((word,))]
        assert targets
        with rules_of(clone.root, json.loads(config)) as rules:
            require_targets(targets, list(rules.values()))


@pytest.mark.slow("a start of Snakemake for each request; its target and its options are looked up above")
@pytest.mark.parametrize("words", REQUESTS, ids=" ".join)
def test_a_request_of_snakemake_can_be_met(words: tuple[str, ...], clone: Checkout) -> None:
    on_a_cluster = "profiles/slurm" in words
    if on_a_cluster:
        pytest.importorskip("snakemake_executor_plugin_slurm")
    ended = clone.snakemake(*words, cores=None if on_a_cluster else 2)
    assert ended.status == 0, ended.text[-2000:]
    assert "digraph" in ended.text or "job" in ended.text


def test_overrides_of_nested_keys_reach_the_jobs(checkout: Checkout) -> None:
    """Of those that --config was seen to spoil: null, a block that is null, a list."""
    given = (
        "search={gradient_clip: null}",
        "data={main: camvid, cityscapes: null}",
        "space={stem_strides: [2, 1]}",
    )
    ended = checkout.plan(*given, target="stage_search")
    assert ended.status == 0, ended.text[-2000:]
    searches = [job for job in ended.jobs if job.rule == "search_architecture"]
    assert searches and "cityscapes" not in " ".join(job.command for job in searches)
    for job in searches:
        assert '"gradient_clip":null' in job.command and '"stem_strides":[2,1]' in job.command


# make


TARGETS = list(dict.fromkeys(tuple(words[1:]) for _, words in CASES if words[0] == "make" and len(words) > 1))


@pytest.mark.parametrize("words", TARGETS, ids=" ".join)
def test_a_target_of_make_is_one_that_it_can_meet(words: tuple[str, ...], repository: Path) -> None:
    done = subprocess.run(
        ["make", "--dry-run", *words], cwd=repository, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0 and done.stdout, done.stderr


@pytest.mark.parametrize("absolute", [True, False])
def test_an_environment_elsewhere_is_the_one_that_is_used(
    tmp_path: Path, repository: Path, absolute: bool
) -> None:
    """`make VENV=/absolute/path`: what stands in its `bin` runs, and nothing is installed again."""
    clone = tmp_path / "clone"
    clone.mkdir()
    for file in ("Makefile", "pyproject.toml", "requirements.lock"):
        shutil.copy(repository / file, clone / file)
    environment = (tmp_path if absolute else clone) / "venv"
    (environment / "bin").mkdir(parents=True)
    for program in ("snakemake", "python"):
        stand_in = environment / "bin" / program
        stand_in.write_text(f'#!/bin/sh\necho "{program} of $0: $*"\n', encoding="utf-8")
        stand_in.chmod(0o755)
    (environment / ".installed").touch()
    words = ["make", "reproduce", f"VENV={environment if absolute else 'venv'}", "CORES=3"]
    done = subprocess.run(words, cwd=clone, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert f"snakemake of {environment}/bin/snakemake: --cores 3 reproduce_tables" in done.stdout
    assert "python of" not in done.stdout
