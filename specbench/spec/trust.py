"""Whether a study's own code may run: only if the user says so, never because a study does."""

from __future__ import annotations

import os
from pathlib import Path

import tomli

from specbench.errors import SpecError

FLAG = "--allow-code"


def configuration() -> Path:
    """Return where the user's configuration lies: ``$XDG_CONFIG_HOME/specbench/config.toml``."""
    home = os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config"
    return Path(home) / "specbench" / "config.toml"


def trusted(code: Path) -> bool:
    """Tell whether the user's configuration allows a file to be run.

    ``allow_code = true`` allows every file, ``allow_code = ["/folder"]`` those below a folder.
    Raises SpecError for a configuration that says neither.
    """
    path = configuration()
    if not path.is_file():
        return False
    try:
        allowed = tomli.loads(path.read_text(encoding="utf-8")).get("allow_code", False)
    except (OSError, ValueError) as error:
        raise SpecError(f"{path}: {error}") from error
    if isinstance(allowed, bool):
        return allowed
    if isinstance(allowed, list) and all(isinstance(one, str) for one in allowed):
        folders = [Path(one).expanduser() for one in allowed]
        return any(f.is_absolute() and code.resolve().is_relative_to(f.resolve()) for f in folders)
    raise SpecError(f"{path}: allow_code should be true, false or a list of folders")
