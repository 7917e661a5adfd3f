"""Names of networks: the names of their tasks, in alphabetical order, joined by ``+``."""

from __future__ import annotations

from collections.abc import Iterable

COMPUTED = (
    "all_in_one", "esa", "hoa", "independent", "optimal", "proxy", "proxy_early", "random", "worst",
)  # fmt: skip
"""Names of what is computed from losses and gains; no other score may bear one of them."""


def join(tasks: Iterable[str]) -> str:
    """Return the network name of a group of tasks, whatever their order."""
    return "+".join(sorted(tasks))


def split(network: str) -> tuple[str, ...]:
    """Return the tasks of a network name, in alphabetical order."""
    return tuple(network.split("+"))
