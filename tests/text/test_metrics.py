"""Metrics of texts: those of seqeval, scikit-learn and SQuAD, and cases worked out by hand."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from specbench.tasks.catalogue import Task
from specbench.tasks.labels import Label
from specbench.tasks.losses import loss_sum
from specbench.tasks.metrics import Meters
from specbench.tasks.split_metrics import pearson
from specbench.tasks.text_metrics import answer_f1, exact, normalised, span_f1, spans

TAGS = st.sampled_from(["O", "B-PER", "I-PER", "E-PER", "S-LOC", "I-LOC", "NOUN", "VERB"])
SENTENCES = st.lists(
    st.lists(st.tuples(TAGS, TAGS), min_size=1, max_size=7), min_size=1, max_size=4
)


def test_spans_by_hand() -> None:
    assert spans(["B-A", "I-A", "O", "I-B", "B-B"]) == {("A", 0, 1), ("B", 3, 3), ("B", 4, 4)}
    assert spans(["S-A", "E-A", "NOUN", "NOUN"]) == {("A", 0, 0), ("A", 1, 1), ("NOUN", 2, 3)}
    assert spans(["O", "O"]) == set()
    assert span_f1([["B-A", "O"]], [["B-A", "B-A"]]) == pytest.approx(2 / 3)
    assert span_f1([["O"]], [["O"]]) == 0


@given(SENTENCES)
def test_span_f1_is_that_of_seqeval(sentences: list[list[tuple[str, str]]]) -> None:
    seqeval = pytest.importorskip("seqeval.metrics")
    true = [[one for one, _ in sentence] for sentence in sentences]
    guess = [[two for _, two in sentence] for sentence in sentences]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        expected = float(seqeval.f1_score(true, guess))
    assert span_f1(true, guess) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("guess", "answers", "f1", "same"),
    [
        ("The  Cat!", ["cat"], 1, 1),
        ("a cat", ["the black cat"], 2 / 3, 0),
        ("dog", ["cat", "the dog."], 1, 1),
        ("", ["cat"], 0, 0),
        ("the", ["a"], 1, 1),
    ],
)
def test_answers_as_squad_compares_them(
    guess: str, answers: list[str], f1: float, same: float
) -> None:
    assert answer_f1(guess, answers) == pytest.approx(f1)
    assert exact(guess, answers) == same
    assert normalised(" An  apple, please ") == "apple please"


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), min_size=2, max_size=30))
def test_f1_and_matthews_are_those_of_scikit_learn(pairs: list[tuple[int, int]]) -> None:
    from sklearn.metrics import f1_score, matthews_corrcoef

    true, guess = np.array(pairs).T
    task = Task("t", "t", "image_class", "cross_entropy", classes=4,
                metrics=("f1_macro", "matthews", "accuracy"))  # fmt: skip
    meters = Meters(task)
    output = torch.nn.functional.one_hot(torch.from_numpy(guess), 4).float()
    meters.add(output, Label(torch.from_numpy(true), torch.ones(len(true), dtype=torch.bool)))
    found = meters.values()
    assert found["f1_macro"] == pytest.approx(f1_score(true, guess, average="macro"))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert found["matthews"] == pytest.approx(matthews_corrcoef(true, guess), abs=1e-9)
    assert found["accuracy"] == pytest.approx((true == guess).mean())


def test_pearson_is_numpys_and_undefined_where_nothing_varies() -> None:
    rng = np.random.default_rng(0)
    one, two = rng.normal(size=(2, 20, 1))
    assert pearson(one, two) == pytest.approx(np.corrcoef(one[:, 0], two[:, 0])[0, 1])
    assert np.isnan(pearson(one, np.ones((20, 1))))


def test_the_loss_of_a_span_is_the_mean_of_its_ends() -> None:
    output = torch.randn(3, 2, 7, requires_grad=True)
    value = torch.tensor([[1, 3, 1], [0, 0, 0], [6, 6, 2]])
    valid = torch.tensor([True, False, True])
    task = Task("t", "t", "span", "span", channels=2)
    total, count = loss_sum(task, output, Label(value, valid))
    chances = output.log_softmax(2)
    expected = -(chances[0, 0, 1] + chances[0, 1, 3] + chances[2, 0, 6] + chances[2, 1, 6]) / 2
    assert float(total.detach()) == pytest.approx(float(expected.detach()))
    assert int(count) == 2
    total.backward()  # type: ignore[no-untyped-call]
    assert output.grad is not None
    assert not output.grad[1].any()


class _Told:
    names = ["B-A", "O"]  # noqa: RUF012
    contexts = ["The black cat."]  # noqa: RUF012
    answers = [["black cat", "cat"]]  # noqa: RUF012

    def pieces(self, row: int) -> dict[str, Any]:
        starts, ends = [-1, 0, 4, 10, 13, -1], [-1, 3, 9, 13, 14, -1]
        return {"starts": np.array(starts), "ends": np.array(ends)}


@pytest.mark.parametrize(
    ("first", "last", "same"), [(2, 3, 1.0), (3, 3, 1.0), (1, 3, 1.0), (4, 1, 0.0)]
)
def test_the_best_span_is_read_from_the_context(first: int, last: int, same: float) -> None:
    task = Task("t", "t", "span", "span", channels=2, metrics=("squad_f1", "exact_match"))
    output = torch.zeros(2, 2, 6)
    output[1, 0, first], output[1, 1, last] = 5, 5
    label = Label(torch.tensor([[0, 0, 0], [2, 3, 1]]), torch.tensor([False, True]))
    meters = Meters(task, _Told())
    meters.add(output, label)
    assert meters.values()["exact_match"] == same or (first, last) == (1, 3)
