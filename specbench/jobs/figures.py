"""Takes a file of published figures in: the rows that the store holds of it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from specbench.data.figures.networks import read_gains, read_losses
from specbench.data.figures.scores import read_scores
from specbench.data.figures.table import read_bytes
from specbench.data.figures.transfers import read_transfers
from specbench.errors import DataError
from specbench.jobs.context import Context


def run(context: Context) -> dict[str, Any]:
    """Return networks and losses, or gains, scores with the labels they are printed under,
    or transfers.

    The file must be the one that the key was made of.
    """
    content = context.content
    path = Path(context.ticket.where["file"])
    data, digest = read_bytes(path)
    if digest != content["file"]:
        raise DataError(f"{path}:1: changed since the study was planned", "run again")
    rows = {"losses": _losses, "gains": _gains, "scores": _scores, "transfers": _transfers}[
        content["of"]
    ]
    return rows(path, data, content)


def _losses(path: Path, data: bytes, content: dict[str, Any]) -> dict[str, Any]:
    networks: dict[tuple[Any, ...], dict[str, Any]] = {}
    losses = []
    for one in read_losses(path, data, content["tasks"]):
        place = one.place
        where = {"seed": place.seed, "network": place.network, "capacity": one.capacity}
        networks[tuple(where.values())] = {**where, "macs": one.macs}
        losses += [
            {**where, "target": place.target, "split": split, "loss": loss}
            for split, loss in one.by_split.items()
        ]
    return {"networks": list(networks.values()), "losses": losses}


def _gains(path: Path, data: bytes, content: dict[str, Any]) -> dict[str, Any]:
    gains = [
        {
            "seed": one.place.seed,
            "network": one.place.network,
            "target": one.place.target,
            "gain": one.gain,
        }
        for one in read_gains(path, data, content["tasks"])
    ]
    return {"definition": content["definition"], "gains": gains}


def _transfers(path: Path, data: bytes, content: dict[str, Any]) -> dict[str, Any]:
    return {"transfers": [vars(one) for one in read_transfers(path, data, content["tasks"])]}


def _scores(path: Path, data: bytes, content: dict[str, Any]) -> dict[str, Any]:
    found = read_scores(path, data, content["tasks"], content["scale"])
    return {"labels": dict(found.labels), "scores": [vars(one) for one in found.values]}
