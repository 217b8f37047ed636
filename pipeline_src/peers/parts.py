"""What the systems share: the frame around a network, blocks whose batch norm can be folded, ResNet-18."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from pipeline_src.errors import UserError

ONE_VALUE = "more than 1 value per channel"
"""What PyTorch says when batch norm has one value to learn a variance from."""


class System(nn.Module):
    """A network whose input may have any size: padded to whole strides, the logits cut back.

    A subclass sets `stride` and defines `logits`. Right and bottom are padded by zeros, the mean colour
    (A19). Inputs are made contiguous where gradients are asked for: PyTorch 2.13 crashes on CPUs in the
    backward pass of a 1x1 convolution of stride 2 on channels_last.
    """

    stride: int

    def logits(self, x: Tensor) -> Tensor:
        """(B, 3, H, W), whole strides -> (B, K, h, w); h x w is H x W or what is resized to it."""
        raise NotImplementedError

    def forward(self, x: Tensor) -> Tensor:
        """(B, 3, H, W) normalised image -> logits (B, K, H, W).

        Raises:
            UserError: the input is no batch of images, or too small to be trained on.
        """
        if x.ndim != 4 or x.shape[1] != 3 or 0 in x.shape:
            raise UserError(
                "input", f"has shape {tuple(x.shape)}.", "Give images as (B, 3, H, W), none of them 0."
            )
        if torch.is_grad_enabled():
            x = x.contiguous()
        height, width = x.shape[-2:]
        x = F.pad(x, (0, -width % self.stride, 0, -height % self.stride))
        try:
            logits = self.logits(x)
        except ValueError as error:
            if ONE_VALUE not in str(error):
                raise
            raise UserError(
                "input",
                f"of {x.shape[0]} images of {height}x{width} leaves a batch norm of {type(self).__name__}"
                " one value a channel.",
                "Train with a larger crop or batch.",
            ) from error
        return resized(logits, x.shape[-2:])[..., :height, :width]


def resized(x: Tensor, size: torch.Size | tuple[int, int]) -> Tensor:
    """`x` at another (height, width), bilinear; as it is where it has that size."""
    if x.shape[-2:] == torch.Size(size):
        return x
    return F.interpolate(x, tuple(size), mode="bilinear", align_corners=False)


def pooled_rows(x: Tensor, rows: int) -> Tensor:
    """Means over a grid with so many rows, and as many columns as make its fields square."""
    height, width = (int(side) for side in x.shape[-2:])
    return F.adaptive_avg_pool2d(x, (rows, max(1, round(rows * width / height))))


def initialise(network: nn.Module) -> None:
    """Draw every convolution's weights after He et al. (2015)."""
    for layer in network.modules():
        if isinstance(layer, nn.Conv2d):
            nn.init.kaiming_uniform_(layer.weight)


def conv_bn(
    channels_in: int,
    channels: int,
    kernel: int = 3,
    stride: int = 1,
    *,
    groups: int = 1,
    relu: bool = True,
) -> nn.Sequential:
    """Convolution that keeps the size but for its stride, batch norm and, if asked for, ReLU."""
    convolution = nn.Conv2d(channels_in, channels, kernel, stride, kernel // 2, groups=groups, bias=False)
    layers: list[nn.Module] = [convolution, nn.BatchNorm2d(channels)]
    return nn.Sequential(*layers, *([nn.ReLU(inplace=True)] if relu else []))


class BasicUnit(nn.Module):
    """Two 3x3 convolutions beside a shortcut (He et al., 2016); the sum before its ReLU can be had too."""

    def __init__(self, channels_in: int, channels: int, stride: int = 1) -> None:
        super().__init__()
        self.body = nn.Sequential(
            conv_bn(channels_in, channels, stride=stride), conv_bn(channels, channels, relu=False)
        )
        same = stride == 1 and channels_in == channels
        self.shortcut = nn.Identity() if same else conv_bn(channels_in, channels, 1, stride, relu=False)

    def total(self, x: Tensor) -> Tensor:
        """The sum before the ReLU."""
        return self.body(x) + self.shortcut(x)  # type: ignore[no-any-return]

    def forward(self, x: Tensor) -> Tensor:
        """(B, C, H, W) -> (B, C', H / stride, W / stride)."""
        return F.relu(self.total(x))


class Stage(nn.Module):
    """Basic units of one width, of which the first has the stride."""

    def __init__(self, channels_in: int, channels: int, count: int, stride: int) -> None:
        super().__init__()
        widths = [channels_in] + [channels] * count
        self.units = nn.Sequential(
            *(BasicUnit(widths[i], channels, stride if i == 0 else 1) for i in range(count))
        )

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """The stage's output, and the last unit's sum before its ReLU."""
        *first, last = self.units
        for unit in first:
            x = unit(x)
        assert isinstance(last, BasicUnit)
        total = last.total(x)
        return F.relu(total), total


class ResNet18(nn.Module):
    """The ImageNet backbone (He et al., 2016) without its classifier: maps at 1/4, 1/8, 1/16 and 1/32.

    Args:
        before_relu: whether the maps are the last sums of the stages, before their ReLU.
    """

    channels_out = (64, 128, 256, 512)

    def __init__(self, *, before_relu: bool = False) -> None:
        super().__init__()
        self.before_relu = before_relu
        self.stem = nn.Sequential(conv_bn(3, 64, 7, 2), nn.MaxPool2d(3, 2, 1))
        widths = (64, *self.channels_out)
        self.stages = nn.ModuleList(
            Stage(widths[i], widths[i + 1], 2, 1 if i == 0 else 2) for i in range(len(self.channels_out))
        )

    def forward(self, x: Tensor) -> tuple[Tensor, ...]:
        """(B, 3, H, W) -> the four maps, from fine to coarse."""
        x = self.stem(x)
        maps = []
        for stage in self.stages:
            x, total = stage(x)
            maps.append(total if self.before_relu else x)
        return tuple(maps)
