"""Two runs and two studies in one folder, and readers who never let go."""

from __future__ import annotations

import os
import signal
import time
from typing import Any

import duckdb
from faults.conftest import RUN, STUDY

from specbench.store.database import open_published


def began(place: Any) -> None:
    """Wait until a run has begun to work."""
    until = time.monotonic() + 60
    while not list(place.results.root.glob("logs/*.log")):
        assert time.monotonic() < until
        time.sleep(0.01)


def test_the_second_of_two_runs_names_the_first_or_waits(undisturbed: Any, place: Any) -> None:
    faults = place.folder / "faults.json"
    faults.write_text('{"hang": "constant"}')
    first = place.start(place.folder, list(RUN), "")
    began(place)
    assert place.run(*RUN) == 3
    said = place.output()
    assert f"study 'tiny' (process {first.pid} on " in said
    assert "is running here; wait for it with --wait" in said
    for command in (("store", "check"), ("store", "rebuild"), ("gc", "--yes")):
        assert place.run(*command) == 3
    second = place.start(place.folder, [*RUN, "--wait"], "")
    while "waiting for it to end" not in (place.folder / "output").read_text():
        time.sleep(0.01)
    faults.unlink()
    os.killpg(first.pid, signal.SIGKILL)
    first.join()
    assert place.end(second) == 0
    assert place.started_after_the_end() == []
    assert place.content() == undisturbed.content()


def test_two_studies_in_one_folder_run_one_after_the_other(undisturbed: Any, place: Any) -> None:
    (place.folder / "other.toml").write_text(STUDY.replace("[0, 1]", "[1, 2]"))
    words = [word.replace("tiny", "other") for word in RUN]
    runs = [place.start(place.folder, [*one, "--wait"], "") for one in (RUN, words)]
    assert [place.end(run) for run in runs] == [0, 0], place.output()
    starts = [
        line
        for name in ("tiny", "other")
        for line in (place.results.study(name) / "journal.jsonl").read_text().splitlines()
        if '"started"' in line
    ]
    assert len(starts) == len(place.results.done()), "no job is done twice"
    with open_published(place.results) as store:
        counts = store.execute("SELECT study, count(*) FROM networks GROUP BY ALL ORDER BY ALL")
        assert counts.fetchall() == [("other", 10), ("tiny", 10)]
    assert place.run("store", "check") == 0, place.output()


def test_readers_never_let_go_and_disturb_nobody(undisturbed: Any, place: Any) -> None:
    run = place.start(place.folder, list(RUN), "")
    held: list[tuple[duckdb.DuckDBPyConnection, Any]] = []
    seen = set()
    query = "SELECT state, count(*) FROM jobs GROUP BY ALL ORDER BY ALL"
    while run.exitcode is None:
        path = place.results.store
        if path.exists() and path.stat().st_ino not in seen:
            seen.add(path.stat().st_ino)
            # A name of its own: one process may not open a file anew while it holds it.
            os.link(path, name := place.folder / f"held-{len(held)}.duckdb")
            store = duckdb.connect(str(name), read_only=True)
            held.append((store, store.execute(query).fetchall()))
        time.sleep(0.005)
    assert run.exitcode == 0
    assert held
    for store, first in held:
        assert store.execute(query).fetchall() == first, "it goes on seeing what it opened"
        store.close()
    assert place.content() == undisturbed.content()
