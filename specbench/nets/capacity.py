"""Channel counts that bring an encoder to a fraction of its multiply-adds."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import NamedTuple

from specbench.nets.architecture import ENCODERS, units_macs

IMAGE_CHANNELS = 3
_STEPS = (16, 8, 4, 2, 1)
_CLOSE = 0.01
_MOST_MOVED = 0.125


class Reached(NamedTuple):
    """Channels of an encoder and the fraction of the full one's multiply-adds they cost."""

    channels: tuple[int, ...]
    capacity: float


@lru_cache(maxsize=4096)
def reach(
    encoder: str,
    width: int,
    features: int,
    size: int,
    capacity: float,
    inputs: int = IMAGE_CHANNELS,
) -> Reached:
    """Return the channels whose multiply-adds at ``size`` are ``capacity`` of the full encoder's.

    All parts are scaled by one factor and rounded to neighbouring multiples of 16, 8, 4, 2 or 1:
    the coarsest that comes within 1 % and moves no part by more than an eighth is taken, since
    processors like multiples; where none does, the nearest. Capacity 1 is the encoder as it
    stands. The count is for ``inputs`` channels, those of what is fed without any label beside it.
    """
    if not (math.isfinite(capacity) and capacity > 0):
        raise ValueError(f"capacity must be positive, not {capacity}")
    base = ENCODERS[encoder].channels(width)

    def cost(channels: Sequence[int]) -> int:
        return units_macs(ENCODERS[encoder].units(channels, features, inputs), size)

    full = cost(base)
    if capacity == 1:
        return Reached(base, 1.0)
    exact = [_scale(base, capacity * full, cost) * count for count in base]
    best = Reached(base, math.inf)
    for step in _STEPS:
        for channels in _rounded(exact, step):
            found = Reached(channels, cost(channels) / full)
            if abs(found.capacity - capacity) < abs(best.capacity - capacity):
                best = found
        if abs(best.capacity - capacity) <= _CLOSE * capacity:
            break
    return best


def _scale(base: Sequence[int], target: float, cost: Callable[[Sequence[int]], int]) -> float:
    """Return the factor at which the cost of the scaled channels crosses ``target``."""
    low, high = 0.0, 1.0
    while cost(_nearest(base, high)) < target:
        high *= 2
    for _ in range(40):
        middle = (low + high) / 2
        low, high = (middle, high) if cost(_nearest(base, middle)) < target else (low, middle)
    return high


def _nearest(base: Sequence[int], factor: float) -> tuple[int, ...]:
    return tuple(max(1, round(count * factor)) for count in base)


def _rounded(exact: Sequence[float], step: int) -> itertools.product[tuple[int, ...]]:
    """Return every way to round each count to a neighbouring multiple of ``step``, near enough."""
    choices = []
    for count in exact:
        below = math.floor(count / step) * step
        around = range(below - step, below + 3 * step, step) if step == 1 else (below, below + step)
        near = [near for near in around if near >= 1 and abs(near - count) <= _MOST_MOVED * count]
        choices.append(near or ([max(1, round(count))] if step == 1 else []))
    return itertools.product(*choices)
