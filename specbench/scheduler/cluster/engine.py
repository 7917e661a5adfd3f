"""The contract of engines: what starts allocations, tells how they stand, and ends them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True)
class Allocation:
    """One Slurm job or Ray actor that holds a pool, or will."""

    name: str
    state: str
    """`queued` or `running`; one that has ended is not told of any more."""
    queue: str = ""
    """Partition, or address of the cluster."""
    node: str = ""
    reason: str = ""
    """Why it waits, in the engine's words."""


class Engine(Protocol):
    """What has a queue of its own. Allocations outlive the process that asked for them."""

    name: str
    """`slurm` or `ray`."""

    def start(self, count: int) -> None:
        """Ask for so many further allocations."""

    def allocations(self) -> dict[str, Allocation] | None:
        """Return those of this results folder that are queued or running, by name.

        None where the engine does not answer just now.
        """

    def end(self, name: str) -> None:
        """End one of them, whose pool has fallen silent, so that another can take its place."""

    def cancel(self) -> None:
        """End all of them, queued and running."""

    def close(self) -> None:
        """Drop what the engine keeps for this folder beside the allocations."""

    def last_words(self) -> str:
        """Return the end of what the last allocation printed; '' where that is not known."""
