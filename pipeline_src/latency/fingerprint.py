"""What a latency was measured on and how: without it, a number of microseconds says nothing. [no torch]"""

from __future__ import annotations

import platform
import re
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline_src.config.models import Block, LatencyConfig, NonNegative, Positive, Precision, Runtime

if TYPE_CHECKING:
    import torch


ORT = "onnxruntime"


class Fingerprint(Block):
    """Device, software and procedure of a measurement; two are comparable when all but the date agree."""

    device: str
    driver: str
    torch: str
    precision: Precision
    threads: Positive
    runtime: Runtime
    warmup: NonNegative
    repeats: Positive
    date: str

    def differences(self, other: Fingerprint) -> tuple[str, ...]:
        """One phrase "FIELD is A, not B" for each field in which `other` (B) differs; the date is ignored."""
        return tuple(
            f"{name} is {getattr(self, name)!r}, not {getattr(other, name)!r}"
            for name in type(self).model_fields
            if name != "date" and getattr(self, name) != getattr(other, name)
        )


def current(latency: LatencyConfig, device: torch.device, repeats: int | None = None) -> Fingerprint:
    """The fingerprint of a measurement made now, on `device`.

    Args:
        repeats: counted forward passes; `latency.repeats` where it is None.

    Raises:
        UserError: the runtime cannot be had here.
    """
    import torch

    from pipeline_src.latency.runtimes import require_runtime

    require_runtime(latency.runtime, device, latency.precision, "latency.runtime")
    return Fingerprint(
        device=_device_name(device),
        driver=_driver(device) + (f", ONNX Runtime {version(ORT)}" if latency.runtime == ORT else ""),
        torch=str(torch.__version__),
        precision=latency.precision,
        threads=latency.threads,
        runtime=latency.runtime,
        warmup=latency.warmup,
        repeats=latency.repeats if repeats is None else repeats,
        date=datetime.now(UTC).isoformat(timespec="seconds"),
    )


def current_for_table(latency: LatencyConfig, device: torch.device) -> Fingerprint:
    """The fingerprint that a lookup table measured now would carry: `lut_repeats` repeats."""
    return current(latency, device, latency.lut_repeats)


def _device_name(device: torch.device) -> str:
    if device.type == "cuda":
        import torch

        return str(torch.cuda.get_device_name(device))
    return _cpu_name()


def _cpu_name() -> str:
    """The processor's marketing name where the system tells it, else its architecture."""
    try:
        names = re.findall(r"^model name\s*:\s*(.+)$", Path("/proc/cpuinfo").read_text(), re.MULTILINE)
    except OSError:
        names = []
    return names[0].strip() if names else (platform.processor() or platform.machine())


def _driver(device: torch.device) -> str:
    """What stands between torch and the chip: CUDA and cuDNN with the driver, or the vector instructions."""
    import torch

    if device.type != "cuda":
        return f"cpu {torch.backends.cpu.get_cpu_capability()}"
    driver = torch._C._cuda_getDriverVersion()  # type: ignore[attr-defined]
    cudnn = torch.backends.cudnn.version()  # type: ignore[no-untyped-call]
    return f"CUDA {torch.version.cuda}, cuDNN {cudnn}, driver API {driver}"
