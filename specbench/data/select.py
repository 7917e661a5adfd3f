"""Choosing the images of a study: those that every domain has, in an order fixed by hash.

The first ten of a choice are the choice of ten: a study of 10 % of the data reads a part of what
the study of all reads, and adding images elsewhere moves none of them.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

from specbench.data.ids import read_ids
from specbench.data.pack import read_manifest
from specbench.errors import DataError


def choose_ids(folders: Mapping[str, Path], split: str, limit: int | None, seed: int) -> list[str]:
    """Return up to ``limit`` ids of ``split`` that all packed ``folders`` have.

    They are ordered by the sha256 of (seed, id), whatever the order of domains; None takes all.
    Raises DataError where no id is in every domain.
    """
    common = set.intersection(*_present(folders, split).values())
    if not common:
        raise DataError(
            f"no image of split {split} is in all of {', '.join(sorted(folders))}",
            "each image needs a file in every domain",
        )
    return sorted(common, key=lambda image: (_rank(seed, image), image))[:limit]


def identity(folders: Mapping[str, Path], ids: Mapping[str, Sequence[str]]) -> str:
    """Return the digest of the chosen ``ids`` of each split and of the domains' files.

    It changes with any id, their order, or the bytes of any file of a domain; not with the order
    of domains, the image size, nor with where the folders lie.
    """
    prints = {
        domain: {split: read_manifest(folder)["splits"][split]["fingerprint"] for split in ids}
        for domain, folder in folders.items()
    }
    chosen = {split: list(listed) for split, listed in ids.items()}
    text = json.dumps([chosen, prints], sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def excluded(folders: Mapping[str, Path], split: str) -> dict[str, int]:
    """Count the images of ``split`` that some domain has and another has not, by reason.

    A reason reads ``<domain>: <what is wrong>``; an image with several faults counts once, under
    the first domain by name.
    """
    present = _present(folders, split)
    faults = {domain: _faults(folder, split) for domain, folder in folders.items()}
    reasons: Counter[str] = Counter()
    for image in set().union(*present.values(), *faults.values()):
        for domain in sorted(folders):
            if image not in present[domain]:
                reasons[f"{domain}: {faults[domain].get(image, 'missing')}"] += 1
                break
    return dict(sorted(reasons.items()))


def _present(folders: Mapping[str, Path], split: str) -> dict[str, set[str]]:
    return {name: set(read_ids(folder / f"{split}.ids")) for name, folder in folders.items()}


def _faults(folder: Path, split: str) -> dict[str, str]:
    listed = read_manifest(folder)["broken"]
    return {entry["id"]: entry["reason"] for entry in listed if entry["split"] == split}


def _rank(seed: int, image: str) -> bytes:
    return hashlib.sha256(f"{seed}\0{image}".encode()).digest()
