"""Texts and labels packed: flat arrays of pieces with offsets, labels beside them.

A packed folder holds ``<split>.npz``, ``<split>.ids`` and the manifest, as any domain's does
(``specbench.data.pack``). Of texts: ``tokens``, ``segments``, ``words``, ``starts``, ``ends`` one
after another, ``offsets`` where each text begins, and ``hashes`` of the texts. Of labels:
``values``, ``offsets`` where labels are words', and ``hashes`` of what stood in the file.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from enum import StrEnum
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from specbench.data.cells import finite
from specbench.data.domains import Form
from specbench.data.ids import write_ids
from specbench.data.pack import MANIFEST
from specbench.data.text.pieces import Pieces, cut, open_tokenizer
from specbench.data.text.rows import Answer
from specbench.data.text.sets import SPLITS, Example, read_set, refuse
from specbench.errors import DataError


class TextForm(StrEnum):
    """Forms of packed arrays that only texts have, beside those of ``Form``."""

    TEXT = "text"
    """Pieces one after another, with offsets."""
    TAGS = "tags"
    """int32, the class of every word one after another, with offsets; -1 is invalid."""
    SPAN = "span"
    """int32 (N, 2), the characters between which the first answer stands."""


Array = npt.NDArray[Any]
Report = Callable[[dict[str, Any]], None]
_AT_ONCE = 512
STRINGS = "strings.json"
"""Contexts, or answers, of the questions of a split: ``<split>.strings.json``."""


def pack_texts(
    settings: Mapping[str, Any], tokenizer: Path, length: int, folder: Path, report: Report
) -> dict[str, Any]:
    """Pack the texts of a set; return the manifest.

    Raises DataError for a row that cannot be used, unless ``settings["missing"]`` leaves it out.
    """
    squad = settings["format"] == "squad"
    cutter = open_tokenizer(tokenizer, length, keep_first=squad)
    examples, broken = _usable(settings)
    splits, total = {}, 0
    for split, listed in examples.items():
        pieces: list[Pieces] = []
        for start in range(0, len(listed), _AT_ONCE):
            pieces += cut(cutter, [one.row for one in listed[start : start + _AT_ONCE]])
            report({"done": total + len(pieces), "total": sum(map(len, examples.values()))})
        total += len(pieces)
        arrays = _flat(pieces) | {"hashes": np.array([text_hash(one) for one in listed], "u8")}
        _save(folder / f"{split}.npz", arrays)
        if squad:
            contexts = [one.row.texts[1] for one in listed]
            _write_strings(folder, split, contexts)
        splits[split] = _described(folder, split, listed, arrays)
    lengths = [len(one) for one in _lengths(folder)]
    manifest = _manifest("text", TextForm.TEXT, splits, broken)
    mean = float(np.mean(np.concatenate(_lengths(folder)))) if lengths else 0.0
    return _write(folder, {**manifest, "length": max(1, round(mean))})


def _lengths(folder: Path) -> list[Array]:
    return [np.diff(np.load(folder / f"{split}.npz")["offsets"]) for split in SPLITS]


def _flat(pieces: Sequence[Pieces]) -> dict[str, Array]:
    counts = [len(one.tokens) for one in pieces]
    kinds = {"tokens": "i4", "segments": "u1", "words": "i4", "starts": "i4", "ends": "i4"}
    arrays = {
        name: np.fromiter((v for one in pieces for v in getattr(one, name)), kind, sum(counts))
        for name, kind in kinds.items()
    }
    return {**arrays, "offsets": np.concatenate([[0], np.cumsum(counts)]).astype("i8")}


def pack_labels(
    settings: Mapping[str, Any], column: str, kind: str, classes: int, folder: Path
) -> dict[str, Any]:
    """Pack one column of a set as labels of a task of ``kind``; return the manifest.

    Classes are numbered as they are where they are the numbers 0 … K − 1, else in the order of
    their names, those of the training split. Raises DataError where there are more than
    ``classes``, and as ``pack_texts`` does.
    """
    examples, broken = _usable(settings)
    for split, listed in examples.items():
        kept = []
        for one in listed:
            problem = _label_problem(one, column, kind)
            if problem and settings["missing"] == "refuse":
                raise refuse(one, problem)
            if problem:
                broken.append(_entry(split, one, problem))
            else:
                kept.append(one)
        examples[split] = kept
    names = _names(examples["train"], column, kind, classes) if kind in _NAMED else ()
    splits = {}
    for split, listed in examples.items():
        listed = _known(split, listed, column, names, kind, broken, settings)
        arrays = _LABELS[kind](listed, column, names)
        arrays["hashes"] = np.array([label_hash(one, column) for one in listed], "u8")
        _save(folder / f"{split}.npz", arrays)
        if kind == "span":
            answers = [[a.text for a in one.row.labels[column]] for one in listed]
            _write_strings(folder, split, answers)
        splits[split] = _described(folder, split, listed, arrays)
    manifest = _manifest(column, _FORMS[kind], splits, broken)
    return _write(folder, {**manifest, "names": list(names), "classes": classes})


def read_strings(folder: Path, split: str) -> list[Any]:
    """Return the contexts or answers of a packed split."""
    found: list[Any] = json.loads((folder / f"{split}.{STRINGS}").read_text(encoding="utf-8"))
    return found


def _usable(settings: Mapping[str, Any]) -> tuple[dict[str, list[Example]], list[dict[str, str]]]:
    """Return the examples without problems, and those left out as the manifest lists them."""
    broken: list[dict[str, str]] = []
    usable: dict[str, list[Example]] = {}
    for split, listed in read_set(settings).items():
        usable[split] = []
        for one in listed:
            if not one.row.problem:
                usable[split].append(one)
            elif settings["missing"] == "refuse":
                raise refuse(one, one.row.problem)
            else:
                broken.append(_entry(split, one, one.row.problem))
        if not usable[split]:
            raise DataError(f"{listed[0].path if listed else settings['root']}: nothing to {split}")
    return usable, broken


def _entry(split: str, one: Example, problem: str) -> dict[str, str]:
    # Counted by reason, so the reason must not hold what differs from row to row.
    reason = re.sub(r"\d+|'[^']*'", "…", problem)
    return {"split": split, "id": one.id, "path": str(one.path), "reason": reason}


def _label_problem(one: Example, column: str, kind: str) -> str:
    if column not in one.row.labels:
        return f"no column '{column}': it has {', '.join(one.row.labels)}"
    label = one.row.labels[column]
    if kind == "span":
        return "" if label else "no answer"
    if kind == "tags":
        return "" if isinstance(label, tuple) else f"column '{column}' has no label a word"
    if not isinstance(label, str) or not label:
        return f"column '{column}' is empty"
    if kind == "value" and finite(label) is None:
        return f"{column} = {label[:40]!r} is not a number"
    if kind == "binary" and label not in ("0", "1"):
        return f"{column} = {label[:40]!r} is neither 0 nor 1"
    return ""


_NAMED = ("image_class", "tags")


def _names(train: Sequence[Example], column: str, kind: str, classes: int) -> tuple[str, ...]:
    labels = (one.row.labels[column] for one in train)
    found = sorted({x for label in labels for x in (label if kind == "tags" else (label,))})
    if all(name.isdigit() and int(name) < classes for name in found):
        return tuple(map(str, range(classes)))
    if len(found) > classes:
        shown = ", ".join(found[:6])
        raise DataError(
            f"{train[0].path}: column '{column}' has {len(found)} classes ({shown}, …), the task "
            f"has {classes}",
            "raise classes of the task",
        )
    return tuple(found)


def _known(
    split: str,
    listed: list[Example],
    column: str,
    names: Sequence[str],
    kind: str,
    broken: list[dict[str, str]],
    settings: Mapping[str, Any],
) -> list[Example]:
    """Return the examples whose class is one of training."""
    if kind != "image_class":
        return listed
    kept = []
    for one in listed:
        if one.row.labels[column] in names:
            kept.append(one)
            continue
        problem = f"{column} = {one.row.labels[column][:40]!r} is no class of the training split"
        if settings["missing"] == "refuse":
            raise refuse(one, problem)
        broken.append(_entry(split, one, problem))
    return kept


def _class_labels(listed: Sequence[Example], column: str, names: Sequence[str]) -> dict[str, Array]:
    place = {name: number for number, name in enumerate(names)}
    return {"values": np.array([place[one.row.labels[column]] for one in listed], "i8")}


def _number_labels(
    listed: Sequence[Example], column: str, names: Sequence[str]
) -> dict[str, Array]:
    return {"values": np.array([[float(one.row.labels[column])] for one in listed], "f4")}


def _tag_labels(listed: Sequence[Example], column: str, names: Sequence[str]) -> dict[str, Array]:
    """A tag that training has not is −1: it counts neither for nor against."""
    place = {name: number for number, name in enumerate(names)}
    tags = [one.row.labels[column] for one in listed]
    flat = [place.get(tag, -1) for row in tags for tag in row]
    offsets = np.concatenate([[0], np.cumsum([len(row) for row in tags])])
    return {"values": np.array(flat, "i4"), "offsets": offsets.astype("i8")}


def _span_labels(listed: Sequence[Example], column: str, names: Sequence[str]) -> dict[str, Array]:
    first: list[Answer] = [one.row.labels[column][0] for one in listed]
    return {"values": np.array([(a.start, a.start + len(a.text)) for a in first], "i4")}


_LABELS: dict[str, Callable[[Sequence[Example], str, Sequence[str]], dict[str, Array]]] = {
    "image_class": _class_labels,
    "binary": _number_labels,
    "value": _number_labels,
    "tags": _tag_labels,
    "span": _span_labels,
}
_FORMS: dict[str, Form | TextForm] = {
    "image_class": Form.IMAGE_CLASS,
    "binary": Form.BINARY,
    "value": Form.VALUE,
    "tags": TextForm.TAGS,
    "span": TextForm.SPAN,
}
KINDS = tuple(_FORMS)
"""Kinds of task that texts can have."""


def text_hash(one: Example) -> int:
    """Return a hash of an example's texts, letters' case and spaces apart."""
    parts = one.row.texts or (" ".join(one.row.words),)
    return _hash("\0".join(" ".join(part.lower().split()) for part in parts))


def label_hash(one: Example, column: str) -> int:
    """Return a hash of an example's label as it stands in the file."""
    return _hash(repr(one.row.labels[column]))


def _hash(text: str) -> int:
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "little")


def _described(
    folder: Path, split: str, listed: Iterable[Example], arrays: Mapping[str, Array]
) -> dict[str, Any]:
    ids = [one.id for one in listed]
    running = hashlib.sha256("\n".join(ids).encode())
    for name, values in sorted(arrays.items()):
        running.update(name.encode() + values.tobytes())
    ids_sha = write_ids(folder / f"{split}.ids", ids)
    return {"images": len(ids), "ids_sha": ids_sha, "fingerprint": running.hexdigest()}


def _manifest(
    domain: str, form: Form | TextForm, splits: dict[str, Any], broken: list[dict[str, str]]
) -> dict[str, Any]:
    return {
        "domain": domain,
        "form": str(form),
        "channels": 1,
        "classes": 0,
        "image_size": 0,
        "splits": splits,
        "broken": broken,
    }


def _save(path: Path, arrays: dict[str, Any]) -> None:
    np.savez(path, **arrays)


def _write_strings(folder: Path, split: str, strings: Sequence[Any]) -> None:
    text = json.dumps(strings, ensure_ascii=False)
    (folder / f"{split}.{STRINGS}").write_text(text, encoding="utf-8")


def _write(folder: Path, manifest: dict[str, Any]) -> dict[str, Any]:
    text = json.dumps(manifest, indent=1, ensure_ascii=False)
    (folder / MANIFEST).write_text(text + "\n", encoding="utf-8")
    return manifest
