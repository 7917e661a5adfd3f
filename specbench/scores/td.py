"""TD, taxonomical distance: how far apart two tasks stand in Taskonomy's similarity tree.

Used as a score by Azorin et al. 2023 (arXiv 2301.02873); the tree is read off the figure of
transferring-out patterns of Zamir et al. 2018 (arXiv 1804.08328).
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import ClassVar

from specbench.scores.contract import (
    Needs,
    Pair,
    PairScore,
    Score,
    Scored,
    ScoreInputs,
    State,
    ordered_pairs,
)
from specbench.tasks.catalogue import Task

# A leaf is a task; a tuple is an inner node.
_Tree = str | tuple["_Tree", ...]
TREE: _Tree = (
    "denoising",
    (
        (
            ("segment_semantic", ("class_object", "class_scene")),
            (
                ("room_layout", "vanishing_point"),
                (
                    (
                        ("point_matching", ("egomotion", "camera_pose_fixated")),
                        ("random_projection", ("jigsaw", "camera_pose_nonfixated")),
                    ),
                    (
                        "edge_texture",
                        (
                            ("autoencoding", "keypoints2d"),
                            ("segment_unsup2d", ("colorization", "inpainting")),
                        ),
                    ),
                ),
            ),
        ),
        (
            "normal",
            (
                ("segment_unsup25d", ("principal_curvature", "keypoints3d")),
                (("depth_zbuffer", "depth_euclidean"), ("edge_occlusion", "reshading")),
            ),
        ),
    ),
)


class TaxonomicalDistance(Score):
    """Minus the number of edges between two tasks in the tree of Zamir et al."""

    name: ClassVar = "td"
    title: ClassVar = "taxonomical distance"
    family: ClassVar = "model-agnostic"
    symmetric: ClassVar = True
    needs: ClassVar = Needs.NOTHING
    version: ClassVar = 1
    source: ClassVar = "Azorin et al. 2023, arXiv 2301.02873; tree of Zamir et al. 2018"
    cost: ClassVar = "0"
    form: ClassVar = "minus the edges between two leaves"

    def undefined(self, tasks: Mapping[str, Task]) -> dict[Pair, str]:
        """Return the pairs with a task that the tree does not hold."""
        known = paths()
        reasons = {}
        for pair in ordered_pairs(tasks):
            strangers = [name for name in pair if leaf(tasks[name]) not in known]
            if strangers:
                reasons[pair] = f"{' and '.join(strangers)} not in the tree of Zamir et al. 2018"
        return reasons

    def compute(self, inputs: ScoreInputs) -> Scored:
        """Read the distances off the tree; costs nothing."""
        undefined = self.undefined(inputs.tasks)
        pairs = {
            pair: PairScore(None, State.UNDEFINED, undefined[pair])
            if pair in undefined
            else PairScore(-float(distance(*(leaf(inputs.tasks[name]) for name in pair))))
            for pair in ordered_pairs(inputs.tasks)
        }
        return Scored(pairs, macs=0.0)


def leaf(task: Task) -> str:
    """Return the tree's name of a task: its domain, or `autoencoding` for the input itself."""
    return "autoencoding" if task.kind == "reconstruction" else task.domain


def distance(first: str, second: str) -> int:
    """Return the number of edges between two leaves of the tree."""
    known = paths()
    one, two = known[first], known[second]
    shared = next(
        (i for i, (a, b) in enumerate(zip(one, two, strict=False)) if a != b),
        min(len(one), len(two)),
    )
    return len(one) + len(two) - 2 * shared


@cache
def paths() -> dict[str, tuple[int, ...]]:
    """Return the way from the root to every leaf, as the child taken at each node."""
    found: dict[str, tuple[int, ...]] = {}

    def descend(node: _Tree, way: tuple[int, ...]) -> None:
        if isinstance(node, str):
            found[node] = way
            return
        for index, child in enumerate(node):
            descend(child, (*way, index))

    descend(TREE, ())
    return found
