"""CelebA's two lists: the attributes of every image, and the split of every image."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from specbench.data.celeba import ATTRIBUTES
from specbench.data.source import SPLITS
from specbench.errors import DataError

Cells = tuple[int, list[str]]
"""The number of a line that holds something, and its cells."""

LETTERS = {"1": "+", "-1": "-", "0": "?"}
"""How marks are kept: 202,599 images have 40 each."""


def read_partition(path: Path) -> dict[str, str]:
    """Return the split of each image by file name, in the order of the list.

    ``000001.jpg 0``: 0 is train, 1 val, 2 test. DataError with ``path:line:`` for anything else.
    """
    splits: dict[str, str] = {}
    for number, cells in _lines(path):
        if len(cells) != 2 or cells[1] not in ("0", "1", "2"):
            raise DataError(f"{path}:{number}: {' '.join(cells)!r}", "expected NAME.jpg 0, 1 or 2")
        if cells[0] in splits:
            raise DataError(f"{path}:{number}: {cells[0]} stands twice")
        splits[_safe(path, number, cells[0])] = SPLITS[int(cells[1])]
    return splits


@dataclass(frozen=True)
class Marks:
    """What the list says of every image: one letter an attribute, as ``LETTERS`` has them."""

    names: tuple[str, ...]
    of_image: Mapping[str, str]

    def letter(self, attribute: str, image: str) -> str:
        """Return ``+``, ``-`` or ``?``; KeyError for an image that the list lacks."""
        return self.of_image[image][self.names.index(attribute)]


def read_attributes(path: Path) -> Marks:
    """Return the marks of every image.

    The list starts with the number of images, then the names of the attributes, of which any may
    be there in any order; then ``000001.jpg -1 1 …``: 1, -1, or 0 where unknown. DataError with
    ``path:line:`` for anything else.
    """
    lines = _lines(path)
    names = _heading(path, lines)
    marks: dict[str, str] = {}
    for number, cells in lines:
        image, given = cells[0], cells[1:]
        if len(given) != len(names):
            raise DataError(f"{path}:{number}: {len(given)} marks for {len(names)} attributes")
        wrong = next((mark for mark in given if mark not in LETTERS), None)
        if wrong is not None:
            raise DataError(f"{path}:{number}: mark {wrong!r}", "marks are 1, -1, or 0 if unknown")
        if image in marks:
            raise DataError(f"{path}:{number}: {image} stands twice")
        marks[image] = "".join(LETTERS[mark] for mark in given)
    return Marks(tuple(names), marks)


def _heading(path: Path, lines: Iterator[Cells]) -> list[str]:
    first, second = next(lines, (1, [])), next(lines, (2, []))
    if len(first[1]) != 1 or not first[1][0].isdigit():
        raise DataError(f"{path}:{first[0]}: {' '.join(first[1])!r}", "expected how many images")
    names = second[1]
    unknown = [name for name in names if name not in ATTRIBUTES]
    if unknown or not names or len(set(names)) < len(names):
        said = (
            f"{unknown[0]!r} is no attribute of CelebA" if unknown else "names expected, each once"
        )
        raise DataError(f"{path}:{second[0]}: {said}")
    return names


def _lines(path: Path) -> Iterator[Cells]:
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError as error:
        raise DataError(f"{path}: no such file", "it comes with CelebA") from error
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"{path}: no text that can be read") from error
    for number, line in enumerate(text.split("\n"), start=1):
        cells = line.split()
        if cells:
            yield number, cells


def _safe(path: Path, number: int, name: str) -> str:
    if Path(name).name != name or not name.isprintable():
        raise DataError(f"{path}:{number}: {name!r} is no name of a file")
    return name
