"""One kind of work for `autortnet plan`, in a process of its own, which can fail alone.

`python -m pipeline_src.cli.plan_step` reads JSON on standard input and writes JSON to standard output.
"""

from __future__ import annotations

import json
import sys
import time
from typing import Any


def answer(given: dict[str, Any]) -> dict[str, Any]:
    """What the steps took.

    Args:
        given: `config` as JSON values, `kind`, `peer`, `budget_s`.
    """
    import torch

    from pipeline_src.cli.networks import build_classifier, build_network
    from pipeline_src.cli.record import device_name, peak_memory_mib
    from pipeline_src.config.models import Config
    from pipeline_src.latency.load import available_mib
    from pipeline_src.planning.steps import Bench, measure
    from pipeline_src.training.distributed import resolve_device

    config = Config.model_validate(given["config"])
    device = resolve_device(config.runtime.device)
    torch.manual_seed(0)
    torch.set_num_threads(config.runtime.threads)
    bench = Bench(
        config=config,
        device=device,
        peak_mib=lambda: peak_memory_mib().get("process", 0.0),
        available_mib=available_mib(),
        build=build_network,
        classifier=build_classifier,
        budget_s=given["budget_s"],
    )
    return {
        **measure(given["kind"], given["peer"], bench)._asdict(),
        "device": device_name(),
        "on_gpu": device.type == "cuda",
    }


def main() -> None:
    """Answer one question."""
    began = time.monotonic()
    import torch  # noqa: F401  # what every process of the graph waits for

    loaded_s = time.monotonic() - began
    given = json.load(sys.stdin)
    found = answer(given) if given["kind"] else {}
    print(json.dumps({**found, "loaded_s": loaded_s}))


if __name__ == "__main__":
    main()
