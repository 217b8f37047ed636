"""What code a command depends on: against what Python imports and opens, and edits of every module."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from pipeline_src.cli.main import COMMANDS as BY_GROUP
from pipeline_src.config.peers import PEERS
from pipeline_src.reporting.read.pictures import PICTURES
from workflow.code import Cache, Module, Package, code_of, digest_of
from workflow.stages import COMMANDS as BY_STAGE

REPOSITORY = Path(__file__).resolve().parents[2]
PACKAGE = Package(REPOSITORY)
RULES = tuple(command for commands in BY_STAGE.values() for command in commands)
# What the entrance itself imports before it hands over to the command.
ENTRANCE = {"pipeline_src.cli.main", "pipeline_src.__main__"}


def modules_of(command: str, *also: str) -> set[str]:
    return {name for name in PACKAGE.code_of(command, *also) if "/" not in name}


def imported_by(statement: str) -> set[str]:
    """The modules of the package that Python has loaded after a statement: it imports, nothing is parsed."""
    script = f"import json, sys\n{statement}\nprint(json.dumps(list(sys.modules)))"
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=REPOSITORY, capture_output=True, text=True, check=True,
        env={**os.environ, "PYTHONPATH": str(REPOSITORY)},
    )  # fmt: skip
    return {name for name in json.loads(done.stdout.splitlines()[-1]) if name.startswith("pipeline_src")}


def test_every_rule_has_a_command() -> None:
    known = {name.replace("-", "_") for names in BY_GROUP.values() for name in names}
    assert set(RULES) <= known and len(RULES) == len(set(RULES))


@pytest.mark.parametrize("command", ["prepare_data", "measure_lut", "search_architecture", "render_report"])
def test_all_that_importing_a_command_and_its_modules_loads_is_reached(command: str) -> None:
    """Python itself is asked, module by module: what the functions import is imported, too."""
    reached = modules_of(command)
    light = [name for name in reached if "torch" not in PACKAGE.paths[name].read_text(encoding="utf-8")]
    loaded = imported_by("\n".join(f"import {name}" for name in sorted(light)))
    assert len(loaded) > 5 and loaded <= reached


RUN_NETWORKS = {
    "draw-predictions", "evaluate-network", "export", "export-submission", "pack-network", "predict",
}  # fmt: skip


@pytest.mark.parametrize("command", sorted(set(BY_GROUP["results"]) - RUN_NETWORKS))
def test_no_command_that_reports_results_reaches_torch(command: str) -> None:
    """Not even in a function: importing PyTorch takes seconds, and a report has dozens of such jobs."""
    importing = re.compile(r"^\s*(import|from) torch\b", re.MULTILINE)
    reached = [PACKAGE.paths[name] for name in modules_of(command.replace("-", "_"))]
    assert len(reached) > 5
    assert [path.name for path in reached if importing.search(path.read_text(encoding="utf-8"))] == []


LIGHT_RUNS = {
    "sample_random": ["sample-random", "--settings", '{"space": {}}', "--depths", "1,1,1", "--seed", "0",
                      "--index", "0", "--output", "{folder}/genotype.json"],
    "render_objects": ["render-objects", "--output", "{folder}/objects", "--render",
                       '{"classes": 2, "train_per_class": 1, "val_per_class": 1, "size_px": 16}'],
    "tabulate_table": ["tabulate-table", "table_1", "--settings",
                       '{"scale": "tiny", "seed": 0, "data": {}, "finetune": {}, "experiments": {}}',
                       "--results",
                       "{folder}/results/tiny", "--output", "{folder}/table.csv"],
}  # fmt: skip
WATCH = """
import json, sys
from pathlib import Path
opened = set()
sys.addaudithook(lambda event, args: opened.add(str(args[0])) if event == "open" else None)
from pipeline_src.cli.main import main
status = main(json.loads(sys.argv[1]))
modules = [name for name in sys.modules if name.startswith("pipeline_src")]
root = str(Path("pipeline_src").resolve())
files = [path for path in opened if path.startswith(root) and ".py" not in path and Path(path).is_file()]
print(json.dumps({"status": status, "modules": modules, "files": files}))
"""


@pytest.mark.parametrize("command", LIGHT_RUNS)
def test_all_that_a_run_loads_and_opens_is_reached(command: str, tmp_path: Path) -> None:
    (tmp_path / "results" / "tiny").mkdir(parents=True)
    words = [word.replace("{folder}", str(tmp_path)) for word in LIGHT_RUNS[command]]
    done = subprocess.run(
        [sys.executable, "-c", WATCH, json.dumps(words)], cwd=REPOSITORY, capture_output=True, text=True,
        check=True, env={**os.environ, "PYTHONPATH": str(REPOSITORY)},
    )  # fmt: skip
    seen = json.loads(done.stdout.splitlines()[-1])
    assert seen["status"] == 0, done.stderr
    entrance = imported_by("import pipeline_src.cli.main")
    reached = PACKAGE.code_of(command)
    assert set(seen["modules"]) - entrance <= set(reached)
    assert f"pipeline_src.cli.{command}" in seen["modules"]
    files = {str(Path(path).relative_to(REPOSITORY)) for path in seen["files"]}
    assert files <= set(reached) and bool(files) == (command == "tabulate_table")


def test_an_edit_of_a_module_changes_the_value_of_the_commands_that_reach_it_and_no_other() -> None:
    package = Package(REPOSITORY)
    before = {command: digest_of(package.code_of(command)) for command in RULES}
    reached = {command: modules_of(command) for command in RULES}
    for name, path in package.paths.items():
        as_it_is = package.module(name)
        package._modules[name] = Module(name, f"{path.read_text(encoding='utf-8')}\nEDITED = 1\n")
        changed = {command for command in RULES if digest_of(package.code_of(command)) != before[command]}
        assert changed == {command for command in RULES if name in reached[command]}, name
        package._modules[name] = as_it_is


SAMPLERS = ("random", "matched", "downsampling", "aggregation")


@pytest.mark.parametrize(
    ("module", "commands"),
    [
        ("data.values", {"prepare_data"}),
        ("space.sampling", {"check_lut", *(f"sample_{one}" for one in SAMPLERS)}),
        ("evaluation.interleaved", {"measure_speeds"}),
        ("search.searcher", {"search_architecture"}),
        ("training.pretrain", {"pretrain_backbone"}),
        ("cli.main", set()),
    ],
)  # fmt: skip
def test_what_an_edit_reruns(module: str, commands: set[str]) -> None:
    assert {command for command in RULES if f"pipeline_src.{module}" in modules_of(command)} == commands


def test_what_was_missing_from_the_lists_by_hand_is_there() -> None:
    assert {
        "pipeline_src.data.datasets",
        "pipeline_src.latency.table",
        "pipeline_src.evaluation.metrics",
    } <= (modules_of("search_architecture"))
    assert "pipeline_src.data.manifest" in modules_of("prepare_imagenet")


SOURCE = '''"""A module."""
import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pipeline_src.config.models import Config


class Block:
    """A block."""

    lr: float = 0.1
    """Rate."""


def f(x: int) -> int:
    """Add."""
    y = x + 1  # one more
    return y
'''


@pytest.mark.parametrize(
    "edited",
    [
        SOURCE.replace("Add.", "Adds one to `x`."),
        SOURCE.replace('    """Rate."""\n', ""),
        SOURCE.replace("  # one more", ""),
        SOURCE.replace("\n\n\ndef f(x: int)", "\n# f\n\ndef f(\n    x: int,\n)"),
        SOURCE.replace("    from pipeline_src.config.models import Config", "    from torch import nn"),
        SOURCE.replace('    """Add."""\n', ""),
        SOURCE.replace("\n", "\r\n"),
    ],
)
def test_documentation_layout_and_type_checkers_imports_change_nothing(edited: str) -> None:
    assert edited != SOURCE
    assert Module("m", edited).digest == Module("m", SOURCE).digest
    assert Module("m", edited).imports == {"os", "typing", "typing.TYPE_CHECKING"}


@pytest.mark.parametrize(
    "edited",
    [
        SOURCE.replace("x + 1", "x + 2"),
        SOURCE.replace("0.1", "0.2"),
        SOURCE.replace("import os", "import sys as os"),
        SOURCE.replace("return y", 'return y or "text"'),
        SOURCE.replace("def f(x: int)", "async def f(x: int)"),
    ],
)
def test_an_edit_of_code_is_seen(edited: str) -> None:
    assert Module("m", edited).digest != Module("m", SOURCE).digest


def test_lazy_imports_and_names_in_strings_count() -> None:
    text = (
        'def f():\n    from pipeline_src.space import genotype\n    files("pipeline_src.reporting.paper")\n'
    )
    reached = Package(REPOSITORY, {"pipeline_src.errors": text}).reached("pipeline_src.errors")
    assert {"pipeline_src.space.genotype", "pipeline_src.space", "pipeline_src"} <= set(reached)
    assert "pipeline_src/reporting/paper/table_7.csv" in reached


def test_every_data_file_is_reached_by_a_command() -> None:
    files = {
        str(path.relative_to(REPOSITORY))
        for path in (REPOSITORY / "pipeline_src").rglob("*")
        if path.is_file() and path.suffix not in (".py", ".pyc") and path.name != "README.md"
    }
    commands = [name.replace("-", "_") for names in BY_GROUP.values() for name in names]
    assert {name for command in commands for name in PACKAGE.code_of(command) if "/" in name} == files


def test_a_picture_depends_on_the_module_that_draws_it_and_not_on_the_others() -> None:
    drawing = {entry.full_name for entry in PICTURES.values()}
    assert not drawing & modules_of("plot_figure")
    for entry in PICTURES.values():
        assert entry.full_name in modules_of("plot_figure", entry.full_name)
    assert "pipeline_src.reporting.drawing.gamma" not in modules_of(
        "plot_figure", PICTURES["figure_3"].full_name
    )


def test_modules_are_picked_by_name_only_where_a_rule_says_which() -> None:
    pick = {
        name for name, path in PACKAGE.paths.items() if "import_module(" in path.read_text(encoding="utf-8")
    }
    # The third is of `verify`, which no rule runs.
    assert pick == {"pipeline_src.cli.main", "pipeline_src.cli.plot_figure", "pipeline_src.cli.report_steps"}


def test_the_entrance_changes_no_result() -> None:
    """Why `cli/main.py` is no part of a command's code: it may import no more than errors and signals."""
    assert PACKAGE.module("pipeline_src.cli.main").imports <= {
        "argparse", "atexit", "contextlib", "importlib", "logging", "os", "sys", "__future__", "difflib",
        "__future__.annotations", "collections.abc", "collections.abc.Sequence", "types", "types.ModuleType",
        *(f"pipeline_src.cli.boundary{end}" for end in ("", ".as_user_error", ".told")),
        *(f"pipeline_src.training.interruption{end}" for end in ("", ".Interrupted", ".leave_on_signals")),
    }  # fmt: skip


def test_a_job_of_another_system_depends_on_its_own_module() -> None:
    from pipeline_src.peers import BUILDERS

    found = PACKAGE.peer_modules()
    for name, builder in BUILDERS.items():
        if name in found:
            assert builder.__module__ == found[name], name
    names = set(BUILDERS)
    assert names == set(PEERS)
    ours = PACKAGE.code_of("finetune_network", peers=())
    assert not [name for name in ours if name.startswith("pipeline_src.peers")]
    icnet = PACKAGE.code_of("finetune_network", peers={"icnet"})
    assert "pipeline_src.peers.icnet" in icnet and "pipeline_src.peers.dfanet" not in icnet
    assert code_of("finetune_network", peers=frozenset({"icnet"})) != code_of(
        "finetune_network", peers=frozenset()
    )


def small_checkout(root: Path) -> Path:
    """A checkout of one module, old enough to be cached; the module."""
    module = root / "pipeline_src" / "one.py"
    module.parent.mkdir()
    (root / "workflow").mkdir()
    (root / "workflow" / "code.py").touch()
    module.write_text("a = 1\n")
    return module


VALUES = ("code 0123456789abcdef", "code fedcba9876543210")


def test_a_value_is_computed_again_only_after_a_change(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    module = small_checkout(tmp_path)
    computed: list[str] = []

    def value(number: int) -> str:
        return Cache(tmp_path).value("key", lambda: computed.append(VALUES[number]) or VALUES[number])  # type: ignore[func-returns-value]

    assert value(0) == VALUES[0] and value(0) == VALUES[0]
    assert len(computed) == 2  # files as young as these are not trusted
    monkeypatch.setattr("workflow.code.SETTLED_S", -1.0)
    assert value(0) == VALUES[0] and value(1) == VALUES[0] and len(computed) == 3
    times = module.stat()
    module.write_text("a = 2\n")
    os.utime(module, ns=(times.st_atime_ns, times.st_mtime_ns))  # the same size and time of modification
    assert value(1) == VALUES[1] and value(0) == VALUES[1] and len(computed) == 4


@pytest.mark.parametrize("damaged", ["", '{"state"', "[]", '{"state": "STATE", "values": {"key": "code"}}'])
def test_a_damaged_cache_is_ignored_and_replaced(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, damaged: str
) -> None:
    small_checkout(tmp_path)
    monkeypatch.setattr("workflow.code.SETTLED_S", -1.0)
    first = Cache(tmp_path)
    first.value("key", lambda: VALUES[0])
    first.path.write_text(damaged.replace("STATE", str(first.state)))
    assert Cache(tmp_path).value("key", lambda: VALUES[1]) == VALUES[1]
    assert Cache(tmp_path).values == {"key": VALUES[1]}
