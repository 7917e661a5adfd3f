"""The weights at the end of every epoch, kept in a network's result folder."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import torch

from specbench.training.checkpoint import save_whole
from specbench.training.images import Batch
from specbench.training.observe import Moment
from specbench.training.weights import State, copy_state

FOLDER = "epochs"
"""The folder's name in a network's result folder."""


class Kept(NamedTuple):
    """Weights at the end of an epoch, and the learning rate of its last step."""

    epoch: int
    step: int
    rate: float
    state: State


class KeepEpochs:
    """The observer that writes the weights of every epoch, at first beside the checkpoint."""

    def __init__(self, work: Path) -> None:
        self._folder = work / FOLDER

    def resume(self, epoch: int) -> None:
        """Drop what an unreadable checkpoint has left behind."""
        if epoch == 0:
            shutil.rmtree(self._folder, ignore_errors=True)

    def before_step(self, moment: Moment, batch: Batch) -> None:
        """Do nothing."""

    def after_epoch(self, moment: Moment) -> None:
        """Write the weights, whole or not at all."""
        kept = Kept(moment.epoch, moment.step, moment.rate, copy_state(moment.network))
        save_whole(_path(self._folder, moment.epoch), kept._asdict())

    def hand_over(self, result: Path, epochs: int) -> None:
        """Put the weights into a result folder, if those of all ``epochs`` are there.

        They stay beside the checkpoint too, in no more room: whoever is killed before the result
        is whole finds them there.
        """
        if kept_epochs(self._folder, epochs) is not None:
            shutil.copytree(self._folder, result / FOLDER, copy_function=_link)


def kept_epochs(folder: Path, epochs: int) -> Iterator[Kept] | None:
    """Return the weights of all ``epochs``, read one by one; None where some are not there."""
    paths = [_path(folder, epoch) for epoch in range(epochs)]
    if not all(path.is_file() for path in paths):
        return None
    return (Kept(**torch.load(path, map_location="cpu", weights_only=True)) for path in paths)


def size_of(network: torch.nn.Module, epochs: int) -> int:
    """Return the bytes that the weights of ``epochs`` epochs take."""
    return epochs * sum(int(tensor.nbytes) for tensor in network.state_dict().values())


def _path(folder: Path, epoch: int) -> Path:
    return folder / f"{epoch:05d}.pt"


def _link(source: str, target: str) -> None:
    try:
        os.link(source, target)
    except OSError:  # a file system without hard links
        shutil.copy2(source, target)
