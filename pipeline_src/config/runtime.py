"""Settings of where and how jobs run: devices, processes, nodes, time limits."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from pipeline_src.config.block import EXECUTION, Block, NonNegative, Positive, Precision


class StepProcesses(Block):
    """Training processes of one job, started by torchrun where they are several."""

    nodes: Annotated[int, Field(ge=1, le=4096)] = 1
    """Machines; several need SLURM, where srun starts torchrun on each."""
    per_node: Annotated[int, Field(ge=1, le=64)] = 1
    """Processes on each machine; on GPUs at most their number."""


class ProcessesConfig(Block):
    """How many processes train together, by step; batch sizes are those of all of them."""

    search: StepProcesses = StepProcesses()
    """Of one search (16 GPUs in the paper)."""
    pretrain: StepProcesses = StepProcesses()
    """Of one pretraining."""
    finetune: StepProcesses = StepProcesses()
    """Of one finetuning."""


class RuntimeConfig(Block):
    """Where and how the jobs run; device, threads and precision show in the last digits of a result."""

    device: Literal["auto", "cpu", "cuda"] = "auto"
    """Where networks run; auto is CUDA where there is one, else the CPU."""
    threads: Annotated[int, Field(ge=1, le=1024)] = 4
    """CPU threads of one job; the same number gives the same bytes again."""
    workers: Annotated[int, Field(ge=0, le=256), EXECUTION] = 4
    """Processes that load images for one job; 0 loads in the job itself."""
    precision: Precision = "float32"
    """Of forward passes in training and evaluation; float16 needs CUDA, float32 uses TF32 as in `latency`."""
    processes: Annotated[ProcessesConfig, EXECUTION] = ProcessesConfig()
    """How many processes train together, by step."""
    cache_mib: Annotated[NonNegative, EXECUTION] = 1024
    """Decoded frames are kept in memory where all of a job's fit into this many MiB."""
    frames_file_mib: Annotated[NonNegative, EXECUTION] = 32768
    """Frames over `cache_mib` lie decoded in a file of TMPDIR while a job runs, where they fit into this."""
    checkpoint_every_s: Annotated[float, Field(gt=0, le=1e6), EXECUTION] = 60.0
    """Seconds from one checkpoint of a long job to the next."""
    job_minutes_max: Annotated[Positive | None, EXECUTION] = None
    """Longest time limit that a cluster's job asks for; longer work goes on in the next attempt."""
