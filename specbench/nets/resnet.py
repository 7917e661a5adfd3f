"""``resnet18``, ``resnet34``, ``resnet50``: residual networks at any width.

He et al. 2015 (arXiv 1512.03385). At the usual width the trunk is torchvision's network without
its classifier, bit for bit and parameter names included, so its weights can be loaded. Its blocks
are written out here because importing torchvision loads PyTorch's compiler with it: 1.5 s at the
start of every process.
"""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor, nn

from specbench.nets.architecture import RESNET_BLOCKS
from specbench.nets.units import conv_norm_relu


class ResNetEncoder(nn.Module):
    """A residual trunk of four stages and a 1x1 projection; the map is halved five times."""

    def __init__(self, name: str, channels: Sequence[int], features: int, in_channels: int) -> None:
        super().__init__()
        blocks, bottleneck = RESNET_BLOCKS[name]
        self.conv1 = nn.Conv2d(in_channels, channels[0], 7, stride=2, padding=3, bias=False)
        self.bn1 = nn.BatchNorm2d(channels[0])
        self.relu = nn.ReLU(inplace=True)
        self.maxpool = nn.MaxPool2d(3, stride=2, padding=1)
        inputs = channels[0]
        for stage, (planes, count) in enumerate(zip(channels, blocks, strict=True), start=1):
            first = _Block(inputs, planes, bottleneck, 2 if stage > 1 else 1)
            inputs = first.outputs
            others = (_Block(inputs, planes, bottleneck) for _ in range(count - 1))
            self.add_module(f"layer{stage}", nn.Sequential(first, *others))
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


class _Block(nn.Module):
    """Convolutions with batch norms beside a shortcut, which is one too where the shape changes.

    Two of 3x3; or a bottleneck of 1x1, 3x3 and 1x1, four times as wide behind it. The first 3x3
    strides.
    """

    def __init__(self, inputs: int, planes: int, bottleneck: bool, stride: int = 1) -> None:
        super().__init__()
        self.outputs = planes * 4 if bottleneck else planes
        kernels = (1, 3, 1) if bottleneck else (3, 3)
        widths = (*[planes] * (len(kernels) - 1), self.outputs)
        self._layers = [(f"conv{n}", f"bn{n}") for n in range(1, len(kernels) + 1)]
        channels = inputs
        for place, (kernel, width) in enumerate(zip(kernels, widths, strict=True)):
            by = stride if place == kernels.index(3) else 1
            conv, norm = self._layers[place]
            convolution = nn.Conv2d(channels, width, kernel, by, kernel // 2, bias=False)
            self.add_module(conv, convolution)
            self.add_module(norm, nn.BatchNorm2d(width))
            channels = width
        self.relu = nn.ReLU(inplace=True)
        self.downsample = None
        if stride > 1 or inputs != self.outputs:
            shortcut = nn.Conv2d(inputs, self.outputs, 1, stride, bias=False)
            self.downsample = nn.Sequential(shortcut, nn.BatchNorm2d(self.outputs))

    def forward(self, x: Tensor) -> Tensor:
        out = x
        for conv, norm in self._layers:
            if out is not x:
                out = self.relu(out)
            out = self.get_submodule(norm)(self.get_submodule(conv)(out))
        out += x if self.downsample is None else self.downsample(x)
        return self.relu(out)  # type: ignore[no-any-return]
