"""One pass for all scores of features: the same values as alone, and the same costs."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from specbench.jobs.score import _timed
from specbench.nets.network import Network
from specbench.scores import passes
from specbench.scores.cka import CentredKernelAlignment
from specbench.scores.contract import Score, ScoreInputs
from specbench.scores.h_score import HScore
from specbench.scores.ias import InputAttributionSimilarity
from specbench.scores.logme import LogME
from specbench.scores.passes import PASSES, Collector
from specbench.scores.registry import SCORES
from specbench.scores.rsa import RepresentationSimilarity
from specbench.testing.probes import make_inputs
from specbench.training.weights import load_weights, save_weights

SHARERS: list[Score] = [
    InputAttributionSimilarity(),
    RepresentationSimilarity(),
    CentredKernelAlignment(),
    LogME(),
    HScore(),
]


@pytest.fixture(autouse=True)
def _nothing_kept() -> Iterator[None]:
    PASSES.clear()
    yield
    PASSES.clear()


@pytest.fixture
def encoded(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Sizes of the batches that any encoder was fed."""
    sizes: list[int] = []
    plain = Collector.encode

    def counting(self: Collector, net: Network, images: object) -> object:
        sizes.append(len(images))  # type: ignore[arg-type]
        return plain(self, net, images)  # type: ignore[arg-type]

    monkeypatch.setattr(Collector, "encode", counting)
    return sizes


def for_score(inputs: ScoreInputs, score: Score) -> ScoreInputs:
    return dataclasses.replace(inputs, settings=score.settings({}))


def test_the_scores_that_share_say_so() -> None:
    assert {score.name for score in SCORES.values() if score.passes} == {s.name for s in SHARERS}


@pytest.mark.parametrize("first", SHARERS, ids=lambda score: score.name)
def test_values_and_costs_are_those_alone(tmp_path: Path, first: Score, encoded: list[int]) -> None:
    inputs = make_inputs(tmp_path, first)
    first.compute(inputs)
    passed = len(encoded)
    assert passed == len(inputs.networks)
    for score in SHARERS:
        given = for_score(inputs, score)
        together = score.compute(given)
        if score.name != "ias":
            assert len(encoded) == passed, "no further pass"
        kept = PASSES._kept
        PASSES._kept = {}
        assert score.compute(given) == together
        PASSES._kept = kept
        del encoded[passed:]


def test_what_was_saved_is_among_the_seconds(tmp_path: Path) -> None:
    inputs = make_inputs(tmp_path, SHARERS[1])
    PASSES.features(inputs, "normal")
    (kept,) = PASSES._kept.values()
    (source,) = PASSES._kept
    PASSES._kept[source] = kept._replace(seconds=1000.0)
    _, seconds = _timed(SHARERS[1], inputs)
    assert 1000 < seconds < 1100
    _, seconds = _timed(SHARERS[1], for_score(inputs, SHARERS[1]))
    assert seconds > 1000, "whoever takes them later answers for them too"


def test_other_images_other_weights_other_features(tmp_path: Path, encoded: list[int]) -> None:
    inputs = make_inputs(tmp_path, SHARERS[1])
    few = dataclasses.replace(inputs, settings=SHARERS[1].settings({"images": 5}))
    assert len(PASSES.features(inputs, "normal").maps) == 12
    assert len(PASSES.features(few, "normal").maps) == 5
    one = PASSES.features(inputs, "normal").averaged
    weights = inputs.networks["normal"].weights
    state = {name: 2 * tensor for name, tensor in load_weights(weights).items()}
    save_weights(weights, state)
    two = PASSES.features(inputs, "normal").averaged
    assert not np.array_equal(one, two)
    assert encoded == [12, 5, 12], "the file is another one now"


def test_too_much_is_not_kept_and_computed_again(
    tmp_path: Path, encoded: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    inputs = make_inputs(tmp_path, SHARERS[0])
    plain = [score.compute(for_score(inputs, score)) for score in SHARERS]
    one_pass = len(encoded)
    PASSES.clear()
    monkeypatch.setattr(passes, "MOST_BYTES", 1000)
    assert [score.compute(for_score(inputs, score)) for score in SHARERS] == plain
    assert len(encoded) == one_pass + one_pass * len(SHARERS)
    assert not PASSES._kept


def test_networks_that_are_gone_are_let_go(tmp_path: Path) -> None:
    for place in ("one", "two"):
        PASSES.features(make_inputs(tmp_path / place, SHARERS[1]), "normal")
    assert [source.weights[0].parent.name for source in PASSES._kept] == ["two"]
