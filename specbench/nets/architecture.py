"""Encoders and decoders as lists of convolutions: what they cost, before any of them is built.

Light on purpose: planning a study counts multiply-adds without loading torch. A bias, a batch
norm, an activation and a resize cost nothing here; a convolution costs kernel² · inputs · outputs /
groups at each position of its output. One along a sequence has a kernel and positions of one axis;
a linear layer is a convolution of a single position.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum


@dataclass(frozen=True)
class Convolution:
    """One convolution whose output is the image halved ``halvings`` times, odd sides rounded up.

    ``taps`` is the number of positions that contribute to one output value: kernel² for a plain
    convolution, 1 for a transposed one whose stride is its kernel. ``axes`` is 2 on images, 1 along
    a sequence, 0 for a linear layer.
    """

    inputs: int
    outputs: int
    taps: int
    halvings: int
    groups: int = 1
    axes: int = 2

    def macs(self, size: int) -> int:
        """Return the multiply-adds for one image of ``size`` × ``size`` pixels.

        Or for one sequence of length ``size``, or one vector.
        """
        positions = int(side(size, self.halvings) ** self.axes)
        return self.taps * self.inputs * self.outputs // self.groups * positions


def side(size: int, halvings: int) -> int:
    """Return the side left of ``size`` pixels after ``halvings`` halvings, rounding up."""
    return -(-size // (1 << halvings))


class Takes(StrEnum):
    """What an encoder can be fed."""

    IMAGES = "images"
    SEQUENCES = "sequences"
    VECTORS = "vectors"
    TEXTS = "texts"


Units = Callable[[Sequence[int], int, int], list[Convolution]]


@dataclass(frozen=True)
class Architecture:
    """A family member: what its channels are, how it is laid out, and what suits it by default.

    ``proportions`` are the channels of its scaled parts for a base width of 1; ``units`` lists the
    convolutions for (channels, features, input channels). Whatever the channels, the encoder ends
    in ``features`` channels on a map halved ``halvings`` times, so decoders fit any capacity.
    ``decoder_width`` is that of dense decoders, which only images have.
    """

    proportions: tuple[float, ...]
    halvings: int
    units: Units
    width: int
    features: int
    decoder_width: int = 0
    multiple: int = 1
    """The image side must be a multiple of this."""
    takes: Takes = Takes.IMAGES

    def channels(self, width: int) -> tuple[int, ...]:
        """Return the channels of the full-capacity encoder of base width ``width``."""
        return tuple(max(1, round(proportion * width)) for proportion in self.proportions)


# At 64 pixels a fourth halving leaves a map of 4x4, from which edges cannot be drawn: with it, the
# single nets of the small study lost 24 % (segmentation) and 13 % (edges) against three.
CONV_HALVINGS = 3
"""How often ``conv`` halves the image."""


def _conv_units(channels: Sequence[int], features: int, inputs: int) -> list[Convolution]:
    units = []
    for depth, outputs in enumerate(channels, start=1):
        units.append(Convolution(inputs, outputs, 9, min(depth, CONV_HALVINGS)))
        inputs = outputs
    last = CONV_HALVINGS
    return [*units, Convolution(inputs, inputs, 9, last), Convolution(inputs, features, 1, last)]


CONV1D_HALVINGS = 3
"""How often ``conv1d`` halves the sequence."""
CONV1D_KERNEL = 5


def _conv1d_units(channels: Sequence[int], features: int, inputs: int) -> list[Convolution]:
    units = []
    for depth, outputs in enumerate(channels, start=1):
        units.append(Convolution(inputs, outputs, CONV1D_KERNEL, depth, axes=1))
        inputs = outputs
    return [*units, Convolution(inputs, features, 1, CONV1D_HALVINGS, axes=1)]


def _mlp_units(channels: Sequence[int], features: int, inputs: int) -> list[Convolution]:
    widths = (inputs, *channels, features)
    return [Convolution(*pair, 1, 0, axes=0) for pair in itertools.pairwise(widths)]


def _layers_units(channels: Sequence[int], features: int, inputs: int) -> list[Convolution]:
    # A layer's linear maps cost their weights at every piece of a text; attention, that of two
    # products between all pieces.
    units = []
    for hidden in channels:
        units += [
            Convolution(features, 4 * features, 1, 0, axes=1),
            Convolution(1, features, 2, 0, axes=2),
            Convolution(features, hidden, 1, 0, axes=1),
            Convolution(hidden, features, 1, 0, axes=1),
        ]
    return units


TRANSFORMER_LAYERS = 4


def _resnet_units(blocks: tuple[int, ...], bottleneck: bool) -> Units:
    def units(channels: Sequence[int], features: int, inputs: int) -> list[Convolution]:
        listed = [Convolution(inputs, channels[0], 49, 1)]
        inputs = channels[0]
        for stage, (planes, count) in enumerate(zip(channels, blocks, strict=True)):
            for block in range(count):
                before = stage + 2 - (stage > 0 and block == 0)
                listed += _residual(inputs, planes, before, stage + 2, bottleneck)
                inputs = planes * (4 if bottleneck else 1)
        return [*listed, Convolution(inputs, features, 1, 5)]

    return units


def _residual(
    inputs: int, planes: int, before: int, after: int, bottleneck: bool
) -> list[Convolution]:
    # He et al. 2015 (arXiv 1512.03385); like torchvision, a bottleneck strides in its 3x3.
    outputs = planes * 4 if bottleneck else planes
    if bottleneck:
        branch = [
            Convolution(inputs, planes, 1, before),
            Convolution(planes, planes, 9, after),
            Convolution(planes, outputs, 1, after),
        ]
    else:
        branch = [Convolution(inputs, planes, 9, after), Convolution(planes, planes, 9, after)]
    if before != after or inputs != outputs:
        branch.append(Convolution(inputs, outputs, 1, after))
    return branch


def _separable(inputs: int, outputs: int, halvings: int) -> list[Convolution]:
    return [
        Convolution(inputs, inputs, 9, halvings, groups=inputs),
        Convolution(inputs, outputs, 1, halvings),
    ]


def _xception_units(middle: int, repeats: int) -> Units:
    def units(channels: Sequence[int], features: int, inputs: int) -> list[Convolution]:
        stem, second, *entry = channels
        listed = [Convolution(inputs, stem, 9, 1), Convolution(stem, second, 9, 1)]
        inputs = second
        for depth, outputs in enumerate(entry, start=1):
            listed += _separable(inputs, outputs, depth) + _separable(outputs, outputs, depth)
            listed.append(Convolution(outputs, outputs, 4, depth + 1))
            listed.append(Convolution(inputs, outputs, 1, depth + 1))
            inputs = outputs
        for _ in range(middle * repeats):
            listed += _separable(inputs, inputs, 4)
        return listed + _separable(inputs, features, 4)

    return units


MIDDLE_FLOW = {"xception17": (4, 2), "xception": (8, 3)}
"""Blocks in the middle flow and separable convolutions in each."""

RESNET_BLOCKS = {
    "resnet18": ((2, 2, 2, 2), False),
    "resnet34": ((3, 4, 6, 3), False),
    "resnet50": ((3, 4, 6, 3), True),
}
"""Blocks in each stage, and whether they are bottlenecks."""


def _resnet(name: str) -> Architecture:
    units = _resnet_units(*RESNET_BLOCKS[name])
    return Architecture((1, 2, 4, 8), 5, units, width=64, features=512, decoder_width=128)


def _xception(name: str, channels: tuple[int, ...], features: int) -> Architecture:
    proportions = tuple(count / channels[0] for count in channels)
    units = _xception_units(*MIDDLE_FLOW[name])
    return Architecture(
        proportions, 4, units, channels[0], features, decoder_width=features // 2, multiple=16
    )


BUILT_IN: dict[str, Architecture] = {
    "conv": Architecture(
        (1, 2, 4, 6), CONV_HALVINGS, _conv_units, width=16, features=64, decoder_width=32
    ),
    "mlp": Architecture((1, 1), 0, _mlp_units, width=128, features=64, takes=Takes.VECTORS),
    "conv1d": Architecture(
        (1, 2, 4), CONV1D_HALVINGS, _conv1d_units, width=16, features=32, takes=Takes.SEQUENCES
    ),
    "transformer": Architecture(
        (1,) * TRANSFORMER_LAYERS, 0, _layers_units, width=512, features=128, takes=Takes.TEXTS
    ),
    "hf": Architecture((1,), 0, _layers_units, width=0, features=0, takes=Takes.TEXTS),
    "resnet18": _resnet("resnet18"),
    "resnet34": _resnet("resnet34"),
    "resnet50": _resnet("resnet50"),
    "xception17": _xception("xception17", (24, 48, 96, 192, 512), features=256),
    "xception": _xception("xception", (32, 64, 128, 256, 728), features=512),
}
"""The encoders that come with specbench, by name.

``conv`` is ours: four 3x3 convolutions, the first three strided, one more, a projection. So are
``mlp``, two hidden layers and a projection, and ``conv1d``, three strided convolutions and one.
``transformer`` is for texts; its scaled parts are the hidden layers. The layers of ``hf`` are those
of the pretrained model that is named beside it.
``resnet*`` are torchvision's, with a 1x1 projection behind them. ``xception17`` and ``xception``
are those of Standley et al. 2020 (arXiv 1905.07553): strided 2x2 convolutions for max pooling, no
exit flow. At 256 pixels the encoders alone, projection included, have 4.1 M parameters and
2.26 G multiply-adds (the paper: about 4 M and 2.28 G), and 16.8 M and 6.49 G (16.5 M and 6.4 G).
"""

ENCODERS: dict[str, Architecture] = dict(BUILT_IN)
"""Every encoder by name: those built in, and those of the user's code that is loaded."""


def units_macs(units: Sequence[Convolution], size: int) -> int:
    """Return the multiply-adds of a list of convolutions for one image of side ``size``."""
    return sum(unit.macs(size) for unit in units)
