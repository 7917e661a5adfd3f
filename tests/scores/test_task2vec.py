"""Task2Vec: Fisher information of a net whose gradients are known, and laws of the similarity."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from specbench.scores.task2vec import Task2Vec, drawn_score, fisher, similarity
from specbench.tasks.catalogue import CATALOGUE
from specbench.testing.scores import ScoreContract

SEEDS = st.integers(0, 10_000)


class TestContract(ScoreContract):
    score = Task2Vec()


class Sum(torch.nn.Module):
    """A 1x1 encoder of two filters; the one output channel is their sum."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.name = name
        self.encoder = torch.nn.Conv2d(3, 2, 1, bias=False)

    def forward(self, images: torch.Tensor) -> dict[str, torch.Tensor]:
        return {self.name: self.encoder(images).sum(1, keepdim=True)}


def test_fisher_of_a_linear_regression_in_closed_form() -> None:
    task: Any = CATALOGUE["depth_zbuffer"]
    torch.manual_seed(0)
    image, valid = torch.randn(1, 3, 4, 4), torch.rand(1, 4, 4) < 0.7
    drawn = [fisher(Sum(task.name), task, image, valid, seed) for seed in range(4000)]
    # E (Σ r x)² = Σ x² over valid pixels, a mean over the three weights of each filter.
    expected = float((image.square() * valid).sum()) / 3
    assert np.mean(drawn, axis=0) == pytest.approx([expected, expected], rel=0.1)


def test_scores_of_drawn_labels() -> None:
    task = CATALOGUE["segment_semantic"]
    logits = torch.randn(1, 17, 3, 3)
    drawn = drawn_score(task, logits, 0)
    assert drawn.shape == logits.shape
    torch.testing.assert_close(drawn.sum(1), torch.zeros(1, 3, 3), atol=1e-6, rtol=0)
    one_hot = drawn + logits.softmax(1)
    assert one_hot.amax(1) == pytest.approx(torch.ones(1, 3, 3), abs=1e-5)
    image = CATALOGUE["class_scene"]
    assert drawn_score(image, torch.randn(1, 365), 0).shape == (1, 365)
    torch.testing.assert_close(drawn_score(task, logits, 0), drawn)


@given(SEEDS)
def test_laws_of_the_similarity(seed: int) -> None:
    one, two = np.random.default_rng(seed).exponential(size=(2, 6))
    assert similarity(one, 40 * one) == pytest.approx(1)
    assert similarity(one, two) == pytest.approx(similarity(two, one))
    assert similarity(3 * one, two) == pytest.approx(similarity(one, two))
    assert 0 <= similarity(one, two) <= 1


def test_no_filter_in_common_and_none_at_all() -> None:
    assert similarity(np.array([1.0, 0.0, 0.0]), np.array([0.0, 2.0, 0.0])) == 0
    assert np.isnan(similarity(np.zeros(3), np.ones(3)))
