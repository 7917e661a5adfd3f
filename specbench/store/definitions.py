"""The definition of the gain in force: what the study asks for, or what its figures allow."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import duckdb

from specbench.spec.data import PublishedData
from specbench.spec.study import Study

Definition = tuple[str, str, str, str]
"""Quantity, baseline, denominator, split."""


def in_force(connection: duckdb.DuckDBPyConnection, study: Study) -> Study:
    """Return the study, with another headline gain where published figures cannot give its own.

    Figures may lack test losses or capacities. The report says which definition took the place of
    which.
    """
    if not isinstance(study.base.settings.data, PublishedData):
        return study
    held = connection.execute(
        "SELECT DISTINCT quantity, baseline, denominator, split FROM (SELECT * FROM gains "
        "UNION ALL BY NAME SELECT * FROM group_gains) "
        "WHERE study = ? AND gain IS NOT NULL ORDER BY ALL",
        [study.name],
    ).fetchall()
    gain = study.spec.gain
    asked = (gain.quantity, gain.baseline, gain.denominator, gain.split)
    names = ("quantity", "baseline", "denominator", "split")
    found = gain.model_copy(update=dict(zip(names, nearest(asked, held), strict=True)))
    return replace(study, spec=study.spec.model_copy(update={"gain": found}))


def nearest(asked: Definition, held: Sequence[Definition]) -> Definition:
    """Return the definition asked for if it is among those held, or the one most like it."""
    if asked in held or not held:
        return asked
    return max(held, key=lambda one: sum(a == b for a, b in zip(one, asked, strict=True)))
