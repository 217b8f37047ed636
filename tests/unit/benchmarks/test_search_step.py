"""The count of operators behind `search_calls_batched`."""

from __future__ import annotations

import torch

from benchmarks import search_step
from benchmarks.search_step import _Computing


def test_what_computes_nothing_is_not_counted() -> None:
    maps = torch.ones(2, 3, requires_grad=True)
    with _Computing() as computing:
        maps.view(3, 2).t().unsqueeze(0)
        torch.empty(3)
    assert computing.count == 0
    with _Computing() as computing:
        (maps * maps).sum().backward()  # forward 2; gradients: ones, 2 products and their sum
    assert computing.count == 6


def test_a_batched_pass_computes_with_less_than_half_of_the_operators() -> None:
    args = search_step.parse_arguments(["--batch", "2", "--channels", "4", "--depths", "3", "5", "5"])
    plain, batched = (search_step.calls(args, kind) for kind in ("soft", "batched"))
    assert plain > 2 * batched > 2000, (plain, batched)
