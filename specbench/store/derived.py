"""What is computed from all results of a study: computed once, and again when they change."""

from __future__ import annotations

import hashlib
import json
from typing import Any

import duckdb

from specbench.spec.study import Study
from specbench.store.agreement import add_agreement
from specbench.store.definitions import in_force
from specbench.store.proxies import fill_proxies
from specbench.store.rows import DERIVED_TABLES, Rows, transaction
from specbench.store.selections import add_selections
from specbench.store.transfers import add_transfers
from specbench.store.uncertainty import add_uncertainty

_ROWS_VERSION = 8
"""Raise it when what is computed from unchanged results would differ."""


def fill_derived(connection: duckdb.DuckDBPyConnection, study: Study) -> bool:
    """Compute agreement and choices of networks from the results that the store holds.

    Only where results or definitions have changed since the last time; returns whether.
    """
    study = in_force(connection, study)
    digest = _digest(connection, study)
    known = connection.execute("SELECT digest FROM derived WHERE study = ?", [study.name])
    if known.fetchall() == [(digest,)]:
        return False
    with transaction(connection):
        for table in DERIVED_TABLES:
            connection.execute(f"DELETE FROM {table} WHERE study = ?", [study.name])
        fill_proxies(connection, study)
        rows = Rows()
        add_agreement(rows, connection, study)
        add_uncertainty(rows, connection, study)
        add_selections(rows, connection, study)
        add_transfers(rows, connection, study)
        rows.add("derived", study.name, digest)
        rows.insert(connection)
    return True


def _transfers(study: Study) -> list[dict[str, Any]]:
    """Return what the study asks of transfer, by condition."""
    found = [condition.settings.transfer for condition in study.conditions]
    return [one.model_dump(mode="json") if one else {} for one in found]


def _digest(connection: duckdb.DuckDBPyConnection, study: Study) -> str:
    """Return a hash of everything that is read: keys of results, and what the study asks for."""
    held = connection.execute(
        "SELECT m.kind, m.condition, m.key FROM ("
        "SELECT study, 'network' AS kind, condition, key FROM member_network UNION ALL "
        "SELECT study, source_set AS kind, condition, key FROM member_transfer UNION ALL "
        "SELECT study, 'score' AS kind, condition, key FROM member_score UNION ALL "
        "SELECT study, 'figures' AS kind, condition, key FROM member_figures"
        ") m JOIN ingested USING (key) WHERE study = ? ORDER BY ALL",
        [study.name],
    ).fetchall()
    gains = [gain.model_dump(mode="json") for gain in study.gains]
    names = [condition.name for condition in study.conditions]
    choose = study.spec.choose.model_dump(mode="json")
    asked = [gains, names, study.seeds, list(study.scores), choose, _transfers(study)]
    text = json.dumps([_ROWS_VERSION, held, *asked])
    return hashlib.sha256(text.encode()).hexdigest()
