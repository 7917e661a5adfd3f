"""Proxies: validation gains of a condition as scores, at the end of training and early in it."""

from __future__ import annotations

import duckdb

from specbench.spec.study import Study
from specbench.store.scored import EARLY_PROXY, PROXY

PASSES = 3
"""A training step takes a forward pass and, for the backward pass, about two more."""
EARLY = 0.2
"""The part of the epochs after which early losses are read, see the view ``early_losses``."""

_COST = f"""
    SELECT n.study, n.condition, n.seed,
           sum({PASSES} * n.macs::DOUBLE * d.images * e.epochs) AS macs, sum(j.seconds) AS seconds,
           sum({PASSES} * n.macs::DOUBLE * d.images * ceil({EARLY} * e.epochs)) AS early_macs,
           sum(j.seconds * ceil({EARLY} * e.epochs) / e.epochs) AS early_seconds
    FROM networks n
    LEFT JOIN (SELECT study, condition, images FROM data WHERE split = 'train') d
        USING (study, condition)
    LEFT JOIN (
        SELECT study, condition, seed, network, capacity, max(epoch) + 1 AS epochs
        FROM curves WHERE injected = '' GROUP BY ALL
    ) e USING (study, condition, seed, network, capacity)
    LEFT JOIN jobs j ON j.study = n.study AND j.key = n.key
    WHERE n.study = $study AND n.injected = ''
      AND (len(string_split(n.network, '+')) = 2
           OR (n.network NOT LIKE '%+%' AND n.capacity = $capacity))
    GROUP BY n.study, n.condition, n.seed
"""
_LATE = """
    SELECT study, condition, seed, target, partner, gain
    FROM gains
    WHERE study = $study AND quantity = $quantity AND baseline = $baseline
      AND denominator = $denominator AND split = $split AND gain IS NOT NULL
"""
_SOON = """
    SELECT j.study, j.condition, j.seed, j.target,
           CASE WHEN starts_with(j.network, j.target || '+')
                THEN substr(j.network, length(j.target) + 2)
                ELSE substr(j.network, 1, length(j.network) - length(j.target) - 1) END AS partner,
           (s.loss - j.loss) / NULLIF(CASE $denominator WHEN 'joint' THEN j.loss ELSE s.loss END, 0)
               AS gain
    FROM early_losses j
    JOIN early_losses s
      ON s.study = j.study AND s.condition = j.condition AND s.seed = j.seed
     AND s.target = j.target AND s.network = j.target
     AND coalesce(s.capacity, 0) = $capacity
    WHERE j.study = $study AND len(string_split(j.network, '+')) = 2 AND $quantity = 'loss'
      AND (j.capacity = 1.0 OR j.capacity IS NULL)
"""
_CAPACITY = {"half": 0.5, "full": 1.0, "unstated": 0.0}


def fill_proxies(connection: duckdb.DuckDBPyConnection, study: Study) -> None:
    """Fill the proxies of a study that asks for them, under the headline gain's definition.

    Their cost, that of training every network behind the gains so far, is shared out among the
    pairs, like that of any score.
    """
    if PROXY not in study.scores:
        return
    gain = study.spec.gain
    values = {
        "study": study.name,
        "quantity": gain.quantity,
        "baseline": gain.baseline,
        "denominator": gain.denominator,
        "capacity": _CAPACITY[gain.baseline],
        "split": _split(connection, study),
    }
    for score, query, early in ((PROXY, _LATE, ""), (EARLY_PROXY, _SOON, "early_")):
        text = (
            f"INSERT INTO proxy_row SELECT g.study, g.condition, g.seed, $score, g.target, "
            f"g.partner, g.gain, c.{early}macs / count(*) OVER w, "
            f"c.{early}seconds / count(*) OVER w "
            f"FROM ({query}) g LEFT JOIN ({_COST}) c USING (study, condition, seed) "
            f"WINDOW w AS (PARTITION BY g.study, g.condition, g.seed)"
        )
        used = {name: value for name, value in values.items() if f"${name}" in text}
        connection.execute(text, {**used, "score": score})


def _split(connection: duckdb.DuckDBPyConnection, study: Study) -> str:
    """Return `val`, so that a score never sees test images, unless only others were published."""
    found = connection.execute(
        "SELECT count(*) FROM gains WHERE study = ? AND split = 'val'", [study.name]
    ).fetchone()
    return "val" if found is not None and found[0] else study.spec.gain.split
