"""How far two results of the same job are apart: bit for bit, or the largest difference."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from specbench.results import CHECKSUMS, RESULT, describe_file

FREE = frozenset({"run", "seconds", "images_per_second", "origin", "deviation"})
"""Names in ``result.json`` that say when, where, how fast or on which way a result came about."""


def differences(stored: Path, again: Path, tolerance: float = 0.0) -> list[str]:
    """Return what differs between two result folders of one job, one line a file or value.

    With no ``tolerance`` every file has to be equal to the byte, but for ``FREE``. With one,
    numbers may differ by that fraction of the larger, tensors by that fraction of the largest value
    of their file, and files of other kinds, such as pictures, are not compared.
    """
    names = sorted(_files(stored) | _files(again))
    found = []
    for name in names:
        one, two = stored / name, again / name
        if not one.is_file() or not two.is_file():
            found.append(f"{name}: only in the {'new' if two.is_file() else 'stored'} result")
        elif name == RESULT:
            first, second = (json.loads(path.read_bytes()) for path in (one, two))
            found += [f"{RESULT}: {line}" for line in _values(first, second, tolerance)]
        elif describe_file(one) != describe_file(two):
            apart = _apart(one, two)
            if apart is None and not tolerance:
                found.append(f"{name}: other bytes")
            elif apart is not None and not apart <= tolerance:
                found.append(f"{name}: {apart:.1e} of the largest value apart")
            elif apart == 0 and not tolerance:
                found.append(f"{name}: equal values in other bytes")
    return found


def _files(folder: Path) -> set[str]:
    paths = (path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix() for path in paths} - {CHECKSUMS}


def _values(one: Any, two: Any, tolerance: float, place: str = "") -> Iterator[str]:
    if isinstance(one, dict) and isinstance(two, dict):
        for name in sorted((one.keys() | two.keys()) - FREE):
            inner = f"{place}.{name}" if place else name
            yield from _values(one.get(name), two.get(name), tolerance, inner)
    elif isinstance(one, list) and isinstance(two, list) and len(one) == len(two):
        for index, (first, second) in enumerate(zip(one, two, strict=True)):
            yield from _values(first, second, tolerance, f"{place}[{index}]")
    elif one != two and not _near(one, two, tolerance):
        yield f"{place}: {one} was stored, now {two}"


def _near(one: Any, two: Any, tolerance: float) -> bool:
    numbers = all(isinstance(v, int | float) and not isinstance(v, bool) for v in (one, two))
    return numbers and math.isclose(one, two, rel_tol=tolerance)


def _apart(one: Path, two: Path) -> float | None:
    """Return the largest difference of two files of arrays, None where they cannot be read so."""
    try:
        first, second = _arrays(one), _arrays(two)
    # Other files, and files of arrays that are damaged: those can fail anywhere in reading.
    except Exception:
        return None
    if first.keys() != second.keys():
        return math.inf
    import numpy as np

    difference = scale = 0.0
    for name, array in first.items():
        other = second[name]
        if array.shape != other.shape:
            return math.inf
        wide, also = array.astype(np.float64), other.astype(np.float64)
        known = ~np.isnan(wide)
        if not np.array_equal(known, ~np.isnan(also)):
            return math.inf
        if known.any():
            scale = max(scale, float(np.abs(wide[known]).max()))
            difference = max(difference, float(np.abs(wide[known] - also[known]).max()))
    return difference / scale if scale else difference


def _arrays(path: Path) -> Mapping[str, Any]:
    """Return the arrays in a file by name; ValueError where it is of another kind."""
    if path.suffix == ".pt":
        import torch

        return dict(_tensors(torch.load(path, map_location="cpu", weights_only=True)))
    if path.suffix in (".npz", ".npy"):
        import numpy as np

        loaded = np.load(path, allow_pickle=False)
        return dict(loaded) if path.suffix == ".npz" else {"": loaded}
    raise ValueError(path.suffix)


def _tensors(saved: Any, place: str = "") -> Iterator[tuple[str, Any]]:
    import torch

    if isinstance(saved, torch.Tensor):
        yield place, saved.double().numpy()
    elif isinstance(saved, dict):
        for name, inner in saved.items():
            yield from _tensors(inner, f"{place}.{name}")
    elif isinstance(saved, int | float):
        yield place, torch.tensor(float(saved)).double().numpy()
