"""The time that the rest of a run takes: estimated from parts of a finished run, compared with all of it."""

from __future__ import annotations

from pathlib import Path

import pytest
from test_planning import costs_of, finished_graph, write_run

from pipeline_src.planning.graph import STAGES
from pipeline_src.planning.remaining import remaining_s
from pipeline_src.planning.schedule import Machine, simulate


@pytest.mark.parametrize(
    "stages", [("data",), ("data", "latency", "baselines", "search"), tuple(STAGES)[:-2], tuple(STAGES)[:-1]]
)
def test_the_rest_is_estimated_from_what_has_finished(tmp_path: Path, stages: tuple[str, ...]) -> None:
    graph = finished_graph()
    rules = {rule for stage in stages for rule in STAGES[stage]}
    pending = {path for task in graph.tasks if task.rule not in rules for path in task.outputs}
    machine = Machine.of(graph.grid.config.runtime, 2, has_devices=False)
    write_run(tmp_path / "all", graph)
    costs = costs_of(tmp_path / "all", graph)
    took = simulate(graph, machine, lambda task: 0.0 if task.rule in rules else costs.seconds(task).middle)
    write_run(tmp_path / "part", graph, lambda rule: rule in rules)
    left = remaining_s(graph, machine, tmp_path / "part", pending, {})
    assert left is not None and 0.6 * took < left < 1.6 * took, (left, took)


def test_a_running_job_counts_less_the_longer_it_runs_and_nothing_pending_takes_nothing(
    tmp_path: Path,
) -> None:
    graph = finished_graph()
    machine = Machine.of(graph.grid.config.runtime, 1, has_devices=False)
    write_run(tmp_path, graph)
    (task, *_) = (task for task in graph.tasks if task.rule == "search_architecture")
    path = task.outputs[0]
    left = [remaining_s(graph, machine, tmp_path, {path}, {path: since}) for since in (1.0, 3.0, 1e6)]
    assert left[0] is not None and left[1] == pytest.approx(left[0] - 2) and left[2] == 0
    log = tmp_path / "logs" / "tiny" / "search_architecture" / f"{task.name}.log"
    log.parent.mkdir(parents=True)
    log.write_text("step: 10 of 40, 100 s\n")
    assert remaining_s(graph, machine, tmp_path, {path}, {path: 3.0}) == pytest.approx(300)
    assert remaining_s(graph, machine, tmp_path, set(), {}) == 0
