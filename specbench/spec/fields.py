"""Which model and field a dotted path of a study leads to."""

from __future__ import annotations

import difflib
import types
from collections.abc import Iterable, Mapping
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from specbench.spec.models import ArraysData, FilePath, RoomsData, StudySpec, TaskonomyData

DATA_KINDS: dict[str, type[BaseModel]] = {
    "rooms": RoomsData,
    "taskonomy": TaskonomyData,
    "arrays": ArraysData,
}


def nearest(name: str, names: Iterable[str]) -> str:
    """Return the valid name that looks most like ``name``, or '' where there is none."""
    found = difflib.get_close_matches(str(name), list(names), n=1, cutoff=0.0)
    return found[0] if found else ""


def field_at(path: tuple[str | int, ...], raw: Mapping[str, Any]) -> FieldInfo | None:
    """Return the field that ``path`` names in a study, or None for a path that leads nowhere.

    ``raw`` is the document, read only for ``data.kind``, which decides what [data] may hold.
    """
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
            from specbench.spec.models import TaskSection

            return field_in(TaskSection, path[2:])
    return field


def field_in(model: type[BaseModel], path: tuple[str | int, ...]) -> FieldInfo | None:
    """Return the field of ``model`` that a path of one part names, or None."""
    return model.model_fields.get(str(path[0])) if len(path) == 1 else None


def keys_at(path: tuple[str | int, ...], raw: Mapping[str, Any]) -> list[str]:
    """Return the keys that the table at ``path`` may hold; empty where any key is allowed."""
    if path == ():
        return list(StudySpec.model_fields)
    if path[0] == "tasks" and len(path) == 2:
        from specbench.spec.models import TaskSection

        return list(TaskSection.model_fields)
    field = field_at(path, raw)
    model = _model_behind(path, field, raw) if field else None
    return list(model.model_fields) if model else []


def is_text(field: FieldInfo) -> bool:
    """Tell whether a field takes a string (a path, a name, one of several words)."""
    return any(
        part is str or (get_origin(part) is not None and str(get_origin(part)) == "typing.Literal")
        for part in _parts(field.annotation)
    )


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
        return DATA_KINDS.get(kind) if isinstance(kind, str) else None
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
