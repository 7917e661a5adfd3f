"""p-values by permuting tasks, and their correction over scores.

Pairs share tasks, so cells are not exchangeable but tasks are: rows and columns of the gains are
permuted together (Mantel 1967; QAP, Krackhardt 1988). Per target, the labels of the other tasks
are permuted. Up to eight labels all permutations are taken, beyond that 10,000 random ones and
the identity. Groups are permuted only by relabellings that carry the networks at hand onto each
other; these form a group, so the test stays exact.

Two-sided. The distance from chance is |value| for correlations and for the partner ranking; for
hits and gain lost, whose chance level is not zero, |value − mean over the permutations|.
Correction over scores: max-T (Westfall & Young 1993), single step: the share of permutations in
which the largest distance among all scores reaches the score's own.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import numpy as np

from specbench.stats.correlation import Array
from specbench.stats.layout import Index, Layout
from specbench.stats.measures import Measure, overall, within

EXHAUSTIVE_TASKS = 8
PERMUTATIONS = 10_000
TOLERANCE = 1e-12
"""Permutations that tie with the observed value but for rounding count as reaching it."""


@dataclass(frozen=True)
class PValues:
    """p, p corrected over scores, both (K,), and the smallest p the permutations can give."""

    p: Array
    corrected: Array
    smallest: float


def relabellings(
    layout: Layout,
    rng: np.random.Generator,
    fixed: int | None = None,
    n: int = PERMUTATIONS,
    exhaustive: int = EXHAUSTIVE_TASKS,
) -> Index:
    """Return the relabellings (P, tasks) of a layout, the identity first; ``fixed`` stays itself.

    All of them up to ``exhaustive`` free labels, else ``n`` random ones and the identity. Only
    those that carry every column onto a column.
    """
    free = np.array([task for task in range(layout.n_tasks) if task != fixed], dtype=np.intp)
    orders = _orders(len(free), rng, n, exhaustive)
    result = np.tile(np.arange(layout.n_tasks, dtype=np.intp), (len(orders), 1))
    result[:, free] = free[orders]
    return result[(layout.columns_after(result) >= 0).all(-1)]


def overall_null(measure: Measure, x: Array, y: Array, layout: Layout, relabelled: Index) -> Array:
    """Return the measure of x (K, T, C) against every relabelling of one y (T, C): (K, P)."""
    parts = []
    for part in _chunks(relabelled, y.size):
        columns = layout.columns_after(part)
        parts.append(overall(measure, x, y[part[:, :, None], columns[:, None, :]]))
    return np.concatenate(parts, axis=1)


def target_null(
    measure: Measure, x: Array, y: Array, target: int, layout: Layout, relabelled: Index
) -> Array:
    """Return the measure of rows x (K, C) of a target against its relabelled y (C,): (K, P)."""
    keep = layout.mask[target]
    columns = layout.columns_after(relabelled)[:, keep]
    return within(measure, x[:, keep], y[columns])


def p_values(null: Array, signed: bool) -> PValues:
    """Return p-values from the null values (K, P) of K scores, whose first column is observed.

    A permutation under which a score's value is not defined counts against that score, and is no
    distance for the others. NaN where the observed value is not defined, or where nothing but the
    identity could be permuted.
    """
    observed, known = ~np.isnan(null[:, 0]), ~np.isnan(null)
    distance = _distance(null, signed)
    reached = distance[:, :1] - TOLERANCE
    largest = np.where(observed[:, None] & known, distance, 0.0).max(0, initial=0.0)
    possible = observed & (null.shape[1] > 1)
    p = np.where(possible, ((distance >= reached) | ~known).mean(-1), np.nan)
    corrected = np.where(possible, ((largest >= reached) | ~known).mean(-1), np.nan)
    return PValues(p, corrected, 1 / null.shape[1])


def _distance(null: Array, signed: bool) -> Array:
    known = ~np.isnan(null)
    mean = np.where(known, null, 0.0).sum(-1, keepdims=True) / np.maximum(
        known.sum(-1, keepdims=True), 1
    )
    return np.abs(np.where(known, null if signed else null - mean, 0.0))


def _orders(n: int, rng: np.random.Generator, draws: int, exhaustive: int) -> Index:
    if n <= exhaustive:
        orders = list(itertools.permutations(range(n)))
        return np.array(orders, dtype=np.intp).reshape(len(orders), n)
    drawn = rng.permuted(np.tile(np.arange(n, dtype=np.intp), (draws, 1)), axis=1)
    return np.concatenate([np.arange(n, dtype=np.intp)[None], drawn])


def _chunks(relabelled: Index, cells: int) -> list[Index]:
    parts = -(-len(relabelled) * cells // 8_000_000)
    return np.array_split(relabelled, max(1, parts))
