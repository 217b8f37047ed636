"""The nine places of a 3x3 kernel over a map, one beside the other, so that a convolution is one product.

Shapes: P planes (any leading product of channels and candidates), B batch, H x W pixels in, h x w out,
N = B * h * w. Zero padding keeps ceil(H / stride) x ceil(W / stride), as in `operations.py`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor

KERNEL = 3
PLACES = KERNEL * KERNEL
CENTRE, LAST = PLACES // 2, PLACES - 1
"""Of the places: what a 1x1 kernel sees, and its neighbour down and to the right."""


class Rectified(NamedTuple):
    """Maps behind a ReLU, within a border of zeros for the largest dilation that will look at them.

    Attributes:
        maps: (P, B, H + 2 * border, W + 2 * border).
        border: its width.
    """

    maps: Tensor
    border: int

    @classmethod
    def of(cls, maps: Tensor, border: int) -> Rectified:
        """From maps (P, B, H, W) before the ReLU."""
        planes, batch, height, width = maps.shape
        bordered = maps.new_zeros(planes, batch, height + 2 * border, width + 2 * border)
        inside = bordered[:, :, border : border + height, border : border + width]
        torch.clamp_min(maps, 0, out=inside)
        return cls(bordered, border)

    def patches(self, dilation: int, stride: int, planes: slice = slice(None)) -> Tensor:
        """(P, 9, N) of the planes asked for; places by row, then by column, as a convolution's weights."""
        maps = self.maps[planes]
        height, width = (size - 2 * self.border for size in maps.shape[-2:])
        of_plane, of_image, of_row, _ = maps.stride()
        windows = maps.as_strided(
            (len(maps), KERNEL, KERNEL, maps.shape[1], -(-height // stride), -(-width // stride)),
            (of_plane, dilation * of_row, dilation, of_image, stride * of_row, stride),
            maps.storage_offset() + (self.border - dilation) * (of_row + 1),
        )
        return windows.reshape(len(maps), PLACES, -1)


def folded(gradient: Tensor, size: Sequence[int], dilation: int, stride: int) -> Tensor:
    """The transpose of `patches`: (P, 9, N) -> (P, B, H, W) of that size, what falls together added."""
    planes, (batch, height, width) = len(gradient), size
    by_image = gradient.view(planes, PLACES, batch, -1).transpose(1, 2)
    flat = by_image.reshape(1, planes * batch * PLACES, -1)
    maps = F.fold(flat, (height, width), KERNEL, dilation, padding=dilation, stride=stride)
    return maps.view(planes, batch, height, width)
