"""Lines of a document, against documents written with known lines and against tomli."""

from __future__ import annotations

from typing import Any

import tomli
from hypothesis import given
from hypothesis import strategies as st

from specbench.spec.locate import lines_of, nearest_line

DOCUMENT = '''\
# a comment with [brackets] and = signs
title = "a # no comment" # a comment ]
"quoted key" = 1
'literal.key' = 2

[ tasks . normal ]
weight = 2.0
  metrics = [ # opens [[
    "one",

    "two", "three",
    # comment = ]
    { deep = [1,
       2], "x=y" = 3 },
  ]
inline = { a = 1, b.c = [[], [7]] }
text = """
[not.a.header]
key = "no" \\
"""
after = \'\'\'
[neither]\'\'\'
when = 1979-05-27 07:32:00
dotted.path.here = true

[[many]]
x = 1
[many.inner]
y = 2
[[many.list]]
z = 3

[[many]]
x = 4
[[many.list]]
z = 5
[[many.list]]
z = 6
[a."b.c".d]
e = """two quotes"" and three\\""" end"""
f = ""
'''


def test_lines_of_every_construction() -> None:
    lines = lines_of(DOCUMENT)
    expected: dict[tuple[Any, ...], int] = {
        (): 1,
        ("title",): 2,
        ("quoted key",): 3,
        ("literal.key",): 4,
        ("tasks",): 6,
        ("tasks", "normal"): 6,
        ("tasks", "normal", "weight"): 7,
        ("tasks", "normal", "metrics"): 8,
        ("tasks", "normal", "metrics", 0): 9,
        ("tasks", "normal", "metrics", 1): 11,
        ("tasks", "normal", "metrics", 2): 11,
        ("tasks", "normal", "metrics", 3): 13,
        ("tasks", "normal", "metrics", 3, "deep", 1): 14,
        ("tasks", "normal", "metrics", 3, "x=y"): 14,
        ("tasks", "normal", "inline", "b", "c", 1, 0): 16,
        ("tasks", "normal", "text"): 17,
        ("tasks", "normal", "after"): 21,
        ("tasks", "normal", "when"): 23,
        ("tasks", "normal", "dotted", "path", "here"): 24,
        ("many",): 26,
        ("many", 0, "x"): 27,
        ("many", 0, "inner", "y"): 29,
        ("many", 0, "list", 0, "z"): 31,
        ("many", 1): 33,
        ("many", 1, "x"): 34,
        ("many", 1, "list", 0, "z"): 36,
        ("many", 1, "list", 1, "z"): 38,
        ("a", "b.c", "d", "e"): 40,
        ("a", "b.c", "d", "f"): 41,
    }
    assert {path: lines.get(path) for path in expected} == expected
    assert set(lines) == {(), *paths(tomli.loads(DOCUMENT))}


def test_line_breaks_of_windows() -> None:
    assert lines_of(DOCUMENT.replace("\n", "\r\n")) == lines_of(DOCUMENT)


def test_what_is_absent_stands_where_its_closest_ancestor_stands() -> None:
    lines = lines_of(DOCUMENT)
    assert nearest_line(lines, ("tasks", "normal", "loss")) == 6
    assert nearest_line(lines, ("nothing", "at", "all")) == 1


def paths(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Return the paths of all keys and elements of a document."""
    found = []
    pairs = value.items() if isinstance(value, dict) else ()
    for key, item in enumerate(value) if isinstance(value, list) else pairs:
        found += [(*path, key), *paths(item, (*path, key))]
    return found


KEYS = st.one_of(
    st.text("abzAZ09_-", min_size=1, max_size=4),
    st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=4),
)
TEXTS = st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters="\r\x7f"), max_size=8
).filter(lambda text: all(letter >= " " or letter in "\t\n" for letter in text))
SCALARS = st.one_of(
    st.integers(-(10**6), 10**6),
    st.booleans(),
    st.floats(allow_nan=False, allow_infinity=False),
    st.datetimes().map(lambda moment: moment.replace(microsecond=0)),
    TEXTS,
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3),
    max_leaves=6,
)
TABLES = st.recursive(
    st.dictionaries(KEYS, VALUES, max_size=3),
    lambda inner: st.dictionaries(
        KEYS, inner | st.lists(inner, min_size=1, max_size=2), max_size=2
    ),
    max_leaves=5,
)
BLANKS = st.sampled_from(["", "\n", "# [x] = '\n", '\t # """\n', "\n\n"])


class Writer:
    """Writes a document in varied style, noting the line of every path."""

    def __init__(self, draw: Any) -> None:
        self.draw, self.text = draw, ""
        self.lines: dict[tuple[Any, ...], int] = {(): 1}

    def put(self, text: str) -> None:
        self.text += text

    def note(self, path: tuple[Any, ...]) -> None:
        line = self.text.count("\n") + 1
        for length in range(1, len(path)):
            self.lines.setdefault(path[:length], line)
        self.lines[path] = line

    def table(self, table: dict[str, Any], path: tuple[Any, ...], header: tuple[str, ...]) -> None:
        tables = {}
        for key, value in table.items():
            nested = isinstance(value, dict) or (
                isinstance(value, list) and value and all(isinstance(v, dict) for v in value)
            )
            if nested and self.draw(st.booleans()):
                tables[key] = value
                continue
            self.put(self.draw(BLANKS))
            self.put(self.draw(st.sampled_from(["", "  ", "\t"])))
            self.note((*path, key))
            self.put(f"{self.key(key)} = ")
            self.value(value, (*path, key))
            self.put(self.draw(st.sampled_from(["\n", " # ] = [\n", "\t\n"])))
        for key, value in tables.items():
            names = (*header, key)
            for index, item in enumerate(value if isinstance(value, list) else [value]):
                self.put(self.draw(BLANKS))
                inside = (*path, key, index) if isinstance(value, list) else (*path, key)
                self.lines.setdefault((*path, key), self.text.count("\n") + 1)
                self.note(inside)
                dots = self.draw(st.sampled_from([".", " . "])).join(map(self.key, names))
                self.put(f"[[{dots}]]\n" if isinstance(value, list) else f"[{dots}]\n")
                self.table(item, inside, names)

    def key(self, key: str) -> str:
        bare = key and all(c in "abcdefghijklmnopqrstuvwxyzABZ0123456789_-" for c in key)
        if bare and self.draw(st.booleans()):
            return key
        return self.string(key)

    def string(self, text: str) -> str:
        styles = ["basic"]
        if "'" not in text and text.isprintable():
            styles.append("literal")
        if self.draw(st.sampled_from(styles)) == "literal":
            return f"'{text}'"
        escaped = text.replace("\\", "\\\\").replace('"', '\\"')
        return '"' + escaped.replace("\n", "\\n").replace("\t", "\\t") + '"'

    def value(self, value: Any, path: tuple[Any, ...]) -> None:
        if isinstance(value, bool):
            self.put(str(value).lower())
        elif isinstance(value, str):
            self.written(value)
        elif isinstance(value, list):
            self.put("[" + self.draw(st.sampled_from(["", "\n", " # ]\n"])))
            for index, item in enumerate(value):
                self.note((*path, index))
                self.value(item, (*path, index))
                self.put(self.draw(st.sampled_from([",", ",\n", " , # [\n"])))
            self.put("]")
        elif isinstance(value, dict):
            self.put("{ ")
            for place, (key, item) in enumerate(value.items()):
                self.put(", " if place else "")
                self.note((*path, key))
                self.put(f"{self.key(key)} = ")
                self.value(item, (*path, key))
            self.put(" }")
        else:
            self.put(str(value))

    def written(self, text: str) -> None:
        if "'''" not in text and not text.endswith("'") and self.draw(st.booleans()):
            self.put(f"'''\n{text}'''")
        elif '"' not in text and "\\" not in text and self.draw(st.booleans()):
            self.put(f'"""\n{text}"""')
        else:
            self.put(self.string(text))


@st.composite
def documents(draw: Any) -> Writer:
    writer = Writer(draw)
    writer.table(draw(TABLES), (), ())
    return writer


@given(documents())
def test_lines_are_those_that_were_written(document: Writer) -> None:
    content = tomli.loads(document.text)
    found = lines_of(document.text)
    assert found == document.lines
    assert set(found) == {(), *paths(content)}
