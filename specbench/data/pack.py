"""Decoding a domain once, into one array a split that every process can map.

A packed folder holds ``<split>.npy``, ``<split>.ids`` (one id a line, in the order of rows) and
``pack.json``, the manifest. Rows are in the forms of ``specbench.data.domains.Form``.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from specbench.data.ahead import in_order, threads
from specbench.data.array_file import ArrayFile
from specbench.data.domains import Domain, Form
from specbench.data.fingerprint import Fingerprint
from specbench.data.ids import write_ids
from specbench.data.resize import downsample
from specbench.data.source import Array, BrokenFileError, Item, Report, Source
from specbench.errors import DataError

MANIFEST = "pack.json"
NEWS_EVERY = 50

_DTYPES: dict[Form, type[np.generic]] = {
    Form.IMAGE: np.uint8,
    Form.CONTINUOUS: np.float32,
    Form.NORMAL: np.float32,
    Form.CLASSES: np.uint8,
    Form.IMAGE_CLASS: np.int64,
    Form.VALUE: np.float32,
    Form.BINARY: np.float32,
    Form.SEQUENCE: np.float32,
    Form.MASK: np.bool_,
}


def pack_domain(
    source: Source, domain: str, image_size: int, folder: Path, report: Report
) -> dict[str, Any]:
    """Pack every split of ``domain`` at ``image_size`` pixels into ``folder``; return the manifest.

    The manifest, also written to ``pack.json``, is ``{"domain", "form", "channels", "classes",
    "image_size", "splits": {split: {"images", "ids_sha", "fingerprint"}}, "broken": [{"split",
    "id", "path", "reason"}]}``. A file that is broken, or missing though the input has its id,
    raises BrokenFileError; with ``source.missing == "leave_out"`` it is left out and listed under
    ``broken``. The fingerprint is that of ``Source.fingerprint``: over all files, broken ones too.
    DataError if files are smaller than ``image_size`` or no image of a split is left.
    """
    packing = _Packing(source, source.domain(domain), image_size, folder, report)
    return packing.run()


def read_manifest(folder: Path) -> dict[str, Any]:
    """Return the manifest of a packed folder."""
    try:
        manifest: dict[str, Any] = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise DataError(f"{folder / MANIFEST}: no such file", "nothing was packed here") from error
    return manifest


class _Read(NamedTuple):
    content: bytes | None
    """The file's bytes; None where they cannot be read."""
    row: Array | BrokenFileError


@dataclass
class _Packing:
    source: Source
    domain: Domain
    size: int
    folder: Path
    report: Report
    broken: list[dict[str, str]] = field(default_factory=list)
    done: int = 0
    total: int = 0

    def run(self) -> dict[str, Any]:
        items = self.source.items(self.domain.name)
        self.total = sum(map(len, items.values()))
        self.folder.mkdir(parents=True, exist_ok=True)
        self._find_missing(items)
        splits = {split: self._pack_split(split, listed) for split, listed in items.items()}
        manifest = {
            "domain": self.domain.name,
            "form": str(self.domain.form),
            "channels": self.domain.channels,
            "classes": self.domain.classes,
            "image_size": self.size,
            "splits": splits,
            "broken": self.broken,
        }
        if self.domain.form is Form.SEQUENCE:
            manifest["length"] = self.domain.length
        text = json.dumps(manifest, indent=1, ensure_ascii=False)
        (self.folder / MANIFEST).write_text(text + "\n", encoding="utf-8")
        return manifest

    def _find_missing(self, items: dict[str, list[Item]]) -> None:
        """List the ids that the input has and this domain has not."""
        name = self.domain.name
        if name == self.source.input_domain:
            return
        lacking = [
            (split, item.id, self.source.expected(item.id, name))
            for split, inputs in self.source.items(self.source.input_domain).items()
            for item in _without(inputs, items[split])
        ]
        for split, image, path in lacking:
            more = f" (and {len(lacking) - 1} more of {name})" if len(lacking) > 1 else ""
            self._leave_out(split, image, BrokenFileError(path, "missing", more))

    def _leave_out(self, split: str, image: str, error: BrokenFileError) -> None:
        if self.source.missing == "refuse":
            raise error
        entry = {"split": split, "id": image, "path": str(error.path), "reason": error.reason}
        self.broken.append(entry)

    def _pack_split(self, split: str, items: list[Item]) -> dict[str, Any]:
        running, packed = Fingerprint(), []
        with ArrayFile(self.folder / f"{split}.npy", _DTYPES[self.domain.form], self._row()) as out:
            ahead = threads() if self.source.concurrent else 1
            for item, read in zip(items, in_order(self._read, items, ahead), strict=True):
                running.add(item.id, read.content)
                if isinstance(read.row, BrokenFileError):
                    self._leave_out(split, item.id, read.row)
                else:
                    out.append(read.row)
                    packed.append(item.id)
                self._tell()
        if not packed:
            raise DataError(*self._nothing(split))
        ids_sha = write_ids(self.folder / f"{split}.ids", packed)
        return {"images": len(packed), "ids_sha": ids_sha, "fingerprint": running.hexdigest()}

    def _read(self, item: Item) -> _Read:
        """Read and decode a file; may run in a thread of its own."""
        content: bytes | None = None
        try:
            content = self.source.content(item)
            value = self.source.decode(content, item, self.domain)
        except BrokenFileError as error:
            return _Read(content, error)
        try:
            small = downsample(value, self.domain.form, self.size)
        except DataError as error:
            raise DataError(f"{item.path}: {error.message}", error.hint) from error
        return _Read(content, np.moveaxis(small, -1, 0) if small.ndim == 3 else small)

    def _row(self) -> tuple[int, ...]:
        channels = (self.domain.channels,) if self.domain.channels else ()
        if self.domain.form is Form.SEQUENCE:
            return (*channels, self.domain.length)
        return (*channels, self.size, self.size) if self.domain.form.has_pixels else channels

    def _tell(self) -> None:
        self.done += 1
        if self.done % NEWS_EVERY == 0 or self.done == self.total:
            self.report({"done": self.done, "total": self.total})

    def _nothing(self, split: str) -> tuple[str, str]:
        ours = [entry for entry in self.broken if entry["split"] == split]
        if ours:
            what = f"all {len(ours)} images of {split} are broken or missing"
            return f"{ours[0]['path']}: {ours[0]['reason']}", f"{what} in {self.domain.name}"
        return (
            f"{self.domain.name}: split {split} has no image",
            "give it some in data.splits, or divide single ones by data.split_by",
        )


def _without(inputs: list[Item], present: list[Item]) -> list[Item]:
    known = {item.id for item in present}
    return [item for item in inputs if item.id not in known]
