"""Which model and field a dotted path of a study leads to."""

from __future__ import annotations

import difflib
import types
from collections.abc import Iterable, Mapping
from dataclasses import fields
from typing import Annotated, Any, Union, get_args, get_origin, get_type_hints

import tomli
from pydantic import BaseModel
from pydantic.fields import FieldInfo

from specbench.data.registry import OWN
from specbench.scores.contract import setting_names
from specbench.scores.registry import SCORES
from specbench.spec.data import (
    ArraysData,
    CelebaData,
    CityscapesData,
    DigitsData,
    NyuData,
    OwnData,
    PublishedData,
    RgbdData,
    RoomsData,
    TaskonomyData,
)
from specbench.spec.models import (
    GainSection,
    RandomGroups,
    StudySpec,
    TaskSection,
    TrainingSection,
)
from specbench.spec.section import FilePath
from specbench.spec.table_models import TableData
from specbench.spec.text_models import TextData, TextSet
from specbench.spec.transfer_models import SourceSet
from specbench.training.methods.catalogue import METHODS

DATA_KINDS: dict[str, type[BaseModel]] = {
    "rooms": RoomsData,
    "taskonomy": TaskonomyData,
    "arrays": ArraysData,
    "table": TableData,
    "text": TextData,
    "digits": DigitsData,
    "celeba": CelebaData,
    "nyuv2": NyuData,
    "cityscapes": CityscapesData,
    "rgbd": RgbdData,
    "published": PublishedData,
}
_LONGEST_NAME = 200
OPTIONS = ("data", "options")
"""Where the settings of a user's source stand."""
GROUPS = ("networks", "groups")
"""Where the groups to train are listed: words, lists, and tables."""
TEXT_SETS = ("data", "sets")
"""Where sets of texts stand, a table each."""
SETS = ("transfer", "sets")
"""Where the sets of sources are listed: words, lists, and tables."""
METHOD_SETTINGS = ("training", "method_settings")
"""Where the tables of training methods stand."""


def data_kinds() -> list[str]:
    """Return what `data.kind` can be, the names of the user's sources included."""
    return [*DATA_KINDS, *OWN]


def data_model(kind: Any) -> type[BaseModel] | None:
    """Return the model of [data] for a kind, None for one that there is not."""
    if not isinstance(kind, str):
        return None
    return OwnData if kind in OWN else DATA_KINDS.get(kind)


def nearest(name: str, names: Iterable[str]) -> str:
    """Return the valid name that looks most like ``name``, or '' where there is none."""
    found = difflib.get_close_matches(str(name)[:_LONGEST_NAME], list(names), n=1, cutoff=0.0)
    return found[0] if found else ""


def split_dotted(text: str) -> tuple[str, ...] | None:
    """Return the parts of a dotted path such as ``training.epochs``, or None if it is none."""
    if "\n" in text:
        return None
    try:
        value: Any = tomli.loads(f"{text} = 0")
    except (ValueError, RecursionError):
        return None
    path: list[str] = []
    while isinstance(value, dict):
        if len(value) != 1:
            return None
        ((part, value),) = value.items()
        path.append(part)
    return tuple(path) if value == 0 else None


def field_at(path: tuple[str | int, ...], raw: Mapping[str, Any]) -> FieldInfo | None:
    """Return the field that ``path`` names in a study, or None for a path that leads nowhere.

    ``raw`` is the document, read only for ``data.kind``, which decides what [data] may hold.
    """
    tables = path[:2] in (OPTIONS, METHOD_SETTINGS)
    if len(path) > 1 and (path[0] in ("scores", "conditions") or tables):
        return _inner_field(path, raw)
    model: type[BaseModel] | None = StudySpec
    field: FieldInfo | None = None
    for position, part in enumerate(path):
        if model is None:
            return field if isinstance(part, int) else None
        if part not in model.model_fields:
            return None
        field = model.model_fields[str(part)]
        model = _model_behind(path[: position + 1], field, raw)
        if part == "tasks" and position == 0 and len(path) > 2:
            return TaskSection.model_fields.get(str(path[2])) if len(path) == 3 else None
    return field


def _inner_field(path: tuple[str | int, ...], raw: Mapping[str, Any]) -> FieldInfo | None:
    """Return the field behind a setting of a score, or behind a path that a condition changes."""
    if path[0] == "scores" and len(path) == 3 and path[1] in SCORES:
        hints = get_type_hints(SCORES[str(path[1])].Settings)
        return FieldInfo.from_annotation(hints[path[2]]) if path[2] in hints else None
    if path[:2] == OPTIONS:
        return _option(path[2:], raw)
    if path[:2] == METHOD_SETTINGS:
        return _method_field(path[2:])
    place = {"cases": 3, "axes": 2}.get(str(path[1]))
    if path[0] == "conditions" and place is not None and len(path) == place + 1:
        parts = split_dotted(str(path[place]))
        return field_at(parts, raw) if parts and parts[0] not in ("scores", "conditions") else None
    return None


def _method_field(rest: tuple[str | int, ...]) -> FieldInfo | None:
    """Return the field of a training method's settings, or that of a table of them."""
    if len(rest) < 2:
        known = not rest or rest[0] in METHODS
        return TrainingSection.model_fields["method_settings"] if known else None
    if len(rest) > 2 or rest[0] not in METHODS:
        return None
    hints = get_type_hints(METHODS[str(rest[0])].options)
    return FieldInfo.from_annotation(hints[rest[1]]) if rest[1] in hints else None


def _option(rest: tuple[str | int, ...], raw: Mapping[str, Any]) -> FieldInfo | None:
    model = _options(raw)
    if model is None:
        return None
    if not rest:
        return OwnData.model_fields["options"]
    hints = get_type_hints(model)
    return FieldInfo.from_annotation(hints[rest[0]]) if rest[0] in hints and not rest[1:] else None


def _options(raw: Mapping[str, Any]) -> type[Any] | None:
    """Return the settings of the user's source that the document names, None if it names none."""
    data = raw.get("data")
    kind = data.get("kind") if isinstance(data, Mapping) else None
    return OWN[kind].thing.Settings if isinstance(kind, str) and kind in OWN else None


def keys_at(path: tuple[str | int, ...], raw: Mapping[str, Any]) -> list[str]:
    """Return the keys that the table at ``path`` may hold; empty where any key is allowed."""
    if path == ():
        return list(StudySpec.model_fields)
    if path[0] == "tasks" and len(path) == 2:
        return list(TaskSection.model_fields)
    if path[:2] == ("report", "also") and len(path) == 3:
        return list(GainSection.model_fields)
    if path[0] == "scores" and len(path) == 2:
        return setting_names(SCORES[str(path[1])]) if path[1] in SCORES else []
    if path[:2] == GROUPS and len(path) == 3:
        return list(RandomGroups.model_fields)
    if path[:2] == TEXT_SETS and len(path) == 3:
        return list(TextSet.model_fields)
    if path[:2] == SETS and len(path) == 3:
        return list(SourceSet.model_fields)
    if path[:2] == METHOD_SETTINGS:
        return _method_keys(path[2:])
    if path == OPTIONS:
        model = _options(raw)
        return [field.name for field in fields(model)] if model else []
    field = field_at(path, raw)
    model = _model_behind(path, field, raw) if field else None
    return list(model.model_fields) if model else []


def _method_keys(rest: tuple[str | int, ...]) -> list[str]:
    if not rest:
        return list(METHODS)
    if len(rest) > 1 or rest[0] not in METHODS:
        return []
    return [field.name for field in fields(METHODS[str(rest[0])].options)]


def is_text(field: FieldInfo) -> bool:
    """Tell whether a field takes a string (a path, a name, one of several words)."""
    return any(
        part is str or (get_origin(part) is not None and str(get_origin(part)) == "typing.Literal")
        for part in _parts(field.annotation)
    )


def holds_path(parts: tuple[str | int, ...]) -> bool:
    """Tell whether a path of the document holds a path in the file system, whatever the data."""
    if parts == ("study", "code"):
        return True
    if len(parts) != 2 or parts[0] != "data":
        return False
    fields = [model.model_fields.get(str(parts[1])) for model in DATA_KINDS.values()]
    return any(field is not None and is_path(field) for field in fields)


def is_path(field: FieldInfo) -> bool:
    """Tell whether a field is a path in the file system."""
    marks: list[Any] = list(field.metadata)
    for part in _walk(field.annotation):
        if get_origin(part) is Annotated:
            marks.extend(get_args(part)[1:])
    return any(isinstance(mark, FilePath) for mark in marks)


def _model_behind(
    path: tuple[str | int, ...], field: FieldInfo, raw: Mapping[str, Any]
) -> type[BaseModel] | None:
    if path == ("data",):
        data = raw.get("data")
        kind = data.get("kind") if isinstance(data, Mapping) else None
        return data_model(kind)
    for part in _walk(field.annotation):
        if isinstance(part, type) and issubclass(part, BaseModel):
            return part
        if get_origin(part) in (list, dict):
            return None
    return None


def _walk(annotation: Any) -> Iterable[Any]:
    yield annotation
    if get_origin(annotation) in (Union, types.UnionType, Annotated):
        for part in get_args(annotation):
            yield from _walk(part)


def _parts(annotation: Any) -> Iterable[Any]:
    return (part for part in _walk(annotation) if get_origin(part) not in (Union, Annotated))
