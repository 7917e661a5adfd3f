"""What numbers of NYU Depth v2 mean: arrays as stored, (H, W[, C]), to values as packed."""

from __future__ import annotations

import numpy as np

from specbench.data.domains import IGNORED, Domain
from specbench.data.encodings import UndecodableError, unit
from specbench.data.photo import centre_square
from specbench.data.source import Array

_ROUNDING = 1e-3


def values_of(stored: Array, domain: Domain) -> Array:
    """Return the centre square of a stored array as the domain is packed, channels last.

    Colours are bytes, or numbers from 0 to 1; classes count from 0, −1 is invalid; depths are
    metres, 0 is invalid; normals of length 0 are invalid. UndecodableError with a short reason.
    """
    channels = {"rgb": 3, "normal": 3}.get(domain.name, 1)
    flat = stored[..., 0] if channels == 1 and stored.ndim == 3 and stored.shape[2] == 1 else stored
    if flat.ndim != (2 if channels == 1 else 3) or (channels == 3 and flat.shape[2] != 3):
        raise UndecodableError(f"an array of shape {stored.shape} where {_shape(channels)} is read")
    if flat.dtype.kind not in "fiu" or flat.size == 0:
        raise UndecodableError(f"{flat.dtype} where numbers are read")
    return _MEANINGS[domain.name](centre_square(flat), domain)


def _shape(channels: int) -> str:
    return "(height, width, 3)" if channels == 3 else "(height, width)"


def _colour(values: Array, _: Domain) -> Array:
    if values.dtype == np.uint8:
        return values
    if not ((values >= -_ROUNDING) & (values <= 1 + _ROUNDING)).all():
        raise UndecodableError("colours outside 0 to 1")
    return np.asarray(np.rint(np.clip(values, 0, 1) * 255), dtype=np.uint8)


def _metres(values: Array, _: Domain) -> Array:
    known = np.isfinite(values) & (values > 0)
    return np.where(known, values, np.nan).astype(np.float32)[..., None]


def _known(values: Array, domain: Domain) -> Array:
    return np.asarray(np.isfinite(_metres(values, domain)[..., 0]))


def _direction(values: Array, _: Domain) -> Array:
    vectors = values.astype(np.float32)
    vectors[~np.isfinite(vectors)] = np.nan
    return unit(vectors)


def _class(values: Array, domain: Domain) -> Array:
    if not np.array_equal(values, np.trunc(values)):
        raise UndecodableError("classes that are no whole numbers")
    invalid = values == -1
    if ((values < 0) | (values >= domain.classes))[~invalid].any():
        wrong = values[~invalid & ((values < 0) | (values >= domain.classes))][0]
        raise UndecodableError(f"class {wrong:g} outside 0 to {domain.classes - 1}")
    return np.where(invalid, IGNORED, values).astype(np.uint8)


_MEANINGS = {
    "rgb": _colour,
    "depth_zbuffer": _metres,
    "mask_valid": _known,
    "normal": _direction,
    "segment_semantic": _class,
}
