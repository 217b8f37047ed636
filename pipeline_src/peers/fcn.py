"""FCN-8s on VGG-16 (Long et al., 2015, arXiv 1411.4038), no batch norm, after its authors' prototxt (A19).

The fully connected layers are convolutions of 4096 channels. The first convolution is padded by 1 instead of
100 and the first connected layer by 3, so nothing has to be cut out. Scores of the third and fourth stage are
added on the way up.
"""

from __future__ import annotations

from torch import Tensor, nn

from pipeline_src.peers.parts import System, initialise, resized

STAGES = ((64, 2), (128, 2), (256, 3), (512, 3), (512, 3))
"""Channels and convolutions of each stage of VGG-16."""
CONNECTED = 4096


def _layer(channels_in: int, channels: int, kernel: int) -> list[nn.Module]:
    return [nn.Conv2d(channels_in, channels, kernel, padding=kernel // 2), nn.ReLU(inplace=True)]


class VGG16(nn.Module):
    """The thirteen convolutions and the two fully connected layers, as convolutions."""

    channels_out = (256, 512, CONNECTED)

    def __init__(self) -> None:
        super().__init__()
        channels_in, stages = 3, []
        for channels, count in STAGES:
            layers = []
            for _ in range(count):
                layers += _layer(channels_in, channels, 3)
                channels_in = channels
            stages.append(nn.Sequential(*layers, nn.MaxPool2d(2)))
        self.stages = nn.ModuleList(stages)
        self.connected = nn.Sequential(
            *_layer(channels_in, CONNECTED, 7),
            nn.Dropout2d(),
            *_layer(CONNECTED, CONNECTED, 1),
            nn.Dropout2d(),
        )

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """(B, 3, H, W) -> maps at 1/8, 1/16 and 1/32."""
        maps = []
        for stage in self.stages:
            x = stage(x)
            maps.append(x)
        return maps[2], maps[3], self.connected(x)


class FCN8s(System):
    """FCN-8s for K classes."""

    stride = 32

    def __init__(self, num_classes: int) -> None:
        super().__init__()
        self.backbone = VGG16()
        self.scores = nn.ModuleList(nn.Conv2d(one, num_classes, 1) for one in self.backbone.channels_out)
        initialise(self)

    def logits(self, x: Tensor) -> Tensor:
        """At 1/8 of the input."""
        eighth, sixteenth, total = (
            score(one) for score, one in zip(self.scores, self.backbone(x), strict=True)
        )
        for finer in (sixteenth, eighth):
            total = resized(total, finer.shape[-2:]) + finer
        return total
