"""What the commands print, and how they end."""

from __future__ import annotations

import csv
import io
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

SLOW = """\
[data]
kind = "rooms"
image_size = 16
pixels = 64
train_images = 200
val_images = 1
test_images = 1
views_per_building = 200
[tasks.normal]
[tasks.depth_zbuffer]
[training]
batch_size = 2
"""


@pytest.fixture
def filled(made_up: Any, runner: Any, write: Any, rooms_text: str) -> Any:
    """A results folder beside the spec with the small study done."""
    shutil.copytree(made_up(tiny=rooms_text).root, runner.results.root)
    write()
    return runner


def test_check_says_what_is_in_a_study(write: Any, specbench: Any) -> None:
    done = specbench("check", str(write()))
    assert done.returncode == 0
    assert "study 'tiny' is valid; tasks: 3, seeds: 2, conditions: 1, scores: 3" in done.stdout


def test_plan_prints_grid_reasons_and_json(filled: Any, specbench: Any) -> None:
    drawn = specbench("plan", "tiny.toml", "--why", "--set", "training.epochs=3")
    assert drawn.returncode == 0
    assert "training.epochs: 2 → 3" in drawn.stdout
    told = specbench("plan", "tiny.toml", "--json")
    assert len(json.loads(told.stdout)["jobs"]) == 37


def test_status_counts_jobs_and_names_failures(
    study: Any, runner: Any, fake: Any, specbench: Any
) -> None:
    runner(study(), fake(fails=lambda ticket: ticket.kind == "constant"))
    done = specbench("status")
    assert done.returncode == 0
    lines = [line.split() for line in done.stdout.splitlines()]
    assert ["tiny", "network", "20", "0", "0", "0", "0"] in lines
    assert ["tiny", "constant", "0", "0", "0", "3", "0"] in lines
    assert sum(line.startswith("failed ") for line in done.stdout.splitlines()) == 3
    assert specbench("status", "tiny").stdout == done.stdout
    wrong = specbench("status", "tinny")
    assert wrong.returncode == 1
    assert "study 'tinny' is not in the store; it holds: tiny" in wrong.stderr


def test_a_report_is_asked_for_by_file_or_by_name(
    study: Any, runner: Any, fake: Any, specbench: Any, tmp_path: Path
) -> None:
    runner(study(), fake(fails=lambda ticket: ticket.kind == "constant"))
    for word in ("tiny.toml", "tiny"):
        done = specbench("report", word, "--formats", "csv", "--out", f"by_{word}")
        assert done.returncode == 0, done.stderr
        assert (tmp_path / f"by_{word}" / "tiny" / "data" / "losses.csv").is_file()
    wrong = specbench("report", "tinny")
    assert wrong.returncode == 1
    assert "'tinny' is no file; the store holds tiny" in wrong.stderr


def test_logs_are_found_by_the_beginning_of_a_key(filled: Any, specbench: Any) -> None:
    for key in ("ab" + "0" * 18, "ac" + "0" * 18):
        path = filled.results.log(key)
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(f"hello from {key} ".encode() + b"\xff\n")
    found = specbench("logs", "ab")
    assert found.returncode == 0
    assert found.stdout.startswith("hello from ab")
    assert "2 jobs have logs whose key starts with 'a'" in specbench("logs", "a").stderr
    none = specbench("logs", "zz")
    assert none.returncode == 1
    assert "no job has a log whose key starts with 'zz'; specbench plan" in none.stderr


def test_sql_prints_a_table_csv_or_json(filled: Any, specbench: Any) -> None:
    query = "SELECT score, count(*) AS n FROM scores GROUP BY score ORDER BY score"
    table = specbench("sql", query)
    assert table.stdout.splitlines() == [
        "score   n",
        "-----  --",
        "ias    12",
        "rsa    12",
        "td     12",
        "(3 rows)",
    ]
    rows = list(csv.reader(io.StringIO(specbench("sql", query, "--format", "csv").stdout)))
    assert rows == [["score", "n"], ["ias", "12"], ["rsa", "12"], ["td", "12"]]
    found = json.loads(specbench("sql", query, "--format", "json").stdout)
    assert found[0] == {"score": "ias", "n": 12}


@pytest.mark.parametrize(
    "query", ["SELEC 1", "SELECT * FROM gain", "DELETE FROM job", "SELECT 'a'::INT", "SELECT 1/"]
)
def test_sql_fails_without_a_traceback(filled: Any, specbench: Any, query: str) -> None:
    done = specbench("sql", query)
    assert done.returncode == 1
    assert done.stderr.startswith("the query failed: ")
    assert "Traceback" not in done.stderr


def test_an_interrupted_query_is_an_interrupt(monkeypatch: Any) -> None:
    from specbench import cli

    def interrupted(**options: Any) -> None:
        raise RuntimeError("Query interrupted")

    monkeypatch.setattr(cli.group, "main", interrupted)
    with pytest.raises(SystemExit) as caught:
        cli.main()
    assert caught.value.code == 130


def test_nothing_to_query_is_said(specbench: Any) -> None:
    for words in (["sql", "SELECT 1"], ["status"], ["report"]):
        done = specbench(*words)
        assert done.returncode == 1
        assert "no store yet; run a study first" in done.stderr


def test_scores_and_schema_are_listed(specbench: Any) -> None:
    lines = specbench("scores").stdout.splitlines()
    assert {line.split()[0] for line in lines[1:] if line} >= {"td", "ias", "rsa"}
    assert json.loads(specbench("schema").stdout)["title"] == "specbench study"


def test_wrong_use_ends_with_2(write: Any, specbench: Any) -> None:
    path = str(write())
    for words in (["run"], ["run", path, "--workers", "0"], ["frobnicate"], ["sql"]):
        assert specbench(*words).returncode == 2
    no_gpu = {**os.environ, "CUDA_VISIBLE_DEVICES": ""}
    done = specbench("run", path, "--device", "cuda", env=no_gpu)
    assert done.returncode == 2
    assert done.stderr.startswith("--device cuda: no CUDA device is visible")


def test_a_folder_that_cannot_be_written_is_no_traceback(write: Any, specbench: Any) -> None:
    done = specbench("run", str(write()), "--results", "/proc/nowhere")
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert "/proc/nowhere" in done.stderr


def test_output_nobody_reads_is_no_error(filled: Any, tmp_path: Path) -> None:
    query = "SELECT * FROM range(100000)"
    command = f'"{sys.executable}" -m specbench sql "{query}" --format csv | head -1; '
    done = subprocess.run(
        ["bash", "-c", command + "exit ${PIPESTATUS[0]}"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout == "range\n"
    assert done.stderr == ""


class Running:
    """A run in a process group of its own."""

    def __init__(self, folder: Path, *words: str) -> None:
        self.folder = folder
        command = [sys.executable, "-m", "specbench", "run", "slow.toml", "--device", "cpu", *words]
        self.process = subprocess.Popen(
            command,
            cwd=folder,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )

    def until(self, what: Any, seconds: float = 60) -> None:
        end = time.monotonic() + seconds
        while not what():
            assert time.monotonic() < end, "it did not come to it"
            assert self.process.poll() is None
            time.sleep(0.05)

    def rendering(self) -> bool:
        """Tell whether the slow building's job has begun."""
        logs = (self.folder / "results" / "logs").glob("*.log")
        return any("rooms" in path.read_text() for path in logs)

    def wait(self, seconds: float = 60) -> tuple[int, str]:
        output, _ = self.process.communicate(timeout=seconds)
        return self.process.returncode, output


@pytest.fixture
def running(tmp_path: Path) -> Any:
    """Start runs of a study that renders for long; end them all."""
    (tmp_path / "slow.toml").write_text(SLOW)
    started: list[Running] = []

    def run(*words: str) -> Running:
        started.append(Running(tmp_path, *words))
        return started[-1]

    yield run
    for one in started:
        if one.process.poll() is None:
            os.killpg(one.process.pid, signal.SIGKILL)
        one.process.communicate()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_run_ends_with_130_and_frees_the_folder(
    running: Any, specbench: Any, number: int
) -> None:
    run = running()
    run.until(run.rendering)
    second = specbench("run", "slow.toml")
    assert second.returncode == 3, "one run per results folder"
    assert f"study 'slow' (process {run.process.pid} on " in second.stderr
    # In a terminal an interrupt goes to the workers too.
    os.killpg(run.process.pid, number)
    code, output = run.wait()
    assert code == 130, output
    assert "Traceback" not in output
    states = specbench("sql", "SELECT DISTINCT state FROM jobs ORDER BY 1", "--format", "csv")
    assert "running" not in states.stdout
    assert "waiting" in states.stdout


def test_a_worker_that_is_killed_fails_its_job_and_names_its_log(
    running: Any, specbench: Any
) -> None:
    run = running("--workers", "1", "--fail-fast")
    run.until(run.rendering)

    def workers() -> list[int]:
        found = subprocess.run(
            ["ps", "-o", "pid=", "--ppid", str(run.process.pid)],
            capture_output=True,
            text=True,
            check=False,
        )
        return [int(word) for word in found.stdout.split()]

    run.until(workers)
    os.kill(workers()[0], signal.SIGKILL)
    code, output = run.wait()
    assert code == 1
    assert "killed by signal 9 (SIGKILL)" in output
    key = output.split("specbench logs ")[1][:20]
    assert f"rooms {key}" in specbench("logs", key).stdout
    assert "failed jobs run again with --retry-failed" in output
