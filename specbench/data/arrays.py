"""A user's own tasks: one .npy per domain and split, and a small manifest.

A folder holds ``manifest.toml`` and ``<split>/<domain>.npy`` for the splits train, val and test::

    input = "photo"               # the domain that networks see; its form is "image"

    [domains.photo]
    form = "image"                # uint8 (N, 3, H, W), or grey (N, H, W), repeated threefold

    [domains."leaf area"]
    form = "continuous"           # any float or integer (N, C, H, W) or (N, H, W); NaN is invalid
    units = "cm²"                 # optional, as is description

    [domains.parts]
    form = "classes"              # integers (N, H, W) from 0; 255 is ignored
    classes = 4                   # how many; or class_names = ["soil", "stem", "leaf", "fruit"]

    [domains.species]
    form = "image_class"          # integers (N,) from 0; -1 is invalid
    classes = 12

    [domains.weight]
    form = "value"                # floats or integers (N,) or (N, C); NaN is invalid

    [domains.ripe]
    form = "binary"               # 0, 1 or, for floats, NaN where unknown: (N,)

The other forms are ``normal`` (floats (N, 3, H, W), scaled to length 1, NaN invalid) and ``mask``
((N, H, W), true or not zero where valid); a mask named ``mask_valid`` does what Taskonomy's does.
Row i of every domain of a split is image i, with the id ``<split>/<i>``. Images are square and at
least ``data.image_size`` wide; larger ones are brought down as ``specbench.data.resize`` says.
"""

from __future__ import annotations

import difflib
import hashlib
import io
from pathlib import Path

import numpy as np

from specbench.data.array_manifest import INPUT, MANIFEST, read_array_manifest
from specbench.data.array_rows import WrongRowError, check_array, convert_row
from specbench.data.domains import Domain, Form
from specbench.data.source import SPLITS, Array, BrokenFileError, Item, Source
from specbench.errors import DataError


class ArraysSource(Source):
    """Reads the folder that the module's docstring describes; ids are ``<split>/<row>``."""

    def __init__(self, root: Path, missing: str = "refuse") -> None:
        self.root = root
        self.missing = missing
        settings = read_array_manifest(root / MANIFEST)
        self.input_domain = settings[INPUT]
        self._stated: dict[str, Domain] = settings["domains"]
        self._mapped: dict[tuple[str, str], Array] = {}

    def domains(self) -> list[str]:
        """Return the domains of the manifest."""
        return sorted(self._stated)

    def domain(self, name: str) -> Domain:
        """Return what the manifest states, with the channels that the training file has."""
        if name not in self._stated:
            near = difflib.get_close_matches(name, self._stated, 1) or self.domains()
            hint = f"it has {', '.join(near)}"
            raise DataError(f"{self.root / MANIFEST}: no domain {name!r}", hint)
        stated = self._stated[name]
        if stated.form not in (Form.CONTINUOUS, Form.VALUE):
            return stated
        array = self._array("train", stated)
        full = 4 if stated.form is Form.CONTINUOUS else 2
        return Domain(
            name,
            stated.form,
            array.shape[1] if array.ndim == full else 1,
            units=stated.units,
            description=stated.description,
        )

    def splits(self) -> dict[str, list[str]]:
        """Return each split as its own unit."""
        return {split: [split] for split in SPLITS}

    def items(self, domain: str) -> dict[str, list[Item]]:
        """Return one item a row; DataError if the input has another number of rows."""
        spec, listed = self.domain(domain), {}
        for split in SPLITS:
            count, inputs = len(self._array(split, spec)), self._input_count(split)
            if count != inputs:
                raise DataError(
                    f"{self._path(split, domain)}: {count} rows where {self.input_domain} has "
                    f"{inputs}",
                    "every domain of a split has one row an image",
                )
            folder, name = self._path(split, domain).parent, f"{domain}.npy"
            ids = [f"{split}/{row:07d}" for row in range(count)]
            listed[split] = [Item(image, folder, name, row) for row, image in enumerate(ids)]
        return listed

    def _input_count(self, split: str) -> int:
        return len(self._array(split, self._stated[self.input_domain]))

    def _path(self, split: str, domain: str) -> Path:
        return self.root / split / f"{domain}.npy"

    def _array(self, split: str, domain: Domain) -> Array:
        """Map one file, once, after checking its shape and dtype against the form."""
        key = (split, domain.name)
        if key not in self._mapped:
            path = self._path(split, domain.name)
            try:
                array = np.asarray(np.load(path, mmap_mode="r", allow_pickle=False))
            except FileNotFoundError as error:
                raise DataError(f"{path}: no such file", f"{MANIFEST} states it") from error
            # NumPy parses the header as Python, and a damaged one can fail anywhere in that.
            except Exception as error:
                raise DataError(f"{path}: cut short, empty or no .npy array") from error
            check_array(path, array, domain.form)
            self._mapped[key] = array
        return self._mapped[key]

    def expected(self, image: str, domain: str) -> Path:
        """Return the file that would hold the row."""
        return self._path(image.split("/")[0], domain)

    def content(self, item: Item) -> bytes:
        """Return the row as the bytes of a .npy file, which carry its dtype and shape."""
        split, name = item.folder.name, item.name.removesuffix(".npy")
        row = self._array(split, self._stated[name])[item.row]
        buffer = io.BytesIO()
        np.save(buffer, row)
        return buffer.getvalue()

    def decode(self, content: bytes, item: Item, domain: Domain) -> Array:
        """Bring a row into its form, channels last."""
        row = np.load(io.BytesIO(content))
        try:
            return convert_row(row, domain)
        except WrongRowError as error:
            raise BrokenFileError(item.path, f"{error} in row {item.row}") from error

    def stamp(self, domain: str) -> str:
        """Digest the manifest and the times and sizes of the domain's and the input's files."""
        digest = hashlib.sha256((self.root / MANIFEST).read_bytes())
        for name in sorted({domain, self.input_domain}):
            for split in SPLITS:
                path = self._path(split, name)
                state = path.stat() if path.is_file() else None
                shown = f"{state.st_mtime_ns} {state.st_size}" if state else "absent"
                digest.update(f"{name}/{split} {shown}\n".encode())
        return digest.hexdigest()
