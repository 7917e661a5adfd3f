"""RSA: invariances, and equality with a plain computation by scipy."""

from __future__ import annotations

import itertools
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from specbench.data.dataset import Dataset
from specbench.data.ids import read_ids
from specbench.scores.contract import State
from specbench.scores.rsa import (
    RepresentationSimilarity,
    _correlation,
    dissimilarity,
    dissimilarity_ranks,
)
from specbench.testing.probes import TASKS, make_inputs
from specbench.testing.scores import ScoreContract, values
from specbench.training.weights import load_network

SCORE = RepresentationSimilarity()
SEEDS = st.integers(0, 10_000)


class TestContract(ScoreContract):
    score = SCORE


def similarity(one: np.ndarray, two: np.ndarray) -> float:
    found = _correlation(dissimilarity_ranks(one), dissimilarity_ranks(two)).value
    assert found is not None
    return found


def plain(one: np.ndarray, two: np.ndarray) -> float:
    """Return the score as its definition reads, a pair of images at a time."""
    upper = []
    for features in (one, two):
        centred = features - features.mean(axis=0)
        pairs = itertools.combinations(centred, 2)
        upper.append([1 - stats.pearsonr(first, second)[0] for first, second in pairs])
    return float(stats.spearmanr(*upper)[0])


@settings(max_examples=25)
@given(SEEDS, st.integers(4, 9), st.integers(3, 6))
def test_equal_to_scipy(seed: int, images: int, width: int) -> None:
    rng = np.random.default_rng(seed)
    one, two = rng.normal(size=(2, images, width))
    assert similarity(one, two) == pytest.approx(plain(one, two), abs=1e-9)


@given(SEEDS)
def test_scale_and_shift_do_not_matter(seed: int) -> None:
    rng = np.random.default_rng(seed)
    one, two = rng.normal(size=(2, 7, 5))
    moved = 3.5 * one + rng.normal(size=5)
    assert similarity(one, one) == pytest.approx(1)
    assert similarity(moved, one) == pytest.approx(1)
    assert similarity(moved, two) == pytest.approx(similarity(one, two))


@given(SEEDS)
def test_rotations_of_centred_features_do_not_matter(seed: int) -> None:
    rng = np.random.default_rng(seed)
    one, two = rng.normal(size=(2, 7, 5))
    # Pearson over features takes their mean out: rotations that keep the mean direction.
    basis = np.linalg.qr(np.column_stack([np.ones(5), rng.normal(size=(5, 4))]))[0]
    turn = np.eye(5)
    turn[1:, 1:] = stats.ortho_group(4, seed=rng).rvs()
    rotated = one @ basis @ turn @ basis.T
    np.testing.assert_allclose(dissimilarity(rotated), dissimilarity(one), atol=1e-9)
    assert similarity(rotated, two) == pytest.approx(similarity(one, two), abs=1e-9)


def test_the_score_of_real_encoders_is_the_plain_one(tmp_path: Path) -> None:
    inputs = make_inputs(tmp_path, SCORE)
    ids = read_ids(inputs.data["ids"] / "val.ids")
    packed = Dataset.open({"rgb": inputs.data["rgb"]}, "val", ids).take("rgb", slice(None))
    from specbench.training.images import Images, open_split

    batch = Images(open_split({}, inputs.data, "val", "rgb"), {}, "cpu", source="rgb")
    images = next(iter(batch.batches(len(packed)))).images
    features = {}
    for name in TASKS:
        net = load_network(inputs.networks[name].content, inputs.networks[name].weights)
        with torch.inference_mode():
            features[name] = net.encoder(images).mean(dim=(2, 3)).double().numpy()
    found = values(SCORE.compute(inputs))
    for a, b in found:
        # Encoders of one seed start alike, so that their similarities are close to 1.
        assert found[a, b] == pytest.approx(plain(features[a], features[b]), abs=1e-3)


def test_constant_features_are_a_reason() -> None:
    varied = dissimilarity_ranks(np.random.default_rng(0).normal(size=(5, 4)))
    constant = dissimilarity_ranks(np.ones((5, 4)))
    found = _correlation(varied, constant)
    assert found.state is State.UNDEFINED
    assert "constant features" in found.reason
    alike = dissimilarity_ranks(np.array([[1.0, 0.0], [0.0, 1.0]]))
    assert _correlation(alike, alike).reason == "an encoder tells no two images apart"
