"""The network that a finetuning starts from, and whether it has seen what it may not have."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import fmean
from typing import TYPE_CHECKING, Any, NamedTuple

from specbench.data.ids import read_ids
from specbench.data.pack import read_manifest
from specbench.errors import DataError
from specbench.jobs.context import Context
from specbench.jobs.overlap import overlaps

if TYPE_CHECKING:
    from torch import Tensor

WEIGHTS = "weights.pt"


class Start(NamedTuple):
    """Where a network starts."""

    weights: dict[str, Tensor] | None = None
    """Of the network whose encoder it starts from; None for none."""
    duplicates: Sequence[dict[str, Any]] = ()
    """Texts that sources and target have in common, see ``specbench.jobs.overlap``."""


def start_of(context: Context) -> Start:
    """Return where the network of a job starts.

    Of several pre-trainings, which differ by learning rate, from the one of the lowest mean
    validation loss. Raises DataError where one was trained on what this network is asked for.
    """
    keys = context.content.get("start", {}).get("networks", [])
    if not keys:
        return Start()
    from specbench.training.text import is_text
    from specbench.training.weights import load_weights

    found = {key: context.results.read(key) for key in keys}
    tasks = {name: task for one in found.values() for name, task in one["content"]["tasks"].items()}
    duplicates: Sequence[dict[str, Any]] = ()
    if is_text(context.content):
        refuse_domains(context, tasks)
        duplicates = overlaps(context, tasks)
    else:
        _refuse_shared_samples(context.folders()["ids"])
        for key, record in found.items():
            refuse_seen(context, key, record["content"])
    best = min(keys, key=lambda key: (_validation(found[key]["result"]), key))
    return Start(load_weights(context.needed(best) / WEIGHTS), duplicates)


def refuse_domains(context: Context, sources: Mapping[str, Any]) -> None:
    """Raise DataError where a source reads the labels of the target."""
    own = {task["domain"]: name for name, task in context.content["tasks"].items()}
    for name, task in sources.items():
        if task["domain"] in own:
            raise DataError(
                f"source {name!r} holds the labels of target {own[task['domain']]!r}: a target's "
                "examples may reach no pre-training",
                "leave the source out of transfer.sources",
            )


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
