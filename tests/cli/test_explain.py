"""`autortnet explain`: what a person reads, what a pipe gets, and what is refused."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest
from processes import on_a_terminal, processor_s

from pipeline_src.cli.main import main
from pipeline_src.reporting.provenance.explain import Screen, describe
from pipeline_src.reporting.read.claims import Claim, write_claims
from pipeline_src.reporting.read.provenance import Line, write_provenance

Refused = Callable[..., str]
COMMIT = "0123456789abcdef0123456789abcdef01234567"
UPSTREAM = [
    {
        "run": "random-0",
        "rule": "sample_random",
        "seed": 4,
        "commit": COMMIT,
        "changed": True,
        "date": "2026-01-01T00:00:00+00:00",
        "artifact": "results/tiny/architectures/random-0/genotype.json",
        "index": 7,
    },
    {
        "run": "cityscapes",
        "rule": "measure_lut",
        "seed": None,
        "commit": None,
        "changed": None,
        "date": "2026-01-01T00:00:00+00:00",
        "artifact": "results/tiny/lut/cityscapes.json",
    },
]


def measured(number: int, sha256: str, **changes: str) -> Line:
    """A run behind Table 3's random search."""
    artifact = f"results/tiny/evaluate/random-{number}/val.json"
    line = Line(
        "table_3",
        row_id="random_search",
        row="random search",
        column_id="miou",
        column="mIoU (%)",
        value="35.0±7.1",
        unit="%",
        status="measured",
        n="2",
        mean="35.0",
        std="7.071068",
        min="30.0",
        max="40.0",
        data="cityscapes-train, val 96x192",
        scale="tiny",
        source=artifact.removeprefix("results/tiny/"),
        run_value=f"{30 + 10 * number}.0",
        run=f"random-{number}/val",
        rule="evaluate_network",
        command=f"autortnet evaluate-network --output {artifact} --settings '{{\"evaluate\":{{}}}}'",
        config='{"evaluate":{}}',
        commit=COMMIT,
        changed="false",
        device="Test Processor 9000",
        date="2026-01-02T03:04:05+00:00",
        wall_s="12.5",
        inputs=json.dumps({"results/tiny/architectures/random-0/genotype.json": "ab" * 32}),
        upstream=json.dumps(UPSTREAM),
        artifact=artifact,
        artifact_sha256=sha256,
        log=f"logs/tiny/evaluate_network/random-{number}-val.log",
    )
    return replace(line, **changes)


QUOTED = Line(
    "table_3",
    row_id="random_search",
    row="random search",
    column_id="miou",
    column="mIoU (%)",
    value="66.7±2.5",
    unit="%",
    status="quoted",
    scale="tiny",
    paper_table="Table 3",
    paper_row="random search",
    paper_column="mIoU (%)",
    paper_file="pipeline_src/reporting/paper/table_3.csv",
    paper_sha256="cd" * 32,
)


SEARCH = "search/cityscapes-g0.01-s2-d5.10.10/genotype.json"
CLAIM = Claim(
    id="C8",
    sentence="The search finds the depth by itself.",
    where=("table_4", "figure_5"),
    paper="12 of 25 cells",
    ours="The only informative search kept 3 cells.",
    test="six searches are needed",
    n=1,
    statistic=0.5,
    p_value=0.04,
    interval=(1.0, 2.5),
    level=0.95,
    unit="cells",
    verdict="undecided",
    reason="one search is too few",
    sources=("evaluate/random-1/val.json", SEARCH),
    scale="tiny",
    p_holm=0.48,
)


@pytest.fixture
def clone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository's folder with a report of scale tiny, which is the current folder."""
    digests = []
    for number in range(2):
        path = tmp_path / f"results/tiny/evaluate/random-{number}/val.json"
        path.parent.mkdir(parents=True)
        path.write_text(str(number))
        digests.append(hashlib.sha256(path.read_bytes()).hexdigest())
    not_run = replace(QUOTED, column_id="fps", column="FPS", value="", status="not_run", reason="no time")
    seeds = [
        replace(QUOTED, artefact="table_4", row_id=f"seed_{n}", row=f"seed {n} {{5, 10, 10}}") for n in (2, 1)
    ]
    gammas = [
        replace(QUOTED, artefact="figure_6", row_id=f"0_{n}", row=f"0.{n}", value=f"6{n}.0")
        for n in ("05", "1")
    ]
    lines = [QUOTED, *(measured(n, digest) for n, digest in enumerate(digests)), not_run, *seeds, *gammas]
    write_provenance(lines, tmp_path / "reports/tiny/provenance.csv")
    write_claims((CLAIM,), tmp_path / "reports/tiny/claims.json")
    (tmp_path / "params.yaml").write_text("scale: tiny\n")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def said(capsys: pytest.CaptureFixture[str], *words: str, status: int = 0) -> str:
    capsys.readouterr()
    assert main(["explain", *words]) == status
    return capsys.readouterr().out


def test_a_cell_is_told_with_every_run_behind_it(clone: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = said(capsys, "table_3", "random_search", "miou")
    digest = hashlib.sha256(b"1").hexdigest()
    for part in (
        "table_3, random search (random_search), mIoU (%) (miou), scale tiny",
        "66.7±2.5 %",
        "Table 3, row random search, column mIoU (%); pipeline_src/reporting/paper/table_3.csv sha256 cdcd",
        "35.0±7.1 %, measured, n = 2",
        "mean 35.0, std 7.071068, min 30.0, max 40.0",
        "cityscapes-train, val 96x192",
        "run 1 of 2, random-0/val: 30.0 %",
        "run 2 of 2, random-1/val: 40.0 %",
        "evaluate_network",
        "none of its own",
        "sampling index 7 (sample_random, seed 4)",
        f"{COMMIT}, unchanged",
        "Test Processor 9000",
        "2026-01-02T03:04:05+00:00, took 12.5 s",
        f"results/tiny/architectures/random-0/genotype.json sha256 {'ab' * 32}",
        f"results/tiny/evaluate/random-1/val.json sha256 {digest}",
        "logs/tiny/evaluate_network/random-1-val.log",
        f"random-0: sample_random, sampling index 7 of seed 4, {COMMIT}, with changes since, 2026-01-01",
        "cityscapes: measure_lut, no seed, no git checkout, 2026-01-01T00:00:00+00:00",
    ):
        assert part in text, part
    # For a pipe: one line a fact, so that a command can be copied or searched for, and no colours.
    assert "autortnet evaluate-network --output results/tiny/evaluate/random-1/val.json --settings" in text
    assert "\x1b" not in text


@pytest.mark.parametrize(
    "words",
    [
        ("TABLE_3", "Random Search", "MIOU (%)"),
        ("table 3", "random search", "Miou"),
        ("Table_3", "RANDOM_SEARCH", "mIoU (%)"),
    ],
)
def test_names_are_ids_or_titles_in_any_case(
    clone: Path, capsys: pytest.CaptureFixture[str], words: tuple[str, ...]
) -> None:
    assert said(capsys, *words) == said(capsys, "table_3", "random_search", "miou")


def test_without_a_column_the_row_and_without_a_row_the_names(
    clone: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    row = said(capsys, "table_3", "random_search")
    assert "FPS (fps)" in row and "not run: no time" in row and "66.7±2.5 %" in row
    assert "evaluate_network" not in row
    names = said(capsys, "table_3").split()
    assert {"random_search", "miou", "fps", "FPS"} <= set(names) and "seed_1" not in names


@pytest.mark.parametrize(
    ("words", "same"),
    [
        (("table_4", "2"), ("table_4", "seed_1")),
        (("table_4", "2", "1"), ("table_4", "seed_1", "miou")),
        (("figure_6", "gamma 0.1"), ("figure_6", "0_1")),
        (("figure_6", "Gamma 0.05", "miou"), ("figure_6", "0_05", "miou")),
        (("c8",), ("C8",)),
    ],
)
def test_rows_are_known_by_number_and_by_heading(
    clone: Path, capsys: pytest.CaptureFixture[str], words: tuple[str, ...], same: tuple[str, ...]
) -> None:
    assert said(capsys, *words) == said(capsys, *same) != ""


def test_without_a_name_all_tables_figures_and_claims_are_listed(
    clone: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lines = [" ".join(line.split()) for line in said(capsys).splitlines()]
    for line in (
        "table_3 Comparison with random search on the Cityscapes validation set",
        "figure_6 Weights of the latency term on CamVid",
        "C8 undecided (suggestive): The search finds the depth by itself.",
    ):
        assert line in lines, lines
    (clone / "reports/tiny/claims.json").unlink()
    assert "C8" not in said(capsys)


def test_a_claim_is_told_with_every_file_behind_it(clone: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = clone / "results/tiny" / SEARCH
    found.parent.mkdir(parents=True)
    found.write_text("{}")
    record = {
        "command": ["autortnet", "search-architecture"], "settings": None, "seed": 2, "wall_s": 1.0,
        "started": "2026-01-01T00:00:00+00:00", "device": "Processor",
        "git": {"commit": None, "changed": None}, "inputs": {},
    }  # fmt: skip
    (found.parent / "run.json").write_text(json.dumps(record))
    text = said(capsys, "C8", "--check")
    for part in (
        "C8: The search finds the depth by itself. Scale tiny",
        "undecided (suggestive): one search is too few",
        "12 of 25 cells",
        "The only informative search kept 3 cells.",
        "n = 1, statistic 0.5, p = 0.04, by Holm 0.48",
        "1 to 2.5 cells (95 %)",
        "table_4, figure_5",
        "run 1 of 2, random-1/val\n",
        f"results/tiny/evaluate/random-1/val.json sha256 {hashlib.sha256(b'1').hexdigest()}",
        "run 2 of 2, cityscapes-g0.01-s2-d5.10.10\n",
        f"results/tiny/{SEARCH} sha256 {hashlib.sha256(b'{}').hexdigest()}",
        "checked: 1 of 1 files are as recorded",
    ):
        assert part in text, part
    found.unlink()
    assert f"file 2 of 2, {SEARCH}: it has gone" in said(capsys, "C8")


@pytest.mark.parametrize(
    ("words", "parts"),
    [
        (("tabel_3",), ("tabel_3: is no table, figure or claim here.", "Did you mean table_3")),
        (("table_3", "randm serch"), ("is no row here.", "Did you mean random_search")),
        (("table_3", "random_search", "mIou%"), ("is no column here.", "Did you mean miou")),
        (("table_3", "zzz"), ("is no row here. Choose one of random_search.",)),
        (("C9",), ("C9: is no table, figure or claim here.", "Did you mean C8")),
        (("C8", "1"), ("1: is no part of C8: a claim has no rows.",)),
        (("table_3", "2"), ("2: is no row here. Choose one of random_search.",)),
        (("1",), ("1: is no table, figure or claim here.",)),
        (("table_3", "--scale", "paper"), ("reports/paper/provenance.csv", "does not exist", "snakemake")),
    ],
)
def test_an_unknown_name_gets_the_nearest(
    clone: Path, refused: Refused, words: tuple[str, ...], parts: tuple[str, ...]
) -> None:
    refused(["explain", *words], *parts)


def test_a_title_of_two_rows_is_not_guessed(clone: Path, refused: Refused) -> None:
    twice = [QUOTED, replace(QUOTED, row_id="random_search_2")]
    write_provenance(twice, clone / "reports/tiny/provenance.csv")
    # The id of the one is the title of both: the id wins.
    assert main(["explain", "table_3", "random_search", "miou"]) == 0
    write_provenance([replace(one, row="other") for one in twice], clone / "reports/tiny/provenance.csv")
    refused(["explain", "table_3", "other"], "title of several rows", "random_search, random_search_2")


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (None, "params.yaml: does not exist, so the scale is not known. Give --scale"),
        ("scale: [1", "params.yaml: is not readable YAML"),
        ("scale: 3", "params.yaml: names no scale"),
    ],
)
def test_without_a_scale_it_says_where_to_give_one(
    clone: Path, refused: Refused, capsys: pytest.CaptureFixture[str], content: str | None, problem: str
) -> None:
    (clone / "params.yaml").unlink()
    if content is not None:
        (clone / "params.yaml").write_text(content)
    refused(["explain", "table_3"], problem)
    assert "random_search" in said(capsys, "table_3", "--scale", "tiny")
    assert "random_search" in said(capsys, "table_3", "--reports", str(clone / "reports/tiny"))


def test_check_tells_which_files_are_others_now(clone: Path, capsys: pytest.CaptureFixture[str]) -> None:
    cell = ("table_3", "random_search", "miou", "--check")
    assert "checked: 2 of 2 files are as recorded" in said(capsys, *cell)
    (clone / "results/tiny/evaluate/random-0/val.json").write_text("edited")
    (clone / "results/tiny/evaluate/random-1/val.json").unlink()
    for words in (cell, ("table_3", "--check"), (*cell, "--reports", str(clone / "reports/tiny"))):
        with pytest.raises(SystemExit) as ended:
            main(["explain", *words])
        assert ended.value.code == 1
        text = capsys.readouterr().out
        assert "checked: 0 of 2 files are as recorded" in text
        assert "results/tiny/evaluate/random-0/val.json has changed since" in text
        assert "results/tiny/evaluate/random-1/val.json has gone" in text


def test_hostile_names_cannot_move_the_terminal(clone: Path, capsys: pytest.CaptureFixture[str]) -> None:
    name = "\x1b[2J\x07\u202e=cmd()\n<script>alert(1)</script> 道路\r\0"
    lines = [replace(measured(0, "0"), row=name, row_id=name, device=name, log=name, run=name)]
    # NUL cannot stand in a CSV file.
    lines = [replace(one, **{k: v.replace("\0", "") for k, v in vars(one).items()}) for one in lines]
    write_provenance(lines, clone / "reports/tiny/provenance.csv")
    for words in (("table_3",), ("table_3", lines[0].row, "miou")):
        text = said(capsys, *words)
        assert not any(letter in text for letter in "\x1b\x07\r\0\u202e")
        assert "\\x1b[2J\\x07\\u202e=cmd()\\n<script>alert(1)</script> 道路\\r" in text
    assert main(["explain", "table_3", "\x1b[2J"]) == 2


@pytest.mark.parametrize("width", [20, 40, 72, 200])
def test_nothing_is_wider_than_the_screen(width: int) -> None:
    for line in describe([QUOTED, measured(0, "ef" * 32)], Screen(width)):
        assert len(line) <= max(width, 40), line
    text = "".join(line.strip() for line in describe([QUOTED, measured(0, "ef" * 32)], Screen(width)))
    assert "ef" * 32 in text


def in_a_terminal(clone: Path, width: int, **environment: str) -> str:
    """What a person sees in a terminal of a width."""
    words = [sys.executable, "-m", "pipeline_src", "explain", "table_3", "random_search", "miou"]
    known = {k: v for k, v in os.environ.items() if k not in ("COLUMNS", "NO_COLOR")}
    root = str(Path(__file__).resolve().parents[2])
    known |= {"PYTHONPATH": root, **environment}
    shown = on_a_terminal(words, width=width, cwd=clone, env=known)
    return shown.decode().replace("\r\n", "\n")


def test_a_terminal_gets_its_width_and_bold_headings(clone: Path) -> None:
    text = in_a_terminal(clone, 66)
    assert text.startswith("\x1b[1mtable_3, random search")
    plain = text.replace("\x1b[1m", "").replace("\x1b[0m", "")
    assert "\x1b" not in plain and max(map(len, plain.splitlines())) <= 66
    assert "\x1b" not in in_a_terminal(clone, 66, NO_COLOR="1")


def test_a_file_of_300_times_the_length_takes_at_most_2_5_times_as_long(
    clone: Path, repository: Path
) -> None:
    words = [sys.executable, "-m", "pipeline_src", "explain", "table_3", "row_7", "miou"]
    environment = {**os.environ, "PYTHONPATH": str(repository)}
    asked = partial(subprocess.run, words, stdout=subprocess.DEVNULL, check=True, cwd=clone, env=environment)
    taken: dict[int, list[float]] = {10: [], 3000: []}
    for _ in range(3):
        for lines, seconds in taken.items():
            many = [
                replace(measured(0, "ef" * 32), row_id=f"row_{n}", command="x" * 1500) for n in range(lines)
            ]
            write_provenance(many, clone / "reports/tiny/provenance.csv")
            seconds.append(processor_s(asked))
    assert min(taken[3000]) <= 2.5 * min(taken[10]), taken
