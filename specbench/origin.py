"""Where a thing of the user's comes from, and how the content of a job says so."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Generic, NamedTuple, TypeVar

Thing = TypeVar("Thing")


@dataclass(frozen=True)
class Origin:
    """What tells two states of a user's definition apart."""

    version: int
    """As the definition states it."""
    sha: str
    """SHA-256 of the file that holds it."""

    def content(self) -> dict[str, Any]:
        """Return what enters the content of every job that uses the definition."""
        return asdict(self)


class Own(NamedTuple, Generic[Thing]):
    """A definition of the user's, and where it comes from."""

    thing: Thing
    origin: Origin
