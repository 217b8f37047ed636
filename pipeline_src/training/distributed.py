"""Several training processes under torchrun, and batch norm over the batch of all of them.

With one process, and no process group, every function here does nothing and returns at once.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, TypeVar

import torch
import torch.distributed as dist
from torch import Tensor, nn

from pipeline_src.errors import ConfigError
from pipeline_src.training.batch_norm import SynchronisedBatchNorm

T = TypeVar("T")


@dataclass(frozen=True)
class World:
    """This process among its like: its rank, their number, its device."""

    rank: int
    size: int
    device: torch.device

    @property
    def is_main(self) -> bool:
        """Whether this process writes the files."""
        return self.rank == 0


def resolve_device(name: str, local_rank: int = 0) -> torch.device:
    """The device of `runtime.device`: auto is the first free choice of cuda, then cpu.

    Raises:
        ConfigError: cuda is asked for, and there is none, or fewer GPUs than processes.
    """
    if name == "cpu" or (name == "auto" and not torch.cuda.is_available()):
        return torch.device("cpu")
    if local_rank >= torch.cuda.device_count():
        raise ConfigError(
            "runtime.device",
            f"is {name}, but this machine shows {torch.cuda.device_count()} GPU(s) "
            f"to process {local_rank} of the node.",
            "Set runtime.device: cpu, or runtime.processes.STEP.per_node to the number of GPUs.",
        )
    return torch.device("cuda", local_rank)


@contextmanager
def session(device_name: str = "auto") -> Iterator[World]:
    """Join the process group that torchrun's environment names, if any, and leave it at the end.

    Uses NCCL on GPUs and gloo on CPUs. Raises ConfigError as `resolve_device` does.
    """
    size = int(os.environ.get("WORLD_SIZE", "1"))
    device = resolve_device(device_name, int(os.environ.get("LOCAL_RANK", "0")))
    if device.type == "cuda":
        torch.cuda.set_device(device)
    if size > 1:
        dist.init_process_group("nccl" if device.type == "cuda" else "gloo")
    try:
        yield World(rank(), world_size(), device)
    finally:
        if size > 1:
            dist.destroy_process_group()


def world_size() -> int:
    """Number of training processes."""
    return dist.get_world_size() if dist.is_initialized() else 1


def rank() -> int:
    """Number of this process, from 0."""
    return dist.get_rank() if dist.is_initialized() else 0


def is_main() -> bool:
    """Whether this process writes the files."""
    return rank() == 0


def barrier() -> None:
    """Wait until every process is here."""
    if world_size() > 1:
        dist.barrier()


def all_reduce_sum(value: Tensor) -> Tensor:
    """Sum over all processes, element by element; not differentiable, `value` stays as it is."""
    if world_size() == 1:
        return value
    total = value.detach().clone()
    dist.all_reduce(total)
    return total


def all_reduce_mean(value: Tensor) -> Tensor:
    """Mean over all processes, element by element; not differentiable, `value` stays as it is."""
    return all_reduce_sum(value) / world_size() if world_size() > 1 else value


def average_gradients(parameters: Iterable[Tensor]) -> None:
    """Replace every gradient by its mean over all processes; a parameter without one is passed over.

    The same parameters must have a gradient in every process, all of one dtype and device. They travel
    in one message: a supernet has thousands of small ones, and each message has its own delay.
    """
    if world_size() == 1:
        return
    held = [(parameter, parameter.grad) for parameter in parameters if parameter.grad is not None]
    if not held:
        return
    means = all_reduce_mean(torch.cat([gradient.reshape(-1) for _, gradient in held]))
    parts = torch.split(means, [gradient.numel() for _, gradient in held])
    for (parameter, gradient), part in zip(held, parts, strict=True):
        parameter.grad = part.view_as(gradient)


def all_reduce_max(value: int, device: torch.device) -> int:
    """The largest of the processes' numbers; `device` is the training device."""
    if world_size() == 1:
        return value
    largest = torch.tensor(value, device=device)
    dist.all_reduce(largest, op=dist.ReduceOp.MAX)
    return int(largest.item())


def all_gather_equal(value: Tensor) -> list[Tensor]:
    """The tensors of all processes, in order of rank; they must have one shape."""
    if world_size() == 1:
        return [value]
    gathered = [torch.empty_like(value) for _ in range(world_size())]
    dist.all_gather(gathered, value.contiguous())
    return gathered


def gather_objects(value: T) -> list[T]:
    """The values of all processes, in order of rank."""
    if world_size() == 1:
        return [value]
    gathered: list[Any] = [None] * world_size()
    dist.all_gather_object(gathered, value)
    return gathered


def broadcast_object(value: T) -> T:
    """The value that rank 0 passed, in every process."""
    if world_size() == 1:
        return value
    holder = [value]
    dist.broadcast_object_list(holder, src=0)
    return holder[0]


def synchronise_batch_norm(module: nn.Module, device: torch.device) -> nn.Module:
    """Make every batch norm use the statistics of the batch of all processes (Sec. 4.1).

    PyTorch's own on CUDA; on the CPU, which that one refuses, `SynchronisedBatchNorm`. Parameters,
    buffers and their names stay. Replaces inside of `module`; returns it (or, where it is itself a
    batch norm, its replacement).
    """
    if device.type == "cuda":
        converted: nn.Module = nn.SyncBatchNorm.convert_sync_batchnorm(module)  # type: ignore[no-untyped-call]
        return converted
    return SynchronisedBatchNorm.convert(module)


def wrap(module: nn.Module, device: torch.device) -> nn.Module:
    """The module to train with: itself, or for several processes synchronised and in DDP.

    The batch norms inside of `module` are replaced, its parameters are set to those of rank 0, and
    the gradients are averaged: a loss must be the *mean over processes* of what each returns.
    """
    if world_size() == 1:
        return module
    synchronised = synchronise_batch_norm(module, device)
    # static_graph: an edge whose operation is zero leaves parameters without a gradient.
    return nn.parallel.DistributedDataParallel(
        synchronised,
        device_ids=[device.index] if device.type == "cuda" else None,
        static_graph=True,
    )
