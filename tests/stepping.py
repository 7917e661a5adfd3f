"""Trainings stepped by hand, for the tests of training methods."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from specbench.training.images import Batch
from specbench.training.methods.catalogue import METHODS
from specbench.training.train import Training

PAIR = ("normal", "segment_semantic")


def installed(name: str) -> Any:
    """Return the method's name as a parameter that is skipped where a package is missing."""
    missing = METHODS[name].missing()
    reason = f"{name} needs {', '.join(missing)}"
    return pytest.param(name, marks=pytest.mark.skipif(bool(missing), reason=reason))


def first_batch(training: Training, without: str = "") -> Batch:
    """Return a training batch, the labels of one task made invalid."""
    batch = training.images["train"].batch(np.arange(8))
    if without:
        label = batch.labels[without]
        batch.labels[without] = label._replace(valid=torch.zeros_like(label.valid))
    return batch


def equal(one: Any, other: Any) -> bool:
    """Tell whether nested values are the same, tensors bit for bit, NaN equal to NaN."""
    if isinstance(one, Tensor):
        return torch.equal(one.nan_to_num(nan=1e9), other.nan_to_num(nan=1e9))
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(equal(one[key], other[key]) for key in one)
    if isinstance(one, list | tuple):
        return len(one) == len(other) and all(map(equal, one, other))
    return bool(one == other)
