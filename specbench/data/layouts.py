"""Finding files: the four ways in which Taskonomy's tree lies on disk.

=================== =====================================================================
official downloader ``<root>/<domain>/taskonomy/<building>/point_<P>_view_<V>_domain_….png``
unpacked archives   ``<root>/<building>_<domain>/<domain>/point_<P>_view_<V>_domain_….png``
buildings only      ``<root>/<domain>/<building>/point_<P>_view_<V>….png``
one building        ``<root>/<domain>/point_<P>_view_<V>_domain_….png``
=================== =====================================================================

In the last the root folder's name stands for the building. The second follows Taskonomy's
archives, the third the code of Standley et al. (arXiv 1905.07553). Layouts may be mixed in a root.
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import NamedTuple

from specbench.data.domains import DOMAINS, Domain
from specbench.errors import DataError

_FILE = re.compile(r"(point_\d+_view_\d+)(?:_domain_(\w+)|((?!_domain_)[^.]*))\.(\w+)")


class BuildingFolder(NamedTuple):
    """The folder that holds one building's files of one domain."""

    building: str
    folder: Path


def building_folders(root: Path, domain: str) -> list[BuildingFolder]:
    """Return the folders of ``domain`` under ``root``, in all four layouts, by building."""
    found: list[BuildingFolder] = []
    own = root / domain
    for entry in _entries(own):
        if not entry.is_dir():
            continue
        if entry.name == "taskonomy":
            found += [BuildingFolder(e.name, Path(e.path)) for e in _entries(entry) if e.is_dir()]
        else:
            found.append(BuildingFolder(entry.name, Path(entry.path)))
    if any(_FILE.fullmatch(name) for name in _names(own)):
        found.append(BuildingFolder(root.resolve().name, own))
    for path in root.glob(f"*_{domain}"):
        if (path / domain).is_dir():
            found.append(BuildingFolder(path.name.removesuffix(f"_{domain}"), path / domain))
    return sorted(found)


def files_in(folder: Path, domain: Domain) -> dict[str, str]:
    """Return the file name of each ``point_<P>_view_<V>`` in ``folder``.

    Files of another domain's suffix or of another extension are passed over. Where two suffixes
    of the domain are present for one view, the usual one is taken.
    """
    ranks: dict[str, tuple[int, str]] = {}
    for name in _names(folder):
        match = _FILE.fullmatch(name)
        if match is None or match[4] != domain.extension:
            continue
        if match[2] is None:
            rank = len(domain.suffixes)
        elif match[2] in domain.suffixes:
            rank = domain.suffixes.index(match[2])
        else:
            continue
        ranks[match[1]] = min(ranks.get(match[1], (rank, name)), (rank, name))
    return {view: name for view, (_, name) in ranks.items()}


def found_domains(root: Path) -> list[str]:
    """Return which of the known domains have a folder under ``root``."""
    return sorted(name for name in DOMAINS if building_folders(root, name))


def no_folder(roots: list[Path], domain: str) -> DataError:
    """Return the error for a domain that no layout has, naming what was looked for and found."""
    looked = (
        f"{domain}/taskonomy/<building>/, <building>_{domain}/{domain}/, {domain}/<building>/, "
        f"{domain}/point_<P>_view_<V>…"
    )
    found = sorted({name for root in roots for name in found_domains(root)})
    there = f"domains found there: {', '.join(found)}" if found else "no domain was found there"
    places = ", ".join(str(root) for root in roots[:3]) + (", …" if len(roots) > 3 else "")
    return DataError(f"{places}: no folder of domain {domain}", f"looked for {looked}; {there}")


def _entries(folder: Path | os.DirEntry[str]) -> list[os.DirEntry[str]]:
    if not os.path.isdir(folder):  # noqa: PTH112 - a DirEntry answers without a Path
        return []
    with os.scandir(folder) as entries:
        return sorted(entries, key=lambda entry: entry.name)


def count_entries(folder: Path) -> int:
    """Return how many entries ``folder`` has, without looking at any of them."""
    return len(_names(folder))


def _names(folder: Path) -> list[str]:
    return os.listdir(folder) if folder.is_dir() else []  # noqa: PTH208 - names, no Path each
