"""Chooses the images of a study: those that all its domains have, in an order fixed by hash."""

from __future__ import annotations

from typing import Any

from specbench.data.domains import Form
from specbench.data.ids import write_ids
from specbench.data.pack import read_manifest
from specbench.data.select import choose_ids, excluded
from specbench.data.source import SPLITS
from specbench.jobs.context import Context
from specbench.jobs.samples import write_inputs


def run(context: Context) -> dict[str, Any]:
    """Write ``<split>.ids``; the result counts images and exclusions and holds fingerprints.

    Where the input is no image it also has ``shape``, its channels and length.
    """
    content, folders = context.content, context.folders()
    splits, ids = {}, {}
    for split in SPLITS:
        chosen = choose_ids(folders, split, content["limits"][split], content["seed"])
        ids[split] = write_ids(context.folder / f"{split}.ids", chosen)
        splits[split] = {"images": len(chosen), "excluded": excluded(folders, split)}
    prints = {
        domain: {split: read_manifest(folder)["splits"][split]["fingerprint"] for split in SPLITS}
        for domain, folder in folders.items()
    }
    samples = write_inputs(context, content["input"])
    found = {"ids": ids, "splits": splits, "fingerprints": prints, "samples": samples}
    manifest = read_manifest(folders[content["input"]])
    if manifest["form"] != Form.IMAGE:
        found["shape"] = [manifest["channels"], manifest.get("length", 1)]
    return found
