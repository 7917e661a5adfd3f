"""TD against the tree and the distances that Azorin et al. 2023 print."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from specbench.scores.contract import PairScore, State
from specbench.scores.td import TaxonomicalDistance, distance, paths
from specbench.tasks.catalogue import CATALOGUE
from specbench.testing.probes import make_inputs
from specbench.testing.scores import ScoreContract

PRINTED = {
    ("segment_semantic", "keypoints2d"): 8,
    ("segment_semantic", "edge_texture"): 6,
    ("segment_semantic", "depth_zbuffer"): 8,
    ("segment_semantic", "normal"): 5,
    ("keypoints2d", "edge_texture"): 4,
    ("keypoints2d", "depth_zbuffer"): 12,
    ("keypoints2d", "normal"): 9,
    ("edge_texture", "depth_zbuffer"): 10,
    ("edge_texture", "normal"): 7,
    ("depth_zbuffer", "normal"): 5,
}


class TestContract(ScoreContract):
    score = TaxonomicalDistance()


@pytest.mark.parametrize("pair", PRINTED)
def test_distances_are_those_printed(pair: tuple[str, str]) -> None:
    assert distance(*pair) == distance(*reversed(pair)) == PRINTED[pair]


def test_it_is_a_metric_on_a_tree() -> None:
    leaves = list(paths())
    assert len(leaves) == 26
    for a in leaves:
        assert distance(a, a) == 0
        for b in leaves:
            assert a == b or distance(a, b) >= 2
            # Four points of a tree: the two larger sums of distances are equal.
            for c in leaves[::5]:
                for d in leaves[::7]:
                    sums = sorted(
                        (
                            distance(a, b) + distance(c, d),
                            distance(a, c) + distance(b, d),
                            distance(a, d) + distance(b, c),
                        )
                    )
                    assert sums[1] == sums[2]


def test_a_task_outside_the_tree_is_undefined_with_its_name(tmp_path: Path) -> None:
    score = TaxonomicalDistance()
    inputs = make_inputs(tmp_path, score, ("normal", "depth_zbuffer"))
    mine = dataclasses.replace(CATALOGUE["normal"], name="mine", domain="leaf area")
    found = score.compute(dataclasses.replace(inputs, tasks={**inputs.tasks, "mine": mine})).pairs
    reason = "mine not in the tree of Zamir et al. 2018"
    for pair in found:
        expected = PairScore(None, State.UNDEFINED, reason) if "mine" in pair else PairScore(-5.0)
        assert found[pair] == expected


def test_a_task_is_known_by_its_domain() -> None:
    score = TaxonomicalDistance()
    renamed = dataclasses.replace(CATALOGUE["normal"], name="tilt")
    tasks = {"tilt": renamed, "autoencoding": CATALOGUE["autoencoding"]}
    assert score.undefined(tasks) == {}
