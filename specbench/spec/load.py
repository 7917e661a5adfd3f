"""From a file and its overrides to a checked study, or to located problems."""

from __future__ import annotations

import dataclasses
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Any, TypeVar

from pydantic import ValidationError

from specbench.errors import SpecError
from specbench.spec.check import condition_problems, study_problems
from specbench.spec.conditions import Draft, drafts, path_problems, repeated_names
from specbench.spec.document import document, parsed, read_text
from specbench.spec.figures import check_figures
from specbench.spec.models import Settings, StudySection, StudySpec
from specbench.spec.problems import Places, Problem, from_validation, one_line, refuse, shown
from specbench.spec.resolve import resolve_condition, with_defaults
from specbench.spec.study import BASE, Condition, Study
from specbench.usercode.locate import located

_SETTINGS = set(Settings.model_fields)
_Model = TypeVar("_Model", bound=Settings)


def load(path: Path, overrides: Sequence[str] = (), *, allow_code: bool = False) -> Study:
    """Read the study at ``path`` with ``--set`` texts laid over it.

    A study that names code of the user's is refused unless ``allow_code``, or the user's
    configuration, lets it run; its scores are then in the registry until the next study is loaded.

    Raises :class:`SpecError` with one line ``path:line: what is wrong`` per problem (or ``--set
    text: what is wrong``), before any data is looked for. Files of published figures are part of
    the study: they are read, and refused with a line of their own.
    """
    try:
        with located():
            return _load(path, overrides, allow_code)
    except RecursionError:
        raise SpecError(f"{one_line(str(path))}:1: nested too deeply") from None


def load_name(path: Path) -> str:
    """Return the name of the study at ``path``, which need not be right otherwise."""
    raw = parsed(path, read_text(path)).get("study", {})
    name = raw.get("name") if isinstance(raw, dict) else None
    return name if isinstance(name, str) and name else path.stem


def _load(path: Path, overrides: Sequence[str], allow_code: bool) -> Study:
    text = read_text(path)
    raw, places, given = document(path, text, overrides, allow_code=allow_code)
    spec = _validate(StudySpec, raw, places)
    refuse(path_problems(spec, raw), places)
    name = _study_name(spec, path, places)
    conditions = _conditions(spec, raw, path.parent, places)
    problems, scores = study_problems(spec, conditions)
    refuse(problems, places)
    passed = text + "".join(f"\n# --set {one_line(override.text)}" for override in given)
    study = Study(
        name=name,
        path=path,
        passed=passed,
        spec=spec,
        conditions=tuple(conditions),
        scores=scores,
        places=places,
    )
    check_figures(study)
    return study


def _study_name(spec: StudySpec, path: Path, places: Places) -> str:
    """Return the name given, or the file's where it can be the name of a folder."""
    if spec.study.name:
        return spec.study.name
    try:
        path.stem.encode()
        StudySection(name=path.stem)
    except (ValidationError, UnicodeEncodeError):
        message = f"the file's name {shown(path.stem)} cannot name a study: give study.name"
        refuse([Problem(("study", "name"), message)], places)
    return path.stem


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


def _conditions(
    spec: StudySpec, raw: dict[str, Any], folder: Path, places: Places
) -> list[Condition]:
    """Return the base, the product of the axes without points that equal the base, the cases."""
    first = Draft(BASE, raw, {})
    base = _condition(first, places)
    values = base.settings.model_dump(mode="json")
    values["tasks"] = {name: dataclasses.asdict(task) for name, task in base.tasks.items()}
    found, named = [base], defaultdict(list, {BASE: [first]})
    for draft in drafts(spec, values, raw, folder):
        condition = _condition(draft, places)
        if draft.case or not condition.equals(base):
            found.append(condition)
            named[draft.name].append(draft)
    refuse(repeated_names(named), places)
    return found


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
            for concerned in (problem.path, *problem.others)
            for path, origin in draft.origins.items()
            if path == concerned[: len(path)] or concerned == path[: len(concerned)]
        ]
        place = fitting[0] if fitting else next(iter(draft.origins.values()))
        moved.append(Problem(place, f"condition '{draft.name}': {problem.message}"))
    return moved


def require_data(study: Study) -> None:
    """Raise :class:`SpecError` if a folder or table that the study names is not there."""
    for condition in study.conditions:
        path = getattr(condition.settings.data, "path", None)
        if path is not None and not Path(path).is_file():
            raise SpecError(
                f"{study.places.of(('data', 'path'))}: data.path = {shown(path)}: no such file",
                "name it by --set data.path=FILE",
            )
        root = getattr(condition.settings.data, "root", None)
        if root is not None and not Path(root).is_dir():
            raise SpecError(
                f"{study.places.of(('data', 'root'))}: data.root = {shown(root)}: no such folder",
                "name it by --set data.root=FOLDER",
            )
