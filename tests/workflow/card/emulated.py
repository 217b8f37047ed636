"""What of `torch.cuda` a CPU build lacks, for the card of `card.cpp`: it is always idle."""

from __future__ import annotations

import ctypes
import time
from typing import Any

NAME = "Emulated card"


def show_card(torch: Any) -> None:
    """Make `torch.cuda` tell of the card, once its library is loaded."""
    cuda = torch.cuda
    told: dict[str, Any] = {
        "is_available": True,
        "is_initialized": True,
        "_is_in_bad_fork": False,
        "device_count": 1,
        "current_device": 0,
        "get_device_name": NAME,
        "get_device_capability": (8, 0),
        "is_bf16_supported": True,
        "max_memory_allocated": 2**20,
    }
    for name, value in told.items():
        setattr(cuda, name, lambda *_, value=value, **__: value)
    for name in (
        "_lazy_init", "init", "set_device", "synchronize", "empty_cache", "reset_peak_memory_stats",
        "manual_seed", "manual_seed_all",
    ):  # fmt: skip
        setattr(cuda, name, lambda *_, **__: None)
    cuda._initialized = True
    cuda.get_rng_state = lambda device=None: torch.get_rng_state()
    cuda.set_rng_state = lambda state, device=None: torch.set_rng_state(state)
    torch._C._cuda_getDriverVersion = lambda: 12080
    torch.version.cuda = "12.8"
    cuda.Event, cuda.Stream = Event, Stream
    cuda.current_stream, cuda.stream = Stream, lambda stream: stream
    cuda.CUDAGraph, cuda.graph = _graphs(torch)
    _copies(torch)


class Event:
    """A moment of the host's clock."""

    def __init__(self, **_: object) -> None:
        self.at = 0.0

    def record(self, stream: object = None) -> None:
        self.at = time.perf_counter()

    def synchronize(self) -> None: ...

    def elapsed_time(self, end: Event) -> float:
        return (end.at - self.at) * 1e3


class Stream:
    """Everything on it has ended."""

    def __init__(self, *_: object) -> None: ...

    def wait_stream(self, other: Stream) -> None: ...

    def __enter__(self) -> Stream:
        return self

    def __exit__(self, *_: object) -> None: ...


def _graphs(torch: Any) -> tuple[type, type]:
    from torch.utils._python_dispatch import TorchDispatchMode
    from torch.utils._pytree import tree_leaves

    class CUDAGraph:
        """Operators with their tensors, computed again into the same places."""

        def __init__(self) -> None:
            self.steps: list[tuple[Any, Any, Any, Any]] = []

        def replay(self) -> None:
            for operator, args, kwargs, made in self.steps:
                again = operator(*args, **kwargs)
                for old, new in zip(tree_leaves(made), tree_leaves(again), strict=True):
                    if isinstance(old, torch.Tensor) and old.data_ptr() != new.data_ptr():
                        old.copy_(new)

    class Recording(TorchDispatchMode):
        """Notes what is computed; a value that the host asks for cannot be recorded."""

        def __init__(self, graph: CUDAGraph) -> None:
            super().__init__()
            self.graph = graph

        def __torch_dispatch__(self, operator: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
            if operator is torch.ops.aten._local_scalar_dense.default:
                raise RuntimeError("operation not permitted when stream is capturing")
            made = operator(*args, **(kwargs or {}))
            self.graph.steps.append((operator, args, kwargs or {}, made))
            return made

    return CUDAGraph, Recording


def _copies(torch: Any) -> None:
    """Copies of whole storages, which only a CUDA build can make."""
    deepcopy, cpu = torch.Tensor.__deepcopy__, torch.storage._StorageBase.cpu

    def copied(self: Any, memo: dict[int, Any]) -> Any:
        if not self.is_cuda or id(self) in memo:
            return deepcopy(self, memo)
        memo[id(self)] = made = self.detach().clone().requires_grad_(self.requires_grad)
        return made

    def to_host(self: Any) -> Any:
        if self.device.type != "cuda":
            return cpu(self)
        made = torch.UntypedStorage(self.nbytes())
        ctypes.memmove(made.data_ptr(), self.data_ptr(), self.nbytes())
        return made

    torch.Tensor.__deepcopy__, torch.UntypedStorage.cpu = copied, to_host
