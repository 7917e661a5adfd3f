"""The tasks the project knows, as data: domain, loss, normalisation, head and metrics of each.

Light on purpose: planning a study reads this file and loads no torch.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Any

from specbench.data.celeba import ATTRIBUTES
from specbench.origin import Origin

VERSION = 1
"""Raise it when a task of unchanged fields starts to mean something else."""

OWN_LOSS = "own"
"""The loss of a task that the user's code defines (``specbench.tasks.own``)."""

LOSSES = {
    "regression": ("l1", "mse"),
    "normal": ("l1", "mse"),
    "reconstruction": ("l1", "mse"),
    "classes": ("cross_entropy",),
    "image_class": ("cross_entropy",),
    "value": ("l1", "mse"),
    "binary": ("bce",),
    "tags": ("cross_entropy",),
    "span": ("span",),
}
"""Kinds of task and the losses each can be trained with; the first is the default."""

METRICS = {
    "regression": ("l1", "abs_rel", "rmse", "delta_1.25"),
    "normal": ("mean_angle", "median_angle", "share_11.25", "l1"),
    "reconstruction": ("l1", "rmse"),
    "classes": ("miou", "pixel_accuracy"),
    "image_class": ("accuracy",),
    "value": ("r2", "mae", "rmse"),
    "binary": ("accuracy", "auroc", "average_precision"),
    "tags": ("accuracy", "f1_macro"),
    "span": ("squad_f1", "exact_match"),
}
"""Kinds of task and the metrics that can be measured on each."""

FURTHER_METRICS: dict[str, tuple[str, ...]] = {
    "image_class": ("f1_macro", "matthews"),
    "binary": ("f1_macro", "matthews"),
    "value": ("pearson",),
    "tags": ("f1_span",),
}
"""Those that are measured only where a task asks for them."""

HIGHER_IS_BETTER = {
    "miou": True,
    "pixel_accuracy": True,
    "accuracy": True,
    "delta_1.25": True,
    "share_11.25": True,
    "r2": True,
    "auroc": True,
    "average_precision": True,
    "f1_macro": True,
    "f1_span": True,
    "squad_f1": True,
    "exact_match": True,
    "matthews": True,
    "pearson": True,
    "abs_rel": False,
    "rmse": False,
    "mean_angle": False,
    "median_angle": False,
    "l1": False,
    "mae": False,
}

WHOLE = ("image_class", "value", "binary")
"""Kinds whose label belongs to a sample as a whole, not to its pixels."""


@dataclass(frozen=True)
class Task:
    """One thing to predict. The network sees ``(label - offset) / scale``.

    ``offset`` and ``scale`` are in the units of the domain (metres for depth, fractions of 65535
    for edges and key points). ``masked``: pixels outside mask_valid do not count. ``weight``
    multiplies the training loss only. ``channels`` is the label's, ``classes`` is 0 where the label
    is no class.
    """

    name: str
    domain: str
    kind: str
    loss: str
    channels: int = 1
    classes: int = 0
    offset: float = 0.0
    scale: float = 1.0
    masked: bool = False
    weight: float = 1.0
    metrics: tuple[str, ...] = ("l1",)
    code: Origin | None = None
    """The user's code that its loss and further metrics come from; None for all other tasks."""

    @property
    def outputs(self) -> int:
        """Channels of the network's output: one a class, else one a label channel."""
        return self.classes or self.channels

    @property
    def dense(self) -> bool:
        """Whether the label has a value per pixel rather than one per sample."""
        return self.kind not in WHOLE

    @property
    def is_class(self) -> bool:
        """Whether the label is a class index."""
        return self.classes > 0

    @property
    def categories(self) -> int:
        """How many kinds of label it tells apart: its classes, 2 where it is binary, else 0."""
        return 2 if self.kind == "binary" else self.classes

    def content(self) -> dict[str, Any]:
        """Return everything that changes a result, as plain JSON values."""
        # Not asdict, which copies each value: half the time of planning 10,000 jobs.
        fields = {**vars(self), "metrics": list(self.metrics), "version": VERSION}
        del fields["code"]
        return {**fields, "code": dataclasses.asdict(self.code)} if self.code else fields

    @classmethod
    def from_content(cls, content: dict[str, Any]) -> Task:
        """Return the task that `content` described; ValueError if another version wrote it."""
        if content["version"] != VERSION:
            raise ValueError(f"task of version {content['version']}, this program knows {VERSION}")
        fields = {key: value for key, value in content.items() if key != "version"}
        code = Origin(**fields["code"]) if "code" in fields else None
        return cls(**{**fields, "metrics": tuple(fields["metrics"]), "code": code})

    def as_input(self) -> Task:
        """Return what is left of the task where its label is only fed to a network."""
        loss = LOSSES[self.kind][0] if self.code else self.loss
        return dataclasses.replace(self, weight=1.0, metrics=(), loss=loss, code=None)


_LEVELS = 65535.0


def _depth(name: str) -> Task:
    return Task(
        name,
        name,
        "regression",
        "l1",
        offset=1500 / 512,
        scale=1000 / 512,
        masked=True,
        metrics=("abs_rel", "rmse", "delta_1.25"),
    )


# Standley et al. 2020 (their released loader): depth (level - 1500)/1000 with 512 levels a metre,
# key points (level - 50)/100, edges (level - 718)/1070, with 65535 levels to 1; normals as they
# are. The others are ours: occlusion edges like texture edges, but over 1000 levels and without an
# offset, since most of the picture is 0; values in 0..1 are brought to -1..1; 3D key points and
# curvature are spread over about 1.
_TASKS = (
    _depth("depth_zbuffer"),
    _depth("depth_euclidean"),
    Task(
        "normal",
        "normal",
        "normal",
        "l1",
        channels=3,
        masked=True,
        metrics=("mean_angle", "median_angle", "share_11.25"),
    ),
    Task(
        "segment_semantic",
        "segment_semantic",
        "classes",
        "cross_entropy",
        classes=17,
        metrics=("miou", "pixel_accuracy"),
    ),
    Task(
        "keypoints2d",
        "keypoints2d",
        "regression",
        "l1",
        offset=50 / _LEVELS,
        scale=100 / _LEVELS,
    ),
    Task(
        "edge_texture",
        "edge_texture",
        "regression",
        "l1",
        offset=718 / _LEVELS,
        scale=1070 / _LEVELS,
    ),
    Task("edge_occlusion", "edge_occlusion", "regression", "l1", scale=1000 / _LEVELS, masked=True),
    Task("keypoints3d", "keypoints3d", "regression", "l1", scale=0.25, masked=True),
    Task("reshading", "reshading", "regression", "l1", offset=0.5, scale=0.5, masked=True),
    Task(
        "principal_curvature",
        "principal_curvature",
        "regression",
        "l1",
        channels=2,
        scale=0.25,
        masked=True,
    ),
    Task(
        "class_scene",
        "class_scene",
        "image_class",
        "cross_entropy",
        classes=365,
        metrics=("accuracy",),
    ),
    Task(
        "mask_valid",
        "mask_valid",
        "classes",
        "cross_entropy",
        classes=2,
        metrics=("miou", "pixel_accuracy"),
    ),
    Task("autoencoding", "rgb", "reconstruction", "l1", channels=3, offset=0.5, scale=0.5),
)


def _of_image(name: str, classes: int) -> Task:
    """Return the task of one class an image."""
    return Task(name, name, "image_class", "cross_entropy", classes=classes, metrics=("accuracy",))


def _digit_alone(name: str) -> Task:
    return Task(name, name, "regression", "mse", offset=0.5, scale=0.5, metrics=("l1", "rmse"))


_DIGITS = (
    _of_image("digit_left", 10),
    _of_image("digit_right", 10),
    _of_image("digit_sum", 19),
    _of_image("parity_left", 2),
    _of_image("parity_right", 2),
    _of_image("larger", 3),
    _digit_alone("reconstruct_left"),
    _digit_alone("reconstruct_right"),
)

_FACES = tuple(Task(name, name, "binary", "bce", metrics=METRICS["binary"]) for name in ATTRIBUTES)

# 32 pixels are about 16 m (0.22 m between the cameras, a focal length of 2262 pixels).
_STREETS = (Task("disparity", "disparity", "regression", "l1", offset=32.0, scale=32.0),)

CATALOGUE: dict[str, Task] = {task.name: task for task in (*_TASKS, *_DIGITS, *_STREETS, *_FACES)}
"""Every task that needs no settings, by name."""
