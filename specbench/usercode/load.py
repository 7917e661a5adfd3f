"""Runs the user's file and puts what it defines into the registries, in place of an earlier one.

Its SHA-256 enters the keys of all jobs that use one of its definitions, so the file must hold all
that decides what they do: other files of the user cannot be imported from it, installed packages
can.
"""

from __future__ import annotations

import hashlib
import sys
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

from specbench.errors import CodeError
from specbench.usercode.kinds import KINDS
from specbench.usercode.locate import MODULE, located


@dataclass(frozen=True)
class UserCode:
    """A file of the user's that was run."""

    path: Path
    sha: str
    """SHA-256 of its bytes."""

    def where(self) -> dict[str, str]:
        """Return what a worker has to know to load the same file."""
        return {"path": str(self.path), "sha": self.sha}


_loaded: UserCode | None = None


def loaded() -> UserCode | None:
    """Return the file whose definitions are in the registries, None if there is none."""
    return _loaded


def unload() -> None:
    """Leave only what is built in in the registries."""
    global _loaded
    _loaded = None
    for kind in KINDS:
        kind.install({}, "")


def load_code(path: Path, sha: str | None = None) -> UserCode:
    """Run a user's file and put its definitions into the registries.

    ``sha``: what its SHA-256 must be. Raises CodeError, in one line, if the file cannot be read or
    run, defines nothing that can be used, or is not the one that was planned with.
    """
    global _loaded
    source, found = _read(path)
    if sha is not None and found != sha:
        raise CodeError(f"{path} has changed since the study was planned", "run the study again")
    if _loaded is not None and (_loaded.path, _loaded.sha) == (path, found):
        return _loaded
    unload()
    with located():
        module = _run(path, source, found)
        listed = {kind: kind.listed(path, module) for kind in KINDS}
        if not any(listed.values()):
            names = ", ".join(kind.variable for kind in KINDS)
            raise CodeError(f"{path} has none of {names}", "end it with SCORES = (MyScore(),)")
        for kind, things in listed.items():
            kind.install(things, found)
    _loaded = UserCode(path, found)
    return _loaded


def _read(path: Path) -> tuple[bytes, str]:
    try:
        source = path.read_bytes()
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise CodeError(f"{path} cannot be read ({reason})") from error
    return source, hashlib.sha256(source).hexdigest()


def _run(path: Path, source: bytes, sha: str) -> ModuleType:
    """Run exactly the bytes that were hashed; no bytecode is written beside them."""
    try:
        code = compile(source, str(path), "exec")
    except (SyntaxError, ValueError) as error:
        line = f":{error.lineno}" if isinstance(error, SyntaxError) else ""
        raise CodeError(f"{path}{line}: {type(error).__name__}: {error}") from error
    module = ModuleType(f"{MODULE}{sha[:20]}")
    module.__file__ = str(path)
    sys.modules[module.__name__] = module  # dataclasses look their module up
    try:
        exec(code, module.__dict__)
    except SystemExit as error:
        del sys.modules[module.__name__]
        raise CodeError(f"{path} ends the program when it is loaded (SystemExit)") from error
    except Exception:
        del sys.modules[module.__name__]
        raise
    return module
