"""The network that a finetuning starts from, and whether it has seen what it may not have."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from statistics import fmean
from typing import TYPE_CHECKING, Any

from specbench.data.ids import read_ids
from specbench.data.pack import read_manifest
from specbench.errors import DataError
from specbench.jobs.context import Context

if TYPE_CHECKING:
    from specbench.training.weights import State

WEIGHTS = "weights.pt"


def start_of(context: Context) -> State | None:
    """Return the weights that a network starts from; None where its content names none.

    Of several pre-trainings, which differ by learning rate, the one of the lowest mean validation
    loss. Raises DataError where one was trained on what this network is asked for.
    """
    keys = context.content.get("start", {}).get("networks", [])
    if not keys:
        return None
    from specbench.training.weights import load_weights

    _refuse_shared_samples(context.folders()["ids"])
    found = {key: context.results.read(key) for key in keys}
    for key, record in found.items():
        refuse_seen(context, key, record["content"])
    best = min(keys, key=lambda key: (_validation(found[key]["result"]), key))
    return load_weights(context.needed(best) / WEIGHTS)


def _validation(result: Mapping[str, Any]) -> float:
    return fmean(row["loss"] for row in result["losses"] if row["split"] == "val")


def refuse_seen(context: Context, key: str, content: Mapping[str, Any]) -> None:
    """Raise DataError if the pre-training ``content`` has read a label that is now asked for.

    Labels are the same where they have one domain, or where the files behind two domains are: a
    target's file under another name is found too.
    """
    packs: Mapping[str, str] = context.ticket.where.get("sources", {})
    own = {task["domain"]: name for name, task in context.content["tasks"].items()}
    asked = {
        print_: name
        for domain, name in own.items()
        for print_ in fingerprints(context.folders()[domain])
    }
    for name, task in content["tasks"].items():
        domain = task["domain"]
        seen = own.get(domain)
        if seen is None and domain in packs:
            prints = fingerprints(context.needed(packs[domain]))
            seen = next((asked[one] for one in prints if one in asked), None)
        if seen is not None:
            raise DataError(
                f"pre-training {key}: source {name!r} (domain {domain!r}) holds the labels of "
                f"target {seen!r}: a target's examples may reach no pre-training",
                "leave the source out of transfer.sources",
            )


def _refuse_shared_samples(folder: Path) -> None:
    """Raise DataError if a sample of the target's validation or test was there to train on."""
    train = set(read_ids(folder / "train.ids"))
    for split in ("val", "test"):
        shared = sorted(train.intersection(read_ids(folder / f"{split}.ids")))
        if shared:
            message = f"{folder}: {shared[0]!r} is a sample of train and of {split}"
            raise DataError(message, "a target's examples may reach no pre-training")


def fingerprints(folder: Path) -> list[str]:
    """Return the fingerprints of a pack's splits."""
    return [split["fingerprint"] for split in read_manifest(folder)["splits"].values()]
