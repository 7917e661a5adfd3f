"""Values and binary answers of samples: labels, losses, metrics, constants."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import average_precision_score, r2_score, roc_auc_score

from specbench.tasks import Task, resolve_task
from specbench.tasks.constant import best_constant, constant_loss, loss_of_constant
from specbench.tasks.inject import as_channels, injected_channels
from specbench.tasks.labels import Label, flip, prepare
from specbench.tasks.losses import loss_sum
from specbench.tasks.metrics import Meters
from specbench.tasks.split_metrics import auroc, average_precision, r2

VALUE = resolve_task("mass", {"domain": "mass", "kind": "value", "offset": 5.0, "scale": 2.0})
PAIR = resolve_task("place", {"domain": "place", "kind": "value", "channels": 2, "loss": "mse"})
TOXIC = resolve_task("toxic", {"domain": "toxic", "kind": "binary"})
NAN = math.nan
SEEDS = st.integers(0, 10_000)


def _column(*values: float) -> torch.Tensor:
    return torch.tensor(values)[:, None]


def test_a_task_of_samples_has_no_pixels() -> None:
    assert not VALUE.dense
    assert not TOXIC.dense
    assert (VALUE.outputs, PAIR.outputs, TOXIC.outputs) == (1, 2, 1)
    assert (VALUE.categories, TOXIC.categories, TOXIC.is_class) == (0, 2, False)
    assert (VALUE.loss, TOXIC.loss) == ("l1", "bce")
    assert TOXIC.metrics == ("accuracy", "auroc", "average_precision")
    assert Task.from_content(PAIR.content()) == PAIR


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"kind": "binary", "channels": 2}, "cannot have 2 channels"),
        ({"kind": "binary", "offset": 1.0}, "labels 0 and 1"),
        ({"kind": "binary", "classes": 2}, "has no classes"),
        ({"kind": "binary", "loss": "l1"}, "cannot have loss 'l1': bce"),
        ({"kind": "value", "loss": "bce"}, "cannot have loss 'bce': l1 or mse"),
        ({"kind": "value", "metrics": ["auroc"]}, "only by r2, mae, rmse"),
    ],
)
def test_what_makes_no_sense_is_refused(settings: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        resolve_task("it", {"domain": "it", **settings})


def test_a_missing_label_is_masked() -> None:
    label = prepare(VALUE, _column(7.0, NAN, 3.0))
    assert label.valid.tolist() == [True, False, True]
    assert label.value.flatten().tolist() == [1.0, 0.0, -1.0]
    known = prepare(PAIR, torch.tensor([[1.0, NAN], [1.0, 2.0]])).valid
    assert known.tolist() == [False, True], "valid where all of its numbers are known"
    assert prepare(TOXIC, _column(1.0, NAN, 0.0)).valid.tolist() == [True, False, True]


def test_a_binary_label_is_0_or_1() -> None:
    with pytest.raises(ValueError, match="neither 0 nor 1"):
        prepare(TOXIC, _column(0.0, 2.0))


def test_a_mirrored_image_has_the_same_values() -> None:
    packed = torch.tensor([[1.0, 2.0]])
    assert flip(PAIR, packed.clone(), torch.tensor([True])).tolist() == [[1.0, 2.0]]


def test_losses_by_hand() -> None:
    output, label = _column(0.0, 3.0), prepare(VALUE, _column(7.0, 9.0))
    assert loss_sum(VALUE, output, label).mean() == pytest.approx((1 + 1) / 2)
    squared = loss_sum(PAIR, torch.tensor([[1.0, 2.0]]), prepare(PAIR, torch.tensor([[0.0, 4.0]])))
    assert squared.mean() == pytest.approx((1 + 4) / 2)
    odds = _column(math.log(3), math.log(3))
    found = loss_sum(TOXIC, odds, prepare(TOXIC, _column(1.0, 0.0)))
    assert found.total == pytest.approx(-math.log(0.75) - math.log(0.25))


@pytest.mark.parametrize("task", [VALUE, TOXIC], ids=lambda task: task.name)
@pytest.mark.parametrize("there", [NAN, math.inf, 7.0])
def test_an_invalid_label_changes_no_loss_and_no_gradient(task: Task, there: float) -> None:
    output = _column(0.5, -1.0, there).requires_grad_()
    label = Label(_column(1.0, 0.0, there), torch.tensor([True, True, False]))
    total, count = loss_sum(task, output, label)
    total.backward()
    rest = output.detach()[:2].requires_grad_()
    alone = loss_sum(task, rest, Label(label.value[:2], label.valid[:2]))
    alone.total.backward()
    assert (total.item(), count) == (alone.total.item(), 2)
    assert output.grad is not None
    assert rest.grad is not None
    assert output.grad[:2].tolist() == rest.grad.tolist()
    assert output.grad[2] == 0


@pytest.mark.parametrize("task", [VALUE, TOXIC], ids=lambda task: task.name)
def test_no_valid_label_in_a_batch_is_a_loss_of_zero(task: Task) -> None:
    output = _column(0.5, -1.0).requires_grad_()
    mean = loss_sum(task, output, prepare(task, _column(NAN, NAN))).mean()
    mean.backward()
    assert mean == 0
    assert output.grad is not None
    assert output.grad.tolist() == [[0.0], [0.0]]


@given(SEEDS, st.sampled_from([1, 2, 50]))
def test_metrics_are_those_of_scikit_learn(seed: int, levels: int) -> None:
    rng = np.random.default_rng(seed)
    # Few levels make ties.
    outputs = np.round(rng.normal(size=(40, 1)) * levels) / levels
    labels = (rng.random((40, 1)) < 0.3).astype(float)
    labels[0], labels[1] = 0, 1
    assert auroc(outputs, labels) == pytest.approx(roc_auc_score(labels, outputs))
    precision = average_precision_score(labels, outputs)
    assert average_precision(outputs, labels) == pytest.approx(precision)
    truth = rng.normal(size=(40, 3))
    guess = truth + rng.normal(size=(40, 3))
    assert r2(guess, truth) == pytest.approx(r2_score(truth, guess))


@given(SEEDS)
def test_only_the_order_of_outputs_decides_auroc(seed: int) -> None:
    rng = np.random.default_rng(seed)
    outputs, labels = rng.normal(size=(30, 1)), rng.integers(0, 2, (30, 1)).astype(float)
    labels[0], labels[1] = 0, 1
    found = auroc(outputs, labels)
    assert auroc(np.exp(outputs), labels) == found
    assert auroc(-outputs, labels) == pytest.approx(1 - found)
    assert auroc(outputs, 1 - labels) == pytest.approx(1 - found)
    assert auroc(labels, labels) == average_precision(labels, labels) == 1
    assert auroc(np.zeros((30, 1)), labels) == 0.5
    base_rate = average_precision(np.zeros((30, 1)), labels)
    assert base_rate == pytest.approx(labels.mean())


def test_what_cannot_be_measured_is_not_a_number() -> None:
    ones = np.ones((3, 1))
    assert math.isnan(auroc(ones, ones))
    assert math.isnan(auroc(ones, 0 * ones))
    assert math.isnan(average_precision(ones, 0 * ones))
    assert math.isnan(average_precision(ones, ones))
    assert math.isnan(r2(ones, ones))


def _measured(task: Task, output: torch.Tensor, label: Label, batch: int) -> dict[str, float]:
    meters = Meters(task)
    for start in range(0, len(output), batch):
        rows = slice(start, start + batch)
        meters.add(output[rows], Label(label.value[rows], label.valid[rows]))
    return meters.values()


@pytest.mark.parametrize("task", [VALUE, PAIR, TOXIC], ids=lambda task: task.name)
def test_batches_and_missing_labels_do_not_change_metrics(task: Task) -> None:
    drawn = torch.Generator().manual_seed(0)
    output = torch.randn(12, task.outputs, generator=drawn)
    packed = torch.randint(0, 2, (12, task.outputs), generator=drawn).float()
    packed[::4] = NAN
    label = prepare(task, packed.clone())
    whole = _measured(task, output, label, 12)
    assert list(whole) == list(task.metrics)
    assert _measured(task, output, label, 5) == pytest.approx(whole)
    output[::4] = 1e6
    assert _measured(task, output, label, 12) == whole


def test_values_are_measured_in_the_units_of_the_domain() -> None:
    found = _measured(VALUE, _column(0.0, 0.0), prepare(VALUE, _column(7.0, 1.0)), 2)
    assert found == pytest.approx({"r2": 1 - 20 / 18, "mae": 3.0, "rmse": math.sqrt(10)})


def test_accuracy_of_binary_answers() -> None:
    output, label = _column(2.0, -1.0, 0.5, 9.0), prepare(TOXIC, _column(1.0, 1.0, 0.0, NAN))
    found = _measured(TOXIC, output, label, 4)
    assert found["accuracy"] == pytest.approx(1 / 3)
    assert found["auroc"] == 0.5


@given(SEEDS, st.floats(-2, 2))
def test_no_constant_answer_is_better(seed: int, shift: float) -> None:
    drawn = torch.Generator().manual_seed(seed)
    label = Label(
        torch.randint(0, 2, (9, 1), generator=drawn).float(),
        torch.rand(9, generator=drawn) < 0.8,
    )
    label.valid[0] = True
    constant = best_constant(TOXIC, label)
    best = loss_of_constant(TOXIC, constant, label)
    assert best <= loss_of_constant(TOXIC, constant + shift, label) + 1 / int(label.valid.sum())
    output = constant.float().expand(9, 1)
    assert best == pytest.approx(loss_sum(TOXIC, output, label).mean().item(), rel=1e-5)


def test_constants_by_hand() -> None:
    train = prepare(TOXIC, _column(1.0, 0.0, 0.0, 0.0, NAN))
    assert best_constant(TOXIC, train).tolist() == pytest.approx([math.log(1 / 3)])
    never = prepare(TOXIC, _column(0.0, 0.0))
    assert constant_loss(TOXIC, never, prepare(TOXIC, _column(1.0))) == pytest.approx(
        -math.log(0.5 / 2.5)
    )
    values = prepare(VALUE, _column(5.0, 7.0, 100.0, NAN))
    assert best_constant(VALUE, values).tolist() == [1.0]


def test_a_label_of_a_sample_is_fed_at_every_pixel() -> None:
    channels = as_channels(PAIR, prepare(PAIR, torch.tensor([[1.0, 2.0], [NAN, 3.0]])), 2, 3)
    assert channels.shape == (2, injected_channels(PAIR), 2, 3)
    assert channels[0, :, 1, 2].tolist() == [1.0, 2.0, 1.0]
    assert channels[1].abs().max() == 0
    answers = as_channels(TOXIC, prepare(TOXIC, _column(1.0, 0.0, NAN)), 1, 1)
    assert answers.flatten(1).tolist() == [[1.0, 1.0], [0.0, 1.0], [0.0, 0.0]]
