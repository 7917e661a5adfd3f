"""Labels and predictions as pictures a person can read, for the reports."""

from __future__ import annotations

import colorsys
import io

import numpy as np

from specbench.data.domains import IGNORED, Domain, Form
from specbench.data.source import Array

Range = tuple[float, float]

_NOTHING = np.array([0, 0, 0], dtype=np.uint8)
_PAPER, _INK = (245, 245, 240), (20, 20, 20)
_NO_NORMAL = np.array([128, 128, 128], dtype=np.uint8)
# Nine colours of equal perceptual distance, dark violet to yellow (matplotlib's viridis).
_SCALE = np.array(
    [
        (68, 1, 84),
        (71, 44, 122),
        (59, 81, 139),
        (44, 113, 142),
        (33, 144, 141),
        (39, 173, 129),
        (92, 200, 99),
        (170, 220, 50),
        (253, 231, 37),
    ],
    dtype=np.float64,
)


def picture(value: Array, domain: Domain, limits: Range | None = None, size: int = 64) -> Array:
    """Return one packed value as an RGB picture, uint8 (H, W, 3).

    ``value`` is a row of a packed array, or a prediction of the same shape: (C, H, W), (H, W), or
    what belongs to the whole image, a tile of ``size`` pixels: a class is its colour, numbers are
    written down. Depth and its like go from
    violet (``limits[0]``) to yellow (``limits[1]``), by default over the value's own ``limits_of``;
    give a label and its prediction the same. Reshading is grey, normals and curvature have
    Taskonomy's colours, classes a fixed palette; what is invalid is black (normals: grey).
    """
    value = np.asarray(value)
    if domain.form is Form.IMAGE:
        return _colours(value)
    if domain.form is Form.NORMAL:
        return _normals(value)
    if domain.form is Form.MASK:
        return np.repeat(np.where(value, 255, 0)[..., None], 3, axis=-1).astype(np.uint8)
    if domain.form is Form.CONTINUOUS:
        return _numbers(value, domain, limits)
    if domain.form is Form.IMAGE_CLASS:
        return _classes(np.full((size, size), value, dtype=np.int64))
    if not domain.form.has_pixels:
        return _written(np.atleast_1d(value), size)
    return _classes(np.where(value == IGNORED, -1, value.astype(np.int64)))


def limits_of(value: Array) -> Range:
    """Return the 1st and 99th percentile of the valid values, two different numbers."""
    valid = value[np.isfinite(value)]
    if valid.size == 0:
        return 0.0, 1.0
    low, high = (float(x) for x in np.percentile(valid, (1, 99)))
    return (low, high) if high > low else (low, low + 1.0)


def palette(count: int) -> Array:
    """Return ``count`` colours, uint8 (count, 3); colour i does not depend on ``count``."""
    colours = [(0.55, 0.55, 0.55)]
    for index in range(1, count):
        # Steps of the golden ratio spread any number of hues; shades part neighbouring hues.
        hue, shade = index * 0.618034 % 1, (0.95, 0.7, 0.82)[index % 3]
        colours.append(colorsys.hsv_to_rgb(hue, (0.75, 0.5)[index // 3 % 2], shade))
    return _bytes(np.array(colours[:count]).reshape(-1, 3) * 255)


def png(pixels: Array) -> bytes:
    """Return RGB ``pixels``, uint8 (H, W, 3), as the bytes of a PNG file."""
    from PIL import Image

    buffer = io.BytesIO()
    Image.fromarray(np.ascontiguousarray(pixels)).save(buffer, format="PNG")
    return buffer.getvalue()


def _bytes(values: Array) -> Array:
    return np.asarray(np.rint(np.clip(values, 0, 255)), dtype=np.uint8)


def _colours(value: Array) -> Array:
    scaled = value if value.dtype == np.uint8 else _bytes(np.nan_to_num(value) * 255)
    return np.moveaxis(scaled, 0, -1)


def _normals(value: Array) -> Array:
    vectors = np.moveaxis(value.astype(np.float64), 0, -1)
    length = np.linalg.norm(vectors, axis=-1, keepdims=True)
    known = np.isfinite(length) & (length > 0)
    directions = np.divide(vectors, length, out=np.zeros_like(vectors), where=known)
    return np.where(known, _bytes((directions + 1) * 127.5), _NO_NORMAL)


def _numbers(value: Array, domain: Domain, limits: Range | None) -> Array:
    values = np.moveaxis(value.astype(np.float64), 0, -1) if value.ndim == 3 else value[..., None]
    known = np.isfinite(values).all(axis=-1, keepdims=True)
    values = np.where(known, values, 0)
    if domain.name == "principal_curvature":
        both = _bytes(values[..., :2] * 127 + 127)
        drawn = np.concatenate([both, np.full_like(both[..., :1], 127)], axis=-1)
        return np.where(known, drawn, _NOTHING)
    low, high = limits or limits_of(value)
    share = np.clip((values - low) / (high - low), 0, 1)
    return np.where(known, _drawn(share, domain), _NOTHING)


def _drawn(share: Array, domain: Domain) -> Array:
    channels = share.shape[-1]
    if domain.name == "reshading":
        return _bytes(np.repeat(share[..., :1], 3, axis=-1) * 255)
    if channels == 1:
        return _bytes(_colour_scale(share[..., 0]))
    if channels == 2:
        share = np.concatenate([share, np.full_like(share[..., :1], 0.5)], axis=-1)
    return _bytes(share[..., :3] * 255)


def _colour_scale(share: Array) -> Array:
    places = np.linspace(0, 1, len(_SCALE))
    return np.stack([np.interp(share, places, _SCALE[:, c]) for c in range(3)], axis=-1)


def _written(values: Array, size: int) -> Array:
    """Return a light tile on which up to four numbers stand, one a line."""
    from PIL import Image, ImageDraw, ImageFont

    lines = [f"{value:.3g}" if np.isfinite(value) else "none" for value in values[:4]]
    tile = Image.new("RGB", (size, size), _PAPER)
    middle = (size / 2, size / 2)
    font = ImageFont.load_default(max(8, size // max(4, len(lines) + 1)))
    text = "\n".join(lines)
    ImageDraw.Draw(tile).multiline_text(middle, text, fill=_INK, font=font, anchor="mm")
    return np.asarray(tile)


def _classes(value: Array) -> Array:
    """Colour int64 classes (H, W); negative ones are invalid."""
    return np.where((value >= 0)[..., None], palette(512)[value % 512], _NOTHING)
