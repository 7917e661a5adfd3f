"""The decoders of a shadow network: light ones of one shape are computed together.

A probe of n tasks reads n losses after each of n look-aheads. Where the labels are classes of whole
images, a decoder is one small matrix, and n² calls of it cost more than the encoder: their weights
are put side by side, so that a look-ahead needs one product for all of them.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional as F

from specbench.nets.decoder import SampleHead
from specbench.nets.network import Network
from specbench.tasks.catalogue import Task
from specbench.tasks.labels import Label
from specbench.tasks.losses import loss_sum
from specbench.training.traces.probe import alike

_IGNORE = -100


class Heads:
    """The decoders of ``network`` and the losses of what they give."""

    def __init__(self, network: Network, tasks: Mapping[str, Task]) -> None:
        self._network, self._tasks = network, tasks
        names = list(tasks)
        self._sheaves = [
            Sheaf(network, [names[number] for number in numbers], numbers)
            for numbers in alike(list(tasks.values()))
        ]
        together = {number for sheaf in self._sheaves for number in sheaf.numbers}
        self._alone = [number for number in range(len(names)) if number not in together]
        self._names = names

    def follow(self) -> None:
        """Take over the weights that the network's decoders have now."""
        for sheaf in self._sheaves:
            sheaf.follow()

    def losses(
        self, features: Tensor, labels: Mapping[str, Label], among: Collection[int]
    ) -> Tensor:
        """Return (tasks, 2): summed loss and valid labels of each of ``among``, 0 for others."""
        found = features.new_zeros(len(self._names), 2, dtype=torch.float64)
        for sheaf in self._sheaves:
            wanted = [place for place, number in enumerate(sheaf.numbers) if number in among]
            sums = sheaf.losses(features, labels)
            found[[sheaf.numbers[place] for place in wanted]] = sums[wanted]
        for number in self._alone:
            if number in among:
                found[number] = self._loss(number, features, labels)[1]
        return found

    def towards(self, features: Tensor, labels: Mapping[str, Label]) -> tuple[list[Tensor], Tensor]:
        """Return the gradients of the tasks' summed losses by the features, and ``losses``."""
        leaf = features.detach().requires_grad_(True)
        sums = features.new_zeros(len(self._names), 2, dtype=torch.float64)
        found: dict[int, Tensor] = {}
        for sheaf in self._sheaves:
            gradients, sums[list(sheaf.numbers)] = sheaf.towards(features, labels)
            found.update(zip(sheaf.numbers, gradients, strict=True))
        for number in self._alone:
            total, sums[number] = self._loss(number, leaf, labels)
            (found[number],) = torch.autograd.grad(total, leaf)
        return [found[number] for number in range(len(self._names))], sums

    def _loss(
        self, number: int, features: Tensor, labels: Mapping[str, Label]
    ) -> tuple[Tensor, Tensor]:
        name = self._names[number]
        output = self._network.decoders[name](features)
        loss = loss_sum(self._tasks[name], output, labels[name], torch.float64)
        return loss.total, torch.stack([loss.total.detach(), loss.valid.double()])


class _Labels(NamedTuple):
    """Of a batch: classes, or answers 0 and 1, whether valid, and how many are; see ``Sheaf``."""

    target: Tensor
    """(N, tasks): int64, ``_IGNORE`` where invalid; of answers float32, 0 where invalid."""
    valid: Tensor
    """(N, tasks)."""
    valid_count: Tensor
    """(tasks,)."""
    of: Mapping[str, Label]


class Sheaf:
    """Decoders of whole images, all of as many classes or all binary (see ``SampleHead``)."""

    def __init__(self, network: Network, names: Sequence[str], numbers: tuple[int, ...]) -> None:
        self.numbers = numbers
        self._names = names
        self._heads: list[SampleHead] = []
        for name in names:
            head = network.decoders[name]
            assert isinstance(head, SampleHead)
            self._heads.append(head)
        self._known: _Labels | None = None
        self.follow()

    def follow(self) -> None:
        """Put the weights that the decoders have now side by side."""
        with torch.no_grad():
            self._weight = torch.stack([head.linear.weight for head in self._heads])
            self._bias = torch.stack([head.linear.bias for head in self._heads])

    def losses(self, features: Tensor, labels: Mapping[str, Label]) -> Tensor:
        """Return the summed loss of each task and the number of its valid labels, (tasks, 2)."""
        tasks, classes, inputs = self._weight.shape
        read = SampleHead.reads(features)
        flat = torch.addmm(self._bias.view(-1), read, self._weight.view(-1, inputs).T)
        return self._sums(flat.view(-1, tasks, classes), labels)[0]

    def towards(self, features: Tensor, labels: Mapping[str, Label]) -> tuple[list[Tensor], Tensor]:
        """Return the gradients of the summed losses by the features, one a task, and ``losses``."""
        leaf = features.detach().requires_grad_(True)
        read = SampleHead.reads(leaf)
        each = read.detach().unsqueeze(0).repeat(len(self._names), 1, 1).requires_grad_(True)
        outputs = torch.baddbmm(self._bias[:, None], each, self._weight.transpose(1, 2))
        sums, total = self._sums(outputs.transpose(0, 1), labels)
        (gradients,) = torch.autograd.grad(total, each)
        found: list[Tensor] = []
        for gradient in gradients:
            found += torch.autograd.grad(read, leaf, gradient, retain_graph=True)
        # One gradient a task, which is scaled in place.
        return [one.clone() for one in found], sums

    def _sums(self, outputs: Tensor, labels: Mapping[str, Label]) -> tuple[Tensor, Tensor]:
        """Return ``losses`` of outputs (N, tasks, classes), and their sum with its history."""
        known = self._stacked(labels)
        if known.target.is_floating_point():
            answers = torch.where(known.valid, outputs.squeeze(2), 0)
            loss = F.binary_cross_entropy_with_logits(answers, known.target, reduction="none")
            loss = torch.where(known.valid, loss, 0)
        else:
            loss = F.cross_entropy(
                outputs.transpose(1, 2), known.target, ignore_index=_IGNORE, reduction="none"
            )
        totals = loss.sum(0, dtype=torch.float64)
        return torch.stack([totals.detach(), known.valid_count], dim=1), totals.sum()

    def _stacked(self, labels: Mapping[str, Label]) -> _Labels:
        """Return the tasks' labels side by side; of one batch they are put there once."""
        if self._known is not None and self._known.of is labels:
            return self._known
        with torch.inference_mode(mode=False):  # kept for a later gradient, too
            value = torch.stack([labels[name].value for name in self._names], dim=1)
            valid = torch.stack([labels[name].valid for name in self._names], dim=1)
            if value.is_floating_point():
                target = torch.where(valid, value.squeeze(2), 0)
            else:
                target = torch.where(valid, value, _IGNORE)
            self._known = _Labels(target, valid, valid.sum(0, dtype=torch.float64), labels)
            return self._known
