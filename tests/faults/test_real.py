"""A disk that is really full or read-only, memory that really runs out: where a test may make one.

A file system of a few megabytes on a loop device, and a control group with little memory; both need
root. Elsewhere these skip, and test_disk.py and tests/scheduler/test_local.py stand in for them.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import time
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from faults.conftest import RUN, Place

MEGABYTES = 48
MEMORY = 400_000_000
GROUPS = Path("/sys/fs/cgroup")


def ran(*words: object) -> bool:
    """Run a command of the system; tell whether it is there and succeeded."""
    command = [str(word) for word in words]
    if shutil.which(command[0]) is None:
        return False
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


@pytest.fixture
def disk(place: Place) -> Iterator[Path]:
    """A small file system, mounted where the study's results go."""
    image, folder = place.folder / "disk.img", place.results.root
    folder.mkdir()
    image.touch()
    os.truncate(image, MEGABYTES * 1_000_000)
    if not (ran("mkfs.ext4", "-q", "-F", image) and ran("mount", "-o", "loop", image, folder)):
        pytest.skip("needs root, mkfs.ext4 and a loop device to mount")
    yield folder
    assert ran("umount", folder), "nothing works there any more"


def fill(disk: Path, room: int) -> Path:
    """Fill a disk but for ``room`` bytes; return the file that takes the place."""
    ballast = disk / "ballast"
    free = shutil.disk_usage(disk).free
    os.posix_fallocate(handle := os.open(ballast, os.O_WRONLY | os.O_CREAT), 0, free - room)
    os.close(handle)
    return ballast


@pytest.mark.parametrize("room", [0, 100_000, 4_000_000, 12_000_000])
def test_a_full_disk_is_said_and_costs_nothing_that_is_done(
    undisturbed: Any, place: Any, disk: Path, room: int
) -> None:
    ballast = fill(disk, room)
    assert place.run(*RUN) == 1
    said = place.output()
    assert "No space left on device" in said or "cannot be written" in said, said
    before = place.kept()
    ballast.unlink()
    place.finish()
    assert {key: place.kept()[key] for key in before} == before
    assert place.content() == undisturbed.content()
    assert place.started_after_the_end() == []


COMMANDS = [RUN, ("store", "rebuild"), ("store", "check"), ("gc",)]


def test_a_disk_that_is_read_only_is_named_and_can_be_read(
    undisturbed: Any, place: Any, disk: Path
) -> None:
    shutil.copytree(undisturbed.results.root, disk, dirs_exist_ok=True)
    assert ran("mount", "-o", "remount,ro", disk)
    before = place.kept()
    for command in COMMANDS:
        assert place.run(*command) == 1
        assert "results" in (said := place.output())
        assert "Read-only file system" in said
    for command in (("sql", "SELECT 1"), ("status",), ("plan", "tiny.toml")):
        assert place.run(*command) == 0, place.output()
    assert place.kept() == before
    assert place.content() == undisturbed.content()


@pytest.fixture
def group() -> Iterator[Path]:
    """A control group with little memory, of either version."""
    limits = {"memory/{}": "memory.limit_in_bytes", "{}": "memory.max"}
    for place, limit in limits.items():
        folder = GROUPS / place.format(f"specbench-{uuid.uuid4().hex[:8]}")
        try:
            folder.mkdir()
        except OSError:
            continue
        try:
            (folder / limit).write_text(str(MEMORY))
        except OSError:  # a group without a say in memory
            folder.rmdir()
            continue
        yield folder
        until = time.monotonic() + 60
        while (folder / "cgroup.procs").read_text() and time.monotonic() < until:
            time.sleep(0.1)  # whoever was killed is still going
        folder.rmdir()
        return
    pytest.skip("needs root and a control group that limits memory")


def test_a_worker_killed_for_memory_is_said_to_be_and_runs_again_if_asked(
    undisturbed: Any, place: Any, group: Path
) -> None:
    (place.folder / "faults.json").write_text('{"hog": "constant"}')
    assert place.run(*RUN, fault=f"group:{group}") == 1
    said = place.output()
    assert "21 jobs done (23 in this run), 2 failed, 0 blocked" in said
    assert "out of memory: the system killed the worker process (signal 9); use fewer" in said
    (place.folder / "faults.json").unlink()
    assert place.run("run", "tiny.toml", "--device", "cpu") == 1, "not by itself"
    assert "failed jobs run again with --retry-failed" in place.output()
    place.finish()
    assert place.content() == undisturbed.content()
