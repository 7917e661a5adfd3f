"""Reading the ``manifest.toml`` of a user's own arrays (``specbench.data.arrays``)."""

from __future__ import annotations

import difflib
import tomllib
from pathlib import Path
from typing import Any

from specbench.data.domains import Domain, Form
from specbench.errors import DataError

MANIFEST = "manifest.toml"
INPUT = "input"
_FIELDS = ("form", "classes", "class_names", "units", "description")
_CHANNELS = {Form.IMAGE: 3, Form.NORMAL: 3, Form.CONTINUOUS: 1, Form.VALUE: 1, Form.BINARY: 1}
_MOST_CLASSES = 255  # 255 itself marks pixels without a label


def read_array_manifest(path: Path) -> dict[str, Any]:
    """Return ``{"input": name, "domains": {name: Domain}}``; DataError says what is wrong.

    The channels of a domain of numbers are told by its files, and stand as 1 here.
    """
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise DataError(f"{path}: no such file", "kind arrays needs one, see the docs") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as error:
        raise DataError(f"{path}: {error}") from error
    _known(path, "the manifest", content, (INPUT, "domains"))
    tables = content.get("domains")
    if not isinstance(tables, dict) or not tables:
        raise DataError(f"{path}: no domains", 'state each as [domains."NAME"]')
    domains = {name: _domain(path, name, table) for name, table in tables.items()}
    seen = content.get(INPUT, "rgb")
    if seen not in domains or domains[seen].form is not Form.IMAGE:
        raise DataError(f"{path}: input is {seen!r}", 'it names a domain of form "image"')
    return {INPUT: seen, "domains": domains}


def _domain(path: Path, name: str, table: object) -> Domain:
    where = f"[domains.{name}]"
    if not isinstance(table, dict):
        raise DataError(f"{path}: domain {name} is {table!r}", f"state it as {where}")
    _known(path, where, table, _FIELDS)
    if set(name) & set("+/\\") or not name.isprintable() or name.startswith("."):
        raise DataError(f"{path}: {where}: the name may not hold +, /, \\ or start with a dot")
    if table.get("form") not in list(Form):
        raise DataError(
            f"{path}: {where}: form is {table.get('form')!r}", f"it is one of {', '.join(Form)}"
        )
    form = Form(table["form"])
    names = tuple(map(str, table.get("class_names", ())))
    classes = table.get("classes", len(names))
    if form in (Form.CLASSES, Form.IMAGE_CLASS):
        _check_classes(path, where, form, classes, names)
    elif classes:
        raise DataError(f"{path}: {where}: form {form} has no classes")
    texts = (str(table.get("units", "")), (), str(table.get("description", "")), names)
    return Domain(name, form, _CHANNELS.get(form, 0), classes, *texts)


def _check_classes(
    path: Path, where: str, form: Form, classes: object, names: tuple[str, ...]
) -> None:
    most = _MOST_CLASSES if form is Form.CLASSES else 2**31
    if not isinstance(classes, int) or not 2 <= classes <= most:
        raise DataError(
            f"{path}: {where}: classes is {classes!r}", f"state how many, from 2 to {most}"
        )
    if names and len(names) != classes:
        raise DataError(f"{path}: {where}: {len(names)} class_names for {classes} classes")


def _known(path: Path, where: str, table: dict[str, Any], fields: tuple[str, ...]) -> None:
    for key in table:
        if key not in fields:
            near = difflib.get_close_matches(key, fields, 1)
            hint = f"did you mean {near[0]}?" if near else f"keys are {', '.join(fields)}"
            raise DataError(f"{path}: {where}: unknown key {key!r}", hint)
