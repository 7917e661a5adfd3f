"""What the bytes of a genuine Taskonomy file mean, domain by domain.

Sixteen-bit levels are unsigned: a reader that takes them for int16 turns 65535, "no geometry",
into -1 and every depth beyond 64 m into a negative one.
"""

from __future__ import annotations

import functools
import io
import warnings
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from specbench.data.domains import IGNORED, Domain
from specbench.data.source import Array, scalar

NO_GEOMETRY = 65535
LEVELS_PER_METRE = 512
GREY16, GREY8, RGB8 = "16-bit grey", "8-bit grey", "8-bit RGB"
_NO_PNG = "the file is cut short, damaged or no PNG"
_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_KINDS = {"I;16": GREY16, "I;16B": GREY16, "I": GREY16, "L": GREY8, "RGB": RGB8}


class UndecodableError(ValueError):
    """Bytes that are not what the domain stores; the message is the reason, without a path."""


@dataclass(frozen=True)
class _Encoding:
    kind: str
    values: Callable[[Array, Domain], Array]


def decode_file(content: bytes, domain: Domain) -> Array:
    """Return the values of one file at its own size, channels last.

    The shape is (H, W, C), (H, W) or () by the domain's form; see ``domains.Form`` for dtypes and
    invalid marks. Raises UndecodableError with a short reason.
    """
    if not content:
        raise UndecodableError("the file is empty")
    if domain.extension == "npy":
        return _scene(content, domain)
    encoding = _ENCODINGS[domain.name]
    pixels = png_pixels(content, encoding.kind)
    if pixels.shape[0] != pixels.shape[1]:
        raise UndecodableError(f"the image is {pixels.shape[1]}×{pixels.shape[0]}, not square")
    return encoding.values(pixels, domain)


def vector_length(content: bytes) -> int:
    """Return how many classes a ``class_scene`` file gives probabilities for."""
    return int(_vector(content).size)


@functools.cache
def pillow() -> Any:
    """Return ``PIL.Image``, which refuses images of more pixels than it would else warn of."""
    from PIL import Image

    warnings.simplefilter("error", Image.DecompressionBombWarning)
    return Image


def png_pixels(content: bytes, kind: str) -> Array:
    """Return the pixels of a PNG file of one of the kinds above, uint8 or uint16, (H, W[, 3]).

    Raises UndecodableError with a short reason.
    """
    Image = pillow()
    _check_chunks(content)
    try:
        with Image.open(io.BytesIO(content), formats=("PNG",)) as image:
            found = _KINDS.get(image.mode, f"mode {image.mode}")
            pixels = np.asarray(image) if found == kind else None
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise UndecodableError("its header claims more pixels than an image may have") from error
    except (OSError, SyntaxError, ValueError, EOFError) as error:  # Pillow raises each of them
        raise UndecodableError(_NO_PNG) from error
    if pixels is None:
        raise UndecodableError(f"{found} where {kind} is expected")
    return pixels.astype(np.uint16) if kind == GREY16 else pixels


def _check_chunks(content: bytes) -> None:
    """Hold every chunk against its checksum; Pillow does not, and takes files without an end."""
    place, kind = len(_SIGNATURE), b""
    whole = content.startswith(_SIGNATURE)
    while whole and kind != b"IEND":
        length = int.from_bytes(content[place : place + 4], "big")
        kind, end = content[place + 4 : place + 8], place + 8 + length
        stated = content[end : end + 4]
        whole = stated == zlib.crc32(content[place + 4 : end]).to_bytes(4, "big")
        place = end + 4
    if not whole:
        raise UndecodableError(_NO_PNG)


def _colour(pixels: Array, _: Domain) -> Array:
    return pixels


def _depth(pixels: Array, _: Domain) -> Array:
    metres = pixels.astype(np.float32) / LEVELS_PER_METRE
    metres[pixels == NO_GEOMETRY] = np.nan
    return metres[..., None]


def _level(pixels: Array, _: Domain) -> Array:
    return (pixels.astype(np.float32) / 65535)[..., None]


def _level_of_geometry(pixels: Array, domain: Domain) -> Array:
    levels = _level(pixels, domain)
    levels[pixels == NO_GEOMETRY] = np.nan
    return levels


def _normal(pixels: Array, _: Domain) -> Array:
    return unit(pixels.astype(np.float32) / np.float32(127.5) - 1)


def unit(vectors: Array) -> Array:
    """Scale vectors along the last axis to length 1; those too short to point are NaN.

    Grey (128, 128, 128), the mark of no geometry, decodes to a vector of length 0.007.
    """
    # A channel after the other: sum(axis=-1) gives the same bits and takes twenty times as long.
    length = np.sqrt(functools.reduce(np.add, np.moveaxis(np.square(vectors), -1, 0)))[..., None]
    length[~(length > 0.1)] = np.nan
    return np.asarray(vectors / length, dtype=np.float32)


def _curvature(pixels: Array, _: Domain) -> Array:
    bends = (pixels[..., :2].astype(np.float32) - 127) / 127
    bends[(pixels == 0).all(axis=-1)] = np.nan
    return bends


def _shading(pixels: Array, _: Domain) -> Array:
    return pixels[..., :1].astype(np.float32) / 255


def _semantic(pixels: Array, domain: Domain) -> Array:
    if pixels.max() > domain.classes:
        raise UndecodableError(f"class {pixels.max()} where the last is {domain.classes}")
    return np.where(pixels == 0, IGNORED, pixels - np.uint8(1)).astype(np.uint8)


def _mask(pixels: Array, _: Domain) -> Array:
    return np.asarray(pixels == 255)


def npy_array(content: bytes) -> Array:
    """Return the array of a .npy file; UndecodableError where it is none."""
    try:
        array = np.load(io.BytesIO(content), allow_pickle=False)
    # NumPy parses the header as Python, and a damaged one can fail anywhere in that.
    except Exception as error:
        raise UndecodableError("the file is cut short or no .npy array") from error
    if not isinstance(array, np.ndarray):
        raise UndecodableError("the file is no .npy array")
    return array


def _vector(content: bytes) -> Array:
    vector = npy_array(content)
    if vector.size < 2 or vector.dtype.kind != "f":
        raise UndecodableError("not a vector of class probabilities")
    return vector.ravel()


def _scene(content: bytes, domain: Domain) -> Array:
    vector = _vector(content)
    if vector.size != domain.classes:
        raise UndecodableError(
            f"{vector.size} class probabilities where {domain.classes} are expected"
        )
    certain = np.isfinite(vector).all() and vector.max() > 0
    return scalar(int(vector.argmax()) if certain else -1)


_ENCODINGS = {
    "rgb": _Encoding(RGB8, _colour),
    "depth_zbuffer": _Encoding(GREY16, _depth),
    "depth_euclidean": _Encoding(GREY16, _depth),
    "normal": _Encoding(RGB8, _normal),
    "segment_semantic": _Encoding(GREY8, _semantic),
    "keypoints2d": _Encoding(GREY16, _level),
    "edge_texture": _Encoding(GREY16, _level),
    "keypoints3d": _Encoding(GREY16, _level_of_geometry),
    "edge_occlusion": _Encoding(GREY16, _level_of_geometry),
    "reshading": _Encoding(RGB8, _shading),
    "principal_curvature": _Encoding(RGB8, _curvature),
    "segment_unsup2d": _Encoding(GREY8, _colour),
    "segment_unsup25d": _Encoding(GREY8, _colour),
    "mask_valid": _Encoding(GREY8, _mask),
}
