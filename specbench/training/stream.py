"""The batches that the networks of a seed are trained on: which images, in what order, mirrored."""

from __future__ import annotations

from collections.abc import Iterator

from specbench.seeding import numpy_stream
from specbench.training.images import Batch, Images
from specbench.training.settings import Settings


class Stream:
    """One seed's order of training images; networks trained side by side share its batches.

    ``images`` holds the labels of all of them. A last batch of a few images would upset the batch
    statistics, so it is left out; a split smaller than a batch is one batch.
    """

    def __init__(self, images: Images, settings: Settings, seed: int) -> None:
        self._images, self._seed = images, seed
        self._size, self._flip = settings.batch_size, settings.flip
        self.steps = max(1, len(images) // self._size)

    def epoch(self, epoch: int) -> Iterator[Batch]:
        """Iterate over the batches of an epoch, counted from 0."""
        count = len(self._images)
        order = numpy_stream(self._seed, "order", epoch).permutation(count)
        flipped = numpy_stream(self._seed, "flip", epoch).random(count) < 0.5
        for step in range(self.steps):
            chosen = order[step * self._size :][: self._size]
            yield self._images.batch(chosen, flipped[chosen] if self._flip else None)
