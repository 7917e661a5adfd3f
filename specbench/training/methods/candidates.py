"""The candidates of transference-guided steps, as a study names them and as a network has them.

Light: planning a study reads this file and loads no torch.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from specbench.names import join
from specbench.training.methods.catalogue import METHODS, Reads

MEAN = "mean"
"""The step of ``equal``: along the gradient of the joint loss."""


def combiners() -> list[str]:
    """Return the methods that can be candidates: those that combine gradients."""
    return [name for name, method in METHODS.items() if method.reads is Reads.GRADIENTS]


def resolved(
    candidates: Iterable[str | Sequence[str]],
    group: Sequence[str],
    options: Mapping[str, Mapping[str, Any]],
) -> list[dict[str, Any]]:
    """Return the candidates of the network of ``group`` as JSON values, each once, in fixed order.

    ``options`` are the tables of the study by method. Of a list of tasks only those of the group
    count; all of them are the same as ``mean``.
    """
    named: set[str] = set()
    sets: set[tuple[str, ...]] = set()
    for candidate in candidates:
        if isinstance(candidate, str):
            named.add(candidate)
            continue
        members = tuple(sorted(set(candidate) & set(group)))
        if len(members) == len(group):
            named.add(MEAN)
        elif members:
            sets.add(members)
    found: list[dict[str, Any]] = [{"method": MEAN}] if MEAN in named else []
    for name in sorted(named - {MEAN}):
        filled = METHODS[name].with_defaults(options.get(name, {}))
        found.append({"method": name, "version": METHODS[name].version, "settings": filled})
    return [*found, *({"tasks": list(members)} for members in sorted(sets))]


def called(candidate: Mapping[str, Any]) -> str:
    """Return a resolved candidate's name: its method, or its tasks joined."""
    return str(candidate["method"]) if "method" in candidate else join(candidate["tasks"])
