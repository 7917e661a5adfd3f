"""Where in the user's file an exception came from."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from specbench.errors import CodeError, SpecbenchError

MODULE = "specbench_user_"
"""What the name of every module that was made from a user's file begins with."""


@contextmanager
def located() -> Iterator[None]:
    """Turn an exception that came through the user's file into a CodeError of one line.

    It names the last line of the file that the exception came through. Errors of specbench, and
    exceptions that came from elsewhere, stay as they are.
    """
    try:
        yield
    except SpecbenchError:
        raise
    except Exception as error:
        place = _place(error)
        if not place:
            raise
        what = " ".join(str(error).split())
        raise CodeError(f"{place}: {type(error).__name__}: {what}") from error


def _place(error: Exception) -> str:
    """Return the user's file and its last line that an error came through, '' if it did not."""
    place, trace = "", error.__traceback__
    while trace is not None:
        frame = trace.tb_frame
        file = frame.f_code.co_filename
        # Methods that a dataclass generates belong to the module, but to no file.
        if str(frame.f_globals.get("__name__")).startswith(MODULE) and not file.startswith("<"):
            place = f"{file}:{trace.tb_lineno}"
        trace = trace.tb_next
    return place
