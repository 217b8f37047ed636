"""PyTorch's SGD and Adam, built and stepped without loading `torch._dynamo`, the compiler.

Loading it takes as long as loading PyTorch itself, and eager training does not use it.
"""

from __future__ import annotations

import inspect
from typing import TypeVar, cast

import torch

Kind = TypeVar("Kind", bound=torch.optim.Optimizer)
DECORATED = ("add_param_group", "load_state_dict", "state_dict", "step", "zero_grad")
"""Methods whose decorators import `torch._dynamo` at each call, to keep the compiler out of them."""


def without_compiler(optimizer: type[Kind]) -> type[Kind]:
    """Return a subclass with the same name whose methods lack the decorators for the compiler.

    Results are the same to the bit: the decorators of PyTorch 2.13 do nothing else in eager mode, except that
    they switch gradients off in `step`, which this class does too (`differentiable` is not supported). A
    method that another version does not decorate is used as it is.
    """
    methods = {name: inspect.unwrap(getattr(optimizer, name)) for name in DECORATED}
    methods["step"] = torch.no_grad()(methods["step"])
    made = type(optimizer.__name__, (optimizer,), {"__module__": __name__, **methods})
    return cast("type[Kind]", made)


SGD = without_compiler(torch.optim.SGD)
Adam = without_compiler(torch.optim.Adam)
