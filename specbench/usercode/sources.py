"""Sources of the user's: subclasses of ``OwnSource`` in ``SOURCES``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import is_dataclass
from typing import Any

from specbench.data.domains import Domain
from specbench.data.own import OwnSource
from specbench.data.registry import KINDS, OWN
from specbench.origin import Origin, Own
from specbench.usercode.kind import Kind, wrong_fields

_FIELDS = {"name": str, "version": int, "input_domain": str, "has": Mapping, "Settings": type}


class UserSources(Kind):
    """Named by ``data.kind``."""

    variable = "SOURCES"
    word = "source"
    taken = frozenset(KINDS)

    def complaint(self, thing: Any) -> str:
        """Return what a source lacks."""
        if not (isinstance(thing, type) and issubclass(thing, OwnSource)):
            return f"SOURCES holds {thing!r}, which is no subclass of specbench.data.own.OwnSource"
        wrong = wrong_fields(thing, _FIELDS)
        if not wrong and not is_dataclass(thing.Settings):
            wrong = f"{thing.__name__}.Settings should be a dataclass"
        if not wrong and thing.__abstractmethods__:
            wrong = f"{thing.__name__} lacks {', '.join(sorted(thing.__abstractmethods__))}"
        return wrong or _domains(thing)

    def install(self, things: Mapping[str, Any], sha: str) -> None:
        """Make these the user's sources."""
        OWN.clear()
        OWN.update({n: Own(source, Origin(source.version, sha)) for n, source in things.items()})


def _domains(source: type[OwnSource]) -> str:
    for name, domain in source.has.items():
        if not isinstance(domain, Domain) or domain.name != name:
            return f"{source.__name__}.has[{name!r}] = {domain!r}: a Domain of that name expected"
    return ""
