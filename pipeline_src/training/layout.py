"""How a trained network's maps lie in memory: channels last is faster on CPUs and on GPUs with tensor cores.

What is computed is the same up to the order of sums, as with another number of threads, and the places at
which dropout draws, as with another number of processes.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from pipeline_src.config.models import MemoryFormat


class SlicedPointwise(nn.Conv2d):
    """A 1x1 convolution of stride s as a slice and a convolution of stride 1, on the same weights.

    PyTorch 2.13 crashes on the CPU in the backward pass of a strided 1x1 convolution whose input has its
    channels last.
    """

    @classmethod
    def of(cls, layer: nn.Conv2d) -> SlicedPointwise:
        """With the very parameters of `layer`."""
        with torch.device("meta"):
            made = cls(
                layer.in_channels,
                layer.out_channels,
                1,
                stride=layer.stride,  # type: ignore[arg-type]
                groups=layer.groups,
                bias=layer.bias is not None,
            )
        made.weight, made.bias = layer.weight, layer.bias
        return made.train(layer.training)

    def forward(self, x: Tensor) -> Tensor:
        """(B, C_in, H, W) -> (B, C_out, ceil(H/s), ceil(W/s))."""
        rows, columns = self.stride
        return F.conv2d(x[:, :, ::rows, ::columns], self.weight, self.bias, groups=self.groups)


def arrange(network: nn.Module, memory_format: MemoryFormat) -> None:
    """Set how a network's weights lie in memory, and with them its maps; in place, names and values stay.

    Args:
        network: not yet wrapped for several processes, and without an optimizer.
        memory_format: of `finetune` or `pretrain`; `contiguous` leaves the network as it is.
    """
    if memory_format == "contiguous":
        return
    for parent in list(network.modules()):
        for name, child in list(parent.named_children()):
            if type(child) is nn.Conv2d and _is_strided_pointwise(child):
                setattr(parent, name, SlicedPointwise.of(child))
    network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]


def _is_strided_pointwise(layer: nn.Conv2d) -> bool:
    return layer.kernel_size == (1, 1) and layer.stride != (1, 1) and layer.padding in ((0, 0), 0)
