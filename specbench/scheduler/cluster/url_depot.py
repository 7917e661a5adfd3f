"""A depot behind an address of any file system that fsspec knows: s3://, gs://, abfs://, a path.

    <address>/results/<key>.json        names the files of a folder; written last, in one step
    <address>/results/<key>/<mark>/     the files, under a mark that is new for each writing
    <address>/work/…                    checkpoints, likewise
    <address>/logs/<key>.log

Whoever reads goes by the ``.json``, so a folder is there whole or not at all, and of two writers
the last one's folder is there, never a mixture.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from specbench.errors import EngineError

_LOCAL = {"file", "local", "sftp", "ssh"}
"""File systems whose writing of a file is not one step, but whose renaming is."""


class UrlDepot:
    """See :class:`Depot`. Raises :class:`EngineError` for an address that cannot be used."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._open()

    def _open(self) -> None:
        from fsspec.core import url_to_fs

        try:
            self._fs, self._root = url_to_fs(self.url)
        except (ImportError, ValueError) as error:
            raise EngineError(f"executor.depot = '{self.url}': {error}") from error

    def __getstate__(self) -> dict[str, Any]:
        return {"url": self.url}

    def __setstate__(self, state: Mapping[str, Any]) -> None:
        self.url = state["url"]
        self._open()

    def keys(self, kind: str) -> set[str]:
        """Return the keys of the folders that are there."""
        return self._named(kind, ".json")

    def put(self, kind: str, key: str, folder: Path) -> None:
        """Put a copy of a folder there, in place of an earlier one."""
        mark, before = uuid.uuid4().hex, self._note(kind, key)
        names = [p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file()]
        for name in sorted(names):
            target = f"{self._root}/{kind}/{key}/{mark}/{name}"
            self._fs.makedirs(target.rpartition("/")[0], exist_ok=True)
            self._fs.put_file(str(folder / name), target)
        self._write(f"{self._root}/{kind}/{key}.json", {"mark": mark, "files": sorted(names)})
        if before is not None:
            self._remove(f"{self._root}/{kind}/{key}/{before['mark']}")

    def get(self, kind: str, key: str, folder: Path) -> bool:
        """Copy a folder's files into an empty folder; False where it is not there."""
        for last in (False, True):
            note = self._note(kind, key)
            if note is None:
                return False
            try:
                for name in note["files"]:
                    (folder / name).parent.mkdir(parents=True, exist_ok=True)
                    source = f"{self._root}/{kind}/{key}/{note['mark']}/{name}"
                    self._fs.get_file(source, str(folder / name))
                return True
            except FileNotFoundError:  # replaced meanwhile: once more, by the new note
                if last:
                    raise
        return False

    def drop(self, kind: str, key: str) -> None:
        """Remove a folder."""
        with suppress(FileNotFoundError):
            self._fs.rm_file(f"{self._root}/{kind}/{key}.json")
        self._remove(f"{self._root}/{kind}/{key}")

    def put_log(self, key: str, data: bytes) -> None:
        """Put what a job has printed there."""
        self._fs.makedirs(f"{self._root}/logs", exist_ok=True)
        self._fs.pipe_file(f"{self._root}/logs/{key}.log", data)

    def logs(self) -> set[str]:
        """Return the keys of the logs that are there."""
        return self._named("logs", ".log")

    def log(self, key: str) -> bytes:
        """Return what a job has printed."""
        try:
            return bytes(self._fs.cat_file(f"{self._root}/logs/{key}.log"))
        except FileNotFoundError:
            return b""

    def _named(self, part: str, ending: str) -> set[str]:
        """Return the names of the files of a folder that have an ending, without it."""
        self._fs.invalidate_cache()
        try:
            found = self._fs.ls(f"{self._root}/{part}", detail=False)
        except FileNotFoundError:
            return set()
        names = (str(path).rstrip("/").rpartition("/")[2] for path in found)
        return {n.removesuffix(ending) for n in names if n.endswith(ending) and n[0] != "."}

    def _note(self, kind: str, key: str) -> dict[str, Any] | None:
        try:
            found: dict[str, Any] = json.loads(self._fs.cat_file(f"{self._root}/{kind}/{key}.json"))
        except (FileNotFoundError, ValueError):
            return None
        return found

    def _write(self, path: str, note: Mapping[str, Any]) -> None:
        """Write a note in one step."""
        data = json.dumps(note).encode()
        protocols = self._fs.protocol
        if not _LOCAL & {*([protocols] if isinstance(protocols, str) else protocols)}:
            self._fs.pipe_file(path, data)  # an object is there whole or not at all
            return
        parent, _, name = path.rpartition("/")
        aside = f"{parent}/.{name}.{note['mark']}"
        self._fs.pipe_file(aside, data)
        self._fs.mv(aside, path)

    def _remove(self, path: str) -> None:
        with suppress(FileNotFoundError):
            self._fs.rm(path, recursive=True)
