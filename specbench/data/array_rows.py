"""What each form allows in a user's own array, and how a row of it becomes a label."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from specbench.data.domains import IGNORED, Domain, Form
from specbench.data.encodings import unit
from specbench.data.source import Array, scalar
from specbench.errors import DataError

_AXES = {
    Form.IMAGE: 4,
    Form.CONTINUOUS: 4,
    Form.NORMAL: 4,
    Form.CLASSES: 3,
    Form.MASK: 3,
    Form.VALUE: 2,
    Form.BINARY: 2,
}
_WITHOUT_CHANNELS = (Form.IMAGE, Form.CONTINUOUS, Form.VALUE, Form.BINARY)
"""Forms whose arrays may lack the axis of channels, there being one."""
_KINDS = {
    Form.IMAGE: ("u", "uint8"),
    Form.CONTINUOUS: ("fiu", "numbers"),
    Form.NORMAL: ("f", "floats"),
    Form.CLASSES: ("iu", "integers"),
    Form.IMAGE_CLASS: ("iu", "integers"),
    Form.VALUE: ("fiu", "numbers"),
    Form.BINARY: ("fbiu", "numbers 0 and 1"),
    Form.MASK: ("biu", "truth values"),
}


class WrongRowError(ValueError):
    """A row whose values its form does not allow."""


def check_array(path: Path, array: Array, form: Form) -> None:
    """Raise DataError unless dtype and shape of the array in ``path`` are those of ``form``."""
    kinds, words = _KINDS[form]
    if array.dtype.kind not in kinds or (form is Form.IMAGE and array.dtype != np.uint8):
        raise DataError(f"{path}: dtype {array.dtype}", f"form {form} takes {words}")
    axes = _AXES.get(form, 1)
    bare = array.ndim == axes - 1 and form in _WITHOUT_CHANNELS
    if array.ndim != axes and not bare:
        wanted = {4: "(N, C, H, W)", 3: "(N, H, W)", 2: "(N, C)", 1: "(N,)"}[axes]
        raise DataError(f"{path}: shape {array.shape}", f"form {form} takes {wanted}")
    if array.ndim >= 3 and array.shape[-1] != array.shape[-2]:
        hint = "channels come before height and width" if array.shape[-1] <= 4 else ""
        raise DataError(f"{path}: shape {array.shape} is not of square images", hint)
    channels = {Form.IMAGE: (1, 3), Form.NORMAL: (3,), Form.BINARY: (1,)}
    if form in channels and array.ndim == axes and array.shape[1] not in channels[form]:
        most = f"{channels[form][-1]} channel{'s' if form is not Form.BINARY else ''}"
        raise DataError(f"{path}: shape {array.shape}", f"form {form} takes {most}")


def convert_row(row: Array, domain: Domain) -> Array:
    """Return one row in its form, channels last; WrongRowError if its values are not allowed."""
    return _CONVERSIONS[domain.form](row, domain)


def _last(row: Array) -> Array:
    return np.moveaxis(row, 0, -1) if row.ndim == 3 else row[..., None]


def _image(row: Array, _: Domain) -> Array:
    colour = _last(row)
    return np.repeat(colour, 3, axis=-1) if colour.shape[-1] == 1 else colour


def _numbers(row: Array, _: Domain) -> Array:
    values = _last(row).astype(np.float32)
    values[~np.isfinite(values)] = np.nan
    return values


def _vectors(row: Array, domain: Domain) -> Array:
    return unit(_numbers(row, domain))


def _classes(row: Array, domain: Domain) -> Array:
    ignored = row == IGNORED
    if ((row < 0) | (row >= domain.classes))[~ignored].any():
        raise WrongRowError(f"a class outside 0 to {domain.classes - 1}")
    return row.astype(np.uint8)


def _one_class(row: Array, domain: Domain) -> Array:
    if not -1 <= row < domain.classes:
        raise WrongRowError(f"class {row} outside 0 to {domain.classes - 1}")
    return scalar(int(row))


def _values(row: Array, _: Domain) -> Array:
    values = np.atleast_1d(row).astype(np.float32)
    values[~np.isfinite(values)] = np.nan
    return values


def _one_or_none(row: Array, domain: Domain) -> Array:
    value = _values(row, domain)
    if not (np.isnan(value) | (value == 0) | (value == 1)).all():
        raise WrongRowError("a value that is neither 0 nor 1")
    return value


def _truth(row: Array, _: Domain) -> Array:
    return row.astype(np.bool_)


_CONVERSIONS: dict[Form, Callable[[Any, Domain], Array]] = {
    Form.IMAGE: _image,
    Form.CONTINUOUS: _numbers,
    Form.NORMAL: _vectors,
    Form.CLASSES: _classes,
    Form.IMAGE_CLASS: _one_class,
    Form.VALUE: _values,
    Form.BINARY: _one_or_none,
    Form.MASK: _truth,
}
