"""Which tasks should a network learn together, and can a cheap score tell beforehand?"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from specbench.notebook import Store

__version__ = "0.1.0"
__all__ = ["open"]


def open(results: str | Path = "results") -> Store:  # noqa: A001 (called as specbench.open)
    """Open the store of a results folder to read its views as pandas frames.

    >>> with specbench.open("results") as store:  # doctest: +SKIP
    ...     gains = store.gains(study="quickstart", split="test")

    The :class:`~specbench.notebook.Store` is read-only and sees the state that it opened. Raises
    :class:`~specbench.errors.StoreError` where there is no such folder, or no store in it.
    """
    from specbench.notebook import Store  # pandas and DuckDB are loaded here, not before

    return Store(results)
