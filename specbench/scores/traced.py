"""What the scores read off a trace: cosines and transferences, averaged over its rows."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from specbench.scores.contract import PairScore, ScoreInputs, State, Trace

Array = npt.NDArray[np.float64]
Columns = dict[str, Array]
FORMS = ("relative", "per_lr")
LEAST_RATE = 1e-3
"""Part of a trace's highest learning rate below which float32 rounds too much of a step away: at
the end of a cosine schedule half of the difference, and more, is rounding."""


def columns_of(trace: Trace) -> Columns:
    """Return the columns of a trace (see ``specbench.training.traces.tracer``), rows first."""
    with np.load(trace.rows, allow_pickle=False) as columns:
        return {name: np.asarray(columns[name], dtype=np.float64) for name in columns.files}


def cosine(inner: Array, one: int, two: int) -> Array:
    """Return cos(g_one, g_two) of each row; NaN where a gradient vanishes."""
    norms = np.sqrt(inner[:, one, one] * inner[:, two, two])
    undefined = np.full(len(inner), np.nan)
    found: Array = np.divide(inner[:, one, two], norms, out=undefined, where=norms > 0)
    return found


def transference(
    columns: Columns, kind: str, target: int, moved: int, form: str = "relative"
) -> Array:
    """Return 1 − L(target) after / L(target) before, of each row; NaN where a loss is undefined.

    ``moved`` numbers the set of tasks along whose gradient the shared parameters went; a single
    task has its own number. ``form`` "per_lr" divides by the learning rate of the row; rows of
    less than ``LEAST_RATE`` of the highest are then NaN.
    """
    before, after = columns["loss"][:, target], columns[f"after_{kind}"][:, moved, target]
    ratio = np.divide(after, before, out=np.full(len(before), np.nan), where=before > 0)
    found: Array = 1.0 - ratio
    if form == "per_lr":
        rate = columns["rate"]
        found = np.where(rate >= LEAST_RATE * rate.max(initial=0.0), found / rate, np.nan)
    return found


def mean_of(values: Array) -> PairScore:
    """Return the mean over the rows where a value is defined."""
    defined = values[np.isfinite(values)]
    if not defined.size:
        reason = "no row of the trace has a loss above 0 and a gradient that does not vanish"
        return PairScore(None, State.UNDEFINED, reason)
    return PairScore(float(defined.mean()))


def trainings_and_gradients(inputs: ScoreInputs) -> float:
    """Return the multiply-adds of the networks' trainings and of the traces' gradients."""
    trainings = sum(float(net.result["training_macs"]) for net in inputs.networks.values())
    return trainings + sum(float(trace.macs["gradients"]) for trace in inputs.traces.values())


def look_aheads(inputs: ScoreInputs, *, along_sets: bool = False) -> float:
    """Return the multiply-adds of one kind of look-ahead in the traces.

    Those along the sets of tasks that were listed for another score count only ``along_sets``.
    """
    which = "look_aheads" if along_sets else "single_look_aheads"
    return sum(
        float(trace.macs.get(which, trace.macs["look_aheads"]))
        / len(trace.result["probe"]["look_aheads"])
        for trace in inputs.traces.values()
    )


def images_of(inputs: ScoreInputs) -> int:
    """Return the images that one row of the traces looks at, on average."""
    rows = sum(int(trace.result["rows"]) for trace in inputs.traces.values())
    images = sum(int(trace.result["images"]) for trace in inputs.traces.values())
    return round(images / rows) if rows else 0
