"""Killed at any moment and run again, a study ends as if nothing had happened."""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import duckdb
import pytest

from specbench.results import Results

KILLS = 200 if os.environ.get("SPECBENCH_LONG_TESTS") else 8
STUDY = """\
[study]
seeds = [0, 1]
[data]
kind = "rooms"
image_size = 16
pixels = 64
train_images = 4
val_images = 2
test_images = 2
[tasks.depth_zbuffer]
[tasks.normal]
[networks]
width = 4
features = 8
decoder.width = 4
[training]
epochs = 3
batch_size = 2
[scores.td]
[scores.ias]
[scores.rsa]
"""
# What may differ between two ways to the same results.
FREE = {"created", "seconds", "host", "device", "attempts", "images_per_second", "error"}

READER = """
import pathlib, sys, time
import duckdb
path, stop = map(pathlib.Path, sys.argv[1:])
options = {"read_only": True, "config": {"enable_external_access": "false"}}
held = duckdb.connect(str(path), **options)
first = held.execute("SELECT count(*) FROM jobs").fetchall()
views = [name for (name,) in held.execute(
    "SELECT view_name FROM duckdb_views() WHERE NOT internal").fetchall()]
times = 0
while not stop.exists():
    # A copy under another name: one process may not open a file anew while it holds it.
    now = duckdb.connect()
    now.execute(f"ATTACH '{path.parent}/./{path.name}' AS published (READ_ONLY)")
    for view in views:
        now.execute(f"SELECT * FROM published.{view}").fetchall()
    now.close()
    assert held.execute("SELECT count(*) FROM jobs").fetchall() == first
    times += 1
    time.sleep(0.2)
print(times)
"""


def start(folder: Path) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "specbench", "run", "tiny.toml", "--device", "cpu"]
    with (folder / "output").open("ab") as output:
        return subprocess.Popen(
            [*command, "--workers", "2"],
            cwd=folder,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )


def finish(folder: Path) -> None:
    process = start(folder)
    assert process.wait(300) == 0, (folder / "output").read_text()


@pytest.fixture(scope="module")
def undisturbed(shared: Any) -> Any:
    """A folder with the study done at one go."""

    def make(folder: Path) -> None:
        (folder / "tiny.toml").write_text(STUDY)
        finish(folder)

    return shared("undisturbed", make)


@pytest.fixture
def begun(undisturbed: Path, tmp_path: Path) -> Path:
    """A folder with the study and its rendered rooms, and nothing else done."""
    folder = tmp_path / "study"
    folder.mkdir()
    shutil.copy(undisturbed / "tiny.toml", folder)
    results = Results.at(undisturbed / "results")
    for key in results.done():
        if results.read(key)["kind"] == "rooms":
            shutil.copytree(results.folder(key), folder / "results" / key)
    return folder


def content(folder: Path) -> dict[str, list[tuple[Any, ...]]]:
    """Return all views, without what may differ."""
    with duckdb.connect(str(folder / "results" / "specbench.duckdb"), read_only=True) as store:
        found = {}
        names = store.execute("SELECT view_name FROM duckdb_views() WHERE NOT internal").fetchall()
        for (view,) in names:
            columns = [row[0] for row in store.execute(f"DESCRIBE {view}").fetchall()]
            free = FREE | ({"reason"} if view == "jobs" else set())
            kept = ", ".join(column for column in columns if column not in free)
            found[view] = store.execute(f"SELECT {kept} FROM {view} ORDER BY ALL").fetchall()
        return found


def state(folder: Path) -> dict[str, tuple[int, int]]:
    """Return inode and time of change of every finished job's result."""
    results = Results.at(folder / "results")
    stats = {key: (results.folder(key) / "result.json").stat() for key in results.done()}
    return {key: (stat.st_ino, stat.st_mtime_ns) for key, stat in stats.items()}


def starts_after_the_end(folder: Path) -> list[str]:
    """Return keys that the journal started again after it had seen them done."""
    done, again = set(), []
    journal = folder / "results" / "studies" / "tiny" / "journal.jsonl"
    for line in journal.read_text().splitlines():
        event = json.loads(line)
        if event["event"] == "done":
            done.add(event["key"])
        elif event["event"] == "started" and event["key"] in done:
            again.append(event["key"])
    return again


def watch(folder: Path) -> subprocess.Popen[str]:
    """Start a reader that keeps the published store open until a file `stop` appears."""
    store = folder / "results" / "specbench.duckdb"
    command = [sys.executable, "-c", READER, str(store), str(folder / "stop")]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def test_killed_at_random_moments(undisturbed: Path, begun: Path) -> None:
    rng = random.Random(KILLS)
    finished: dict[str, tuple[int, int]] = {}
    reader, killed = None, 0
    expected = len(Results.at(undisturbed / "results").done())
    while killed < KILLS:
        if len(state(begun)) == expected:  # all done: lose something, so that there is work
            for key in rng.sample(sorted(finished), len(finished) // 2):
                shutil.rmtree(begun / "results" / key)
                del finished[key]
            (begun / "results" / "studies" / "tiny" / "journal.jsonl").unlink()
        process = start(begun)
        # A run lasts longer than the fixed part: most kills fall into work, some into the start.
        time.sleep(rng.uniform(0.3, 7.0))
        if process.poll() is None:
            killed += 1
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        now = state(begun)
        assert {key: now.get(key) for key in finished} == finished, "a finished job is kept"
        finished = now
        if reader is None and (begun / "results" / "specbench.duckdb").exists():
            reader = watch(begun)
    finish(begun)
    assert {key: state(begun)[key] for key in finished} == finished
    assert starts_after_the_end(begun) == []
    assert content(begun) == content(undisturbed)
    assert not list((begun / "results").glob(".making/*"))
    reader = reader or watch(begun)
    (begun / "stop").touch()
    said, complaint = reader.communicate(timeout=60)
    assert reader.returncode == 0, complaint
    assert int(said) >= 0


def test_a_second_run_does_nothing(undisturbed: Path) -> None:
    before = state(undisturbed)
    finish(undisturbed)
    assert state(undisturbed) == before
    output = (undisturbed / "output").read_text().splitlines()
    assert any("(0 in this run), 0 failed, 0 blocked" in line for line in output[-2:])
