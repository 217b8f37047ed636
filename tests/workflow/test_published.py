"""Published results: checked, made into the same tables again, and gone on from without their weights."""

from __future__ import annotations

import csv
import io
import json
import os
import shutil
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
import yaml
from test_dvc import PARAMS
from workflow_checkout import Checkout

from pipeline_src import places
from pipeline_src.cli.main import main
from pipeline_src.errors import UserError
from workflow.continuing import chosen

WHOLE = pytest.mark.slow("runs the whole graph; the tests of parts of a run publish and verify, too")

DRAWS = pytest.mark.slow("draws every figure; tests/unit/reporting/page has pages of a part of a run")

DRAWN = "architectures/random-0/genotype.json"
FINETUNED = "finetune/random-0/camvid-train"
EVALUATED = "evaluate/random-0/camvid-train/test-32x32.json"


class Run:
    """A checkout whose graph has run, far below `tiny`, and the commands in it."""

    def __init__(self, checkout: Checkout) -> None:
        self.checkout, self.root = checkout, checkout.root
        self.published = self.root / "results" / "published" / "tiny"
        self.results = self.root / "results" / "tiny"

    def module(self, *words: str, status: int = 0) -> str:
        environment = {
            **os.environ,
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
            "PYTHONPATH": str(self.root),
            "OMP_NUM_THREADS": "1",
        }
        done = subprocess.run(
            [sys.executable, "-m", *words],
            cwd=self.root, env=environment, capture_output=True, text=True, timeout=900,
        )  # fmt: skip
        assert done.returncode == status, done.stdout + done.stderr
        return done.stdout + done.stderr

    def tables(self) -> dict[str, bytes]:
        folder = self.root / "reports" / "tiny"
        return {str(path.relative_to(folder)): path.read_bytes() for path in folder.glob("tables/*.csv")}


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory, repository: Path) -> Run:
    """The whole graph, published."""
    run = Run(Checkout(tmp_path_factory.mktemp("published") / "clone", repository))
    run.checkout.configure(PARAMS)
    ended = run.checkout.snakemake("reproduce_tables")
    assert ended.status == 0, ended.text
    run.module("pipeline_src", "publish")
    return run


@pytest.fixture
def fetched(whole: Run, repository: Path, tmp_path: Path) -> Run:
    """Another clone that holds the published part only."""
    run = Run(Checkout(tmp_path / "fetched", repository))
    run.checkout.configure(PARAMS)
    shutil.copytree(whole.published, run.published)
    return run


@WHOLE
def test_no_weights_and_no_pictures_are_published(whole: Run) -> None:
    index = json.loads((whole.published / "published.json").read_text())
    kinds = {Path(name).suffix for name in index["files"]}
    assert kinds <= {".json", ".csv", ".md", ".tex", ".yaml"} and "README.md" in index["files"]
    assert f"results/{FINETUNED}/log.csv" in index["files"] and f"results/{EVALUATED}" in index["files"]
    assert "results/predictions/figure_9/index.json" in index["files"]


@WHOLE
def test_the_tables_come_out_to_the_byte_without_the_run(fetched: Run, tmp_path: Path) -> None:
    said = fetched.module(
        "pipeline_src", "verify", str(fetched.published), "--report", str(tmp_path / "page")
    )
    assert "come out the same to the byte" in said
    page = (tmp_path / "page" / "index.html").read_text(encoding="utf-8")
    assert "AutoRTNet" in page and (tmp_path / "page" / "figures" / "figure_1.svg").is_file()
    assert not (fetched.root / "results" / "tiny").exists()  # nothing but the page was made


@WHOLE
@pytest.mark.parametrize("fault", ["altered", "missing", "nobody published"])
def test_files_that_are_not_those_published(fetched: Run, fault: str) -> None:
    path = fetched.published / "results" / EVALUATED
    if fault == "altered":
        path.write_text(path.read_text() + " ")
    elif fault == "missing":
        path.unlink()
    else:
        path = path.with_name("extra.json")
        path.write_text("{}")
    said = fetched.module("pipeline_src", "verify", str(fetched.published), status=2)
    assert fault in said and path.name in said and "Traceback" not in said


@WHOLE
@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("reports/tables/table_1.csv", "come out otherwise: tables/table_1.csv"),
        ("README.md", "does not say what the results beside it say"),
    ],
)
def test_what_does_not_follow_from_the_results(fetched: Run, name: str, told: str) -> None:
    """A number that was improved by hand, with its checksum, does not come out again."""
    table = fetched.published / name
    table.write_bytes(table.read_bytes().replace(b"0", b"9", 1))
    index_path = fetched.published / "published.json"
    index: dict[str, Any] = json.loads(index_path.read_text())
    from pipeline_src.artifacts import sha256_of

    index["files"][name] = sha256_of(table)
    index_path.write_text(json.dumps(index))
    said = fetched.module("pipeline_src", "verify", str(fetched.published), status=2)
    assert told in said


@WHOLE
def test_publishing_again_changes_nothing_and_keeps_what_is_not_ours(whole: Run) -> None:
    before = {path: path.read_bytes() for path in whole.published.rglob("*") if path.is_file()}
    whole.module("pipeline_src", "publish")
    after = {path: path.read_bytes() for path in whole.published.rglob("*") if path.is_file()}
    assert after == before
    changed = whole.published / "results" / EVALUATED
    kept = changed.read_bytes()
    changed.write_bytes(b"mine")
    try:
        said = whole.module("pipeline_src", "publish", status=2)
        assert str(changed.relative_to(whole.root)) in said and "was changed since it was published" in said
        assert changed.read_bytes() == b"mine"
    finally:
        changed.write_bytes(kept)


@WHOLE
def test_going_on_makes_the_missing_rows_and_what_they_need(fetched: Run, whole: Run) -> None:
    for name in (EVALUATED, f"{EVALUATED}.run.json"):
        (fetched.published / "results" / name).unlink()
    index_path = fetched.published / "published.json"
    index = json.loads(index_path.read_text())
    index["files"] = {name: digest for name, digest in index["files"].items() if EVALUATED not in name}
    index_path.write_text(json.dumps(index))
    said = fetched.module("workflow.continuing", "--cores", "1")
    assert "1 results are missing" in said
    logs = fetched.root / "logs" / "tiny"
    ran = Counter(path.parent.name for path in logs.glob("*/*.log"))
    # The evaluation needs the finetuned weights, these the pretrained ones, and all of them the data.
    assert {rule: ran[rule] for rule in ("evaluate_network", "finetune_network", "pretrain_backbone")} == {
        "evaluate_network": 1, "finetune_network": 1, "pretrain_backbone": 1,
    }  # fmt: skip
    assert not ran["search_architecture"] and not ran["measure_speeds"] and not ran["measure_lut"]
    scores = [json.loads((run.results / EVALUATED).read_text())["last"]["miou"] for run in (whole, fetched)]
    assert scores[0] == scores[1]
    # One processor, one seed: the same numbers to the byte, and so the same tables, but for the date.
    first, again = whole.tables(), fetched.tables()
    dated = [
        [line | {"judged_at": ""} for line in csv.DictReader(io.StringIO(one.pop(places.NETWORKS).decode()))]
        for one in (first, again)
    ]
    assert first == again and dated[0] == dated[1]
    assert "0 of" in fetched.module("workflow.continuing", "--cores", "1")


@WHOLE
def test_other_settings_are_not_mixed_in(fetched: Run) -> None:
    params = {**PARAMS, "finetune": {**PARAMS["finetune"], "lr": 0.5}}
    fetched.checkout.configure(params)
    said = fetched.module("workflow.continuing", status=2)
    assert "finetune.lr" in said and "Traceback" not in said
    assert not fetched.results.exists()


@WHOLE
def test_timings_of_another_machine_stay_away(fetched: Run) -> None:
    from pipeline_src.reporting.published.folder import read_published
    from workflow.continuing import place

    published = read_published(fetched.published)
    placed = {str(path.relative_to(fetched.results)) for path in place(published, fetched.results, "another")}
    assert not [name for name in placed if name.startswith("speed/") or "_check" in name]
    assert {"lut/camvid.json", EVALUATED} <= placed


def test_nothing_to_publish(tmp_path: Path, capsys: pytest.CaptureFixture[str], repository: Path) -> None:
    (tmp_path / "params.yaml").write_text(yaml.safe_dump({"scale": "tiny"}))
    words = ["publish", "--params", str(tmp_path / "params.yaml"), "--root", str(tmp_path)]
    assert main([*words, "--scales", str(repository / "workflow" / "scales")]) == 2
    assert "holds no results" in capsys.readouterr().err
    assert main(["verify", str(tmp_path)]) == 2
    assert "no folder of published results" in capsys.readouterr().err


def test_a_part_of_a_run_has_checksums_and_no_tables(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], repository: Path
) -> None:
    """Rows are published as they finish; their tables follow with the last."""
    assert main(["verify", str(_published_part(tmp_path, repository))]) == 0
    assert "holds no tables, so there are none to compare" in capsys.readouterr().out


@pytest.mark.parametrize("fault", ["altered", "missing", "nobody published"])
def test_files_of_a_part_that_are_not_those_published(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], repository: Path, fault: str
) -> None:
    published = _published_part(tmp_path, repository)
    path = published / "results" / DRAWN
    if fault == "altered":
        path.write_text(path.read_text() + " ")
    elif fault == "missing":
        path.unlink()
    else:
        path = path.with_name("extra.json")
        path.write_text("{}")
    assert main(["verify", str(published)]) == 2
    said = capsys.readouterr().err
    assert fault in said and path.name in said


def test_a_part_of_what_is_missing() -> None:
    results = Path("results/tiny")
    names = [
        f"results/tiny/{name}" for name in ("evaluate/random-0/a.json", "evaluate/a/a.json", "speed/a.json")
    ]
    assert chosen(names, (), results) == names
    assert chosen(names, ("evaluate/random-*", "speed/*"), results) == [names[0], names[2]]
    with pytest.raises(UserError, match=r"names no result that is missing.*evaluate/random-0/a.json"):
        chosen(names, ("evaluate/random-9*",), results)


@DRAWS
def test_a_report_of_a_part_of_a_run(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], repository: Path
) -> None:
    """At any time of a run, without the workflow; a folder without results has none."""
    (tmp_path / "params.yaml").write_text(yaml.safe_dump({"scale": "tiny"}))
    (tmp_path / "docs").symlink_to(repository / "docs")
    words = ["make-report", "--params", str(tmp_path / "params.yaml"), "--root", str(tmp_path)]
    words += ["--scales", str(repository / "workflow" / "scales")]
    assert main(words) == 2 and "nothing was made yet" in capsys.readouterr().err
    _draw(tmp_path / "results" / "tiny" / "architectures" / "random-0" / "genotype.json")
    assert main(words) == 0
    reports = tmp_path / "reports" / "tiny"
    assert "not run" in (reports / "index.html").read_text(encoding="utf-8")
    with (reports / places.NETWORKS).open(encoding="utf-8", newline="") as stream:
        told = {line["network"]: (line["cells"], line["missing"]) for line in csv.DictReader(stream)}
    assert told["random-0"] == ("2-3-3", "not judged; not timed at this size")
    assert {cells for cells, _ in told.values()} == {"2-3-3", ""}


@DRAWS
def test_a_report_of_a_published_part(tmp_path: Path, repository: Path) -> None:
    published = _published_part(tmp_path, repository)
    words = ["--docs", str(repository / "docs"), "--report", str(tmp_path / "report")]
    assert main(["verify", str(published), *words]) == 0
    assert "not run" in (tmp_path / "report" / "index.html").read_text(encoding="utf-8")


def _published_part(root: Path, repository: Path) -> Path:
    """Publish a run of which there is one drawn genotype."""
    (root / "params.yaml").write_text(yaml.safe_dump({"scale": "tiny"}))
    _draw(root / "results" / "tiny" / DRAWN)
    published = root / "results" / "published" / "tiny"
    words = ["--params", str(root / "params.yaml"), "--root", str(root)]
    words += ["--scales", str(repository / "workflow" / "scales"), "--output", str(published)]
    assert main(["publish", *words]) == 0
    return published


def _draw(output: Path) -> None:
    words = ["--settings", '{"space": {}}', "--depths", "2,3,3", "--seed", "0", "--index", "0"]
    assert main(["sample-random", *words, "--output", str(output)]) == 0
