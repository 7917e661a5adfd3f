"""Where the files of a frame lie: a path with ``{place}`` and ``{frame}`` in it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple

from specbench.errors import DataError

PLACE, FRAME = "{place}", "{frame}"


class Frame(NamedTuple):
    """One frame by name: its place, '' where the pattern names none, and its own."""

    place: str
    name: str

    @property
    def id(self) -> str:
        """The id of the image."""
        return f"{self.place}/{self.name}" if self.place else self.name


class Pattern:
    """A path below a root, such as ``{place}/rgb/{frame}.png``.

    ``{frame}`` must be in it once, ``{place}`` may be; neither can hold a slash. DataError for
    another text.
    """

    def __init__(self, setting: str, text: str) -> None:
        self.text = text
        outside = ".." in Path(text).parts or Path(text).is_absolute()
        if text.count(FRAME) != 1 or text.count(PLACE) > 1 or outside:
            hint = "a path below data.root such as {place}/rgb/{frame}.png"
            raise DataError(f"data.{setting} = {text!r}: it needs {FRAME} once", hint)
        sought = re.escape(text).replace(re.escape(PLACE), "(?P<place>[^/]+)", 1)
        self._sought = re.compile(sought.replace(re.escape(FRAME), "(?P<frame>[^/]+)", 1))

    def path(self, frame: Frame) -> str:
        """Return where a frame's file lies, below the root."""
        return self.text.replace(PLACE, frame.place).replace(FRAME, frame.name)

    def frames(self, root: Path) -> list[Frame]:
        """Return the frames whose files are there, in the order of their ids."""
        found = []
        for path in root.glob(self.text.replace(PLACE, "*").replace(FRAME, "*")):
            match = self._sought.fullmatch(path.relative_to(root).as_posix())
            if match:
                named = match.groupdict()
                found.append(Frame(named.get("place") or "", named["frame"]))
        return sorted(found, key=lambda frame: frame.id)
