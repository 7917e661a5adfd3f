"""What TorchJD computes for us: the only module that calls it.

TorchJD (MIT licence) is young and changes its interface with every minor release, so pyproject.toml
keeps it within one. Weightings are given the matrix of the gradients' inner products in float64.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torchjd import aggregation, scalarization

from specbench.errors import TrainingError
from specbench.training.methods import options
from specbench.training.methods.gradients import Combined, Combiner, weighted_sum
from specbench.training.methods.losses import Scalariser
from specbench.training.traces.look_ahead import inner_products
from specbench.training.traces.shadow import Gradient

Weigh = Callable[[Tensor], Tensor]
"""Inner products of the gradients (tasks, tasks), float64, to weights (tasks,)."""


def make_combiner(name: str, chosen: Any, tasks: int) -> Combiner:
    """Return the combiner of a method that reads gradients; ``chosen`` are its options."""
    match name, chosen:
        case "pcgrad", _:
            return Weighted(name, aggregation.PCGradWeighting())
        case "gradvac", options.GradVac():
            return Weighted(name, aggregation.GradVacWeighting(chosen.beta), ("_phi_t",))
        case "graddrop", options.GradDrop():
            return SignDrop(chosen.leak, tasks)
        case "cagrad", options.CaGrad():
            return Weighted(name, aggregation.CAGradWeighting(c=chosen.c))
        case "mgda", options.Mgda():
            weighting = aggregation.MGDAWeighting(chosen.epsilon, chosen.iterations)
            return Weighted(name, weighting)
        case "imtl_g", _:
            return Weighted(name, aggregation.IMTLGWeighting())
        case "aligned_mtl", options.AlignedMtl():
            return Weighted(name, aggregation.AlignedMTLWeighting(scale_mode=chosen.scale))
        case "upgrad", _:
            return Weighted(name, aggregation.UPGradWeighting())
        case "dualproj", _:
            return Weighted(name, aggregation.DualProjWeighting())
        case "config", _:
            return Weighted(name, _by_root(aggregation.ConFIG()))
        case "fairgrad", options.FairGrad():
            # Its step grows as the gradients shrink, so their size matters.
            return Weighted(name, aggregation.FairGradWeighting(chosen.alpha), sized=True)
        case "nash_mtl", options.NashMtl():
            return Bargain(chosen, tasks)
    raise ValueError(f"{name} does not combine gradients")


class Weighted(Combiner):
    """A weighted sum of the gradients, the weights read off their inner products.

    Inner products are divided by their mean diagonal, on which the weights of most methods do not
    depend, so that the solvers' absolute tolerances fit gradients of any size; not where ``sized``.
    A gradient that is not finite is passed on as it is: the training then says so.
    """

    def __init__(self, name: str, weigh: Weigh, kept: Sequence[str] = (), *, sized: bool = False):
        self._name, self._weigh, self._sized = name, weigh, sized
        self._kept = tuple(kept)
        """Attributes that hold the state; with one, tasks keep their places at every step."""

    def combine(
        self, gradients: Sequence[Gradient], present: Sequence[bool], seed: int
    ) -> Combined:
        """Return the sum with the weights found."""
        weights = self._weights(inner_products(gradients)[0], present, seed)
        return Combined(weighted_sum(gradients, weights), weights)

    def _weights(self, inner: Tensor, present: Sequence[bool], seed: int) -> list[float]:
        members = [n for n, there in enumerate(present) if there or self._kept]
        weights = torch.ones(len(inner), dtype=torch.float64)
        among = inner[members][:, members]
        size = float(among.diagonal().mean()) if members else 0.0
        if 0 < size < float("inf"):
            with seeded(seed), solving(self._name):
                weights[members] = self._weigh(among if self._sized else among / size)
        return [float(weight) for weight in weights]

    def state(self) -> dict[str, Any]:
        """Return what the weighting remembers."""
        return {name: getattr(self._weigh, name) for name in self._kept}

    def restore(self, state: dict[str, Any]) -> None:
        """Go on from a state that ``state`` returned."""
        for name, value in state.items():
            if value is not None:
                setattr(self._weigh, name, value)
                self._weigh._state_key = (len(value), value.dtype)  # type: ignore[attr-defined]


class Bargain(Combiner):
    """Nash-MTL's weighted sum, of the size that the bargain gives it."""

    def __init__(self, chosen: options.NashMtl, tasks: int) -> None:
        aggregator = aggregation.NashMTL(tasks, chosen.max_norm, chosen.every, chosen.iterations)
        self._weighting = aggregator.weighting

    def combine(
        self, gradients: Sequence[Gradient], present: Sequence[bool], seed: int
    ) -> Combined:
        """Return the sum with the weights of the bargain."""
        inner, weights = inner_products(gradients)[0], torch.ones(len(gradients))
        if bool(inner.isfinite().all()) and bool(inner.any()):
            with solving("nash_mtl"):
                weights = self._weighting(root(inner))
        found = [float(weight) for weight in weights]
        return Combined(weighted_sum(gradients, found), found)

    def state(self) -> dict[str, Any]:
        """Return the last solution, from which the next is sought, and the number of steps."""
        solution = torch.from_numpy(np.array(self._weighting.prvs_alpha))
        return {"solution": solution, "steps": float(self._weighting.step)}

    def restore(self, state: dict[str, Any]) -> None:
        """Go on from a state that ``state`` returned."""
        self._weighting.reset()
        self._weighting.prvs_alpha = state["solution"].numpy()
        if state["steps"]:
            # TorchJD builds its problem at the first step and only then.
            self._weighting._init_optim_problem()
            self._weighting.step = state["steps"]


class SignDrop(Combiner):
    """GradDrop on the gradients of the parameters: an entry's sign is drawn, the rest dropped."""

    def __init__(self, leak: float, tasks: int) -> None:
        self._drop = aggregation.GradDrop(leak=torch.full((tasks,), leak))

    def combine(
        self, gradients: Sequence[Gradient], present: Sequence[bool], seed: int
    ) -> Combined:
        """Return the gradient left."""
        found = []
        with seeded(seed):
            for parts in zip(*gradients, strict=True):
                rows = torch.stack([part.reshape(-1) for part in parts])
                # Drawn on the CPU, so that every device gives the same draws.
                found.append(self._drop(rows.cpu()).to(rows.device).view_as(parts[0]))
        return Combined(found, None)


def make_scalariser(name: str, chosen: Any, tasks: int, device: torch.device) -> Scalariser:
    """Return the scalariser of a method that reads losses; ``chosen`` are its options."""
    made: scalarization.Scalarizer
    match name, chosen:
        case "uncertainty", _:
            made = scalarization.UW(tasks)
        case "imtl_l", _:
            made = scalarization.IMTLL(tasks)
        case "random", _:
            made = scalarization.Random()
        case "geometric_mean", _:
            made = scalarization.GeometricMean()
        case "dwa", options.Dwa():
            return Averaged(scalarization.DWA(chosen.temperature))
        case "famo", options.Famo():
            rate, decay = chosen.learning_rate, chosen.weight_decay
            return Fast(scalarization.FAMO(tasks, lr=rate, weight_decay=decay).to(device))
        case _:
            raise ValueError(f"{name} does not join losses")
    return Plain(made.to(device))


class Plain(Scalariser):
    """A scalariser whose state is its parameters."""

    def __init__(self, made: scalarization.Scalarizer) -> None:
        self._made = made

    def joined(self, losses: Tensor, seed: int) -> Tensor:
        """Return the joined loss; a loss of exactly 0 counts as a very small one."""
        with seeded(seed):
            return self._made(losses.clamp(min=_TINY))

    def parameters(self) -> Iterable[nn.Parameter]:
        """Return the learnt numbers."""
        return self._made.parameters()

    def state(self) -> dict[str, Any]:
        """Return the learnt numbers."""
        return dict(self._made.state_dict())

    def restore(self, state: dict[str, Any]) -> None:
        """Go on from a state that ``state`` returned."""
        self._made.load_state_dict(state)


_TINY = 1e-12


class Averaged(Scalariser):
    """Dynamic weight average; checkpoints are written at the end of an epoch, and only there."""

    def __init__(self, made: scalarization.DWA) -> None:
        self._made = made

    def joined(self, losses: Tensor, seed: int) -> Tensor:
        """Return the sum weighted by how slowly the losses fell over the last two epochs."""
        joined: Tensor = self._made(losses.clamp(min=_TINY))
        return joined

    def end_epoch(self) -> None:
        """Close the epoch's mean losses."""
        self._made.step()

    def state(self) -> dict[str, Any]:
        """Return the mean losses of the last two epochs."""
        return {"averages": list(self._made._previous_averages)}

    def restore(self, state: dict[str, Any]) -> None:
        """Go on from a state that ``state`` returned."""
        self._made.reset()
        self._made._previous_averages = list(state["averages"])


class Fast(Scalariser):
    """FAMO: after every step its weights learn from how far each loss fell."""

    looks_again = True

    def __init__(self, made: scalarization.FAMO) -> None:
        self._made = made

    def joined(self, losses: Tensor, seed: int) -> Tensor:
        """Return the joined loss."""
        joined: Tensor = self._made(losses)
        return joined

    def see_again(self, losses: Tensor) -> None:
        """Let the weights take a step of their own."""
        self._made.update(losses)

    def state(self) -> dict[str, Any]:
        """Return the weights and the state of their optimiser."""
        adam = self._made._optimizer
        return {"weights": self._made.state_dict(), "adam": adam.state_dict() if adam else None}

    def restore(self, state: dict[str, Any]) -> None:
        """Go on from a state that ``state`` returned."""
        made = self._made
        made.load_state_dict(state["weights"])
        if state["adam"] is not None:
            made._optimizer = torch.optim.Adam([made._w], made.lr, weight_decay=made.weight_decay)
            made._optimizer.load_state_dict(state["adam"])


def root(inner: Tensor) -> Tensor:
    """Return the symmetric root: rows with the same inner products as the gradients."""
    values, vectors = torch.linalg.eigh(inner)
    found: Tensor = vectors * values.clamp(min=0).sqrt() @ vectors.T
    return found


def _by_root(aggregator: aggregation.Aggregator) -> Weigh:
    """Return the weights of an aggregation that stays in the span of the gradients."""

    def weigh(inner: Tensor) -> Tensor:
        rows = root(inner)
        weights: Tensor = aggregator(rows) @ torch.linalg.pinv(rows, hermitian=True)
        return weights

    return weigh


@contextmanager
def seeded(seed: int) -> Iterator[None]:
    """Draw from a stream of its own on the CPU, and leave the global one as it is."""
    with torch.random.fork_rng(devices=()):
        torch.default_generator.manual_seed(seed)
        yield


@contextmanager
def solving(name: str) -> Iterator[None]:
    """Turn what a solver may raise into a TrainingError, and keep its advice to itself."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            yield
        except Exception as error:
            raise TrainingError(
                f"method {name} found no weights for the gradients: {error}",
                "try a lower training.learning_rate, or another training.method",
            ) from error
