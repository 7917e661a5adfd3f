"""Photographs as anyone stores them, JPEG or PNG, and their centre square."""

from __future__ import annotations

import io

import numpy as np

from specbench.data.encodings import UndecodableError, pillow
from specbench.data.source import Array

FORMATS = ("JPEG", "PNG")


def photo(content: bytes) -> Array:
    """Return a colour image as uint8 (H, W, 3); grey becomes three equal channels.

    Raises UndecodableError with a short reason.
    """
    if not content:
        raise UndecodableError("the file is empty")
    Image = pillow()
    try:
        with Image.open(io.BytesIO(content), formats=FORMATS) as image:
            if image.mode not in ("RGB", "L"):
                raise UndecodableError(f"mode {image.mode} where colour or grey is expected")
            return np.asarray(image.convert("RGB"))
    # Pillow raises each of them for files cut short or damaged.
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise UndecodableError("its header claims more pixels than an image may have") from error
    except (OSError, SyntaxError, ValueError, EOFError) as error:
        if isinstance(error, UndecodableError):
            raise
        raise UndecodableError("the file is cut short, damaged or no JPEG or PNG") from error


def centre_square(values: Array) -> Array:
    """Return the largest square in the middle of (H, W[, C]); an odd pixel is cut after it."""
    height, width = values.shape[:2]
    side = min(height, width)
    top, left = (height - side) // 2, (width - side) // 2
    return values[top : top + side, left : left + side]
