"""Where numbers are from: run records, a line for every cell and run, and the file that holds them."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest
from fabricate import NO_MATCH, SETTINGS, Folder, genotype

from pipeline_src import places
from pipeline_src.artifacts import read_json, write_json
from pipeline_src.cli.main import main
from pipeline_src.config.grid import Grid
from pipeline_src.errors import UserError
from pipeline_src.reporting.provenance.lines import provenance
from pipeline_src.reporting.provenance.trace import Tracer, provenance_sources
from pipeline_src.reporting.read import pictures
from pipeline_src.reporting.read.picture_sources import training_sources
from pipeline_src.reporting.read.pictures import Entry
from pipeline_src.reporting.read.provenance import (
    COLUMNS,
    Line,
    read_provenance,
    write_provenance,
)
from pipeline_src.reporting.read.sources import TABLES
from pipeline_src.reporting.tables.cells import tabulate
from pipeline_src.spreadsheets import guarded, unguarded

HOSTILE = (
    "<script>alert(1)</script>",
    "=cmd|' /C calc'!A0",
    "=cmd()",
    "+1+1",
    "-2+3",
    "@SUM(A1)",
    "\t=1",
    "\r=1",
    "'quoted'",
    'a "quoted" name, with commas; and semicolons',
    "two\nlines",
    "道路 дорога شارع",
    "x" * 200_000,
    "\x1b[31mred\x07",
)


@pytest.fixture(autouse=True)
def no_pictures(monkeypatch: pytest.MonkeyPatch) -> None:
    """The pictures of the report have tests of their own; here each test says which there are."""
    monkeypatch.setattr(pictures, "PICTURES", pictures.PICTURES)
    for name in list(pictures.PICTURES):
        monkeypatch.delitem(pictures.PICTURES, name)


def test_a_trace_says_all_that_the_record_says(small_grid: Grid, folder: Folder) -> None:
    evaluation = small_grid.of_table("table_3")[1].val[0]
    path = folder.evaluation(evaluation)
    source = places.evaluation(evaluation)
    trace = Tracer(folder.root, "tiny").of(source)
    assert (trace.source, trace.rule) == (source, "evaluate_network")
    assert trace.run == source.removeprefix("evaluate/").removesuffix(".json")
    assert trace.command == (
        f"autortnet evaluate-network --output results/tiny/{source} --settings '{SETTINGS}'"
    )
    assert (trace.seed, trace.settings) == (None, SETTINGS)
    assert trace.commit == "0123456789abcdef0123456789abcdef01234567" and trace.changed is False
    assert (trace.device, trace.date) == ("Test Processor 9000", "2026-01-02T03:04:05+00:00")
    assert trace.wall_s == 12.5
    assert trace.inputs[f"results/tiny/{places.genotype(evaluation.training.architecture)}"] == "ab" * 32
    assert trace.artifact == f"results/tiny/{source}"
    assert trace.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
    size = f"{evaluation.size[0]}x{evaluation.size[1]}"
    assert trace.log == f"logs/tiny/evaluate_network/random-0-cityscapes-train-val-{size}.log"


def test_a_file_in_a_folder_of_a_run_has_the_folders_record(small_grid: Grid, folder: Folder) -> None:
    log = folder.log(small_grid).relative_to(folder.root).as_posix()
    name = small_grid.network_a.name
    trace = Tracer(folder.root, "tiny").of(log)
    assert (trace.run, trace.rule, trace.seed) == (name, "search_architecture", 2)
    assert trace.log == f"logs/tiny/search_architecture/{name}.log"
    image = folder.root / "evaluate/random-0/camvid-train/submission/predictions/a.png"
    image.parent.mkdir(parents=True)
    image.write_bytes(b"image")
    folder.record(image.parents[1], "export-submission")
    trace = Tracer(folder.root, "tiny").of(image.relative_to(folder.root).as_posix())
    assert trace.run == "random-0/camvid-train/submission"
    assert trace.log == "logs/tiny/export_submission/random-0-camvid-train.log"


def test_the_runs_behind_the_inputs_are_told_with_their_seeds(small_grid: Grid, folder: Folder) -> None:
    row = small_grid.of_table("table_3")[1]
    evaluation, architecture = row.val[0], row.val[0].training.architecture
    folder.evaluation(evaluation)
    folder.genotype(architecture, genotype())
    trained = folder.root / "finetune" / architecture.name / evaluation.training.name
    pretrained = folder.root / "pretrain" / architecture.backbone
    for place, name in ((trained, "weights_last"), (pretrained, "weights")):
        place.mkdir(parents=True)
        (place / f"{name}.safetensors").write_bytes(b"weights")
    inputs = (f"pretrain/{architecture.backbone}/weights.safetensors", places.genotype(architecture))
    folder.record(trained, "finetune-network", seed=7, inputs=inputs)
    upstream = Tracer(folder.root, "tiny").of(places.evaluation(evaluation)).upstream
    assert [(one.rule, one.run, one.seed) for one in upstream] == [
        ("sample_random", "random-0", 0),
        ("finetune_network", f"random-0/{evaluation.training.name}", 7),
        ("", f"results/tiny/{inputs[0]}", None),  # its record has gone
    ]
    folder.record(pretrained, "pretrain-backbone", seed=3)
    upstream = Tracer(folder.root, "tiny").of(places.evaluation(evaluation)).upstream
    assert (upstream[-1].rule, upstream[-1].run, upstream[-1].seed) == ("pretrain_backbone", "random-0", 3)


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        (None, "has no run record: a number without provenance fails the build"),
        ({"command": ["autortnet"]}, "command: List should have at least 2 items"),
        ({"wall_s": "long"}, "wall_s: "),
        ({"git": None}, "git: "),
        ({"inputs": {"a": 1}}, "inputs.a: "),
    ],
)
def test_a_number_without_a_sound_record_fails_the_build(
    small_grid: Grid,
    folder: Folder,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    change: dict[str, object] | None,
    problem: str,
) -> None:
    folder.everything(small_grid)
    speed = folder.root / places.SPEEDS
    record = speed.with_name(f"{speed.name}.run.json")
    if change is None:
        record.unlink()
    else:
        write_json(record, read_json(record) | change)
    output = tmp_path / "provenance.csv"
    settings = json.dumps(small_grid.config.model_dump(mode="json"))
    words = ["--settings", settings, "--results", str(folder.root), "--output", str(output)]
    assert main(["trace-provenance", *words]) == 2
    said = capsys.readouterr().err
    assert problem in said and str(speed if change is None else record) in said
    assert "Traceback" not in said and not output.exists()


def test_a_missing_file_has_no_trace(folder: Folder) -> None:
    with pytest.raises(UserError, match="does not exist, so nothing can be said of its run"):
        Tracer(folder.root, "tiny").of("speed/a/b.json")


def test_every_cell_of_every_table_has_its_lines(any_grid: Grid, folder: Folder) -> None:
    folder.everything(any_grid)
    lines = provenance(any_grid, folder.root)
    found = {(line.artefact, line.row_id, line.column_id): line for line in lines}
    counts = Counter((line.artefact, line.row_id, line.column_id, line.status) for line in lines)
    for name in (*TABLES, "figure_6"):
        for cell in tabulate(name, any_grid, folder.root).cells:
            key = (name, cell.row_id, cell.column_id)
            assert key in found, key
            assert counts[(*key, "measured")] == len(cell.sources)
            assert counts[(*key, "not_run")] == (cell.status == "not_run")
            if cell.quoted:
                assert counts[(*key, "quoted")] == 1
    assert {line.artefact for line in lines} == {*TABLES, "figure_1", "figure_5", "figure_6"}
    for line in lines:
        assert line.status in ("measured", "quoted", "not_run")
        if line.status == "measured":
            assert line.value and line.run_value and line.command.startswith("autortnet ")
            path = folder.root / line.source
            assert line.artifact_sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
            assert line.log.startswith(f"logs/{any_grid.config.scale}/{line.rule}/")
        elif line.status == "not_run":
            assert line.reason and not line.value
        else:
            assert line.reason or (line.paper_file and line.paper_row and line.paper_column), line


def test_a_quoted_value_names_the_paper_and_its_transcription(
    small_grid: Grid, folder: Folder, repository: Path
) -> None:
    lines = provenance(small_grid, folder.root)
    (line,) = [
        one
        for one in lines
        if (one.artefact, one.row_id, one.column_id, one.status)
        == ("table_3", "random_search", "miou", "quoted")
    ]
    assert (line.value, line.paper_table, line.paper_row) == ("66.7±2.5", "Table 3", "random search")
    assert line.paper_column == "mIoU (%)"
    assert hashlib.sha256((repository / line.paper_file).read_bytes()).hexdigest() == line.paper_sha256
    points = [one for one in lines if one.artefact == "figure_1" and one.status == "quoted"]
    assert {one.paper_file for one in points} == {"pipeline_src/reporting/paper/table_1.csv"}
    ends = [one.value for one in lines if one.artefact == "figure_5" and one.status == "quoted"]
    assert ends == ["2", "4", "6"]


def test_a_cell_over_runs_has_a_line_for_each_with_its_own_value(small_grid: Grid, folder: Folder) -> None:
    row = small_grid.of_table("table_3")[1]
    for evaluation, miou in zip(row.val, (0.30, 0.40), strict=True):
        folder.evaluation(evaluation, miou)
    lines = [
        line
        for line in provenance(small_grid, folder.root)
        if (line.artefact, line.row_id, line.column_id, line.status)
        == ("table_3", "random_search", "miou", "measured")
    ]
    assert [line.run_value for line in lines] == ["30.0", "40.0"]
    assert {(line.n, line.mean, line.std) for line in lines} == {("2", "35.0", "7.071068")}
    assert {line.value for line in lines} == {"35.0±7.1"}


def test_an_empty_folder_gives_lines_that_say_what_is_missing(small_grid: Grid, folder: Folder) -> None:
    lines = provenance(small_grid, folder.root)
    assert {line.status for line in lines} == {"quoted", "not_run"}
    absent = [line for line in lines if line.status == "not_run" and line.artefact == "figure_5"]
    assert len(absent) == 6 and all("log.csv is missing" in line.reason for line in absent)


def test_a_picture_has_a_line_for_each_file(
    small_grid: Grid, folder: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder.log(small_grid)
    log = f"search/{small_grid.network_a.name}/log.csv"
    monkeypatch.setitem(pictures.PICTURES, "curves", Entry("curves", lambda grid: (log, "lut/x.json")))
    monkeypatch.setitem(pictures.PICTURES, "schema", Entry("schema", lambda grid: ()))
    lines = [line for line in provenance(small_grid, folder.root) if line.artefact in ("curves", "schema")]
    assert [(line.artefact, line.source, line.status) for line in lines] == [
        ("curves", log, "measured"),
        ("curves", "lut/x.json", "not_run"),
        ("schema", "", "drawn"),
    ]
    assert lines[0].rule == "search_architecture" and "lut/x.json is missing" in lines[1].reason
    assert "lut/x.json" in provenance_sources(small_grid)


def test_the_same_results_give_the_same_bytes(small_grid: Grid, folder: Folder, tmp_path: Path) -> None:
    folder.everything(small_grid)
    for name in "ab":
        write_provenance(provenance(small_grid, folder.root), tmp_path / name)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def test_the_file_reads_back_whatever_the_names_are(tmp_path: Path) -> None:
    path = tmp_path / "provenance.csv"
    lines = tuple(Line("table_3", row_id=f"r{n}", row=name, value=name) for n, name in enumerate(HOSTILE))
    write_provenance(lines, path)
    assert read_provenance(path) == lines
    csv.field_size_limit(sys.maxsize)
    for row in csv.reader(io.StringIO(path.read_text(encoding="utf-8"), newline="")):
        assert not any(cell.startswith(("=", "+", "-", "@", "\t", "\r", "\n")) for cell in row), row


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("=cmd()", "'=cmd()"),
        ("-2+3", "'-2+3"),
        ("-2.5", "-2.5"),
        ("-1e-05", "-1e-05"),
        ("-", "-"),
        ("--", "'--"),
        ("'", "''"),
        ("2.5", "2.5"),
        ("", ""),
        ("a=b", "a=b"),
    ],
)
def test_what_a_spreadsheet_would_calculate_gets_an_apostrophe(text: str, shown: str) -> None:
    assert guarded(text) == shown and unguarded(shown) == text


@pytest.mark.parametrize("content", ["", "a,b\n1,2\n", ",".join(COLUMNS) + "\n1,2\n", "\0\xff"])
def test_another_file_is_refused(tmp_path: Path, content: str) -> None:
    path = tmp_path / "provenance.csv"
    path.write_bytes(content.encode("latin-1"))
    with pytest.raises(UserError, match="is not a file of provenance"):
        read_provenance(path)


def test_the_command_writes_the_file_and_a_record(small_grid: Grid, folder: Folder, tmp_path: Path) -> None:
    folder.everything(small_grid)
    output = tmp_path / "provenance.csv"
    settings = json.dumps(small_grid.config.model_dump(mode="json"))
    words = ["--settings", settings, "--results", str(folder.root), "--output", str(output)]
    assert main(["trace-provenance", *words]) == 0
    assert read_provenance(output) == provenance(small_grid, folder.root)
    record = read_json(tmp_path / "provenance.csv.run.json")
    # The stand-in results have no logs of pretraining: an input that is absent is none.
    named = set(provenance_sources(small_grid))
    absent = {places.pretraining_log(one) for one in small_grid.backbones} & named
    assert absent and len(record["inputs"]) == len(named - absent)


@pytest.mark.parametrize(
    ("module", "heavy"),
    [
        ("pipeline_src.reporting.provenance.trace", ("torch", "pandas", "numpy")),
        ("pipeline_src.reporting.read.provenance", ("torch", "pandas", "numpy", "pydantic")),
        ("pipeline_src.reporting.provenance.explain", ("torch", "pandas", "numpy", "pydantic", "yaml")),
        ("pipeline_src.reporting.provenance.lines", ("torch", "scipy", "matplotlib")),
    ],
)
def test_what_each_module_does_not_import(module: str, heavy: tuple[str, ...]) -> None:
    code = f"import sys, {module}; print([name for name in {heavy!r} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.fixture
def curves_too(monkeypatch: pytest.MonkeyPatch) -> None:
    """The one picture that reads logs, of which markers take the place."""
    monkeypatch.setitem(pictures.PICTURES, "training_curves", Entry("training_curves", training_sources))


def _run_records(grid: Grid, folder: Folder) -> None:
    """What the commands leave beside the markers of networks that are not run."""
    for evaluation in grid.evaluations:
        place = folder.root / places.finetuning(evaluation.training)
        if place.is_dir():
            folder.record(place, "finetune-network", seed=0)
    for backbone in grid.backbones:
        place = (folder.root / places.pretraining_log(backbone)).parent
        if place.is_dir():
            folder.record(place, "pretrain-backbone", seed=0)


@pytest.mark.usefixtures("curves_too")
def test_a_network_that_is_not_run_has_a_reason_and_no_run(collapsed: Grid, folder: Folder) -> None:
    _run_records(collapsed, folder)
    lines = provenance(collapsed, folder.root)
    matched = [one for one in lines if one.row_id == "latency_matched_random_search"]
    told = {one.column_id: (one.status, one.reason, one.run) for one in matched if one.status != "quoted"}
    assert told["miou"] == told["fps"] == ("not_run", NO_MATCH, "")
    # The same network as A: its runs are A's, and the cell says so.
    moved = [
        one for one in lines if (one.row_id, one.column_id, one.status) == ("1_5_10", "miou", "measured")
    ]
    own = [
        one for one in lines if (one.artefact, one.row_id, one.column_id) == ("table_5", "hyper_cell", "miou")
    ]
    assert {one.run for one in moved} == {one.run for one in own if one.status == "measured"} != set()
    assert {one.reason for one in moved} == {"the same network as A"}
    curves = [one for one in lines if one.artefact == "training_curves"]
    reasons = {one.source: one.reason for one in curves if "matched-0" in one.source}
    assert set(reasons.values()) == {NO_MATCH} and len(reasons) >= 2
    assert {one.status for one in curves if "matched-0" in one.source} == {"not_run"}


@pytest.mark.usefixtures("curves_too")
def test_explain_tells_why_a_network_is_not_run(
    collapsed: Grid, folder: Folder, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    _run_records(collapsed, folder)
    reports = tmp_path / "reports" / "tiny"
    write_provenance(provenance(collapsed, folder.root), reports / "provenance.csv")
    asked = ["explain", "table_3", "latency_matched_random_search", "miou", "--reports", str(reports)]
    assert main(asked) == 0
    assert f"not run: {NO_MATCH}" in capsys.readouterr().out
    assert main(["explain", "table_5", "1_5_10", "miou", "--reports", str(reports)]) == 0
    said = capsys.readouterr().out
    assert "the same network as A" in said and f"{collapsed.network_a.name}/" in said
    assert main(["explain", "training_curves", "--reports", str(reports)]) == 0
    assert f"not run: {NO_MATCH}" in capsys.readouterr().out


def test_random_networks_are_told_by_their_sampling_index(small_grid: Grid, folder: Folder) -> None:
    folder.everything(small_grid)
    evaluation = small_grid.of_table("table_3")[1].val[1]
    record = folder.root / "architectures/random-1/genotype.json.run.json"
    value = json.loads(record.read_text())
    value["command"] += ["--seed", "0", "--index", "1"]
    record.write_text(json.dumps(value))
    [drawn] = [
        one
        for one in Tracer(folder.root, "tiny").of(places.evaluation(evaluation)).upstream
        if one.rule == "sample_random"
    ]
    assert (drawn.run, drawn.index) == ("random-1", 1)
