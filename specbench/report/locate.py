"""Where templates are found: the user's folder first, file by file, then the package's own."""

from __future__ import annotations

from pathlib import Path

import jinja2

from specbench.errors import StoreError

PACKAGE = Path(__file__).resolve().parents[1]


def templates_folder() -> Path:
    """Return the folder of the templates that come with specbench.

    Installed, they lie in the package; in a checkout, at its top.
    """
    for folder in (PACKAGE / "templates", PACKAGE.parent / "templates"):
        if (folder / "report.html.jinja").is_file():
            return folder
    raise StoreError("specbench's own templates are missing", "install specbench anew")


def template_folders(own: Path | None) -> list[Path]:
    """Return the folders in which a template is looked for, in order."""
    if own is not None and not own.is_dir():
        raise StoreError(f"no folder of templates at {own}", "give a folder with templates in it")
    return [templates_folder()] if own is None else [own, templates_folder()]


def loader(own: Path | None) -> jinja2.BaseLoader:
    """Return a loader over :func:`template_folders`."""
    return jinja2.FileSystemLoader([str(folder) for folder in template_folders(own)])
