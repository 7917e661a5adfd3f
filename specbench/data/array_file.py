"""Writing a .npy file row by row, when the number of rows is known only at the end."""

from __future__ import annotations

from pathlib import Path
from types import TracebackType

import numpy as np
import numpy.typing as npt

from specbench.data.source import Array


class ArrayFile:
    """A .npy file of rows of one shape and dtype; memory holds one row at a time.

    Use as a context manager: the number of rows enters the header on leaving.
    """

    def __init__(self, path: Path, dtype: npt.DTypeLike, row_shape: tuple[int, ...]) -> None:
        self.rows = 0
        self._dtype = np.dtype(dtype)
        self._shape = row_shape
        self._file = path.open("wb")
        self._write_header()
        self._start = self._file.tell()

    def _write_header(self) -> None:
        header = {
            "descr": np.lib.format.dtype_to_descr(self._dtype),
            "fortran_order": False,
            "shape": (self.rows, *self._shape),
        }
        np.lib.format.write_array_header_1_0(self._file, header)

    def append(self, row: Array) -> None:
        """Add one row; its shape must be the one stated."""
        if row.shape != self._shape:
            raise ValueError(f"a row of shape {row.shape} where {self._shape} was stated")
        self._file.write(np.ascontiguousarray(row, self._dtype).tobytes())
        self.rows += 1

    def __enter__(self) -> ArrayFile:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        with self._file:
            self._file.seek(0)
            self._write_header()
            # NumPy pads headers so that the first axis can grow in place.
            if self._file.tell() != self._start:
                raise RuntimeError("the .npy header changed its length")
