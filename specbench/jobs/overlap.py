"""Examples that sources and targets have in common: what pre-training must not have seen."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from specbench.errors import DataError
from specbench.jobs.context import Context

if TYPE_CHECKING:
    from specbench.training.text import TextTask


def overlaps(context: Context, sources: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Count, for every source, the target's test texts that its training holds too.

    ``sources`` are the tasks that pre-training learnt, as content. Rows are {"source", "target",
    "test", "duplicates", "same_label"}. Raises DataError where a source's training has an example
    of any split of the target, text and label alike, unless the study only counts such.
    """
    from specbench.tasks.catalogue import Task
    from specbench.training.text import open_texts

    ((name, content),) = context.content["tasks"].items()
    target = {name: Task.from_content(content)}
    learnt = {one: Task.from_content(task) for one, task in sources.items()}
    packs = {k: context.needed(key) for k, key in context.ticket.where["sources"].items()}
    trained = open_texts(learnt, packs, "train")
    own = {split: _open(target, context.folders(), split) for split in ("train", "val", "test")}
    strict = context.ticket.where.get("overlap", "refuse") == "refuse"
    rows = []
    for source, train in trained.items():
        if strict:
            _refuse_shared(source, train, name, own)
        rows.append(_counts(source, train, name, own["test"]))
    return rows


def _open(tasks: Mapping[str, Any], folders: Mapping[str, Path], split: str) -> TextTask:
    from specbench.training.text import open_texts

    (one,) = open_texts(tasks, folders, split).values()
    return one


def _refuse_shared(source: str, train: TextTask, target: str, own: Mapping[str, TextTask]) -> None:
    """Raise DataError at the first example that a source's training and a target have in common."""
    texts, labels = train.hashes()
    seen = {pair: row for row, pair in enumerate(zip(texts.tolist(), labels.tolist(), strict=True))}
    for split, task in own.items():
        mine = zip(*(part.tolist() for part in task.hashes()), strict=True)
        shared = [(seen[pair], row) for row, pair in enumerate(mine) if pair in seen]
        if shared:
            theirs, here = shared[0]
            more = f" (and {len(shared) - 1} more)" if len(shared) > 1 else ""
            raise DataError(
                f"{train.ids_of(theirs)}: an example of source {source!r} that is "
                f"{task.ids_of(here)} of target {target!r} ({split}), text and label alike{more}: "
                "a target's examples may reach no pre-training",
                'take the source or those rows out, or set data.overlap = "count"',
            )


def _counts(source: str, train: TextTask, target: str, test: TextTask) -> dict[str, Any]:
    texts, labels = train.hashes()
    known, alike = set(texts.tolist()), set(zip(texts.tolist(), labels.tolist(), strict=True))
    mine = list(zip(*(part.tolist() for part in test.hashes()), strict=True))
    return {
        "source": source,
        "target": target,
        "test": len(mine),
        "duplicates": sum(text in known for text, _ in mine),
        "same_label": sum(pair in alike for pair in mine),
    }
