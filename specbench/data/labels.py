"""Taskonomy's own label formulas: pure functions from an RGB-D image to its labels.

The formulas are those of "Taskonomy: Disentangling Task Transfer Learning" (Zamir et al. 2018,
arXiv 1804.08328). They are defined at 512 x 512 pixels, so bring an image to :data:`LABEL_PIXELS`,
compute, and average the label down; a label computed at a smaller size is another label.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray
from skimage import filters

FILTERS: Any = filters  # scikit-image is only partly typed

LABEL_PIXELS = 512
"""The image side, in pixels, at which every formula here is defined."""

NO_GEOMETRY = 65535
"""The level of a 16-bit depth map that stands for "nothing was hit"."""

DEPTH_LEVELS_PER_METRE = 512.0
"""A 16-bit depth map counts 1/512 metre."""

KEYPOINT_SCALES = np.linspace(1, 30, 10)
EDGE_SIGMA = 3.0
FARTHEST_OCCLUDER = 65036
"""Depth levels from here on count as no geometry for the occlusion edges."""

RESHADING_REACH = 5.0
"""Metres at which the reshading light has lost half its strength."""

BAND_ROWS = 64
"""Rows of a band whose box sums are taken together."""

Floats = NDArray[np.float32]
Integers = NDArray[np.int32]


def grey(rgb: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return the ITU-R 601 luma of an (H, W, 3) image, rounded to 8 bits, as (H, W)."""
    wide = rgb.astype(np.int32)
    luma = wide[..., 0] * 19595 + wide[..., 1] * 38470 + wide[..., 2] * 7471 + 32768
    return (luma >> 16).astype(np.uint8)


def edge_texture(rgb: NDArray[np.uint8]) -> Floats:
    """Return texture edges (H, W): Sobel magnitude of the smoothed (sigma 3) grey / 255."""
    smooth = FILTERS.gaussian(grey(rgb).astype(np.float32) / 255, sigma=EDGE_SIGMA)
    return np.asarray(FILTERS.sobel(smooth), np.float32)


def keypoints2d(rgb: NDArray[np.uint8]) -> Floats:
    """Return key point strength (H, W), never below 0, of an (H, W, 3) image.

    The maximum over ten scales in [1, 30] of the box-filter determinant of the Hessian of
    grey / 255 (SURF, Bay et al. 2006), the quantity that scikit-image's
    ``hessian_matrix_det(approximate=True)`` returns. Grey is 8-bit, so the box sums are taken in
    integers: exact, and in bands of rows that stay in a core's cache.
    """
    integral = grey(rgb).cumsum(axis=0, dtype=np.int32).cumsum(axis=1, dtype=np.int32)
    best = np.zeros(integral.shape, np.float32)
    for top in range(0, len(integral), BAND_ROWS):
        band = best[top : top + BAND_ROWS]
        rows = np.arange(top, top + len(band))
        for scale in KEYPOINT_SCALES:
            np.maximum(band, _hessian_determinant(integral, rows, int(3 * scale)), out=band)
    return best


def _hessian_determinant(integral: Integers, rows: NDArray[np.int64], size: int) -> Floats:
    """Return the determinant (R, W) on some rows for a filter of ``size`` pixels (3 x scale)."""
    third, half = size // 3, (size - 1) // 2
    band = 2 * third - 1
    wide = _row_box(integral, rows, 1 - third, band)
    tall = _row_box(integral, rows, -half, size)
    tall -= 3 * _row_box(integral, rows, -(third // 2), third)
    skew = _row_box(integral, rows, 1, third) - _row_box(integral, rows, -third, third)
    dxx = _column_box(wide, -half, size) - 3 * _column_box(wide, -(third // 2), third)
    dyy = _column_box(tall, 1 - third, band)
    dxy = _column_box(skew, 1, third) - _column_box(skew, -third, third)
    norm = np.float32(1.0 / (255.0 * size * size))
    xx, yy, xy = (part.astype(np.float32) * norm for part in (dxx, dyy, dxy))
    return np.asarray(xx * yy - np.float32(0.81) * (xy * xy), np.float32)


def _row_box(integral: Integers, rows: NDArray[np.int64], start: int, length: int) -> Integers:
    """Return ``integral[rows + start + length] - integral[rows + start]``.

    At the border both ends are clipped, the start first: a window that begins before the image
    is moved to its edge, one that ends behind it is cut, as in scikit-image.
    """
    last = len(integral) - 1
    low = np.clip(rows + start, 0, last)
    return np.asarray(integral[np.minimum(low + length, last)] - integral[low])


def _column_box(values: Integers, start: int, length: int) -> Integers:
    """Return the same difference along the columns of ``values`` (R, W)."""
    last = values.shape[1] - 1
    low = min(max(0, -start), last + 1)
    high = max(min(last + 1, last + 1 - start), low)
    inner = max(min(high, last + 1 - start - length), low)
    out = np.empty_like(values)
    out[:, :low] = values[:, [min(length, last)]] - values[:, :1]
    np.subtract(
        values[:, low + start + length : inner + start + length],
        values[:, low + start : inner + start],
        out=out[:, low:inner],
    )
    out[:, inner:high] = values[:, last:] - values[:, inner + start : high + start]
    out[:, high:] = 0
    return out


def edge_occlusion(z16: NDArray[np.uint16]) -> Floats:
    """Return occlusion edges (H, W): Sobel of sqrt(z16) / 256, 0 next to missing geometry."""
    seen = z16 < FARTHEST_OCCLUDER
    depth = np.sqrt(z16.astype(np.float32)) / np.float32(256)
    return np.asarray(FILTERS.sobel(depth, mask=seen), np.float32)


def focal_length(field_of_view: float, pixels: int = LABEL_PIXELS) -> float:
    """Return the focal length in pixels of a ``field_of_view`` (radians, across the image)."""
    return pixels / 2 / math.tan(field_of_view / 2)


def pixel_grid(pixels: int, focal: float) -> tuple[Floats, Floats]:
    """Return x (1, W) and y (H, 1) of the rays (x, y, 1) through the pixel centres."""
    line = (np.arange(pixels, dtype=np.float32) + np.float32(0.5 - pixels / 2)) / np.float32(focal)
    return line[None, :], line[:, None]


def euclidean_depth(z: NDArray[Any], field_of_view: float) -> Floats:
    """Return distances (H, W) to the camera from depths ``z`` (H, W) along its axis.

    z * sqrt(1 + ((u - c)^2 + (v - c)^2) / f^2) with pixel centres at + 0.5; units of ``z``.
    """
    return distance(z, *pixel_grid(z.shape[0], focal_length(field_of_view, z.shape[0])))


def distance(z: NDArray[Any], x: Floats, y: Floats) -> Floats:
    """Return distances (H, W) to the camera of depths ``z`` along the rays (x, y, 1)."""
    return (z.astype(np.float32) * np.sqrt(1 + x * x + y * y)).astype(np.float32)


def normals_from_depth(z: NDArray[Any], field_of_view: float) -> Floats:
    """Return unit normals (H, W, 3), x right, y down, z forward, facing the camera.

    The cross product of the surface's tangents, by central differences of the points that the
    depths ``z`` (H, W) stand for. NaN depths give NaN normals around them.
    """
    return normals(z, *pixel_grid(z.shape[0], focal_length(field_of_view, z.shape[0])))


def normals(z: NDArray[Any], x: Floats, y: Floats) -> Floats:
    """Return the same of depths ``z`` (H, W) along the rays (x, y, 1), x (1, W) and y (H, 1)."""
    depth = z.astype(np.float32)
    points = np.stack([depth * x, depth * y, depth], axis=-1)
    down, right = np.gradient(points, axis=(0, 1))
    normal = np.cross(down, right)
    with np.errstate(invalid="ignore", divide="ignore"):
        normal /= np.linalg.norm(normal, axis=-1, keepdims=True)
    return normal.astype(np.float32)


def reshading(depth: Floats, normal: Floats, x: Floats, y: Floats) -> Floats:
    """Return (H, W) in 0..1: a matt grey world lit by one lamp at the camera.

    The cosine between ``normal`` (H, W, 3) and the ray (x, y, 1), divided by
    1 + (distance / RESHADING_REACH)^2; NaN where depth (H, W) or normal is.
    """
    square = 1 + x * x + y * y
    cosine = -(normal[..., 0] * x + normal[..., 1] * y + normal[..., 2]) / np.sqrt(square)
    fade = 1 + depth * depth * square / np.float32(RESHADING_REACH**2)
    return np.clip(cosine / fade, 0, 1).astype(np.float32)


def mask_valid(z16: NDArray[np.uint16]) -> NDArray[np.bool_]:
    """Return where a 16-bit depth map (H, W) holds geometry."""
    return np.asarray(z16 != NO_GEOMETRY)


def depth_levels(metres: NDArray[Any]) -> NDArray[np.uint16]:
    """Return 16-bit depth levels; what is not finite becomes :data:`NO_GEOMETRY`."""
    seen = np.isfinite(metres)
    levels = np.rint(np.where(seen, metres, 0) * DEPTH_LEVELS_PER_METRE)
    kept: NDArray[np.uint16] = np.minimum(levels, NO_GEOMETRY - 1).astype(np.uint16)
    kept[~seen] = NO_GEOMETRY
    return kept


def fraction_levels(fraction: NDArray[Any]) -> NDArray[np.uint16]:
    """Return the 16-bit levels of a label in 0..1, as edges and key points are stored."""
    return np.asarray(np.rint(np.clip(fraction, 0, 1) * 65535), np.uint16)


def average_down(values: NDArray[Any], pixels: int) -> Floats:
    """Return the area averages of (H, W) or (H, W, C) ``values`` at ``pixels`` x ``pixels``.

    ValueError unless the side is a multiple of ``pixels``.
    """
    side = values.shape[0]
    if side % pixels:
        raise ValueError(f"{side} pixels cannot be averaged down to {pixels}")
    step = side // pixels
    rows = values.reshape(pixels, step, *values.shape[1:]).mean(axis=1, dtype=np.float32)
    blocks = rows.reshape(pixels, pixels, step, *values.shape[2:])
    return np.asarray(blocks.mean(axis=2, dtype=np.float32))


def average_down_valid(
    values: NDArray[Any], valid: NDArray[np.bool_], pixels: int
) -> tuple[Floats, Floats]:
    """Return averages over the valid pixels only and the share of valid pixels (both small).

    The average is NaN where a block holds no valid pixel.
    """
    share = average_down(valid.astype(np.float32), pixels)
    held = valid if values.ndim == 2 else valid[..., None]
    total = average_down(np.where(held, values, np.float32(0)), pixels)
    weight = share if values.ndim == 2 else share[..., None]
    with np.errstate(invalid="ignore", divide="ignore"):
        return (total / np.where(weight > 0, weight, np.nan)).astype(np.float32), share
