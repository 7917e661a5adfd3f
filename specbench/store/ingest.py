"""From result folders, plans and journals to the tables of the store."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import duckdb

from specbench.errors import ResultError
from specbench.results import Results
from specbench.store.figures import collect_figures
from specbench.store.rows import DERIVED_TABLES, Rows, transaction

RESULT_TABLES = (
    "result_network",
    "result_loss",
    "result_metric",
    "result_curve",
    "result_method_log",
    "result_sample",
    "result_duplicate",
    "result_constant",
    "result_data",
    "result_score",
    "figure_network",
    "figure_loss",
    "figure_gain",
    "figure_score",
    "figure_transfer",
    "result_group_score",
    "ingested",
)


STUDY_TABLES = (
    "study",
    "member_network",
    "member_constant",
    "member_score",
    "member_data",
    "member_figures",
    "member_transfer",
)
"""What a study is; replaced as a whole when it changes."""


def ingested_keys(connection: duckdb.DuckDBPyConnection) -> set[str]:
    """Return the keys of the results that the store holds."""
    return {key for (key,) in connection.execute("SELECT key FROM ingested").fetchall()}


def ingest_results(
    connection: duckdb.DuckDBPyConnection,
    results: Results,
    keys: Iterable[str],
    damaged: Callable[[str, ResultError], None] | None = None,
) -> int:
    """Take in result folders that the store does not hold yet; return their number.

    A damaged folder is told to ``damaged`` and left out; without that, ResultError is raised
    before anything of the batch is taken in.
    """
    rows, taken = Rows(), 0
    for key in sorted(set(keys) - ingested_keys(connection)):
        try:
            record = results.read(key)
        except ResultError as error:
            if damaged is None:
                raise
            damaged(key, error)
            continue
        _collect(rows, key, record)
        taken += 1
    if rows:
        with transaction(connection):
            rows.insert(connection)
    return taken


def forget_results(connection: duckdb.DuckDBPyConnection, keys: Iterable[str]) -> None:
    """Drop results, so that they can be taken in anew."""
    gone = list(keys)
    for table in RESULT_TABLES if gone else ():
        statement = f"DELETE FROM {table} WHERE key IN (SELECT unnest(?::VARCHAR[]))"
        connection.execute(statement, [gone])


def _collect(rows: Rows, key: str, record: Mapping[str, Any]) -> None:
    result, ran = record["result"], record["run"]
    rows.add("ingested", key, record["kind"], ran["seconds"], ran["host"], ran["device"])
    for item in result.get("samples", ()):
        rows.add("result_sample", key, item["target"], item["image"], f"{key}/{item['path']}")
    if record["kind"] == "network":
        _collect_network(rows, key, result)
    elif record["kind"] == "constant":
        for item in result["losses"]:
            rows.add("result_constant", key, item["split"], item["loss"])
    elif record["kind"] == "select":
        _collect_data(rows, key, result)
    elif record["kind"] == "figures":
        collect_figures(rows, key, result)
    elif record["kind"] == "score":
        for r in result["rows"]:
            values = (r["value"], r["state"], r["reason"], r["macs"], r["seconds"])
            rows.add("result_score", key, r["target"], r["partner"], *values)
        for r in result.get("groups", ()):
            rows.add("result_group_score", key, r["target"], r["network"], r["value"])


def _collect_network(rows: Rows, key: str, result: Mapping[str, Any]) -> None:
    rows.add(
        "result_network",
        key,
        result["parameters"],
        result["macs"],
        result["images_per_second"],
        result["best_epoch"],
        result.get("training_macs"),
    )
    for r in result["losses"]:
        rows.add("result_loss", key, r["target"], r["split"], r["loss"])
    for r in result["metrics"]:
        value = (r["metric"], r["value"], r["higher_is_better"])
        rows.add("result_metric", key, r["target"], r["split"], *value)
    for r in result["curves"]:
        rows.add("result_curve", key, r["target"], r["split"], r["epoch"], r["loss"])
    for r in result.get("duplicates", ()):
        counts = (r["test"], r["duplicates"], r["same_label"])
        rows.add("result_duplicate", key, r["source"], r["target"], *counts)
    for r in result.get("method_log", ()):
        rows.add("result_method_log", key, r["epoch"], r["quantity"], r["name"], r["value"])


def _collect_data(rows: Rows, key: str, result: Mapping[str, Any]) -> None:
    for split, found in result["splits"].items():
        prints = {domain: by[split] for domain, by in sorted(result["fingerprints"].items())}
        text = json.dumps([result["ids"][split], prints], sort_keys=True)
        excluded = found["excluded"]
        reason = "; ".join(f"{count} × {why}" for why, count in sorted(excluded.items()))
        fingerprint = hashlib.sha256(text.encode()).hexdigest()[:20]
        images = found["images"]
        rows.add("result_data", key, fingerprint, split, images, sum(excluded.values()), reason)


def ingest_study(
    connection: duckdb.DuckDBPyConnection, record: Mapping[str, Any], plan: Mapping[str, Any]
) -> bool:
    """Replace what the store says a study is; return False where it says so already."""
    name = record["study"]
    digest = hashlib.sha256(json.dumps([record, plan]).encode()).hexdigest()
    known = connection.execute("SELECT digest FROM study WHERE study = ?", [name]).fetchall()
    if known == [(digest,)]:
        return False
    rows = Rows()
    rows.add(
        "study",
        name,
        record["passed"],
        record["resolved"],
        json.dumps(record["gains"]),
        json.dumps(record["versions"]),
        json.dumps(record["hardware"]),
        datetime.fromtimestamp(record["created"], UTC).replace(tzinfo=None),
        digest,
    )
    for c in plan["cells"]["networks"]:
        cell = (c["condition"], c["seed"], c["network"], c["capacity"], c["injected"])
        rows.add("member_network", name, c["key"], *cell)
    for c in plan["cells"]["constants"]:
        rows.add("member_constant", name, c["key"], c["condition"], c["target"])
    for c in plan["cells"]["scores"]:
        scored = (c["condition"], c["seed"], c["score"], c.get("target", ""))
        rows.add("member_score", name, c["key"], *scored)
    for c in plan["cells"]["data"]:
        rows.add("member_data", name, c["key"], c["condition"])
    for c in plan["cells"].get("figures", ()):
        rows.add("member_figures", name, c["key"], c["condition"])
    for c in plan["cells"].get("transfers", ()):
        tuned = (c["condition"], c["seed"], c["source_set"], c["sources"], c["target"])
        rows.add("member_transfer", name, c["key"], *tuned, c["rate"], c["pretrained"])
    with transaction(connection):
        forget_study(connection, name)
        rows.insert(connection)
    return True


def forget_study(connection: duckdb.DuckDBPyConnection, name: str) -> None:
    """Drop what the store says of a study; the results it shares with others stay."""
    for table in (*STUDY_TABLES, *DERIVED_TABLES):
        connection.execute(f"DELETE FROM {table} WHERE study = ?", [name])


def ingest_jobs(
    connection: duckdb.DuckDBPyConnection,
    study: str,
    jobs: Sequence[Mapping[str, Any]],
    *,
    whole: bool = True,
) -> None:
    """Replace the jobs of a study: key, kind, state, attempts, reason, error and title of each.

    Seconds, host and device come from the result where there is one. Where ``jobs`` are not the
    ``whole`` study, the others stay as they are.
    """
    keys = [job["key"] for job in jobs]
    ran = {
        key: row
        for key, *row in connection.execute(
            "SELECT key, seconds, host, device FROM ingested "
            "WHERE key IN (SELECT unnest(?::VARCHAR[]))",
            [keys],
        ).fetchall()
    }
    rows = Rows()
    for job in jobs:
        seconds, host, device = ran.get(job["key"], (None, job["host"] or None, None))
        state = (job["state"], job["attempts"], job["reason"])
        said = (job["error"], job["title"])
        rows.add("job", study, job["key"], job["kind"], *state, seconds, host, device, *said)
    with transaction(connection):
        connection.execute(
            "DELETE FROM job WHERE study = $1 AND ($2 OR key IN (SELECT unnest($3::VARCHAR[])))",
            [study, whole, keys],
        )
        rows.insert(connection)


def job_states(connection: duckdb.DuckDBPyConnection, study: str) -> dict[str, str]:
    """Return the state of every job of a study as the store has it."""
    rows = connection.execute("SELECT key, state FROM job WHERE study = ?", [study]).fetchall()
    return dict(rows)
