"""A user's own scores: one Python file, named by a study, run only where the user allows it.

The file's scores are the instances in its tuple or list ``SCORES``. Its SHA-256 enters the keys of
the jobs that use them, so it must hold all that decides its values: other files of the user cannot
be imported from it, installed packages can.
"""

from __future__ import annotations

import hashlib
import sys
import traceback
from collections.abc import Mapping
from dataclasses import dataclass, is_dataclass
from pathlib import Path
from types import ModuleType

from specbench.errors import ScoreError
from specbench.names import COMPUTED
from specbench.scores.contract import Needs, Score
from specbench.scores.registry import BUILT_IN, SCORES


@dataclass(frozen=True)
class UserCode:
    """A file of the user's that was run, and the scores it holds."""

    path: Path
    sha: str
    """SHA-256 of its bytes."""
    scores: Mapping[str, Score]


_loaded: UserCode | None = None


def code_of(score: str) -> UserCode | None:
    """Return the user's code that a score comes from, None for one that is built in."""
    return _loaded if _loaded is not None and score in _loaded.scores else None


def unload() -> None:
    """Leave only the built-in scores in the registry."""
    global _loaded
    _loaded = None
    SCORES.clear()
    SCORES.update(BUILT_IN)


def load_code(path: Path, sha: str | None = None) -> UserCode:
    """Run a user's file and put its scores into the registry, in place of those loaded before.

    ``sha``: what its SHA-256 must be. Raises ScoreError, in one line, if the file cannot be read or
    run, holds no scores, or is not the one that was planned with.
    """
    global _loaded
    source, found = _read(path)
    if sha is not None and found != sha:
        raise ScoreError(f"{path} has changed since the study was planned", "run the study again")
    if _loaded is not None and (_loaded.path, _loaded.sha) == (path, found):
        return _loaded
    unload()
    scores = _scores(path, _run(path, source, found))
    SCORES.update(scores)
    _loaded = UserCode(path, found, scores)
    return _loaded


def _read(path: Path) -> tuple[bytes, str]:
    try:
        source = path.read_bytes()
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise ScoreError(f"{path} cannot be read ({reason})") from error
    return source, hashlib.sha256(source).hexdigest()


def _run(path: Path, source: bytes, sha: str) -> ModuleType:
    """Run exactly the bytes that were hashed; no bytecode is written beside them."""
    module = ModuleType(f"specbench_user_{sha[:20]}")
    module.__file__ = str(path)
    sys.modules[module.__name__] = module  # dataclasses look their module up
    try:
        exec(compile(source, str(path), "exec"), module.__dict__)
    except Exception as error:
        del sys.modules[module.__name__]
        raise ScoreError(f"{_place(path, error)}: {type(error).__name__}: {error}") from error
    return module


def _place(path: Path, error: Exception) -> str:
    """Return the file and the last line of it that an error came through."""
    if isinstance(error, SyntaxError) and error.filename == str(path):
        return f"{path}:{error.lineno}"
    frames = traceback.extract_tb(error.__traceback__)
    lines = [frame.lineno for frame in frames if frame.filename == str(path)]
    return f"{path}:{lines[-1]}" if lines else str(path)


def _scores(path: Path, module: ModuleType) -> dict[str, Score]:
    listed = getattr(module, "SCORES", None)
    if not isinstance(listed, (tuple, list)) or not listed:
        raise ScoreError(f"{path} has no scores", "end it with SCORES = (MyScore(),)")
    found: dict[str, Score] = {}
    for score in listed:
        wrong = _complaint(score)
        if not wrong and (score.name in BUILT_IN or score.name in COMPUTED):
            wrong = f"score '{score.name}' has the name of one that comes with specbench"
        if not wrong and score.name in found:
            wrong = f"score '{score.name}' stands in SCORES twice"
        if wrong:
            raise ScoreError(f"{path}: {wrong}")
        found[score.name] = score
    return found


def _complaint(score: object) -> str:
    """Return what the declaration of a score lacks, or ''."""
    if not isinstance(score, Score):
        return f"SCORES holds {score!r}, which is no instance of specbench.scores.contract.Score"
    kinds = {
        "name": str,
        "title": str,
        "family": str,
        "symmetric": bool,
        "needs": Needs,
        "version": int,
        "source": str,
    }
    for field, kind in kinds.items():
        value = getattr(score, field, None)
        if not isinstance(value, kind) or value == "":
            return f"{type(score).__name__}.{field} = {value!r}: it should be a {kind.__name__}"
    if not score.name.isidentifier():
        return f"{type(score).__name__}.name = {score.name!r}: letters, digits and _ only"
    if not is_dataclass(score.Settings):
        return f"{type(score).__name__}.Settings should be a dataclass"
    return ""
