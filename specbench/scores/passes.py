"""One forward pass of a net over the probe images for all scores that read its features.

Scores of the same nets and images are computed one after another in one process (see
``specbench.scheduler.order``); the first that passes the images leaves the features here, the
others take them. What a score says it costs, in multiply-adds and seconds, is what it would cost
alone.

Light: a score that reads no net loads no torch by it.
"""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import numpy.typing as npt

from specbench.scores.features import space

if TYPE_CHECKING:
    from torch import Tensor

    from specbench.nets.network import Network
    from specbench.scores.contract import ScoreInputs

MOST_BYTES = 1 << 28
"""Features that are kept for the scores that follow; what is beyond is computed again."""


class Features(NamedTuple):
    """What a net's encoder gives for every probe image."""

    maps: npt.NDArray[np.float32]
    """(N, features, h, w); of a table's rows (N, features), of windows (N, features, l)."""
    averaged: npt.NDArray[np.float64]
    """(N, features), the maps averaged over space, or time."""

    @property
    def size(self) -> int:
        """Bytes."""
        return self.maps.nbytes + self.averaged.nbytes


class Collector:
    """Takes the features of a net, batch after batch, as they come out of its encoder.

    Beyond ``most`` bytes it lets go of all and takes no more.
    """

    def __init__(self, most: float = np.inf) -> None:
        self._most, self._size = most, 0
        self._parts: list[Features] = []
        self.seconds = 0.0

    def encode(self, net: Network, images: Tensor) -> Tensor:
        """Return the encoder's output, having taken it; images to be derived by are fed alike.

        For equal images the features are equal bit for bit.
        """
        started = time.perf_counter()
        features: Tensor = net.encoder(images)
        seen = features.detach().float()
        averaged = seen.mean(dim=space(seen.dim())) if seen.dim() > 2 else seen
        part = Features(
            seen.cpu().contiguous().numpy(),
            np.asarray(averaged.double().cpu().numpy(), dtype=np.float64),
        )
        self._size += part.size
        self._parts = [*self._parts, part] if self._size <= self._most else []
        self.seconds += time.perf_counter() - started
        return features

    def features(self) -> Features | None:
        """Return what was taken; None where that was too much."""
        if self._size > self._most:
            return None
        maps, averaged = zip(*self._parts, strict=True)
        return Features(np.concatenate(maps), np.concatenate(averaged))


class _Source(NamedTuple):
    """What decides the features of a net: its weights, and the images. Files with their times."""

    weights: tuple[Path, int]
    ids: tuple[Path, int]
    images: Path
    split: str
    most: int
    device: str


class _Kept(NamedTuple):
    features: Features
    seconds: float


class Passes:
    """The features kept of the nets of one study, condition and seed.

    ``borrowed`` counts the seconds of the passes whose features a score took from here.
    """

    def __init__(self) -> None:
        self._kept: dict[_Source, _Kept] = {}
        self.clear()

    def clear(self) -> None:
        """Let go of everything."""
        self._kept = {}
        self.borrowed = 0.0

    def collector(self, inputs: ScoreInputs) -> Collector:
        """Return a collector that stays within one net's part of what may be kept."""
        return Collector(MOST_BYTES / max(1, len(inputs.networks)))

    def keep(self, inputs: ScoreInputs, net: str, features: Features, seconds: float) -> None:
        """Keep the features of a net if there is room, once those of other networks are gone."""
        present = {trained.weights for trained in inputs.networks.values()}
        self._kept = {at: kept for at, kept in self._kept.items() if at.weights[0] in present}
        if features.size + sum(kept.features.size for kept in self._kept.values()) <= MOST_BYTES:
            self._kept[_source(inputs, net)] = _Kept(features, seconds)

    def features(self, inputs: ScoreInputs, net: str) -> Features:
        """Return the features of a net, kept here or by a pass over the probe images."""
        from specbench.scores.probe import load_net, probe_batches, probe_images

        kept = self._kept.get(_source(inputs, net))
        if kept is not None:
            self.borrowed += kept.seconds
            return kept.features
        taken, network = Collector(), load_net(inputs, net)
        for batch in probe_batches(probe_images(inputs, {}), inputs):
            # To be derived by, as for attributions: a kernel of inference might give other bits.
            taken.encode(network, batch.images.requires_grad_(True))
        found = taken.features()
        assert found is not None
        self.keep(inputs, net, found, taken.seconds)
        return found


def _source(inputs: ScoreInputs, net: str) -> _Source:
    settings, ids = inputs.settings, inputs.data["ids"] / f"{inputs.settings.split}.ids"
    weights, images = inputs.networks[net].weights, inputs.data[inputs.input]
    return _Source(
        (weights, weights.stat().st_mtime_ns),
        (ids, ids.stat().st_mtime_ns),
        images,
        settings.split,
        settings.images,
        inputs.device,
    )


PASSES = Passes()
"""Those of this process."""
