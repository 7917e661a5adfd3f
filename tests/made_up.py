"""Made-up results: plausible numbers that depend on a job's key alone.

Made without NumPy, so that the processes of the fault tests start at once.
"""

from __future__ import annotations

import json
import random
from typing import Any

from specbench.jobs.ticket import Ticket
from specbench.results import RESULT, Results


def make_up(ticket: Ticket) -> None:
    """Write a result folder of plausible numbers, which depend on the key alone."""
    results = Results.at(ticket.results)
    run = {"seconds": 0.5, "host": "nowhere", "device": "cpu"}
    made = made_up(ticket)
    record = {"key": ticket.key, "kind": ticket.kind, "content": ticket.content, "result": made}
    with results.making(ticket.key) as folder:
        (folder / RESULT).write_text(json.dumps({**record, "run": run}))


def made_up(ticket: Ticket) -> dict[str, Any]:
    """Return what a job of the ticket's kind might have found."""
    content, rng = ticket.content, random.Random(ticket.key)
    splits = ("train", "val", "test")
    if ticket.kind == "select":
        prints = {d: dict.fromkeys(splits, d) for d in content["packs"]}
        return {
            "ids": dict.fromkeys(splits, "some"),
            "splits": {s: {"images": 4, "excluded": {"no label": 1}} for s in splits},
            "fingerprints": prints,
            "samples": [{"target": "", "image": f"image {i}", "path": f"{i}.png"} for i in (0, 1)],
        }
    if ticket.kind == "constant":
        name = content["task"]["name"]
        return {
            "losses": [{"split": s, "loss": rng.uniform(1, 2)} for s in ("val", "test")],
            "samples": [{"target": name, "image": "image 0", "path": "0.png"}],
        }
    if ticket.kind == "network":
        return _network(content, rng)
    if ticket.kind == "score":
        from specbench.scores.contract import ordered_pairs

        made = {"state": "defined", "reason": "", "macs": 10.0, "seconds": 0.25}
        return {
            "rows": [
                {"target": a, "partner": b, "value": rng.gauss(), **made}
                for a, b in ordered_pairs(content["tasks"])
            ],
            "images": 4,
        }
    return {}


def _network(content: dict[str, Any], rng: random.Random) -> dict[str, Any]:
    def value() -> float:
        return rng.uniform(0.2, 1.0)

    rows = [(t, s) for t in content["tasks"] for s in ("train", "val", "test")]
    metrics = [(t, m) for t, task in content["tasks"].items() for m in task["metrics"]]
    method = content["training"].get("method", "equal")
    logged = [
        {"epoch": e, "quantity": "weight", "name": t, "value": value()}
        for t in content["tasks"]
        for e in (0, 1)
        if method != "equal"
    ]
    return {
        **({"method_log": logged} if logged else {}),
        "parameters": 100,
        "macs": 1000,
        "images_per_second": 50.0,
        "training_macs": 3000,
        "best_epoch": 1,
        "losses": [{"target": t, "split": s, "loss": value()} for t, s in rows],
        "metrics": [
            {
                "target": t,
                "split": s,
                "metric": m,
                "value": value(),
                "higher_is_better": m in ("delta_1.25", "share_11.25", "miou", "pixel_accuracy"),
            }
            for t, m in metrics
            for s in ("val", "test")
        ],
        "curves": [
            {"target": t, "split": s, "epoch": e, "loss": value()}
            for t, s in rows
            if s != "test"
            for e in (0, 1)
        ],
        "samples": [
            {"target": t, "image": "image 0", "path": f"samples/{t}.png"} for t in content["tasks"]
        ],
    }
