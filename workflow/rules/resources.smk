# What a job asks of a cluster: memory, time, devices, nodes; by step, scale and attempt.
#
# in:  CONFIG and SCALE of common.smk
# out: needs(STEP) for `resources`, cores_of(STEP) and measuring_threads for `threads`, launch(STEP) for `params`
#
# On one machine nothing here holds a job back, unless `--resources mem_mb=...` says so.

# step: (MiB, minutes) of the first attempt at tiny, camvid and paper.
NEEDS = {
    "sample": {"tiny": (600, 10), "camvid": (600, 10), "paper": (1000, 10)},
    "render": {"tiny": (800, 10), "camvid": (800, 10), "paper": (800, 10)},
    "prepare": {"tiny": (800, 10), "camvid": (2000, 30), "paper": (4000, 480)},
    "measure": {"tiny": (1000, 20), "camvid": (4000, 120), "paper": (8000, 120)},
    "search": {"tiny": (1500, 30), "camvid": (6000, 480), "paper": (64000, 1440)},
    "pretrain": {"tiny": (1200, 30), "camvid": (4000, 480), "paper": (64000, 2880)},
    "finetune": {"tiny": (1200, 30), "camvid": (4000, 480), "paper": (64000, 2880)},
    "evaluate": {"tiny": (1000, 20), "camvid": (4000, 60), "paper": (16000, 240)},
    "report": {"tiny": (800, 10), "camvid": (800, 10), "paper": (1000, 10)},
}
# Their commands go on from a checkpoint; the other steps are short.
TRAINING = {
    "search": "search-architecture",
    "pretrain": "pretrain-backbone",
    "finetune": "finetune-network",
}
ON_GPU = {*TRAINING, "measure", "evaluate"}
# A chain of resumed attempts must not end up asking for a machine that does not exist.
MOST_TIMES_THE_MEMORY = 3
LONGEST_WARNING_S = 300


def processes_of(step):
    """(nodes, training processes on each) of one job."""
    if step not in TRAINING:
        return 1, 1
    asked = getattr(CONFIG.runtime.processes, step)
    return asked.nodes, asked.per_node


def minutes_of(step, attempt):
    """Time limit: longer with each attempt, up to what the cluster allows."""
    minutes = NEEDS[step][SCALE][1] * attempt
    return min(minutes, CONFIG.runtime.job_minutes_max or minutes)


def submit_options(step):
    """Options of sbatch: a whole node for measurements, a warning before the limit for training."""
    if step == "measure":
        return "--exclusive"
    if step not in TRAINING:
        return None

    def warned(wildcards, attempt):
        # TERM and not USR1: the Snakemake inside of the job takes TERM as "finish what runs", and dies of USR1.
        return f"--signal=TERM@{min(6 * minutes_of(step, attempt), LONGEST_WARNING_S)}"

    return warned


def needs(step):
    """The resources of a step. After out-of-memory or timeout, the next attempt asks for more."""
    mem_mb = NEEDS[step][SCALE][0]
    nodes, per_node = processes_of(step)
    asked = {
        "mem_mb": lambda wildcards, attempt: mem_mb
        * min(attempt, MOST_TIMES_THE_MEMORY),
        "runtime": lambda wildcards, attempt: minutes_of(step, attempt),
        "slurm_extra": submit_options(step),
    }
    on_gpu = step in ON_GPU and CONFIG.runtime.device != "cpu"
    if on_gpu:
        asked["gres"] = f"gpu:{per_node}"
    if nodes > 1:
        # `mpi` tells the executor that the command calls srun itself, once it holds the nodes.
        asked |= {"nodes": nodes, "tasks": nodes, "mpi": "srun"}
        if on_gpu:
            asked["tasks_per_gpu"] = (
                0  # else the executor reads `tasks` as tasks of each GPU
            )
    return {name: value for name, value in asked.items() if value is not None}


def measuring_threads(wildcards):
    """Every core of this machine, so that nothing runs beside a measurement; on a cluster --exclusive does that."""
    if not workflow.local_exec:
        return CONFIG.latency.threads
    try:
        return workflow.cores
    except WorkflowError:  # a dry run for a cluster, without --cores
        return CONFIG.latency.threads


def cores_of(step):
    """CPU cores of one job on one node."""
    return CONFIG.runtime.threads * processes_of(step)[1]


def launch(step):
    """How a training step is started: alone, by torchrun, or by a torchrun on each node."""
    nodes, per_node = processes_of(step)
    if nodes == per_node == 1:
        return f"autortnet {TRAINING[step]}"
    program = f"--nproc-per-node {per_node} -m pipeline_src {TRAINING[step]}"
    if nodes == 1:
        return f"torchrun --standalone {program}"
    # The job's shell runs on its first node, so that node is where they all meet.
    return (
        f"srun --nodes {nodes} --ntasks {nodes} --ntasks-per-node 1 --cpus-per-task {cores_of(step)}"
        f" --kill-on-bad-exit=1 torchrun --nnodes {nodes} --rdzv-backend c10d --rdzv-id $SLURM_JOB_ID"
        f" --rdzv-endpoint $(hostname):$((20000 + SLURM_JOB_ID % 10000)) {program}"
    )


# The shell waits for its command when it is told to go (at a time limit, say), so that the command can
# save its work: without a trap, the job would end, and all that belongs to it would be killed.
shell.prefix("set -euo pipefail; trap : TERM USR1; ")
