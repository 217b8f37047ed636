"""`autortnet compare` of two git revisions, whose tables DVC has, in a small repository."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow("20 starts of git and DVC; tests/unit/reporting/compare has what is compared")

HEAD = (
    "row_id,row,kind,column_id,column,quoted,measured,mean,std,min,max,n,unit,status,reason,sources,data,scale,"
    "footnotes"
)
TABLES = "reports/tiny/tables"


class Repository:
    """A git repository with DVC, and the project's package."""

    def __init__(self, root: Path, package: Path) -> None:
        self.root = root
        root.mkdir()
        known = {name: value for name, value in os.environ.items() if not name.startswith(("DVC_", "GIT_"))}
        self.environment = {**known, "PYTHONPATH": str(package), "DVC_NO_ANALYTICS": "1"}

    def run(self, *words: str, status: int = 0) -> subprocess.CompletedProcess[str]:
        done = subprocess.run(
            words, cwd=self.root, env=self.environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == status, f"{words}: {done.returncode}\n{done.stdout}{done.stderr}"
        return done

    def python(self, *words: str, status: int = 0) -> subprocess.CompletedProcess[str]:
        return self.run(sys.executable, "-m", *words, status=status)

    def commit(self, parameters: float) -> None:
        """Commit a report of one number."""
        folder = self.root / TABLES
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / "table_2.cells.csv"
        path.unlink(missing_ok=True)  # DVC may have left a link that must not be written through
        line = (
            f"a,Net A,ours,parameters,Parameters (M),2.5,{parameters},{parameters},,,,1,M,measured,,"
            "speed/networks.json,camvid,tiny,"
        )
        path.write_text(f"{HEAD}\n{line}\n", encoding="utf-8")
        self.python("dvc", "add", "--quiet", TABLES)
        self.run("git", "add", "--all")
        self.run("git", "commit", "--quiet", "--message", f"{parameters} M")


@pytest.fixture(scope="module")
def repository_of_two(tmp_path_factory: pytest.TempPathFactory, repository: Path) -> Repository:
    """Two commits with 2.5 and 2.6 million parameters, after one without any report."""
    made = Repository(tmp_path_factory.mktemp("revisions") / "clone", repository)
    made.run("git", "init", "--quiet")
    made.run("git", "config", "user.name", "Test")
    made.run("git", "config", "user.email", "test@example.org")
    made.python("dvc", "init", "--quiet")
    (made.root / "params.yaml").write_text("scale: tiny\n")
    made.run("git", "add", "--all")
    made.run("git", "commit", "--quiet", "--message", "Nothing yet")
    made.commit(2.5)
    made.commit(2.6)
    return made


def test_two_revisions_and_a_folder(repository_of_two: Repository, tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    done = repository_of_two.python("pipeline_src", "compare", "HEAD~1", "HEAD", "--html", str(page))
    assert "# HEAD~1 against HEAD" in done.stdout.replace("\\", "")
    assert "| table_2: Net A, Parameters (M) | 2.5 M | 2.6 M | +0.1 M (+4.0 %) | a count |" in done.stdout
    assert "+0.1 M" in page.read_text(encoding="utf-8")
    same = repository_of_two.python(
        "pipeline_src", "compare", "HEAD", "reports/tiny", "--fail-on-change", "--scale", "tiny"
    )
    assert "Nothing moved: all 1 numbers" in same.stdout
    repository_of_two.python("pipeline_src", "compare", "HEAD~1", "HEAD", "--fail-on-change", status=1)
    # From a folder below, too: paths are those of the repository.
    below = subprocess.run(
        [sys.executable, "-m", "pipeline_src", "compare", "HEAD~1", "HEAD"],
        cwd=repository_of_two.root / "reports",
        env=repository_of_two.environment,
        capture_output=True,
        text=True,
        check=True,
    )
    assert below.stdout == done.stdout


def test_a_revision_without_results_is_told(repository_of_two: Repository) -> None:
    done = repository_of_two.python("pipeline_src", "compare", "HEAD~2", "HEAD", status=2)
    assert "error: HEAD~2: has no reports/tiny/tables that DVC could bring (" in done.stderr
    assert "dvc.lock must be committed" in done.stderr and "Traceback" not in done.stderr
    done = repository_of_two.python("pipeline_src", "compare", "nosuch", "HEAD", status=2)
    assert "nosuch: is no folder, and git knows no such revision here" in done.stderr


def test_without_dvc_it_says_so(repository_of_two: Repository) -> None:
    code = (
        "import importlib.util, sys\n"
        "find = importlib.util.find_spec\n"
        "importlib.util.find_spec = lambda name, *rest: None if name == 'dvc' else find(name, *rest)\n"
        "from pipeline_src.cli.main import main\n"
        "sys.exit(main(['compare', 'HEAD~1', 'HEAD']))"
    )
    done = repository_of_two.run(sys.executable, "-c", code, status=2)
    assert "dvc: is not installed, and only DVC can bring reports/tiny/tables of HEAD~1" in done.stderr
