"""What is common to the kinds of definitions: a tuple in the user's file, and a registry."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from pathlib import Path
from types import ModuleType
from typing import Any, ClassVar

from specbench.errors import CodeError


class Kind(ABC):
    """One kind of definition.

    The user's file lists its definitions in a tuple; loading it puts them into a registry.
    """

    variable: ClassVar[str]
    """Name of the tuple."""
    word: ClassVar[str]
    """What one of them is called in errors."""
    taken: ClassVar[frozenset[str]]
    """Names that belong to what comes with specbench."""

    def listed(self, path: Path, module: ModuleType) -> dict[str, Any]:
        """Return the definitions of a file by name; CodeError where one cannot be used."""
        things = getattr(module, self.variable, ())
        if not isinstance(things, (tuple, list)):
            raise CodeError(f"{path}: {self.variable} = {things!r}: it should be a tuple")
        found: dict[str, Any] = {}
        for thing in things:
            wrong = self.complaint(thing)
            if not wrong:
                wrong = self._name_complaint(self.name(thing), found)
            if wrong:
                raise CodeError(f"{path}: {wrong}")
            found[self.name(thing)] = thing
        return found

    def _name_complaint(self, name: str, before: Mapping[str, Any]) -> str:
        if not name.isidentifier():
            return f"{self.word} {name!r}: its name should have letters, digits and _ only"
        if name in self.taken:
            return f"{self.word} '{name}' has the name of one that comes with specbench"
        if name in before:
            return f"{self.word} '{name}' stands in {self.variable} twice"
        return ""

    def name(self, thing: Any) -> str:
        """Return the name by which a study asks for a definition."""
        return str(thing.name)

    @abstractmethod
    def complaint(self, thing: Any) -> str:
        """Return what a definition lacks, as one sentence, or ''."""

    @abstractmethod
    def install(self, things: Mapping[str, Any], sha: str) -> None:
        """Make the registry hold what is built in and these definitions, of a file of that hash."""


def wrong_fields(thing: object, kinds: Mapping[str, type]) -> str:
    """Return which attribute of a definition is absent, empty or of another type, or ''."""
    owner = thing.__name__ if isinstance(thing, type) else type(thing).__name__
    for field, kind in kinds.items():
        value = getattr(thing, field, None)
        if not isinstance(value, kind) or value == "":
            return f"{owner}.{field} = {value!r}: it should be a {kind.__name__}"
    return ""
