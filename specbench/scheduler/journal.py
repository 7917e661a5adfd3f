"""The journal of a study: what was tried, when, where and how it ended. Only ever appended to."""

from __future__ import annotations

import json
import os
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

FILE = "journal.jsonl"


@dataclass(frozen=True)
class Record:
    """What the journal says of one job in sum."""

    attempts: int = 0
    ended: str = ""
    """`done`, `failed`, or '' for a job that was cut short or never started."""
    reason: str = ""
    """Why it was last started."""
    error: str = ""
    host: str = ""


class Journal:
    """Appends events to ``journal.jsonl`` in a study's folder, one JSON object a line."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / FILE
        _cut_torn_line(path)
        self._handle = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)

    def write(self, event: str, key: str, **details: Any) -> None:
        """Append one event; it is on its way to disk when this returns."""
        line = json.dumps({"time": time.time(), "event": event, "key": key, **details})
        os.write(self._handle, (line + "\n").encode())

    def close(self) -> None:
        """Bring the journal to disk and close it."""
        os.fsync(self._handle)
        os.close(self._handle)


def _cut_torn_line(path: Path) -> None:
    """Drop what a killed writer left behind the last line break."""
    if not path.is_file():
        return
    data = path.read_bytes()
    whole = data.rfind(b"\n") + 1
    if whole < len(data):
        os.truncate(path, whole)


def read(folder: Path) -> dict[str, Record]:
    """Return the record of every job the journal names; a line that is no event is passed over."""
    records: dict[str, Record] = {}
    path = folder / FILE
    if not path.is_file():
        return records
    for line in path.read_text(encoding="utf-8", errors="replace").splitlines():
        try:
            event = json.loads(line)
            key, word = str(event["key"]), event["event"]
        except (ValueError, KeyError, TypeError):
            continue
        records[key] = _after(records.get(key, Record()), word, event)
    return records


def _after(record: Record, word: str, event: dict[str, Any]) -> Record:
    if word == "started":
        return Record(record.attempts + 1, "", event.get("reason", ""), "", event.get("host", ""))
    if word == "placed":
        return replace(record, host=event.get("host", ""))
    if word in ("done", "failed"):
        return Record(record.attempts, word, record.reason, event.get("error", ""), record.host)
    return record
