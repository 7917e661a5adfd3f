"""Arguments that several commands share."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from specbench.results import Results

_Command = TypeVar("_Command", bound=Callable[..., Any])

SPEC = click.argument("spec", type=click.Path(path_type=Path))
SET = click.option(
    "--set",
    "overrides",
    multiple=True,
    metavar="PATH=VALUE",
    help="Override a value of the spec, as TOML: --set training.epochs=5. Repeatable.",
)
RESULTS = click.option(
    "--results",
    default="results",
    show_default=True,
    type=click.Path(file_okay=False, path_type=Path),
    help="Folder of result folders and the store.",
)
WAIT = click.option(
    "--wait", is_flag=True, help="If another run holds the results folder, wait for it to end."
)
CODE = click.option(
    "--allow-code", is_flag=True, help="Run the Python file that the study names as its own code."
)


def takes_study(command: _Command) -> _Command:
    """Give a command the spec, ``--set``, ``--allow-code`` and ``--results``."""
    return SPEC(SET(CODE(RESULTS(command))))


def existing(results: Path) -> Results:
    """Return the results folder; ResultError where there is none, so that none is made."""
    from specbench.errors import ResultError
    from specbench.results import Results

    if not results.is_dir():
        raise ResultError(f"{results}: no such folder", "name it by --results")
    return Results.at(results)
