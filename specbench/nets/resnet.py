"""``resnet18``, ``resnet34``, ``resnet50``: torchvision's blocks at any width.

He et al. 2015 (arXiv 1512.03385). At the usual width the trunk is torchvision's network without
its classifier, parameter names included, so its weights can be loaded.
"""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor, nn
from torchvision.models.resnet import BasicBlock, Bottleneck

from specbench.nets.architecture import RESNET_BLOCKS
from specbench.nets.units import conv_norm_relu


class ResNetEncoder(nn.Module):
    """A residual trunk of four stages and a 1x1 projection; the map is halved five times."""

    def __init__(self, name: str, channels: Sequence[int], features: int, in_channels: int) -> None:
        super().__init__()
        blocks, bottleneck = RESNET_BLOCKS[name]
        block = Bottleneck if bottleneck else BasicBlock
        self.conv1 = nn.Conv2d(in_channels, channels[0], 7, stride=2, padding=3, bias=False)
        self.bn1 = nn.BatchNorm2d(channels[0])
        self.relu = nn.ReLU(inplace=True)
        self.maxpool = nn.MaxPool2d(3, stride=2, padding=1)
        inputs = channels[0]
        for stage, (planes, count) in enumerate(zip(channels, blocks, strict=True), start=1):
            self.add_module(f"layer{stage}", _stage(block, inputs, planes, count, stage > 1))
            inputs = planes * block.expansion
        self.project = conv_norm_relu(inputs, features, 1)

    def forward(self, images: Tensor) -> Tensor:
        """Return features (N, features, H/32, W/32) of images (N, C, H, W)."""
        return self.project(self.trunk(images))  # type: ignore[no-any-return]

    def trunk(self, images: Tensor) -> Tensor:
        """Return what torchvision's network has before its average pooling."""
        x = self.maxpool(self.relu(self.bn1(self.conv1(images))))
        for stage in (1, 2, 3, 4):
            x = self.get_submodule(f"layer{stage}")(x)
        return x  # type: ignore[no-any-return]


def _stage(
    block: type[BasicBlock | Bottleneck], inputs: int, planes: int, count: int, halves: bool
) -> nn.Sequential:
    stride, outputs, shortcut = 2 if halves else 1, planes * block.expansion, None
    if halves or inputs != outputs:
        convolution = nn.Conv2d(inputs, outputs, 1, stride, bias=False)
        shortcut = nn.Sequential(convolution, nn.BatchNorm2d(outputs))
    first = block(inputs, planes, stride, shortcut)
    return nn.Sequential(first, *(block(outputs, planes) for _ in range(count - 1)))
