"""A table of settings held against the dataclass that describes it, a score's or a source's."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from typing import Any

from pydantic import ConfigDict, PydanticUserError, ValidationError
from pydantic.dataclasses import dataclass as checked_dataclass

from specbench.spec.fields import nearest
from specbench.spec.locate import Path
from specbench.spec.problems import Problem, dotted, shown


def settings_problems(
    place: Path, model: type[Any], table: Mapping[str, Any], whose: str
) -> list[Problem]:
    """Return what is wrong with the table at ``place``; types are strict. ``whose``: "score"."""
    known = [field.name for field in fields(model)]
    unknown = []
    for key in table:
        if key not in known:
            near = nearest(key, known)
            none = f"this {whose} has no settings"
            hint = f"the nearest valid name is '{near}'" if near else none
            message = f"unknown key {shown(key)} in [{dotted(place)}]; {hint}"
            unknown.append(Problem((*place, key), message))
    if unknown:
        return unknown
    try:
        checked_dataclass(model, frozen=True, config=ConfigDict(strict=True))(**table)
    except (PydanticUserError, NameError) as error:
        line = str(error).splitlines()[0]
        return [Problem(place, f"the settings of this {whose} cannot be described: {line}")]
    except ValidationError as error:
        return [
            Problem(path, f"{dotted(path)} = {shown(item['input'])}: {item['msg']}")
            for item in error.errors(include_url=False)
            for path in [(*place, *item["loc"])]
        ]
    return []
