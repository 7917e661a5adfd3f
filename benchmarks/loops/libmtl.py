"""LibMTL (registry release 1.1.5), reading a file for every image and label as its examples do.

The release runs on a GPU only, and not beside today's packages: its trainer names `cuda:0` and
calls `.next()` of an iterator, and its ResNets import a module that torchvision has moved. Two
methods are overridden and that module gets its old name; nothing else of it is changed. As in its
NYUv2 example, images and labels are .npy files, read by two processes of PyTorch's loader.
"""

from __future__ import annotations

import contextlib
import io
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.hub
from loops.setting import Found, Setting
from torch import Tensor, nn
from torch.utils.data import DataLoader, Dataset

from specbench.tasks.labels import normalise
from specbench.training.weights import make_network

sys.modules.setdefault("torchvision.models.utils", torch.hub)

from LibMTL import Trainer  # noqa: E402
from LibMTL.architecture import HPS  # noqa: E402
from LibMTL.loss import AbsLoss  # noqa: E402
from LibMTL.metrics import AbsMetric  # noqa: E402
from LibMTL.weighting import EW  # noqa: E402


class Files(Dataset[tuple[Tensor, dict[str, Tensor]]]):
    """Images and labels, a file each."""

    def __init__(self, folder: Path, setting: Setting, count: int) -> None:
        self._folder, self._tasks, self._count = folder, setting.catalogue(), count

    def __len__(self) -> int:
        return self._count

    def __getitem__(self, index: int) -> tuple[Tensor, dict[str, Tensor]]:
        """Return an image and its labels, read and normalised."""
        image = self._read("rgb", index).float() * (4 / 255) - 2
        labels = {n: normalise(task, self._read(n, index)) for n, task in self._tasks.items()}
        return image, labels

    def _read(self, domain: str, index: int) -> Tensor:
        return torch.from_numpy(np.load(self._folder / domain / f"{index:05d}.npy"))


class L1(AbsLoss):
    """The mean absolute error."""

    def compute_loss(self, pred: Tensor, gt: Tensor) -> Tensor:
        """Return it."""
        return nn.functional.l1_loss(pred, gt)


class NoMetric(AbsMetric):
    """Measures nothing, so that all loops evaluate losses only."""

    def update_fun(self, pred: Tensor, gt: Tensor) -> None:
        """Take a batch."""

    def score_fun(self) -> list[float]:
        """Return something that the library can divide by."""
        return [1.0]


class Running(Trainer):
    """The library's trainer on the device asked for, and on today's iterators."""

    chosen_device = "cpu"

    def _prepare_model(self, *arguments: Any) -> None:
        self.device = torch.device(self.chosen_device)
        super()._prepare_model(*arguments)

    def _process_data(self, loader: list[Any]) -> tuple[Tensor, dict[str, Tensor]]:
        try:
            data, label = next(loader[1])
        except StopIteration:
            loader[1] = iter(loader[0])
            data, label = next(loader[1])
        moved = {task: label[task].to(self.device, non_blocking=True) for task in self.task_name}
        return data.to(self.device, non_blocking=True), moved

    def test(self, *arguments: Any, **named: Any) -> None:
        """Remember the losses that the library prints."""
        forget, self.meter.reinit = self.meter.reinit, lambda: None
        super().test(*arguments, **named)
        self.last_loss = float(np.sum(self.meter.loss_item))
        self.meter.reinit = forget
        self.meter.reinit()


def prepare(setting: Setting) -> tempfile.TemporaryDirectory[str]:
    """Write the files."""
    folder = tempfile.TemporaryDirectory()
    for split in ("train", "val"):
        setting.hills(split).write(Path(folder.name) / split, tuple(setting.catalogue()))
    return folder


def train(setting: Setting, data: tempfile.TemporaryDirectory[str]) -> Found:
    """Train once."""
    started = time.perf_counter()
    torch.manual_seed(setting.seed)
    network = make_network(setting.plain())
    tasks = {
        name: {"metrics": ["none"], "metrics_fn": NoMetric(), "loss_fn": L1(), "weight": [0]}
        for name in setting.catalogue()
    }
    Running.chosen_device = setting.device
    counts = {split: len(setting.hills(split)) for split in ("train", "val")}
    loaders = {
        split: DataLoader(
            Files(Path(data.name) / split, setting, count),
            batch_size=setting.batch,
            shuffle=split == "train",
            num_workers=2,
            pin_memory=setting.device == "cuda",
            drop_last=split == "train",
        )
        for split, count in counts.items()
    }
    with contextlib.redirect_stdout(io.StringIO()):
        trainer = Running(
            tasks,
            EW,
            HPS,
            lambda: network.encoder,
            nn.ModuleDict({name: network.decoders[name] for name in network.decoders}),
            rep_grad=False,
            multi_input=False,
            optim_param={"optim": "adam", "lr": 1e-3},
            scheduler_param=None,
            weight_args={},
            arch_args={},
        )
        trainer.train(loaders["train"], loaders["val"], setting.epochs)
    images = setting.epochs * (counts["train"] // setting.batch) * setting.batch
    return Found(images, time.perf_counter() - started, trainer.last_loss)
