"""What a run will take: work, schedule and costs, against numbers worked out by hand and a finished run."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from pipeline_src import places
from pipeline_src.cli.main import main
from pipeline_src.config.grid import Grid
from pipeline_src.config.load import read_yaml, resolve
from pipeline_src.config.models import Config, RuntimeConfig
from pipeline_src.errors import UserError
from pipeline_src.latency.load import available_mib
from pipeline_src.not_run import NotRun
from pipeline_src.planning import measuring
from pipeline_src.planning.costs import Costs, Range, Rates, Records
from pipeline_src.planning.graph import Graph, Task
from pipeline_src.planning.measuring import Taken
from pipeline_src.planning.schedule import Machine, simulate
from pipeline_src.planning.table import LONGEST, Plan, duration, lines_of, longest_of, plan_of
from pipeline_src.planning.work import Work, Workload, image_counts

REPOSITORY = Path(__file__).resolve().parents[3]
FINISHED = Path(__file__).with_name("finished_tiny.csv")
"""A run of `tiny` on 2 cores: of each job the start, the step's own seconds and those of its process."""
FINISHED_PARAMS = FINISHED.with_suffix(".yaml")
"""The settings of that run, so that the scale can change without a new record."""
KINDS = ("entry", "search", "pretrain", "finetune", "forward")


def configured(scale: str, **more: object) -> Config:
    return resolve({"scale": scale, **more}, REPOSITORY / "workflow" / "scales")


def graph_of(scale: str, **more: object) -> Graph:
    return Graph(Grid(configured(scale, **more)))


def finished_graph() -> Graph:
    """The graph of the recorded run."""
    return Graph(Grid(resolve(read_yaml(FINISHED_PARAMS), REPOSITORY / "workflow" / "scales")))


def only(*tasks: Task) -> Graph:
    """A graph of these jobs alone."""
    graph = object.__new__(Graph)
    graph.tasks = tasks
    graph.maker = {path: task for task in tasks for path in task.outputs}
    return graph


def job(name: str, *inputs: str, rule: str = "finetune_network", priority: int = 0) -> Task:
    return Task(rule, name, inputs, (name,), priority)


CPU = Machine.of(RuntimeConfig(device="cpu", threads=1), 2, has_devices=False)


def took(graph: Graph, machine: Machine, **seconds: float) -> float:
    return simulate(graph, machine, lambda task: seconds[task.name])


def test_a_chain_takes_its_sum_and_a_fan_its_longest() -> None:
    assert took(only(job("a"), job("b", "a"), job("c", "b")), CPU, a=1, b=2, c=3) == 6
    assert took(only(job("a"), job("b")), CPU, a=5, b=3) == 5
    assert took(only(job("a"), job("b"), job("c")), CPU, a=5, b=3, c=3) == 6
    one = Machine.of(RuntimeConfig(device="cpu", threads=1), 1, has_devices=False)
    assert took(only(job("a"), job("b"), job("c")), one, a=5, b=3, c=3) == 11


def test_the_larger_priority_is_started_first() -> None:
    one = Machine.of(RuntimeConfig(device="cpu", threads=1), 1, has_devices=False)
    jobs = only(job("a"), job("b", priority=5), job("c", "b"))
    ends: list[str] = []

    def seconds(task: Task) -> float:
        ends.append(task.name)
        return 1.0

    simulate(jobs, one, seconds)
    assert ends == ["b", "a", "c"]


def test_a_measurement_waits_for_the_whole_machine() -> None:
    speed = job("speed", rule="measure_speeds")
    # Both cores take trainings at once; the measurement starts when both are free.
    assert took(only(job("a", priority=1), job("b", priority=1), speed), CPU, a=4, b=6, speed=1) == 7


def test_on_gpus_what_needs_none_takes_none() -> None:
    gpu = Machine.of(RuntimeConfig(device="cuda"), 1, has_devices=True)
    jobs = only(job("a"), job("p", rule="plot_figure"), job("q", rule="plot_figure"))
    assert took(jobs, gpu, a=4, p=4, q=4) == 4
    many = configured("paper").runtime
    search = job("s", rule="search_architecture")
    for gpus, taken in ((4, 4), (16, 16), (64, 16)):
        machine = Machine.of(many, gpus, has_devices=True)
        assert machine.takes(search) == machine.shares(search) == taken
    cores = Machine.of(many, 8, has_devices=False)  # 4 threads a process: two of the 16 fit
    assert (cores.takes(search), cores.shares(search)) == (8, 2)


def test_the_papers_work_is_what_its_settings_say() -> None:
    graph = graph_of("paper")
    work = Workload(graph.grid, image_counts(graph.grid.config, Path("nowhere")))
    tasks = {(task.rule, task.name): task for task in graph.tasks}
    a = graph.grid.network_a.name
    assert work.of(tasks["search_architecture", a]) == (
        Work("search", 150 * (2975 // 16) * 16 * 384 * 768 * 25),
    )
    trained, judged = work.of(tasks["finetune_network", f"{a}-cityscapes-train"])
    assert trained == Work("finetune", 200 * 2975 * 768 * 1536)
    assert judged == Work("forward", 40 * 500 * 768 * 1536)
    (coarse,) = work.of(tasks["finetune_network", f"{a}-cityscapes-trainval-coarse"])
    assert coarse.amount == 200 * (2975 + 500 + 19998) * 768 * 1536
    assert work.of(tasks["pretrain_backbone", "icnet"]) == (
        Work("pretrain", 250 * 1281167 * 224 * 224, "icnet"),
        Work("forward", 250 * 50000 * 224 * 224, "icnet"),
    )
    timed = dict(zip(graph.grid.speeds, work.of(tasks["measure_speeds", "networks"]), strict=True))
    assert timed[graph.grid.speed(graph.grid.network_a, "cityscapes")].amount == 3 * 550 * 768 * 1536
    random = next(one for one in timed if one.architecture.kind == "random")
    assert timed[random].amount == 2 * 550 * 768 * 1536


def test_a_system_that_is_only_timed_goes_by_the_rate_of_a_trained_one() -> None:
    """By multiply-adds a pixel: ESPNet's over ICNet's. So a plan runs no network that nothing trains."""
    graph = graph_of("tiny")
    work = Workload(graph.grid, image_counts(graph.grid.config, Path("nowhere")))
    speed = next(one for one in graph.grid.speeds if one.architecture.name == "espnet")
    height, width = speed.size
    (task,) = (one for one in graph.tasks if one.rule == "measure_speeds")
    found = dict(zip(graph.grid.speeds, work.of(task), strict=True))
    ours, theirs = found[replace(speed, architecture=graph.grid.network_a)], found[speed]
    latency = graph.grid.config.latency
    passes = (latency.warmup + latency.repeats) * height * width
    assert ours == Work("forward", 3 * passes, ""), "this is the deployed size too, so it is timed folded"
    espnet, icnet = 4_670_283_776 / (512 * 1024), 29_028_777_984 / (1024 * 2048)
    assert (theirs.kind, theirs.peer) == ("forward", "icnet")
    assert theirs.amount == pytest.approx(2 * passes * espnet / icnet)
    assert {one.peer for task in graph.tasks for one in work.of(task)} == {"", "icnet"}


def test_images_are_counted_as_prepared_else_as_rendered_else_officially(tmp_path: Path) -> None:
    tiny = configured("tiny", data={"camvid": {"render": {"train": 5}}})
    assert image_counts(tiny, tmp_path)["camvid"]["train"] == 5
    assert image_counts(tiny, tmp_path)["imagenet"] == {"train": 192, "val": 48}
    assert image_counts(configured("paper"), tmp_path)["cityscapes"]["coarse"] == 19998
    folder = tmp_path / "data" / "paper" / "camvid"
    folder.mkdir(parents=True)
    (folder / "manifest.json").write_text('{"counts": {"train": 7, "val": 1, "test": 2}}')
    assert image_counts(configured("paper"), tmp_path)["camvid"] == {"train": 7, "val": 1, "test": 2}
    (folder / "manifest.json").write_text("{}")
    with pytest.raises(UserError, match="has no counts"):
        image_counts(configured("paper"), tmp_path)


def finished_rows() -> list[dict[str, str]]:
    with FINISHED.open(encoding="utf-8") as stream:
        return list(csv.DictReader(stream))


def write_run(root: Path, graph: Graph, keep: Callable[[str], bool] = lambda rule: True) -> Path:
    """The records, and Snakemake's benchmarks, of the finished run; returns its results."""
    tasks = {(task.rule, task.name): task for task in graph.tasks}
    begun = datetime(2026, 11, 25, tzinfo=UTC)
    for row in finished_rows():
        task = tasks[row["rule"], row["name"]]
        if not keep(task.rule):
            continue
        output = root / task.outputs[0]
        in_folder = task.rule in ("search_architecture", "pretrain_backbone", "finetune_network")
        place = output.with_name("run.json" if in_folder else f"{output.name}.run.json")
        place.parent.mkdir(parents=True, exist_ok=True)
        started = (begun + timedelta(seconds=int(row["started_s"]))).isoformat()
        memory = {"process": float(row["memory_mib"])} if row["memory_mib"] else {}
        record = {"started": started, "wall_s": float(row["wall_s"]), "peak_memory_mib": memory}
        place.write_text(json.dumps(record))
        if row["process_s"]:
            benchmark = root / "logs" / "tiny" / places.benchmark(task.rule, task.name)
            benchmark.parent.mkdir(parents=True, exist_ok=True)
            benchmark.write_text(f"s\th:m:s\n{row['process_s']}\t0:00:01\n")
    results = root / "results" / "tiny"
    results.mkdir(parents=True, exist_ok=True)
    return results


def costs_of(root: Path, graph: Graph, rates: Rates | None = None) -> Costs:
    workload = Workload(graph.grid, image_counts(graph.grid.config, root))
    return Costs(graph, workload, rates or Rates(), Records(root / "results" / "tiny", graph))


@pytest.mark.parametrize("with_benchmarks", [True, False])
def test_the_wall_time_of_a_finished_run_is_foretold(tmp_path: Path, with_benchmarks: bool) -> None:
    """By the sum of its parts on the graph's schedule: within 30 % of what the run's own clock says."""
    graph, rows = finished_graph(), finished_rows()
    write_run(tmp_path, graph)
    if not with_benchmarks:
        for path in (tmp_path / "logs").rglob("*.tsv"):
            path.unlink()
    costs = costs_of(tmp_path, graph, Rates(start_s=3.0))
    assert len(costs.finished) == len(rows) > 150
    own_s = max(int(row["started_s"]) + float(row["wall_s"]) for row in rows)
    foretold_s = simulate(
        graph, CPU, lambda task: costs.seconds(task).middle if task in costs.finished else 0.0
    )
    assert 0.7 * own_s < foretold_s < 1.3 * own_s
    alone_s = sum(costs.seconds(task).middle for task in costs.finished)
    assert foretold_s < 0.75 * alone_s, "the schedule uses both cores"


def test_an_unfinished_job_is_scaled_from_its_finished_likes(tmp_path: Path) -> None:
    graph = finished_graph()
    write_run(tmp_path, graph, lambda rule: rule == "finetune_network")
    a = graph.grid.network_a.name
    short, long = (f"{a}-cityscapes-{split}" for split in ("train", "trainval"))
    folder = tmp_path / "results" / "tiny" / "finetune" / a / "cityscapes-trainval"
    (folder / "run.json").unlink()
    costs = costs_of(tmp_path, graph)
    tasks = {task.name: task for task in graph.tasks if task.rule == "finetune_network"}
    done = [task for task in costs.finished if task.architecture and not task.architecture.is_peer]
    work = {task: 3 * costs.workload.of(task)[0].amount for task in tasks.values()}
    for task in tasks.values():
        work[task] += sum(part.amount for part in costs.workload.of(task)[1:])
    rates = sorted(costs.seconds(task).middle / work[task] for task in done)
    expected = [rates[0], rates[len(rates) // 2], rates[-1]]
    found = [one / work[tasks[long]] for one in costs.seconds(tasks[long])]
    assert found == pytest.approx(expected, rel=0.1)
    assert work[tasks[long]] != work[tasks[short]]
    assert ("search", "") in costs.needed() and ("finetune", "") not in costs.needed()
    with pytest.raises(UserError, match="has no finished job of its kind"):
        costs.seconds(next(task for task in graph.tasks if task.rule == "search_architecture"))


def test_a_network_that_is_not_run_says_nothing_of_others_time(tmp_path: Path) -> None:
    graph = finished_graph()
    write_run(tmp_path, graph, lambda rule: rule == "finetune_network")
    before = costs_of(tmp_path, graph)
    moved = [
        task
        for task in before.finished
        if task.architecture is not None and task.architecture.kind == "downsampling"
    ]
    for task in moved:
        assert task.architecture is not None
        NotRun("the same as A").save(tmp_path / "results" / "tiny" / places.genotype(task.architecture))
        record = (tmp_path / task.outputs[0]).with_name("run.json")
        record.write_text(json.dumps({"wall_s": 0.01}))
        (tmp_path / "logs" / "tiny" / places.benchmark(task.rule, task.name)).unlink(missing_ok=True)
    after = costs_of(tmp_path, graph)
    assert moved and all(after.seconds(task).middle == 0.01 for task in moved)
    ours = ("finetune_network", "")
    assert len(after.siblings[ours]) == len(before.siblings[ours]) - len(moved)
    assert min(after.siblings[ours]) >= min(before.siblings[ours])


def test_rates_make_seconds_with_their_range() -> None:
    graph = graph_of("tiny")
    workload = Workload(graph.grid, image_counts(graph.grid.config, Path("nowhere")))
    rate = Range(1e-9, 2e-9, 4e-9)
    costs = Costs(graph, workload, Rates({("search", ""): rate}, start_s=5.0), None)
    search = next(task for task in graph.tasks if task.rule == "search_architecture")
    (work,) = workload.of(search)
    expected = [5.0 + one * work.amount for one in rate]
    assert list(costs.seconds(search)) == pytest.approx(expected)
    sample = next(task for task in graph.tasks if task.rule == "sample_random")
    assert list(costs.seconds(sample)) == pytest.approx([1.5 + 0.05, 1.5 + 0.1, 1.5 + 0.3])


def test_the_longest_jobs_left_are_named() -> None:
    """A system that takes hours among minutes is seen before it is begun."""
    graph = graph_of("tiny")
    workload = Workload(graph.grid, image_counts(graph.grid.config, Path("nowhere")))
    rates = {(kind, peer): Range(1e-9, 1e-9, 1e-9) for kind in KINDS for peer in ("", "icnet")}
    rates |= {("finetune", "icnet"): Range(1e-4, 1e-4, 1e-4)}
    costs = Costs(graph, workload, Rates(rates, start_s=1.0), None)
    plan = plan_of(graph, costs, CPU)
    names, seconds = zip(*plan.longest, strict=True)
    assert names[0].startswith("finetune_network icnet-") and list(seconds) == sorted(seconds, reverse=True)
    assert longest_of(plan).startswith(f"longest jobs left: {names[0]} {duration(seconds[0])}; {names[1]} ")
    assert longest_of(Plan((), plan.wall_s)) == ""


def test_the_table_adds_up(tmp_path: Path) -> None:
    graph = finished_graph()
    write_run(tmp_path, graph)
    everything = {(kind, peer): Range(1e-9, 1e-9, 1e-9) for kind in KINDS for peer in ("", "icnet")}
    plan = plan_of(graph, costs_of(tmp_path, graph, Rates(everything, start_s=1.0)), CPU)
    assert sum(stage.jobs for stage in plan.stages) == len(graph.tasks)
    assert [stage.name for stage in plan.stages][:3] == ["data", "latency", "search"]
    whole_h = sum(stage.hours.middle for stage in plan.stages)
    # Two cores cannot do it in less than half, and one core not in more than all, with Snakemake's own start.
    assert 0.5 * whole_h * 3600 < plan.wall_s.middle < whole_h * 3600 + 20
    assert plan.wall_s.low <= plan.wall_s.middle <= plan.wall_s.high
    assert len(plan.longest) == min(LONGEST, len(graph.tasks) - len(finished_rows()))
    lines = lines_of(plan, "core")
    assert lines[0].split()[:4] == ["stage", "jobs", "done", "core-hours"]
    assert lines[-1].split()[:3] == ["all", str(len(graph.tasks)), str(len(finished_rows()))]
    assert max(len(line) for line in lines) <= 100 and len({len(line) for line in lines}) == 1


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(40, "40 s"), (3000, "50 min"), (7200, "2.0 h"), (36 * 3600, "36.0 h"), (30 * 86400, "30 days")],
)
def test_durations_are_said_as_people_do(seconds: float, text: str) -> None:
    assert duration(seconds) == text


def words(root: Path, *more: object) -> list[str]:
    given = ["plan", "--params", FINISHED_PARAMS, "--scales", REPOSITORY / "workflow" / "scales"]
    return [str(word) for word in (*given, "--root", root, *more)]


def test_the_command_prints_table_and_wall_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    results = write_run(tmp_path, finished_graph())
    asked: list[tuple[str, str]] = []

    def measured(config: Config, needed: list[tuple[str, str]]) -> Taken:
        asked.extend(needed)
        assert config.runtime.device == "auto"
        seconds = {one: Range(1e-9, 2e-9, 3e-9) for one in needed}
        return Taken(Rates(seconds, start_s=1.0), "a processor", 12.0, ("search: timed with 2 images of 4",))

    monkeypatch.setattr(measuring, "measure_rates", measured)
    assert main(words(tmp_path, "--from", results, "--cores", 2)) == 0
    said = capsys.readouterr().out
    assert f"{len(finished_rows())} of " in said and "jobs as recorded in" in said
    assert "wall time on 2 cores: " in said and "A projection" in said
    assert ("search", "") not in asked, "searches are finished"
    assert main(words(tmp_path, "--scale", "paper", "--gpus", 16)) == 0
    said = capsys.readouterr().out
    assert (
        "wall time on 16 GPUs: " in said and "GPU-hours" in said and "steps measured on a processor" in said
    )
    assert "note: search: timed with 2 images of 4" in said
    assert "no GPU was measured: each is taken to be as slow as a processor" in said
    assert ("pretrain", "icnet") in asked and ("search", "") in asked


def test_what_cannot_be_planned_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "results" / "tiny").mkdir(parents=True)
    for given, parts in (
        (("--from", tmp_path / "gone"), ("is not a folder",)),
        (
            ("--from", tmp_path / "results" / "tiny"),
            ("no finished job of the scale tiny", "leave --from out"),
        ),
        (("--gpus", 2, "--cores", 2), ("--cores", "Give one of them")),
    ):
        assert main(words(tmp_path, *given)) == 2
        error = capsys.readouterr().err
        assert all(part in error for part in parts), error


def test_a_step_that_cannot_be_measured_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(measuring, "CHILD", "pipeline_src.no_such_module")
    with pytest.raises(UserError, match="No module named") as caught:
        measuring.measure_rates(configured("tiny"), [("search", "")])
    assert "--from" in caught.value.remedy


def test_memory_is_what_the_system_can_give(tmp_path: Path) -> None:
    told = tmp_path / "meminfo"
    told.write_text("MemTotal: 2048 kB\nMemAvailable:    1024 kB\n")
    assert available_mib(told) == 1
    assert available_mib(tmp_path / "absent") > 100
