"""dvc.yaml against the rules: a stage depends on all that its jobs do, and runs are pruned with care."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path, PurePosixPath

import pytest
import yaml
from workflow_checkout import Checkout, Ended, Job

from pipeline_src import places
from pipeline_src.reporting.read.pictures import PICTURES
from workflow.prune import EVERY_KIND, grid_of, prune, unnamed
from workflow.stages import CODE, COMMANDS, code_path, stages, write_code


@pytest.fixture(scope="module")
def declared(repository: Path) -> dict[str, dict]:
    text = (repository / "dvc.yaml").read_text(encoding="utf-8").replace("${scale}", "tiny")
    declared = dict(yaml.safe_load(text)["stages"])
    del declared[CODE]
    return declared


def covers(places: list[str], path: str) -> bool:
    return any(path == place or path.startswith(f"{place}/") for place in places)


def jobs_by_stage(tiny: Ended, repository: Path) -> dict[str, list[Job]]:
    found: dict[str, list[Job]] = {}
    made = {name: [str(path) for path in places] for name, places in stages(repository, "tiny").items()}
    for job in tiny.jobs:
        if not job.outputs:
            continue
        owners = {name for name, places in made.items() for out in job.outputs if covers(places, out)}
        assert len(owners) == 1, (job.rule, owners)
        assert all(covers(made[next(iter(owners))], out) for out in job.outputs), job.outputs
        found.setdefault(owners.pop(), []).append(job)
    return found


def test_every_file_belongs_to_one_stage_and_every_stage_makes_files(
    tiny: Ended, repository: Path, declared: dict[str, dict]
) -> None:
    assert set(jobs_by_stage(tiny, repository)) == set(declared)


def test_a_stage_depends_on_all_that_its_jobs_depend_on(
    tiny: Ended, repository: Path, declared: dict[str, dict]
) -> None:
    rules = {
        name: path
        for path in (repository / "workflow" / "rules").glob("*.smk")
        for name in re.findall(r"^rule (\w+):", path.read_text(encoding="utf-8"), re.MULTILINE)
    }
    for stage, jobs in jobs_by_stage(tiny, repository).items():
        known, made = declared[stage]["deps"], [str(path) for path in stages(repository, "tiny")[stage]]
        for job in jobs:
            lacking = [path for path in job.inputs if not covers(known, path) and not covers(made, path)]
            assert not lacking, f"stage {stage} ({job.rule}) does not depend on {lacking}"
            file = str(rules[job.rule].relative_to(repository))
            assert file in known, f"stage {stage} does not depend on {file}"
            settings = re.search(r"--settings '?(\{.*?\})'?(?: --| >)", job.command)
            blocks = (
                {name for name, keys in json.loads(settings[1]).items() if keys != {}} if settings else set()
            )
            text = rules[job.rule].read_text(encoding="utf-8")
            body = text.split(f"rule {job.rule}:")[1].split("\nrule ")[0]
            blocks |= {"seed"} if "CONFIG.seed" in body else set()
            blocks |= {"data"} if re.search(r"_size\(|_crop|raw_root|\.data\.", body) else set()
            assert blocks <= set(declared[stage]["params"]), f"stage {stage} ({job.rule}) lacks params"


def test_a_stage_depends_on_the_code_of_the_commands_that_its_jobs_run(
    tiny: Ended, repository: Path, declared: dict[str, dict]
) -> None:
    for stage, jobs in jobs_by_stage(tiny, repository).items():
        run = {re.search(r"autortnet ([a-z-]+)", job.command)[1].replace("-", "_") for job in jobs}
        assert run == set(COMMANDS[stage]), stage
        (path,) = [place for place in declared[stage]["deps"] if place.startswith("results/code/")]
        assert path == str(code_path(Path(), stage))
    listed = yaml.safe_load((repository / "dvc.yaml").read_text(encoding="utf-8"))["stages"][CODE]
    assert {path for out in listed["outs"] for path in out} == {
        str(code_path(Path(), one)) for one in COMMANDS
    }
    assert "pipeline_src" in listed["deps"]


def test_the_code_of_a_stage_is_written_where_it_changed(checkout: Checkout, repository: Path) -> None:
    write_code(checkout.root)
    paths = {stage: code_path(checkout.root, stage) for stage in COMMANDS}
    before = {stage: (path.read_text(), path.stat().st_mtime_ns) for stage, path in paths.items()}
    assert (
        "pipeline_src.data.values " in before["data"][0]
        and "pipeline_src.data.values " not in before["lut"][0]
    )
    assert "pipeline_src.reporting.drawing.architecture " in before["report"][0]
    paths["lut"].write_text("pipeline_src.latency.table of yesterday")
    write_code(checkout.root)
    assert paths["lut"].read_text() == before.pop("lut")[0]
    assert {stage: (paths[stage].read_text(), paths[stage].stat().st_mtime_ns) for stage in before} == before


def test_the_picture_in_the_docs_shows_the_rules_of_the_graph(tiny: Ended, repository: Path) -> None:
    picture = (repository / "docs" / "img" / "rulegraph.svg").read_text(encoding="utf-8")
    assert set(re.findall(r">(\w+)</text>", picture)) == set(tiny.rules)


def test_every_table_and_picture_is_a_plot_of_dvc(repository: Path) -> None:
    listed = yaml.safe_load((repository / "dvc.yaml").read_text(encoding="utf-8"))["plots"]
    names = {name for entry in listed for name in entry}
    assert {f"table_{number}" for number in range(1, 11)} <= names
    pictures = {Path(name).stem for name in names if name.startswith("reports/${scale}/figures/")}
    assert pictures == set(PICTURES)


def test_every_stage_follows_the_scale_and_the_grid(declared: dict[str, dict]) -> None:
    for stage, body in declared.items():
        assert {"scale", "experiments"} <= set(body["params"]), stage
        assert "workflow/scales/tiny.yaml" in body["deps"]
        outs = [next(iter(out)) for out in body["outs"]]
        assert f"results/tiny/provenance/{stage}.json" in outs
        assert all(next(iter(out.values()))["persist"] for out in [*body["outs"], *body.get("metrics", [])])
        assert not covers(body["deps"], "results/tiny/provenance/data.json")


def test_params_yaml_has_every_block_that_a_stage_names(repository: Path, declared: dict[str, dict]) -> None:
    params = yaml.safe_load((repository / "params.yaml").read_text(encoding="utf-8"))
    named = {name for body in declared.values() for name in body["params"]}
    # All keys of `evaluate` say how to run, and change no result.
    assert named == set(params) - {"evaluate"}


def test_the_grid_names_every_result_of_the_graph(tiny: Ended, repository: Path) -> None:
    runs = places.every_run(grid_of(repository))
    made = {path for job in tiny.jobs for path in job.outputs if path.startswith("results/tiny/")}
    assert set(EVERY_KIND) == {run.split("/")[0] for run in runs}
    for path in (PurePosixPath(path.removeprefix("results/tiny/")) for path in made):
        assert {path.as_posix(), *(folder.as_posix() for folder in path.parents)} & runs, path


def test_pruning_deletes_what_no_run_is_named_for_and_nothing_else(checkout: Checkout, tiny: Ended) -> None:
    results = checkout.root / "results" / "tiny"
    kept = {
        f"{path.removesuffix('.json')}{end}"
        for job in tiny.jobs
        for path in job.outputs
        if path.startswith("results/tiny/")
        for end in ((".json", ".json.run.json") if path.endswith(".json") else ("",))
    }
    gone = {
        "results/tiny/search/cityscapes-g0.01-s9-d2.3.3": "genotype.json",
        "results/tiny/architectures/random-9": "genotype.json",
        "results/tiny/pretrain/random-9": "weights.safetensors",
        "results/tiny/finetune/random-9": "cityscapes-train/weights_last.safetensors",
        "results/tiny/finetune/random-0/camvid-train": "log.csv",
        "results/tiny/evaluate/random-9": "cityscapes-train/val-96x192.json",
        "results/tiny/evaluate/random-0/cityscapes-train/val-1x2.json": "",
        "results/tiny/evaluate/random-0/cityscapes-train/val-1x2.json.run.json": "",
        # As earlier versions of the workflow timed each network.
        "results/tiny/speed/random-0": "cityscapes-1x2.json",
    }
    other = {"results/tiny/notes/mine.txt", "results/tiny/README", "results/camvid/search/x/genotype.json"}
    for name in (*kept, *(f"{path}/{file}".rstrip("/") for path, file in gone.items()), *other):
        if name.endswith(".run.json") and name not in kept:
            continue  # written with the file that it is the record of
        (checkout.root / name).parent.mkdir(parents=True, exist_ok=True)
        (checkout.root / name).write_text(name)
        if name not in (*kept, *other):
            record = {"command": ["autortnet"], "versions": {}, "started": "", "outputs": [Path(name).name]}
            (checkout.root / f"{name}.run.json").write_text(json.dumps(record))
    found = unnamed(grid_of(checkout.root), results, EVERY_KIND)
    assert {str(path.relative_to(checkout.root)) for path in found} == set(gone)
    assert set(prune(checkout.root, EVERY_KIND, delete=False)[0]) == set(gone)
    assert all((checkout.root / name).exists() for name in gone)
    mine = "results/tiny/search/cityscapes-g0.01-s9-d2.3.3/notes.txt"
    whole = "results/tiny/search/thesis/chapter_1/text.tex"
    for name in (mine, whole):
        (checkout.root / name).parent.mkdir(parents=True, exist_ok=True)
        (checkout.root / name).write_text(name)
    pruned, left = prune(checkout.root, EVERY_KIND, delete=True)
    assert set(pruned) == set(gone)
    assert set(left) == {mine, whole}
    assert all((checkout.root / name).read_text() == name for name in left)
    assert [path.name for path in (checkout.root / mine).parent.iterdir()] == ["notes.txt"]
    shutil.rmtree((checkout.root / whole).parents[1])
    shutil.rmtree((checkout.root / mine).parent)
    assert not any((checkout.root / name).exists() for name in gone)
    assert all((checkout.root / name).read_text() == name for name in (*kept, *other))
    assert prune(checkout.root, EVERY_KIND, delete=True) == ([], [])
