"""From a file and its overrides to a checked study, or to located problems."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, TypeVar

import tomli
from pydantic import ValidationError

from specbench.errors import SpecError
from specbench.spec.check import (
    condition_problems,
    resolve_condition,
    study_problems,
    with_defaults,
)
from specbench.spec.conditions import Draft, drafts, path_problems
from specbench.spec.fields import field_at, is_path
from specbench.spec.locate import lines_of, nearest_line
from specbench.spec.models import Settings, StudySpec
from specbench.spec.override import Override, parse, put
from specbench.spec.problems import Places, Problem, from_validation, one_line, refuse
from specbench.spec.study import BASE, Condition, Study

_SETTINGS = set(Settings.model_fields)
_Model = TypeVar("_Model", bound=Settings)


def load(path: Path, overrides: Sequence[str] = ()) -> Study:
    """Read the study at ``path`` with ``--set`` texts laid over it.

    Raises :class:`SpecError` with one line ``path:line: what is wrong`` per problem, before any
    data is looked for.
    """
    text = _read(path)
    raw, places, given = _document(path, text, overrides)
    spec = _validate(StudySpec, raw, places)
    refuse(path_problems(spec, raw), places)
    base = _condition(Draft(BASE, raw, {}), places)
    values = base.settings.model_dump(mode="json")
    others = [_condition(draft, places) for draft in drafts(spec, values, raw, path.parent)]
    conditions = [base, *others]
    names = [condition.name for condition in conditions]
    repeated = [
        Problem(("conditions", "cases", n), f"condition {n!r} exists twice")
        for n in set(names)
        if names.count(n) > 1
    ]
    problems, scores = study_problems(spec, conditions)
    refuse(repeated + problems, places)
    passed = text + "".join(f"\n# --set {one_line(override.text)}" for override in given)
    return Study(
        name=spec.study.name or path.stem,
        path=path,
        passed=passed,
        spec=spec,
        conditions=tuple(conditions),
        scores=scores,
    )


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        raise SpecError(f"{path}:1: not UTF-8 text ({error.reason})") from error
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise SpecError(f"{path}:1: cannot be read ({reason})") from error


def _document(
    path: Path, text: str, texts: Sequence[str]
) -> tuple[dict[str, Any], Places, list[Override]]:
    try:
        raw = tomli.loads(text)
    except tomli.TOMLDecodeError as error:
        raise SpecError(f"{path}:{error.lineno}: {one_line(error.msg)} (TOML)") from error
    except RecursionError:
        raise SpecError(f"{path}:1: nested too deeply") from None
    lines = lines_of(text)
    raw = _with_absolute_paths(raw, path.parent)
    # The kind of data decides which fields [data] has, so it is set first.
    ordered = sorted(texts, key=lambda item: not item.replace(" ", "").startswith("data.kind="))
    given = []
    for item in ordered:
        override = parse(item, raw)
        try:
            raw = put(raw, override.path, override.value)
        except SpecError as error:
            raise SpecError(f"{override.place}: {error}") from None
        given.append(override)
    return raw, Places(str(path), lines, {o.path: o.text for o in given}), given


def _with_absolute_paths(raw: dict[str, Any], folder: Path) -> dict[str, Any]:
    """Let paths in the file count from the file's folder."""
    data = raw.get("data")
    if not isinstance(data, dict):
        return raw
    for key, value in data.items():
        field = field_at(("data", key), raw)
        if field is not None and is_path(field) and isinstance(value, str):
            raw = put(raw, ("data", key), str((folder / value).absolute()))
    return raw


def _validate(
    model: type[_Model], raw: dict[str, Any], places: Places, draft: Draft | None = None
) -> _Model:
    try:
        return model.model_validate(raw)
    except ValidationError as error:
        problems = from_validation(error, raw)
        if draft is not None:
            problems = _moved(problems, draft)
        refuse(problems, places)
        raise


def _condition(draft: Draft, places: Places) -> Condition:
    raw = {key: value for key, value in draft.raw.items() if key in _SETTINGS}
    settings = _validate(Settings, raw, places, draft)
    condition, problems = resolve_condition(draft.name, with_defaults(settings))
    problems = problems or condition_problems(condition)
    refuse(_moved(problems, draft), places)
    return condition


def _moved(problems: list[Problem], draft: Draft) -> list[Problem]:
    """Move problems of a condition to the axis or case that causes them."""
    if not draft.origins:
        return problems
    moved = []
    for problem in problems:
        fitting = [
            origin
            for path, origin in draft.origins.items()
            if path == problem.path[: len(path)] or problem.path == path[: len(problem.path)]
        ]
        place = fitting[0] if fitting else next(iter(draft.origins.values()))
        moved.append(Problem(place, f"condition '{draft.name}': {problem.message}"))
    return moved


def require_data(study: Study) -> None:
    """Raise :class:`SpecError` if a folder of data that the study names is not there."""
    for condition in study.conditions:
        root = getattr(condition.settings.data, "root", None)
        if root is not None and not Path(root).is_dir():
            line = nearest_line(lines_of(_read(study.path)), ("data", "root"))
            raise SpecError(
                f"{study.path}:{line}: data.root = {root!r}: no such folder",
                "name it by --set data.root=FOLDER",
            )
