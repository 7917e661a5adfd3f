"""What the scores of features look at: the places where two tasks meet, and the nets' features.

A place is a pixel of a probe image, or the whole image where both tasks label whole images. One
pass over the labels chooses the places; one forward pass of a net gives its features at all.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import numpy.typing as npt

from specbench.scores.classes import as_classes, chances
from specbench.seeding import numpy_stream

if TYPE_CHECKING:
    from torch import Tensor

    from specbench.nets.network import Network
    from specbench.scores.contract import Pair, ScoreInputs
    from specbench.tasks.catalogue import Task
    from specbench.tasks.labels import Label

Array = npt.NDArray[np.float64]
Index = npt.NDArray[np.intp]
Sharers = tuple[str, ...]
"""Tasks, alphabetically, whose labels must all be valid at a place."""

PIXEL_SEED = 0
"""The pixels of an image are the same in every study, whatever its seeds."""


@dataclass(frozen=True)
class Places:
    """Places in the probe images, ordered by image, and labels there."""

    image: Index
    """(n,) position of the image among the probe images."""
    pixel: Index | None
    """(n,) position in the flattened image; None where a place is the whole image."""
    size: tuple[int, int]
    """Height and width of an image."""
    labels: Mapping[str, npt.NDArray[np.generic]]
    """Of every task that had to be valid: classes (n,), 0 and 1 those of a binary task, or
    normalised values (n, channels)."""

    def __len__(self) -> int:
        return len(self.image)

    def within(self, start: int, stop: int) -> slice:
        """Return the places that lie in the images ``start`` to ``stop`` (excluded)."""
        first, last = np.searchsorted(self.image, (start, stop))
        return slice(int(first), int(last))


def sharers(pair: Pair, tasks: Mapping[str, Task], *, both: bool = False) -> Sharers:
    """Return the tasks that must be valid where a (target, partner) is looked at.

    The target; with ``both``, or where only the partner has pixels, the partner too.
    """
    target, partner = pair
    if both or (tasks[partner].dense and not tasks[target].dense):
        return tuple(sorted(pair))
    return (target,)


def find_places(inputs: ScoreInputs, wanted: Collection[Sharers]) -> dict[Sharers, Places]:
    """Return the places of every set of tasks: at most ``settings.pixels`` an image.

    Every image has its own order of pixels, seeded by its id; the first that are valid are taken.
    So tasks that are valid at the same pixels are looked at in the same ones.
    """
    from specbench.data.ids import read_ids
    from specbench.scores.probe import probe_batches, probe_images

    if not wanted:
        return {}
    named = {name: inputs.tasks[name] for name in sorted({n for names in wanted for n in names})}
    images = probe_images(inputs, named)
    ids = read_ids(inputs.data["ids"] / f"{inputs.settings.split}.ids")
    found: dict[Sharers, list[Places]] = {names: [] for names in wanted}
    start = 0
    for batch in probe_batches(images, inputs):
        count, _, *space = batch.images.shape
        orders = [pixel_order(ids[start + i], math.prod(space)) for i in range(count)]
        for names in wanted:
            labels = {name: as_classes(named[name], batch.labels[name]) for name in names}
            dense = any(named[name].dense for name in names)
            places = _places(labels, orders if dense else None, inputs.settings.pixels, start)
            found[names].append(places)
        start += count
    return {names: _joined(parts) for names, parts in found.items()}


def pixel_order(image: str, pixels: int) -> Array:
    """Return a random number for every pixel of an image: the lowest come first."""
    return numpy_stream(PIXEL_SEED, "pixels", image).random(pixels)


def _places(
    labels: Mapping[str, Label], orders: list[Array] | None, most: int, start: int
) -> Places:
    """Return the places in one batch, whose first image is number ``start``."""
    whole = [label.valid.cpu().numpy() for label in labels.values()]
    size = next((valid.shape[1:] for valid in whole if valid.ndim > 1), (1, 1))
    valid = np.ones((len(whole[0]), size[0] * size[1]), dtype=bool)
    for one in whole:
        valid &= one.reshape(len(one), -1)
    if orders is None:
        image, pixel = np.flatnonzero(valid[:, 0]), None
    else:
        chosen = [_first_valid(v, order, most) for v, order in zip(valid, orders, strict=True)]
        image = np.repeat(np.arange(len(chosen)), [len(one) for one in chosen])
        pixel = np.concatenate(chosen)
    at = {name: _at(label.value, image, pixel) for name, label in labels.items()}
    return Places(image + start, pixel, (size[0], size[1]), at)


def _first_valid(valid: npt.NDArray[np.bool_], order: Array, most: int) -> Index:
    candidates = np.flatnonzero(valid)
    kept: Index = candidates[np.argsort(order[candidates], kind="stable")[:most]]
    return kept


def _at(value: Tensor, image: Index, pixel: Index | None) -> npt.NDArray[np.generic]:
    """Return what a label or an output holds at the places: (n,) or (n, channels)."""
    array: npt.NDArray[np.generic] = value.cpu().numpy()
    if array.ndim > 2 and pixel is not None:  # (N, H, W) or (N, C, H, W)
        array = array.reshape(*array.shape[:-2], -1)
        return array[image, ..., pixel]
    return array[image]


def _joined(parts: list[Places]) -> Places:
    first = parts[0]
    pixels = [part.pixel for part in parts if part.pixel is not None]
    labels = {n: np.concatenate([part.labels[n] for part in parts]) for n in first.labels}
    image = np.concatenate([part.image for part in parts])
    return Places(image, np.concatenate(pixels) if pixels else None, first.size, labels)


def space(axes: int) -> tuple[int, ...]:
    """Return the axes beyond those of samples and features."""
    return tuple(range(2, axes))


class Cells(NamedTuple):
    """A net's features at some places: places in one cell of the encoder's map share a row."""

    features: Array
    """(cells, features), of the cells in which a place lies."""
    of: Index
    """(n,) the row of each place."""

    def at_places(self) -> Array:
        """Return (n, features)."""
        found: Array = self.features[self.of]
        return found


def cells_at(maps: npt.NDArray[np.float32], places: Places, *, dense: bool) -> Cells:
    """Return a net's features at the places, float64.

    Those of the cell of the encoder's map that a pixel lies in; for a task of whole images
    (``dense`` false), or where places are whole images, those averaged over space.
    """
    if not dense or places.pixel is None:
        images, row = np.unique(places.image, return_inverse=True)
        return Cells(maps[images].mean(axis=space(maps.ndim), dtype=np.float64), row)
    height, width = maps.shape[2:]
    down, right = np.divmod(places.pixel, places.size[1])
    cell = (down * height // places.size[0]) * width + right * width // places.size[1]
    which, row = np.unique(places.image * (height * width) + cell, return_inverse=True)
    image, cell = np.divmod(which, height * width)
    flat = maps.reshape(*maps.shape[:2], -1)
    return Cells(flat[image, :, cell].astype(np.float64), row)


def outputs_at(
    net: Network, task: Task, inputs: ScoreInputs, places: Mapping[Sharers, Places]
) -> dict[Sharers, Array]:
    """Return the probabilities of the classes that a net predicts at the places, (n, classes).

    Those of a task of whole images are repeated at each of an image's places.
    """
    import torch

    from specbench.scores.probe import probe_batches, probe_images

    found: dict[Sharers, list[Array]] = {names: [] for names in places}
    start = 0
    with torch.inference_mode():
        for batch in probe_batches(probe_images(inputs, {}), inputs):
            predicted = chances(task, net(batch.images)[task.name])
            stop = start + len(batch.images)
            for names, where in places.items():
                part = where.within(start, stop)
                pixel = None if where.pixel is None else where.pixel[part]
                at = _at(predicted, where.image[part] - start, pixel)
                found[names].append(np.asarray(at, dtype=np.float64))
            start = stop
    return {names: np.concatenate(parts) for names, parts in found.items()}
