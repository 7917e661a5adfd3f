"""A study's ``[executor]`` laid over the user's own configuration."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import tomli
from pydantic import ValidationError

from specbench.errors import SpecError
from specbench.spec.executor import Engine, ExecutorSection
from specbench.spec.problems import dotted
from specbench.spec.trust import configuration


def executor_settings(section: ExecutorSection, kind: Engine | None = None) -> ExecutorSection:
    """Return a study's section laid over the user's own, with ``--executor`` laid over both.

    The user's is the table ``[executor]`` of the configuration file. Raises :class:`SpecError`,
    with the file, for one that is not right.
    """
    path = configuration()
    try:
        text = path.read_text(encoding="utf-8") if path.is_file() else ""
        own = tomli.loads(text).get("executor", {})
        if not isinstance(own, dict):
            raise SpecError(f"{path}: executor should be a table")
        ExecutorSection.model_validate(own)
    except ValidationError as error:
        first = error.errors()[0]
        place = dotted(("executor", *first["loc"]))
        raise SpecError(f"{path}: {place}: {first['msg']}", "docs/cluster.md has all") from error
    except (OSError, ValueError) as error:
        raise SpecError(f"{path}: {error}") from error
    merged = _laid(own, section.model_dump(exclude_unset=True))
    return ExecutorSection.model_validate(merged | ({"kind": kind} if kind else {}))


def _laid(under: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    """Return one table with another laid over it, tables within as well."""
    merged = dict(under)
    for name, value in over.items():
        both = isinstance(value, dict) and isinstance(merged.get(name), dict)
        merged[name] = _laid(merged[name], value) if both else value
    return merged
