"""Published figures on their way into the store's tables."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from specbench.store.rows import Rows

_TRANSFER = (
    "seed", "source_set", "sources", "target", "split", "metric", "value", "pretrain_macs",
    "finetune_macs", "seconds", "note",
)  # fmt: skip
_DEFINITION = ("quantity", "baseline", "denominator", "split")


def collect_figures(rows: Rows, key: str, result: Mapping[str, Any]) -> None:
    """Take in what a job that read a file found in it: networks and losses, gains, or scores."""
    for n in result.get("networks", ()):
        rows.add("figure_network", key, n["seed"], n["network"], n["capacity"], n["macs"])
    for r in result.get("losses", ()):
        where = (r["seed"], r["network"], r["capacity"], r["target"])
        rows.add("figure_loss", key, *where, r["split"], r["loss"])
    for r in result.get("gains", ()):
        definition = (result["definition"][name] for name in _DEFINITION)
        rows.add("figure_gain", key, r["seed"], r["target"], r["network"], *definition, r["gain"])
    for r in result.get("transfers", ()):
        rows.add("figure_transfer", key, *(r[column] for column in _TRANSFER))
    for r in result.get("scores", ()):
        names = (r["score"], result["labels"][r["score"]])
        rows.add("figure_score", key, r["seed"], *names, r["target"], r["partner"], r["value"])
