"""The one tree of errors. Each says what is wrong and where; ``hint`` says what to do about it."""

from __future__ import annotations


class SpecbenchError(Exception):
    """Anything the tool can explain. The command line prints it without a traceback.

    ``str(error)`` is the message followed by the hint, on one line.
    """

    exit_code = 1

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(f"{message}; {hint}" if hint else message)
        self.message = message
        self.hint = hint


class SpecError(SpecbenchError):
    """A study that cannot be run as written; carries ``path:line:`` in its message."""

    exit_code = 2


class CodeError(SpecbenchError):
    """A file of the user's own definitions that cannot be used; names file and line."""

    exit_code = 2


class DataError(SpecbenchError):
    """Data that is missing, broken or not of the stated form; names the file."""


class TrainingError(SpecbenchError):
    """A training that cannot go on, such as a loss that is no longer finite."""


class ScoreError(SpecbenchError):
    """A score that cannot be computed from what it was given."""


class ResultError(SpecbenchError):
    """A result folder that is absent or fails its checksums."""


class StoreError(SpecbenchError):
    """A store that is absent, of another version or not readable."""


class EngineError(SpecbenchError):
    """An engine, such as Slurm or Ray, that is absent, refuses, or has lost what it was given."""


class StoreBusyError(SpecbenchError):
    """Another run holds the results folder."""

    exit_code = 3
