"""What the network described by a job's content costs, encoder and decoders."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any, Protocol

from specbench.nets.architecture import ENCODERS, Convolution, Takes, side, units_macs
from specbench.nets.capacity import IMAGE_CHANNELS, Reached, reach

VERSION = 1
"""Raise it when an unchanged content starts to describe another network."""
PRETRAINED = "hf"
"""The encoder that is a model of Hugging Face's form."""
TRAINING_PASSES = 3
"""Multiply-adds of a training step in forward passes: one forward, two backward."""


class Head(Protocol):
    """What a decoder must know of its task."""

    @property
    def outputs(self) -> int:
        """Channels of the output."""

    @property
    def dense(self) -> bool:
        """Whether there is an output per pixel rather than one per image."""


def takes(content: Mapping[str, Any]) -> Takes:
    """Return what the network is fed: images (``image_size``), or ``inputs`` over a ``length``."""
    if "texts" in content:
        return Takes.TEXTS
    if "image_size" in content:
        return Takes.IMAGES
    return Takes.SEQUENCES if content["length"] > 1 else Takes.VECTORS


def size_of(content: Mapping[str, Any]) -> int:
    """Return the side of the network's images, or the length of its sequences; 1 for vectors.

    Of texts the pieces that are counted for one.
    """
    if "texts" in content:
        return int(content["texts"]["length"])
    return int(content["image_size"] if "image_size" in content else content["length"])


def channels_of(content: Mapping[str, Any]) -> int:
    """Return the channels that a sample has at each position, without a label beside them."""
    return int(content.get("inputs", IMAGE_CHANNELS))


def refuse_impossible(content: Mapping[str, Any]) -> None:
    """Raise ValueError, in one sentence, if no network can be built from ``content``."""
    encoder, fed = content["encoder"], takes(content)
    if encoder not in ENCODERS:
        raise ValueError(f"unknown encoder '{encoder}', known: {', '.join(ENCODERS)}")
    if content["version"] != VERSION:
        raise ValueError(f"network of version {content['version']}, this program knows {VERSION}")
    if ENCODERS[encoder].takes is not fed:
        raise ValueError(f"encoder '{encoder}' takes {ENCODERS[encoder].takes}, not {fed}")
    if encoder == PRETRAINED and float(content["capacity"]) != 1:
        raise ValueError("a pretrained encoder has capacity 1 only")
    if fed is Takes.IMAGES:
        _refuse_impossible_images(content)
    elif channels_of(content) < 1:
        raise ValueError("a network needs at least one input")


def _refuse_impossible_images(content: Mapping[str, Any]) -> None:
    encoder, size = content["encoder"], size_of(content)
    if size < 16 or size % ENCODERS[encoder].multiple:
        multiple = ENCODERS[encoder].multiple
        of = f"and a multiple of {multiple} " if multiple > 1 else ""
        raise ValueError(f"image size must be at least 16 {of}for '{encoder}', not {size}")
    if content["decoder_width"] < 4 or content["decoder_blocks"] < 1:
        raise ValueError("a decoder needs at least one block and four channels")


def encoder_reached(content: Mapping[str, Any]) -> Reached:
    """Return the encoder's channels at the content's capacity, and the capacity they reach."""
    if content["encoder"] == PRETRAINED:
        return Reached((content["model"]["hidden"],) * content["model"]["layers"], 1.0)
    size, capacity, inputs = size_of(content), float(content["capacity"]), channels_of(content)
    return reach(content["encoder"], content["width"], content["features"], size, capacity, inputs)


def encoder_macs(content: Mapping[str, Any], in_channels: int | None = None) -> int:
    """Return the multiply-adds of the encoder for one sample, its projection included.

    ``in_channels`` are those of the sample, unless a label is fed beside them.
    """
    channels, fed = encoder_reached(content).channels, in_channels or channels_of(content)
    return _encoder_macs(content["encoder"], channels, content["features"], fed, size_of(content))


def forget_counts() -> None:
    """Count anew; call it when the name of an encoder gets another meaning."""
    for counted in (reach, _encoder_macs, _dense_macs):
        counted.cache_clear()


# A plan of 10,000 jobs asks 40,000 times for a few dozen counts.
@lru_cache(maxsize=4096)
def _encoder_macs(
    encoder: str, channels: tuple[int, ...], features: int, fed: int, size: int
) -> int:
    return units_macs(ENCODERS[encoder].units(channels, features, fed), size)


def network_macs(
    content: Mapping[str, Any], heads: Iterable[Head], in_channels: int | None = None
) -> int:
    """Return the multiply-adds of the encoder and one decoder for each of ``heads``."""
    decoders = sum(_decoder_macs(content, head) for head in heads)
    return encoder_macs(content, in_channels) + decoders


def decoder_widths(content: Mapping[str, Any]) -> list[int]:
    """Return the channels of the decoder's blocks: the width, its half, then its quarter."""
    return [content["decoder_width"] >> min(i, 2) for i in range(content["decoder_blocks"])]


def decoder_units(content: Mapping[str, Any], outputs: int) -> list[Convolution]:
    """Return the convolutions of a dense decoder, transposed and plain in turn.

    As in Standley et al. 2020, the plain convolution of the last block gives the output. A block
    doubles the map while it is smaller than the image; a further one leaves it as it is and has a
    3x3 kernel.
    """
    halvings, inputs, units = ENCODERS[content["encoder"]].halvings, content["features"], []
    widths = decoder_widths(content)
    for block, width in enumerate(widths):
        doubles = halvings > 0
        halvings -= doubles
        units.append(Convolution(inputs, width, 1 if doubles else 9, halvings))
        last = block == len(widths) - 1
        units.append(Convolution(width, outputs if last else width, 9, halvings))
        inputs = width
    return units


def _decoder_macs(content: Mapping[str, Any], head: Head) -> int:
    if not head.dense:
        return head_inputs(content) * head.outputs
    if takes(content) is Takes.TEXTS:
        return head_inputs(content) * head.outputs * size_of(content)
    return _dense_macs(*(content[name] for name in _DECODER), head.outputs)


_DECODER = ("encoder", "features", "decoder_width", "decoder_blocks", "image_size")
"""What of a network's content the cost of a dense decoder depends on."""


@lru_cache(maxsize=4096)
def _dense_macs(
    encoder: str, features: int, decoder_width: int, decoder_blocks: int, size: int, outputs: int
) -> int:
    settings = (encoder, features, decoder_width, decoder_blocks, size)
    content = dict(zip(_DECODER, settings, strict=True))
    return units_macs(decoder_units(content, outputs), size)


def head_inputs(content: Mapping[str, Any]) -> int:
    """Return how many numbers the head of a label of whole samples reads.

    The features; of a sequence those of every position left, since where something stands matters.
    """
    features = int(content["features"])
    if takes(content) is not Takes.SEQUENCES:
        return features
    return features * side(size_of(content), ENCODERS[content["encoder"]].halvings)
