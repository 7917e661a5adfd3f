"""Where a picture is taken from: random cameras that stand free and see furniture."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from specbench.data.rooms.render.pinhole import Pinhole, look
from specbench.data.rooms.scene import SEMANTIC, Scene
from specbench.data.rooms.shapes import Kind

CLEARANCE = 0.35
"""Metres that a camera keeps from walls and furniture."""

COARSE = 24
"""Side of the coarse picture by which a viewpoint is judged."""

ATTEMPTS = 14
GOOD = 0.36
"""A draw of this score is taken at once."""

ENOUGH = 0.36
"""The share of labelled pixels above which more earn nothing."""

SMALL = ("bottle", "book", "clock", "vase")
SMALL_WEIGHT = 0.35
"""Small things are everywhere, so they are aimed at less often than a class of furniture."""

NEAREST = 0.7
"""A picture should show little that is nearer than this, in metres."""


def choose_camera(scene: Scene, rng: np.random.Generator, pixels: int) -> Pinhole:
    """Return a camera at eye height, aimed at a piece of furniture; the best of a few draws."""
    best, best_score = None, -np.inf
    for _ in range(ATTEMPTS):
        camera = _draw(scene, rng, pixels)
        score = _score(scene, camera)
        if score > best_score:
            best, best_score = camera, score
        if score > GOOD:
            break
    assert best is not None
    return best


def _draw(scene: Scene, rng: np.random.Generator, pixels: int) -> Pinhole:
    """Draw one camera: a target among the labelled shapes, then a place to see it from."""
    labelled = np.flatnonzero(scene.label > 0)
    targets = labelled if len(labelled) else np.arange(len(scene))
    classes = np.unique(scene.label[targets])
    weight = np.array([SMALL_WEIGHT if SEMANTIC[kind] in SMALL else 1.0 for kind in classes])
    wanted = rng.choice(classes, p=weight / weight.sum())
    candidates = targets[scene.label[targets] == wanted]
    target = scene.centre[candidates[rng.integers(len(candidates))]].astype(np.float64)
    room = scene.room.size / 2 - CLEARANCE
    places = np.concatenate(
        [rng.uniform(-room[:2], room[:2], (8, 2)), rng.uniform(1.05, 1.7, (8, 1))], axis=1
    )
    distance = np.hypot(*(places[:, :2] - target[:2]).T)
    good = (distance > 1.0) & (distance < 3.0) & _free(scene, places)
    place = places[int(np.argmax(good)) if good.any() else int(np.argmax(distance))]
    away = target - place
    yaw = math.atan2(-away[0], away[1]) + rng.normal(0, 0.16)
    flat = math.hypot(away[0], away[1])
    pitch = 0.75 * math.atan2(away[2], flat) + rng.normal(0.0, 0.07)
    pitch = float(np.clip(pitch, -0.7, 0.3))
    fov = float(rng.uniform(math.radians(52), math.radians(75)))
    return look(place, yaw, pitch, float(rng.normal(0, 0.025)), fov, pixels)


def _free(scene: Scene, places: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Return which places (N, 3) keep clear of every solid."""
    solid = scene.kind != Kind.SHELL
    offset = places[:, None, :] - scene.centre[solid]
    local = np.einsum("sij,nsj->nsi", scene.axes[solid], offset)
    inside: NDArray[np.bool_] = (np.abs(local) < scene.half[solid] + CLEARANCE).all(2)
    return np.asarray(~inside.any(1))


def _score(scene: Scene, camera: Pinhole) -> float:
    """Return the share of labelled things in a coarse picture, less what is too near."""
    depth, label = coarse_view(scene, camera)
    close = float((depth < NEAREST).mean())
    shares = np.bincount(label, minlength=17)[1:] / len(label)
    kinds = int((shares > 0.01).sum())
    return float(min(shares.sum(), ENOUGH)) + 0.04 * kinds - 4 * close


def coarse_view(scene: Scene, camera: Pinhole) -> tuple[NDArray[np.float32], NDArray[np.uint8]]:
    """Return depth and class (COARSE^2,) with every solid taken as its box: quick, not exact."""
    small = Pinhole(camera.position, camera.axes, camera.field_of_view, COARSE)
    x, y = small.grid()
    rays = np.stack(np.broadcast_arrays(x, y, np.float32(1)), axis=-1).reshape(-1, 3)
    solid = np.flatnonzero(scene.kind != Kind.SHELL)
    steps = scene.axes[solid] @ camera.axes.T
    direction = np.einsum("sij,pj->sip", steps, rays) + np.float32(1e-7)
    origin = np.einsum("sij,sj->si", scene.axes[solid], camera.position - scene.centre[solid])
    middle = -origin[:, :, None] / direction
    reach = np.abs(scene.half[solid][:, :, None] / direction)
    near, far = (middle - reach).max(1), (middle + reach).min(1)
    near[(near > far) | (near < 0)] = np.inf
    nearest = near.argmin(0)
    depth = near[nearest, np.arange(near.shape[1])]
    label = np.where(np.isfinite(depth), scene.label[solid][nearest], 0)
    return depth, label.astype(np.uint8)
