"""`runtime.precision` holds for validations as for evaluations: an epoch is chosen as it will be judged."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import torch
from cli_stand_ins import Steps
from torch import nn
from torch.nn.modules.module import register_module_forward_hook

from pipeline_src.cli.main import main


@pytest.fixture
def judged() -> Iterator[list[bool]]:
    """Of each convolution run without gradients: whether it ran in a lower precision."""
    found: list[bool] = []

    def note(module: nn.Module, _inputs: Any, _output: Any) -> None:
        if isinstance(module, nn.Conv2d) and torch.is_inference_mode_enabled():
            found.append(torch.is_autocast_enabled("cpu"))

    handle = register_module_forward_hook(note)
    yield found
    handle.remove()


@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
@pytest.mark.parametrize("command", ["search", "pretrain", "finetune", "evaluate"])
def test_every_judgement_runs_in_the_runs_precision(
    steps: Steps, judged: list[bool], command: str, precision: str
) -> None:
    words = getattr(steps, command)(runtime={"precision": precision})
    if command in ("search", "finetune"):
        words += ["--validation-split", "test"]
    assert main(words) == 0
    assert judged and set(judged) == {precision == "bfloat16"}


def test_a_search_may_have_a_precision_of_its_own(steps: Steps, judged: list[bool]) -> None:
    words = steps.search(runtime={"precision": "float32"}, search={"precision": "bfloat16"})
    assert main([*words, "--validation-split", "test"]) == 0
    assert judged and all(judged)
