"""The scores read off traces: the laws of scores, and closed forms of what rows mean."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from specbench.scores.contract import ScoreInputs, State, Trace, Trained
from specbench.scores.cs import CosineSimilarity
from specbench.scores.etap import GradientAffinity
from specbench.scores.gs import GradientSimilarity
from specbench.scores.gt import GradientTransference
from specbench.scores.tag import InterTaskAffinity
from specbench.scores.transference import GroupTransference
from specbench.tasks.catalogue import CATALOGUE
from specbench.testing.scores import ScoreContract, values

NAMES = ("depth_zbuffer", "edge_texture", "normal")


class TestGradientSimilarity(ScoreContract):
    score = GradientSimilarity()


class TestGradientTransference(ScoreContract):
    score = GradientTransference()


class TestInterTaskAffinity(ScoreContract):
    score = InterTaskAffinity()


class TestCosineSimilarity(ScoreContract):
    score = CosineSimilarity()


class TestGradientAffinity(ScoreContract):
    score = GradientAffinity()


class TestGroupTransference(ScoreContract):
    score = GroupTransference()


def inputs(
    folder: Path, score: Any, columns: dict[str, Any], names: tuple[str, ...], **settings: Any
) -> ScoreInputs:
    """Return inputs whose one trace has the given columns."""
    network, path = "+".join(names), folder / "trace.npz"
    np.savez(path, **{name: np.asarray(value, float) for name, value in columns.items()})
    result = {
        "rows": len(columns["rate"]),
        "images": 8 * len(columns["rate"]),
        "macs": {"gradients": 100.0, "look_aheads": 20.0},
        "probe": {"look_aheads": ["own", "sgd"]},
    }
    return ScoreInputs(
        tasks={name: CATALOGUE[name] for name in names},
        networks={network: Trained({}, {"training_macs": 1000.0}, path)},
        data={},
        input="rgb",
        settings=score.settings(settings),
        device="cpu",
        report=lambda news: None,
        traces={network: Trace(result, path)},
    )


def two_rows(tasks: int = 2) -> dict[str, Any]:
    rng = np.random.default_rng(0)
    gradients = rng.normal(size=(2, tasks, 5))
    inner = gradients @ gradients.transpose(0, 2, 1)
    return {
        "rate": [0.1, 0.01],
        "loss": rng.uniform(1, 2, (2, tasks)),
        "inner": inner,
        "inner_weights": inner * 4 + np.eye(tasks),
        "after_sgd": rng.uniform(1, 2, (2, tasks, tasks)),
        "after_own": rng.uniform(1, 2, (2, tasks, tasks)),
    }


def test_transference_is_one_minus_the_ratio_of_losses(tmp_path: Path) -> None:
    columns, (a, b) = two_rows(), NAMES[:2]
    for score in (GradientTransference(), InterTaskAffinity()):
        for kind in ("sgd", "own"):
            after, before = columns[f"after_{kind}"], columns["loss"]
            plain = 1 - after[:, 1, 0] / before[:, 0]
            found = values(score.compute(inputs(tmp_path, score, columns, (a, b), optimizer=kind)))
            assert found[a, b] == pytest.approx(plain.mean())
            settings = {"optimizer": kind, "form": "per_lr"}
            found = values(score.compute(inputs(tmp_path, score, columns, (a, b), **settings)))
            assert found[a, b] == pytest.approx((plain / [0.1, 0.01]).mean())


def test_steps_too_small_for_float32_are_left_out_where_divided_by_their_size(
    tmp_path: Path,
) -> None:
    columns, (a, b) = two_rows(), NAMES[:2]
    columns["rate"] = [0.1, 1e-6]
    score = GradientTransference()
    plain = 1 - columns["after_sgd"][:, 1, 0] / columns["loss"][:, 0]
    found = values(score.compute(inputs(tmp_path, score, columns, (a, b), form="per_lr")))
    assert found[a, b] == pytest.approx(plain[0] / 0.1)
    found = values(score.compute(inputs(tmp_path, score, columns, (a, b))))
    assert found[a, b] == pytest.approx(plain.mean())


def test_a_cosine_is_that_of_the_gradients(tmp_path: Path) -> None:
    columns, pair = two_rows(), NAMES[:2]
    inner = columns["inner"]
    plain = inner[:, 0, 1] / np.sqrt(inner[:, 0, 0] * inner[:, 1, 1])
    for score in (GradientSimilarity(), CosineSimilarity()):
        found = values(score.compute(inputs(tmp_path, score, columns, pair)))
        assert found[pair] == found[pair[::-1]] == pytest.approx(plain.mean())
    score = CosineSimilarity()
    weights = values(score.compute(inputs(tmp_path, score, columns, pair, parameters="weights")))
    assert abs(weights[pair] or 0) < abs(found[pair] or 0)


@pytest.mark.parametrize(("sign", "cosine"), [(1.0, 1.0), (-1.0, -1.0)])
def test_equal_gradients_score_one_and_opposite_ones_minus_one(
    tmp_path: Path, sign: float, cosine: float
) -> None:
    columns, pair = two_rows(), NAMES[:2]
    norm = columns["inner"][:, 0, 0]
    columns["inner"] = norm[:, None, None] * np.array([[1, sign], [sign, 1]])
    for score in (GradientSimilarity(), CosineSimilarity()):
        found = values(score.compute(inputs(tmp_path, score, columns, pair)))
        assert found[pair] == pytest.approx(cosine)


def test_first_order_affinity_is_the_inner_product_over_the_loss(tmp_path: Path) -> None:
    columns, (a, b) = two_rows(), NAMES[:2]
    score = GradientAffinity()
    found = values(score.compute(inputs(tmp_path, score, columns, (a, b))))
    plain = columns["inner"][:, :1, 1] / columns["loss"]
    for number, pair in enumerate(((a, b), (b, a))):
        assert found[pair] == pytest.approx(plain[:, number].mean())


def test_moments_without_valid_labels_do_not_count(tmp_path: Path) -> None:
    columns, (a, b) = two_rows(), NAMES[:2]
    columns["loss"][0, 0] = np.nan
    score = InterTaskAffinity()
    found = score.compute(inputs(tmp_path, score, columns, (a, b)))
    last = 1 - columns["after_sgd"][1, 1, 0] / columns["loss"][1, 0]
    assert found.pairs[a, b].value == pytest.approx(last)
    columns["loss"][:] = np.nan
    undefined = score.compute(inputs(tmp_path, score, columns, (a, b))).pairs[a, b]
    assert undefined.state is State.UNDEFINED
    assert undefined.reason


def test_costs_are_those_of_the_score_alone(tmp_path: Path) -> None:
    costs = {}
    for score in (GradientSimilarity(), CosineSimilarity(), GradientTransference()):
        costs[score.name] = score.compute(inputs(tmp_path, score, two_rows(), NAMES[:2])).macs
    # Two kinds of look-ahead are in the trace; a score answers for its own.
    assert costs == {"gs": 1100, "cs": 1100, "gt": 1110}


def test_a_groups_value_is_that_of_a_step_for_its_other_members(tmp_path: Path) -> None:
    columns, score = two_rows(3), InterTaskAffinity()
    sets = [(0,), (1,), (2,), (0, 1), (0, 2), (1, 2), (0, 1, 2)]
    columns["after_sgd"] = np.random.default_rng(1).uniform(1, 2, (2, len(sets), 3))
    found = score.compute(inputs(tmp_path, score, columns, NAMES, groups=True))
    ratio = columns["after_sgd"] / columns["loss"][:, None]
    network = "+".join(NAMES)
    for target, others in ((0, (1, 2)), (1, (0, 2)), (2, (0, 1))):
        plain = (1 - ratio[:, sets.index(others), target]).mean()
        assert found.groups[NAMES[target], network] == pytest.approx(plain)
    assert set(found.groups) == {(name, network) for name in NAMES}
    assert not score.compute(inputs(tmp_path, score, columns, NAMES)).groups


def test_group_transference_is_what_a_groups_step_does_beyond_the_tasks_own(tmp_path: Path) -> None:
    columns, score = two_rows(3), GroupTransference()
    groups = [NAMES[:2], NAMES]
    columns["after_sgd"] = np.random.default_rng(1).uniform(1, 2, (2, 5, 3))
    given = inputs(tmp_path, score, columns, NAMES)
    (trace,) = given.traces.values()
    probe = score.probe(given.settings).along(score.sets(groups), NAMES)
    macs = {"gradients": 100.0, "look_aheads": 50.0, "single_look_aheads": 20.0}
    changed = Trace({**trace.result, "probe": probe.content(), "macs": macs}, trace.rows)
    given = dataclasses.replace(given, traces={"+".join(NAMES): changed}, groups=groups)
    found = score.compute(given)
    loss, after = columns["loss"], columns["after_sgd"]
    for number, name in enumerate(NAMES):
        plain = ((after[:, number, number] - after[:, 4, number]) / loss[:, number]).mean()
        assert found.groups[name, "+".join(NAMES)] == pytest.approx(plain)
    (a, b, c), row = NAMES, 3
    plain = ((after[:, 0, 0] - after[:, row, 0]) / loss[:, 0]).mean()
    assert found.pairs[a, b].value == pytest.approx(plain)
    assert found.pairs[a, c].state is State.UNDEFINED
    assert "no network of the pair" in found.pairs[a, c].reason
    assert found.macs == 1000 + 100 + 50
    tag = InterTaskAffinity()
    alone = tag.compute(dataclasses.replace(given, settings=tag.settings({})))
    assert alone.macs == 1000 + 100 + 20, "TAG does not pay for the steps of groups"
