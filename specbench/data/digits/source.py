"""Pictures of two digits as a source: an item is drawn when it is read, there are no files."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path

from specbench.data.digits import DIGIT_DOMAINS, DIGITS_VERSION
from specbench.data.digits.compose import Pair, draw_pair
from specbench.data.digits.material import digits_of_splits
from specbench.data.domains import Domain
from specbench.data.own import domain_of
from specbench.data.source import SPLITS, Array, BrokenFileError, Item, Source
from specbench.seeding import numpy_stream

_NOWHERE = Path("digits")


class DigitsSource(Source):
    """Draws ``images`` pictures for each split under ``seed``.

    Picture i of a split does not depend on how many there are.
    """

    def __init__(self, seed: int, images: Mapping[str, int]) -> None:
        self.seed = seed
        self.images = {split: images[split] for split in SPLITS}

    def domains(self) -> list[str]:
        """Return the picture and the labels."""
        return sorted(DIGIT_DOMAINS)

    def domain(self, name: str) -> Domain:
        """Return a known domain; DataError with the nearest name for another."""
        return domain_of(DIGIT_DOMAINS, name, _NOWHERE)

    def splits(self) -> dict[str, list[str]]:
        """Return each split as its own unit: its digits are in no other."""
        return {split: [split] for split in SPLITS}

    def items(self, domain: str) -> dict[str, list[Item]]:
        """Return the pictures of each split by number."""
        self.domain(domain)
        return {
            split: [Item(f"{split}/{row:07d}", _NOWHERE, split, row) for row in range(count)]
            for split, count in self.images.items()
        }

    def expected(self, image: str, domain: str) -> Path:
        """Return the place that error messages name; nothing lies there."""
        return _NOWHERE

    def content(self, item: Item) -> bytes:
        """Draw the two digits and their places; see ``Pair.to_bytes``."""
        rng = numpy_stream(self.seed, "digits", item.name, item.row)
        return draw_pair(digits_of_splits(self.seed)[item.name], rng).to_bytes()

    def decode(self, content: bytes, item: Item, domain: Domain) -> Array:
        """Draw the picture, or say its label."""
        try:
            return Pair.from_bytes(content).value(domain.name)
        except ValueError as error:
            raise BrokenFileError(item.path, str(error)) from error

    def stamp(self, domain: str) -> str:
        """Digest the recipe: there are no files that could change."""
        recipe = json.dumps([DIGITS_VERSION, self.seed, self.images])
        return hashlib.sha256(recipe.encode()).hexdigest()
