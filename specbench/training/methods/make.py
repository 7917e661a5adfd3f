"""The method that a network's training settings name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from specbench.errors import TrainingError
from specbench.training.methods.catalogue import EQUAL, IT_MTL, METHODS, SOLVERS, Reads
from specbench.training.methods.contract import Given, Method
from specbench.training.methods.equal import Equal


def make_method(given: Given) -> Method:
    """Return the method of ``given.settings``, at the start of a training.

    TrainingError where a package that it needs is not installed; ValueError for a version other
    than this program's.
    """
    settings = given.settings
    if settings.method == EQUAL:
        return Equal(given)
    options = dict(settings.method_settings)
    refuse_missing(settings.method, settings.method_version)
    if settings.method == IT_MTL:
        return _guided(given, options)
    return _known(given, settings.method, options)


def refuse_missing(name: str, version: int) -> None:
    """Raise TrainingError for packages not installed, ValueError for another version."""
    described = METHODS[name]
    if version != described.version:
        known = described.version
        raise ValueError(f"method {name} of version {version}, this program knows {known}")
    if missing := described.missing():
        raise TrainingError(f"method {name} needs {missing[0]}", f"pip install '{SOLVERS}'")


def _known(given: Given, name: str, options: Mapping[str, Any]) -> Method:
    chosen, tasks = METHODS[name].options(**options), len(given.tasks)
    if name == "gradnorm":
        from specbench.training.methods.gradnorm import GradNorm

        return GradNorm(given, chosen)
    # TorchJD takes seconds to load, and only these read it.
    from specbench.training.methods.from_torchjd import make_combiner, make_scalariser
    from specbench.training.methods.gradients import GradientMethod
    from specbench.training.methods.losses import LossMethod

    if METHODS[name].reads is Reads.GRADIENTS:
        return GradientMethod(given, make_combiner(name, chosen, tasks))
    device = next(given.network.parameters()).device
    return LossMethod(given, make_scalariser(name, chosen, tasks, device))


def _guided(given: Given, options: Mapping[str, Any]) -> Method:
    from specbench.training.methods.candidates import MEAN
    from specbench.training.methods.it_mtl import ItMtl
    from specbench.training.traces.probe import LookAhead

    combiners = {}
    for candidate in options["candidates"]:
        name = candidate.get("method", MEAN)
        if name != MEAN:
            from specbench.training.methods.from_torchjd import make_combiner

            refuse_missing(name, candidate["version"])
            chosen = METHODS[name].options(**candidate["settings"])
            combiners[name] = make_combiner(name, chosen, len(given.tasks))
    look_ahead = LookAhead(options["look_ahead"])
    return ItMtl(given, options["candidates"], combiners, look_ahead)
