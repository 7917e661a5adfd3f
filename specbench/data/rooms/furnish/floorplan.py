"""Where furniture may stand: a room's floor and walls with what is taken."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np

from specbench.data.rooms.shapes import Piece, Shape, moved

Generator = np.random.Generator
Interval = tuple[float, float, float, float]
TRIES = 40


@dataclass(frozen=True)
class Pose:
    """A place for a piece: position, height and yaw; ``wall`` is its wall, -1 in the open."""

    x: float
    y: float
    z: float
    yaw: float
    wall: int = -1

    def put(self, piece: Piece) -> Piece:
        """Return ``piece`` moved here."""
        return moved(piece, self.x, self.y, self.z, self.yaw)

    def beside(self, x: float, y: float, z: float = 0.0) -> Pose:
        """Return the pose shifted by (x, y, z) in its own frame."""
        cos, sin = math.cos(self.yaw), math.sin(self.yaw)
        return Pose(
            self.x + cos * x - sin * y, self.y + sin * x + cos * y, self.z + z, self.yaw, self.wall
        )


@dataclass
class FloorPlan:
    """A room of ``width`` (x) by ``depth`` (y) metres and ``height``, being furnished.

    Wall w is met by walking along -y, +x, +y, -x for w = 0..3; a piece against it has yaw
    w * 90 degrees. Places along a wall are metres from its middle, to the right of a piece that
    stands with its back to it.
    """

    width: float
    depth: float
    height: float
    shapes: list[Shape] = field(default_factory=list)
    taken: list[tuple[float, float, float, float]] = field(default_factory=list)
    marks: list[list[Interval]] = field(default_factory=lambda: [[], [], [], []])

    def wall_length(self, wall: int) -> float:
        """Return the length of a wall."""
        return self.width if wall % 2 == 0 else self.depth

    def wall_pose(self, wall: int, place: float, gap: float, z: float = 0.0) -> Pose:
        """Return the pose ``gap`` metres before a wall, its back to it."""
        reach = (self.depth if wall % 2 == 0 else self.width) / 2
        return Pose(0, 0, 0, wall * math.pi / 2, wall).beside(place, gap - reach, z)

    def free(self, pose: Pose, width: float, depth: float, margin: float = 0.03) -> bool:
        """Return whether a footprint lies inside the room and on free floor."""
        x, y, half_x, half_y = self._footprint(pose, width, depth)
        return self.inside(pose, width, depth) and not any(
            abs(x - cx) < half_x + hx + margin and abs(y - cy) < half_y + hy + margin
            for cx, cy, hx, hy in self.taken
        )

    def inside(self, pose: Pose, width: float, depth: float) -> bool:
        """Return whether a footprint lies inside the room, whatever stands there."""
        x, y, half_x, half_y = self._footprint(pose, width, depth)
        return abs(x) + half_x < self.width / 2 + 0.01 and abs(y) + half_y < self.depth / 2 + 0.01

    def _footprint(
        self, pose: Pose, width: float, depth: float
    ) -> tuple[float, float, float, float]:
        cos, sin = abs(math.cos(pose.yaw)), abs(math.sin(pose.yaw))
        half_x, half_y = (cos * width + sin * depth) / 2, (sin * width + cos * depth) / 2
        return pose.x, pose.y, half_x, half_y

    def take(self, pose: Pose, width: float, depth: float) -> None:
        """Mark a footprint as taken."""
        self.taken.append(self._footprint(pose, width, depth))

    def add(self, pose: Pose, piece: Piece) -> None:
        """Put a piece into the room without asking whether the place is free."""
        self.shapes += pose.put(piece)

    def clear_wall(self, wall: int, low: float, high: float, bottom: float, top: float) -> bool:
        """Return whether a rectangle of a wall is free of windows, doors and hung things."""
        return not any(
            low < right and high > left and bottom < up and top > down
            for left, right, down, up in self.marks[wall]
        )

    def against(
        self,
        rng: Generator,
        width: float,
        depth: float,
        height: float,
        walls: tuple[int, ...] = (0, 1, 2, 3),
        front: float = 0.0,
    ) -> Pose | None:
        """Return and take a free place with the back to a wall, or None.

        The piece must not cover a window or a door; ``front`` metres before it must be free, but
        are not taken.
        """
        for _ in range(TRIES):
            wall = int(walls[rng.integers(len(walls))])
            room = (self.wall_length(wall) - width) / 2
            if room < 0:
                continue
            place = float(rng.uniform(-room, room))
            pose = self.wall_pose(wall, place, depth / 2 + 0.02)
            grown = pose.beside(0, front / 2)
            if not self.clear_wall(wall, place - width / 2, place + width / 2, 0, height):
                continue
            if self.free(grown, width, depth + front - 0.03):
                self.take(pose, width, depth)
                self.mark(wall, place, width, 0, height)
                return pose
        return None

    def mark(self, wall: int, place: float, width: float, bottom: float, top: float) -> None:
        """Mark a rectangle of a wall as taken."""
        self.marks[wall].append((place - width / 2, place + width / 2, bottom, top))

    def hang(
        self,
        rng: Generator,
        width: float,
        bottom: float,
        top: float,
        walls: tuple[int, ...] = (0, 1, 2, 3),
    ) -> Pose | None:
        """Return and take a free place on a wall, its origin at mid-height, or None."""
        for _ in range(TRIES):
            wall = int(walls[rng.integers(len(walls))])
            room = (self.wall_length(wall) - width) / 2 - 0.1
            if room < 0:
                continue
            place = float(rng.uniform(-room, room))
            if self.clear_wall(wall, place - width / 2, place + width / 2, bottom, top):
                self.mark(wall, place, width, bottom, top)
                return self.wall_pose(wall, place, 0.0, (bottom + top) / 2)
        return None

    def open_floor(self, rng: Generator, width: float, depth: float, margin: float) -> Pose | None:
        """Return and take a free place away from the walls, or None."""
        for _ in range(TRIES):
            yaw = float(rng.integers(4)) * math.pi / 2
            room_x, room_y = self.width / 2 - margin, self.depth / 2 - margin
            pose = Pose(
                float(rng.uniform(-room_x, room_x)), float(rng.uniform(-room_y, room_y)), 0, yaw
            )
            if self.free(pose, width, depth):
                self.take(pose, width, depth)
                return pose
        return None
