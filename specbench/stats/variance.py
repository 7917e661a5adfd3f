"""What the gains vary with: target, partner, pair, condition and seed.

A gain is modelled as mean + target + partner + pair + condition + seed, random effects all. Half
the mean squared difference of two gains that share nothing is the whole variance; the less two
gains differ that share, say, the target, the more of it is the target's. This is the method of
moments of the social relations model (Warner, Kenny & Stoto 1979) with runs added. Gains are
compared across runs wherever there are several, so that noise that the gains of one run have in
common (they share single nets) does not pass for an effect of the target.

``condition`` holds whatever changes with the condition, interactions included; ``seed`` the rest.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from specbench.stats.correlation import Array

Mask = NDArray[np.bool_]

TOO_FEW = "not estimable: needs four tasks with gains"
ONE_RUN = "one run per network: the pair's share contains the seed's"
ONE_SEED = "one seed: the condition's share contains the seed's"


class Variance(NamedTuple):
    """Variances in squared units of the gain; NaN where not estimable, for ``reason``.

    An estimate below zero is set to zero, so the parts may sum to more than ``total``.
    """

    target: float
    partner: float
    pair: float
    condition: float
    seed: float
    total: float
    reason: str = ""

    def shares(self) -> dict[str, float]:
        """Return each part as a fraction of the sum of the parts that are estimable."""
        parts = dict(zip(self._fields[:5], self[:5], strict=True))
        whole = float(np.nansum(list(parts.values())))
        return {name: part / whole if whole > 0 else float("nan") for name, part in parts.items()}


def split_variance(gains: Array) -> Variance:
    """Split the variance of gains (conditions, seeds, targets, partners); NaN where missing.

    A table (seeds, targets, partners) is one condition, whose share is then NaN. Squares and
    differences are averaged over all cells that share what they should and nothing else.
    """
    table = gains[None] if gains.ndim == 3 else gains
    conditions, seeds, n, _ = table.shape
    inside = ~np.eye(n, dtype=bool)
    values = table.reshape(conditions * seeds, n, n)[:, inside]
    condition, seed = np.divmod(np.arange(conditions * seeds), seeds)
    cells = _cell_relations(*np.nonzero(inside))
    runs = _run_relations(condition, seed)
    apart = runs["apart"]
    total = _half_square(values, apart, cells["nothing"])
    if np.isnan(total):
        nan = float("nan")
        return Variance(nan, nan, nan, nan, nan, nan, TOO_FEW)
    target = total - _half_square(values, apart, cells["target"])
    partner = total - _half_square(values, apart, cells["partner"])
    common = total if len(values) == 1 else total - _half_square(values, apart, cells["both"])
    repeated = total - _half_square(values, runs["condition"], cells["both"])
    return _parts(total, target, partner, common, repeated, conditions > 1, seeds > 1)


def _parts(  # one argument for each covariance and what can be told apart
    total: float,
    target: float,
    partner: float,
    common: float,
    repeated: float,
    many_conditions: bool,
    many_seeds: bool,
) -> Variance:
    nan = float("nan")
    pair = common - target - partner
    if many_seeds:
        condition = repeated - common if many_conditions else nan
        seed, reason = total - repeated, ""
    else:
        condition = total - common if many_conditions else nan
        seed, reason = nan, ONE_SEED if many_conditions else ONE_RUN
    return Variance(
        max(target, 0.0),
        max(partner, 0.0),
        max(pair, 0.0),
        condition if np.isnan(condition) else max(condition, 0.0),
        seed if np.isnan(seed) else max(seed, 0.0),
        total,
        reason,
    )


def _cell_relations(target: NDArray[np.intp], partner: NDArray[np.intp]) -> dict[str, Mask]:
    """Return which cells share nothing, only the target, only the partner, or both."""
    same_target = target[:, None] == target
    same_partner = partner[:, None] == partner
    crossed = (target[:, None] == partner) | (partner[:, None] == target)
    return {
        "nothing": ~(same_target | same_partner | crossed),
        "target": same_target & ~same_partner,
        "partner": same_partner & ~same_target,
        "both": same_target & same_partner,
    }


def _run_relations(condition: NDArray[np.intp], seed: NDArray[np.intp]) -> dict[str, Mask]:
    """Return which runs are as far apart as the study allows, and which repeat a condition."""
    same_condition = condition[:, None] == condition
    same_seed = seed[:, None] == seed
    apart = ~same_condition & ~same_seed
    for nearer in (~same_condition, ~same_seed, same_condition):
        apart = apart if apart.any() else nearer
    return {"apart": apart, "condition": same_condition & ~same_seed}


def _half_square(values: Array, runs: Mask, cells: Mask) -> float:
    """Return half the mean squared difference over related runs and cells; NaN if none are."""
    known = (~np.isnan(values)).astype(np.float64)
    values = np.nan_to_num(values)
    related = runs.astype(np.float64)
    count = ((known.T @ related @ known) * cells).sum()
    squares = (((values**2).T @ related @ known) * cells).sum()
    products = ((values.T @ related @ values) * cells).sum()
    return float((squares - products) / count) if count else float("nan")
