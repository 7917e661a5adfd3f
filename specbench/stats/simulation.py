"""Simulated studies: gains and scores with given effects of target, partner, pair and seed."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from specbench.stats.correlation import Array


class Shares(NamedTuple):
    """The parts of the variance of a single-seed gain; they sum to 1."""

    target: float
    partner: float
    pair: float
    seed: float

    @property
    def signal(self) -> float:
        """The reliability of a single seed: all but the seed's part."""
        return self.target + self.partner + self.pair


def even_shares(effect: float) -> Shares:
    """Return ``effect`` for target and partner each, the rest halved between pair and seed."""
    rest = max(0.0, 1 - 2 * effect)
    return Shares(effect, effect, rest / 2, rest / 2)


def simulate(
    shares: Shares,
    n_tasks: int,
    n_seeds: int,
    studies: int,
    rng: np.random.Generator,
    correlation: float = 0.0,
) -> tuple[Array, Array]:
    """Return scores and gains of simulated studies, each (studies, seeds, tasks, tasks).

    Every effect of the score correlates by ``correlation`` with that of the gain; the noise of
    the seeds is independent between the two. The diagonal is NaN.
    """
    n = n_tasks
    score, gain = (
        target[..., :, None] + partner[..., None, :] + pair
        for target, partner, pair in zip(
            _twins(rng, shares.target, (studies, 1, n), correlation),
            _twins(rng, shares.partner, (studies, 1, n), correlation),
            _twins(rng, shares.pair, (studies, 1, n, n), correlation),
            strict=True,
        )
    )
    noise = np.sqrt(shares.seed) * rng.standard_normal((2, studies, n_seeds, n, n))
    noise[..., np.eye(n, dtype=bool)] = np.nan
    return score + noise[0], gain + noise[1]


def true_correlation(shares: Shares, n_seeds: int, correlation: float) -> float:
    """Return the correlation over infinitely many tasks of mean scores with mean gains."""
    return correlation * shares.signal / (shares.signal + shares.seed / n_seeds)


def _twins(
    rng: np.random.Generator, variance: float, shape: tuple[int, ...], correlation: float
) -> Array:
    first, second = rng.standard_normal((2, *shape))
    other = correlation * first + np.sqrt(1 - correlation**2) * second
    twins: Array = np.sqrt(variance) * np.stack([first, other])
    return twins
