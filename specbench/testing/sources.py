"""The laws of a source as tests: subclass :class:`SourceContract` for one of your own."""

from __future__ import annotations

import shutil
from abc import abstractmethod
from pathlib import Path

import numpy as np

from specbench.data.domains import Domain, Form
from specbench.data.pack import pack_domain
from specbench.data.source import SPLITS, Array, Source

_TYPES = {
    Form.IMAGE: "u",
    Form.CONTINUOUS: "f",
    Form.NORMAL: "f",
    Form.CLASSES: "u",
    Form.IMAGE_CLASS: "i",
    Form.VALUE: "f",
    Form.BINARY: "f",
    Form.SEQUENCE: "f",
    Form.MASK: "b",
}
"""Kinds of dtype that decoded values have."""


class SourceContract:
    """Laws that every source has to keep. A test file says how to make a small one::

    class TestMine(SourceContract):
        def write(self, folder):
            ...  # a few images of every split and domain, 16 pixels wide or more

        def open(self, folder):
            return Mine(folder, Mine.Settings())
    """

    @abstractmethod
    def write(self, folder: Path) -> None:
        """Write a small example of what the source reads into a new folder."""

    @abstractmethod
    def open(self, folder: Path) -> Source:
        """Return the source for a folder."""

    def made(self, folder: Path) -> Source:
        """Return the source for the example, written below ``folder``."""
        root = folder / "example"
        root.mkdir()
        self.write(root)
        return self.open(root)

    def test_its_domains_are_known_and_the_input_among_them(self, tmp_path: Path) -> None:
        """Names are in order; the input is a picture, a vector or a sequence."""
        source = self.made(tmp_path)
        assert source.domains() == sorted(source.domains())
        fed = (Form.IMAGE, Form.VALUE, Form.SEQUENCE)
        assert source.domain(source.input_domain).form in fed
        assert all(source.domain(name).name == name for name in source.domains())

    def test_an_id_belongs_to_one_split_in_every_domain(self, tmp_path: Path) -> None:
        """Items are in the order of their ids, which say the same image everywhere."""
        source = self.made(tmp_path)
        split_of: dict[str, str] = {}
        for domain in source.domains():
            listed = source.items(domain)
            assert set(listed) == set(SPLITS)
            for split, items in listed.items():
                ids = [item.id for item in items]
                assert ids == sorted(set(ids)), (domain, split)
                assert all(split_of.setdefault(image, split) == split for image in ids), domain
                assert items, (domain, split)

    def test_values_are_of_their_form(self, tmp_path: Path) -> None:
        """Decoded values have the type and shape of the domain's form, channels last."""
        source = self.made(tmp_path)
        for name in source.domains():
            for items in source.items(name).values():
                _refuse_other_form(source.domain(name), source.read(items[0], name))

    def test_every_domain_can_be_packed(self, tmp_path: Path) -> None:
        """Packing finds every item and records the fingerprint of the files."""
        source = self.made(tmp_path)
        for name in source.domains():
            packed = pack_domain(source, name, 16, tmp_path / name, lambda _: None)["splits"]
            counts = {split: len(items) for split, items in source.items(name).items()}
            assert {split: found["images"] for split, found in packed.items()} == counts
            prints = {split: found["fingerprint"] for split, found in packed.items()}
            assert source.fingerprint(name) == prints

    def test_the_same_files_elsewhere_are_the_same_data(self, tmp_path: Path) -> None:
        """Ids and fingerprints do not tell where the files lie."""
        source = self.made(tmp_path)
        moved = self.open(Path(shutil.copytree(tmp_path / "example", tmp_path / "moved")))
        for name in source.domains():
            assert moved.fingerprint(name) == source.fingerprint(name)

    def test_the_stamp_follows_the_files(self, tmp_path: Path) -> None:
        """The stamp stays while nothing changes, and changes when a file goes."""
        source = self.made(tmp_path)
        for name in source.domains():
            before = source.stamp(name)
            assert self.open(tmp_path / "example").stamp(name) == before
            path = source.items(name)["train"][-1].path
            path.rename(tmp_path / "aside")
            assert self.open(tmp_path / "example").stamp(name) != before
            (tmp_path / "aside").rename(path)


def _refuse_other_form(domain: Domain, values: Array) -> None:
    if domain.form is Form.IMAGE_CLASS:
        assert values.ndim == 0, domain
        assert values == -1 or 0 <= values < domain.classes, domain
    elif not domain.form.has_pixels:
        length = (domain.length,) if domain.form is Form.SEQUENCE else ()
        assert values.shape == (domain.channels, *length), domain
    else:
        channels = (domain.channels,) if domain.channels else ()
        assert values.shape[0] == values.shape[1], domain
        assert values.shape[2:] == channels, domain
    assert values.dtype.kind in _TYPES[domain.form], domain
    if domain.form is Form.BINARY:
        assert np.isin(values[~np.isnan(values)], (0, 1)).all(), domain
    if domain.form is Form.CLASSES:
        assert values[values != 255].max(initial=0) < domain.classes, domain
    if domain.form is Form.NORMAL:
        lengths = np.linalg.norm(values, axis=-1)
        assert np.allclose(lengths[~np.isnan(lengths)], 1, atol=1e-4), domain
