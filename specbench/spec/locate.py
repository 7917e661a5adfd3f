"""Lines of a TOML document: which line each key, table and array element stands on.

tomli says what a document holds but not where. This walks a document that tomli has already
accepted, so it only needs to tell strings, brackets and keys apart.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

import tomli

Path = tuple[str | int, ...]

_BARE = re.compile(r"[A-Za-z0-9_-]+")
_STRING = re.compile(
    r'"""(?:\\.|[^\\])*?"{3,5}'
    r"|'''(?:.)*?'{3,5}"
    r'|"(?:\\.|[^"\\\n])*"'
    r"|'[^'\n]*'",
    re.DOTALL,
)
_SKIP = re.compile(r"(?:[ \t\r\n]+|#[^\n]*)*")
_SCALAR = re.compile(r"[^,\]\}\n#]+")


def lines_of(text: str) -> dict[Path, int]:
    """Return the 1-based line of every path in a valid TOML document.

    Paths are tuples of keys and array indices; ``("tasks", "normal")`` is the line of the header
    ``[tasks.normal]`` or of the key. The empty path is line 1.
    """
    walk = _Walk(text)
    walk.document()
    return walk.lines


def nearest_line(lines: dict[Path, int], path: Path) -> int:
    """Return the line of ``path`` or, where it is absent, of its closest ancestor."""
    while path not in lines:
        path = path[:-1]
    return lines[path]


@dataclass
class _Walk:
    text: str
    at: int = 0
    counted: int = 0
    breaks: int = 0
    lines: dict[Path, int] = field(default_factory=lambda: {(): 1})
    arrays: dict[Path, int] = field(default_factory=dict)

    def document(self) -> None:
        table: Path = ()
        while self.skip() < len(self.text):
            if self.text[self.at] == "[":
                table = self.header()
            else:
                self.pair(table)

    def header(self) -> Path:
        depth = 2 if self.text.startswith("[[", self.at) else 1
        line = self.line()
        self.at += depth
        path = self.resolve(self.key())
        self.at += depth
        if depth == 2:
            index = self.arrays.get(path, -1) + 1
            self.arrays[path] = index
            self.lines.setdefault(path, line)
            path = (*path, index)
        self.mark(path, line)
        return path

    def resolve(self, keys: Path) -> Path:
        """Replace a name of an array of tables by its last element, except at the end."""
        path: Path = ()
        for position, key in enumerate(keys):
            path = (*path, key)
            if path in self.arrays and position < len(keys) - 1:
                path = (*path, self.arrays[path])
        return path

    def pair(self, table: Path) -> None:
        line = self.line()
        path = (*table, *self.key())
        self.mark(path, line)
        self.at += 1  # the equals sign
        self.value(path)

    def key(self) -> Path:
        keys: list[str | int] = []
        while True:
            self.skip()
            found = _STRING.match(self.text, self.at) or _BARE.match(self.text, self.at)
            assert found is not None, "the document was accepted by tomli"
            part = found.group()
            keys.append(tomli.loads(f"k={part}")["k"] if part[0] in "\"'" else part)
            self.at = found.end()
            self.skip()
            if self.text[self.at] != ".":
                return tuple(keys)
            self.at += 1

    def value(self, path: Path) -> None:
        self.skip()
        opening = self.text[self.at]
        if opening == "[":
            self.sequence(path)
        elif opening == "{":
            self.inline_table(path)
        else:
            found = _STRING.match(self.text, self.at) or _SCALAR.match(self.text, self.at)
            assert found is not None, "the document was accepted by tomli"
            self.at = found.end()

    def sequence(self, path: Path) -> None:
        self.at += 1
        index = 0
        while self.text[self.skip()] != "]":
            self.mark((*path, index), self.line())
            self.value((*path, index))
            index += 1
            self.comma()
        self.at += 1

    def inline_table(self, path: Path) -> None:
        self.at += 1
        while self.text[self.skip()] != "}":
            self.pair(path)
            self.comma()
        self.at += 1

    def comma(self) -> None:
        if self.text[self.skip()] == ",":
            self.at += 1

    def skip(self) -> int:
        found = _SKIP.match(self.text, self.at)
        self.at = found.end() if found else self.at
        return self.at

    def line(self) -> int:
        """Return the line of the present position, which only ever moves forward."""
        self.breaks += self.text.count("\n", self.counted, self.at)
        self.counted = self.at
        return self.breaks + 1

    def mark(self, path: Path, line: int) -> None:
        """Record the line of a path and, where new, of the tables that contain it."""
        for length in range(1, len(path)):
            self.lines.setdefault(path[:length], line)
        self.lines[path] = line
