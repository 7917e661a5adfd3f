"""Taskonomy's tree, genuine or rendered in its likeness, in one folder or several."""

from __future__ import annotations

import difflib
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from pathlib import Path

from specbench.data.domains import DOMAINS, Domain, Form
from specbench.data.encodings import UndecodableError, decode_file, vector_length
from specbench.data.layouts import (
    BuildingFolder,
    building_folders,
    count_entries,
    files_in,
    found_domains,
    no_folder,
)
from specbench.data.source import SPLITS, Array, BrokenFileError, Item, Source
from specbench.data.splits import (
    Table,
    inline_table,
    merge_tables,
    read_split_csv,
    split_files,
    split_of_point,
)
from specbench.errors import DataError


class TaskonomySource(Source):
    """Reads any of the four layouts (``specbench.data.layouts``) under each of ``roots``.

    A domain that lies under several roots is merged; an image found twice is refused. Ids are
    ``<building>/point_<P>_view_<V>``. ``splits`` is None for each root's ``splits.csv``, the path
    of an official CSV, or a mapping of split to buildings; ``split_by = "point"`` needs none and
    hashes points instead, for trees of a single building. Buildings of no split are not read.
    """

    concurrent = True

    def __init__(
        self,
        roots: Sequence[Path],
        splits: str | Path | Mapping[str, Sequence[str]] | None = None,
        split_by: str = "building",
        missing: str = "refuse",
    ) -> None:
        if split_by not in ("building", "point"):
            raise DataError(f"data.split_by is {split_by!r}", "it is one of building, point")
        for root in roots:
            if not root.is_dir():
                raise DataError(f"{root}: no such folder", "data.root names the data's folder")
        self.roots = list(roots)
        self.missing = missing
        self._splits = splits
        self._by_point = split_by == "point"
        self._domains: dict[str, Domain] = {}
        self._items: dict[str, dict[str, list[Item]]] = {}
        self._places: dict[str, dict[str, Path]] = {}

    def domains(self) -> list[str]:
        """Return the domains that have a folder under some root."""
        return sorted({name for root in self.roots for name in found_domains(root)})

    def domain(self, name: str) -> Domain:
        """Return the entry of ``DOMAINS``; ``class_scene`` with the number of classes in files."""
        if name not in DOMAINS:
            near = difflib.get_close_matches(name, DOMAINS, 1)
            hint = f"the nearest is {near[0]}" if near else f"domains are {', '.join(DOMAINS)}"
            raise DataError(f"Taskonomy has no domain {name!r}", hint)
        if name not in self._domains:
            known = DOMAINS[name]
            scenes = known.form is Form.IMAGE_CLASS
            self._domains[name] = self._counted(known) if scenes else known
        return self._domains[name]

    def _counted(self, domain: Domain) -> Domain:
        """Return ``domain`` with as many classes as its first sound file has numbers."""
        for item in (item for split in self._listed(domain).values() for item in split):
            try:
                return replace(domain, classes=vector_length(self.content(item)))
            except (BrokenFileError, UndecodableError):
                continue
        return domain

    def splits(self) -> dict[str, list[str]]:
        """Return the buildings of each split that are on disk; split by point, each has all."""
        buildings = {item.id.split("/")[0] for item in self._views(DOMAINS[self.input_domain])}
        if self._by_point:
            return {split: sorted(buildings) for split in SPLITS}
        return {
            split: sorted(b for b in buildings if self._table.get(b) == split) for split in SPLITS
        }

    @cached_property
    def _table(self) -> Table:
        if isinstance(self._splits, Mapping):
            return inline_table(self._splits)
        paths = split_files(self.roots, self._splits)
        return merge_tables([(str(path), read_split_csv(path)) for path in paths])

    def items(self, domain: str) -> dict[str, list[Item]]:
        """Return the files of each split; the folders are read once and then remembered."""
        return self._listed(self.domain(domain))

    def _listed(self, domain: Domain) -> dict[str, list[Item]]:
        if domain.name not in self._items:
            self._items[domain.name] = self._assigned(domain)
        return self._items[domain.name]

    def _assigned(self, domain: Domain) -> dict[str, list[Item]]:
        listed: dict[str, dict[str, Item]] = {split: {} for split in SPLITS}
        buildings = set()
        for item in self._views(domain):
            building = item.id.split("/")[0]
            buildings.add(building)
            split = self._split_of(item.id, building)
            if split is None:
                continue
            twin = listed[split].setdefault(item.id, item)
            if twin is not item:
                raise DataError(f"{item.path}: the same image as {twin.path}", "remove one of them")
        if not any(listed.values()):
            raise DataError(
                f"{self.roots[0]}: none of the {len(buildings)} buildings found is in a split",
                f"found {_some(buildings)}; the splits name {_some(self._table)}",
            )
        return {split: [items[i] for i in sorted(items)] for split, items in listed.items()}

    def _split_of(self, image: str, building: str) -> str | None:
        if self._by_point:
            return split_of_point(image.partition("_view_")[0])
        return self._table.get(building)

    def _folders(self, domain: str) -> list[BuildingFolder]:
        return [found for root in self.roots for found in building_folders(root, domain)]

    def _views(self, domain: Domain) -> list[Item]:
        folders = self._folders(domain.name)
        if not folders:
            raise no_folder(self.roots, domain.name)
        views = [
            Item(f"{building}/{view}", folder, name)
            for building, folder in folders
            for view, name in files_in(folder, domain).items()
        ]
        if not views:
            ending = " or ".join(f"_domain_{s}.{domain.extension}" for s in domain.suffixes)
            raise DataError(f"{folders[0].folder}: no file point_<P>_view_<V>{ending}")
        return views

    def expected(self, image: str, domain: str) -> Path:
        """Return the path a missing image would have, in the building's folder if there is one."""
        if domain not in self._places:
            self._places[domain] = dict(self._folders(domain))
        building, view = image.split("/")
        known = DOMAINS[domain]
        name = f"{view}_domain_{known.suffixes[0]}.{known.extension}"
        return self._places[domain].get(building, self.roots[0] / domain / building) / name

    def content(self, item: Item) -> bytes:
        """Return the file's bytes."""
        try:
            return item.path.read_bytes()
        except FileNotFoundError as error:
            raise BrokenFileError(item.path, "missing") from error
        except OSError as error:
            raise BrokenFileError(item.path, f"cannot be read ({error.strerror})") from error

    def decode(self, content: bytes, item: Item, domain: Domain) -> Array:
        """Decode a file as ``specbench.data.encodings`` says."""
        try:
            return decode_file(content, domain)
        except UndecodableError as error:
            raise BrokenFileError(item.path, str(error)) from error

    def stamp(self, domain: str) -> str:
        """Digest the folders' times and counts (the input's too: it decides what is missing)."""
        digest = hashlib.sha256(repr(self._split_state()).encode())
        for name in sorted({domain, self.input_domain}):
            for building, folder in self._folders(name):
                count = count_entries(folder)
                line = f"{name}/{building} {folder.stat().st_mtime_ns} {count}\n"
                digest.update(line.encode())
        return digest.hexdigest()

    def _split_state(self) -> object:
        if self._by_point:
            return "point"
        if isinstance(self._splits, Mapping):
            return sorted(self._table.items())
        paths = split_files(self.roots, self._splits)
        return [path.read_bytes() if path.is_file() else None for path in paths]


def _some(names: set[str] | Table) -> str:
    shown = sorted(names)[:3]
    return ", ".join(shown) + (", …" if len(names) > 3 else "") if shown else "none"
