"""How long the rest of a run takes, from its finished jobs and from reference rates. [no torch]"""

from __future__ import annotations

import time
from collections.abc import Collection, Mapping
from pathlib import Path

from pipeline_src import places
from pipeline_src.config.peers import BY_NAME, PEERS
from pipeline_src.errors import UserError
from pipeline_src.planning.costs import Costs, Range, Rates, Records
from pipeline_src.planning.graph import Graph, Task
from pipeline_src.planning.schedule import Machine, simulate
from pipeline_src.planning.work import Workload, image_counts
from pipeline_src.reporting.read.standing import logged_remaining_s

REFERENCE_PEER = "icnet"
REFERENCE_S = {
    ("entry", ""): 1.5e-7, ("forward", ""): 9e-7, ("search", ""): 3.3e-6, ("pretrain", ""): 5.1e-6,
    ("finetune", ""): 1.9e-6, ("forward", REFERENCE_PEER): 2.1e-6, ("pretrain", REFERENCE_PEER): 1.7e-5,
    ("finetune", REFERENCE_PEER): 4.3e-6,
}  # fmt: skip
"""Seconds of one unit of each kind of work (`Work`) on one core: medians over the jobs of a complete run of
`tiny` (tests/unit/planning/finished_tiny.csv). Only their ratios matter, since finished jobs scale them."""
REFERENCE_START_S = 2.8
"""Of a process that loads torch, in the same run."""
TRUSTED_S = 30.0


def remaining_s(
    graph: Graph, machine: Machine, root: Path, pending: Collection[str], running: Mapping[str, float]
) -> float | None:
    """Estimate the wall seconds until every pending job has finished.

    A job takes what it took before, or what the finished jobs of its rule suggest (`Costs`). Without one, it
    takes what the reference rates suggest, scaled by how long the finished jobs took compared with these.

    Args:
        root: the checkout, with `results/SCALE` and `logs/SCALE`.
        pending: outputs of the jobs that this run makes and has not finished.
        running: seconds since jobs have started, by output.

    Returns:
        None where the number of images of a data set is unknown, or a run record cannot be read.
    """
    try:
        workload = Workload(graph.grid, image_counts(graph.grid.config, root))
        results = root / places.of_scale(places.RESULTS, graph.scale)
        costs = Costs(graph, workload, _rates(), _records(results, graph))
    except UserError:
        return None
    pace = _pace(costs, Costs(graph, workload, _rates(), None))
    logs = root / places.of_scale(places.LOGS, graph.scale)

    def seconds(task: Task) -> float:
        path = task.outputs[0]
        if path not in pending:
            return 0.0
        known = costs.is_known(task)
        expected = costs.seconds(task).middle * (1.0 if known else pace)
        if task not in costs.finished:
            expected /= machine.shares(task)
        if path not in running:
            return expected
        logged = logged_remaining_s(logs / places.log(task.rule, task.name), time.time() - running[path])
        return max(0.0, expected - running[path]) if logged is None else logged

    return simulate(graph, machine, seconds)


def _records(results: Path, graph: Graph) -> Records | None:
    try:
        return Records(results, graph)
    except UserError:  # no job has finished
        return None


def _pace(costs: Costs, reference: Costs) -> float:
    """Return how long finished jobs that run networks took, compared with the reference rates.

    It is close to 1 until such jobs have taken more than `TRUSTED_S`.
    """
    took = suggested = TRUSTED_S
    for task, one in costs.finished.items():
        if not one.is_marker and not costs.is_assumed(task):
            took += one.seconds
            suggested += reference.seconds(task).middle
    return took / suggested


def _rates() -> Rates:
    """The reference rates, also of each comparison model, by its multiply-adds."""
    found = dict(REFERENCE_S)
    own = BY_NAME[REFERENCE_PEER].multiply_adds_a_pixel
    for name in PEERS:
        factor = BY_NAME[name].multiply_adds_a_pixel / own
        for kind in ("forward", "pretrain", "finetune"):
            found[kind, name] = factor * REFERENCE_S[kind, REFERENCE_PEER]
    return Rates({key: Range(one, one, one) for key, one in found.items()}, start_s=REFERENCE_START_S)
