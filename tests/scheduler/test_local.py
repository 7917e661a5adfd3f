"""The local executor: processes that live, die and stammer."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from typing import Any

import pytest

from specbench.jobs.ticket import Ticket
from specbench.results import Results
from specbench.scheduler.devices import Slot, cores, slots, visible_gpus
from specbench.scheduler.executor import Event
from specbench.scheduler.local import LocalExecutor
from specbench.scheduler.memory import memory_kills


@pytest.fixture
def executor() -> Iterator[LocalExecutor]:
    made = LocalExecutor([Slot("cpu")] * 2)
    yield made
    made.close()


def ticket(key: str, root: Any, kind: str = "rooms", **content: Any) -> Ticket:
    return Ticket(key, kind, {"kind": kind, **content}, {}, str(root))


def ended(executor: Any, count: int = 1, seconds: float = 60) -> dict[str, Event]:
    """Wait for jobs to end; return their last events by key."""
    found: dict[str, Event] = {}
    until = time.monotonic() + seconds
    while len(found) < count and time.monotonic() < until:
        event = executor.next(0.2)
        if event is not None and event.word in ("done", "failed"):
            found[event.key] = event
    assert len(found) == count, f"ended: {found}"
    return found


def test_a_job_that_raises_is_an_event_and_the_process_goes_on(
    executor: Any, tmp_path: Any
) -> None:
    for key in ("a" * 20, "b" * 20, "c" * 20):
        executor.submit(ticket(key, tmp_path), False)  # a building without a seed
        event = ended(executor)[key]
        assert (event.word, event.details["error"]) == ("failed", "KeyError: 'seed'")
        assert "Traceback" in Results.at(tmp_path).log(key).read_text()
    assert len([worker for worker in executor._workers if worker._process]) == 1


def process_of(executor: Any, key: str) -> Any:
    return next(w._process for w in executor._workers if key in w._keys)


def test_a_process_that_dies_fails_its_job_alone(executor: Any, tmp_path: Any) -> None:
    slow = {"seed": 0, "building": "train_0000", "views": 500, "pixels": 64}
    one, two = "1" * 20, "2" * 20
    for key in (one, two):
        executor.submit(ticket(key, tmp_path, **slow), False)
    assert not executor.free(False)
    while executor.next(0.5) is None:
        pass
    os.kill(process_of(executor, one).pid, signal.SIGKILL)
    event = ended(executor)[one]
    assert event.details["died"]
    assert "killed by signal 9 (SIGKILL)" in event.details["error"]
    assert executor.free(False), "the slot is free again"
    executor.submit(ticket("3" * 20, tmp_path), False)
    assert ended(executor)["3" * 20].word == "failed", "a new process took the next ticket"
    os.kill(process_of(executor, two).pid, signal.SIGTERM)
    assert "killed by signal 15" in ended(executor)[two].details["error"]
    assert Results.at(tmp_path).done() == set()


def test_a_process_that_died_while_idle_is_replaced(executor: Any, tmp_path: Any) -> None:
    executor.submit(ticket("1" * 20, tmp_path), False)
    ended(executor)
    process = executor._workers[0]._process
    process.kill()
    process.wait()
    executor.submit(ticket("2" * 20, tmp_path), False)
    assert ended(executor)["2" * 20].details["error"] == "KeyError: 'seed'"


def test_a_process_that_dies_just_when_it_is_given_a_job_fails_it_by_an_event(
    tmp_path: Any,
) -> None:
    executor = LocalExecutor([Slot("cpu")])
    executor.submit(ticket("1" * 20, tmp_path), False)
    ended(executor)
    process = executor._workers[0]._process
    assert process is not None
    assert process.stdin is not None
    process.stdin.close()  # as the listener of a process does that it has seen dying
    executor.submit(ticket("2" * 20, tmp_path), False)
    assert ended(executor)["2" * 20].details["died"]
    executor.close()


def test_what_a_dead_process_had_is_read_before_another_ticket_can_come(
    tmp_path: Any, monkeypatch: Any
) -> None:
    executor = LocalExecutor([Slot("cpu")])
    held: list[bool] = []

    def count() -> int:
        held.append(executor._workers[0]._lock.locked())
        return 0

    monkeypatch.setattr("specbench.scheduler.local.memory_kills", count)
    slow = {"seed": 0, "building": "train_0000", "views": 500, "pixels": 64}
    executor.submit(ticket("1" * 20, tmp_path, **slow), False)
    os.kill(process_of(executor, "1" * 20).pid, signal.SIGKILL)
    ended(executor)
    assert held == [True, True], "at the start of the job, and at the death of its process"
    executor.close()


def test_an_interrupt_never_reaches_a_process_however_young(executor: Any, tmp_path: Any) -> None:
    executor.submit(ticket("1" * 20, tmp_path), False)
    process = executor._workers[0]._process
    while executor.events.empty() and process.poll() is None:
        process.send_signal(signal.SIGINT)
        time.sleep(0.001)
    assert ended(executor)["1" * 20].details["error"] == "KeyError: 'seed'"


def test_close_ends_all_processes(tmp_path: Any) -> None:
    executor = LocalExecutor([Slot("cpu")] * 2)
    slow = {"seed": 0, "building": "train_0000", "views": 500, "pixels": 64}
    for key in ("1" * 20, "2" * 20):
        executor.submit(ticket(key, tmp_path, **slow), False)
    processes = [worker._process for worker in executor._workers]
    executor.close()
    assert all(process.poll() is not None for process in processes)
    assert executor.next(0.01) is None, "what was cut off is no failure"


def test_a_job_over_the_limit_is_killed_and_says_so(tmp_path: Any) -> None:
    executor = LocalExecutor([Slot("cpu")], limit=0.5)
    slow = {"seed": 0, "building": "train_0000", "views": 500, "pixels": 64}
    executor.submit(ticket("1" * 20, tmp_path, **slow), False)
    event = ended(executor)["1" * 20]
    assert "it took longer than 0.5 s and was killed" in event.details["error"]
    assert executor.free(False), "the slot is free again"
    executor.limit = None
    executor.submit(ticket("2" * 20, tmp_path), False)
    assert ended(executor)["2" * 20].details["error"] == "KeyError: 'seed'", "in a new process"
    executor.close()


@pytest.mark.parametrize(
    ("counts", "expected"),
    [([3, 4], "out of memory: the system killed"), ([3, 3], "killed by signal 9 (SIGKILL)"),
     ([None, None], "killed by signal 9 (SIGKILL)"), ([None, 1], "killed by signal 9 (SIGKILL)")],
)  # fmt: skip
def test_out_of_memory_is_said_only_where_the_count_rose(
    tmp_path: Any, monkeypatch: Any, counts: list[Any], expected: str
) -> None:
    given = iter(counts)
    monkeypatch.setattr("specbench.scheduler.local.memory_kills", lambda: next(given))
    executor = LocalExecutor([Slot("cpu")])
    slow = {"seed": 0, "building": "train_0000", "views": 500, "pixels": 64}
    executor.submit(ticket("1" * 20, tmp_path, **slow), False)
    os.kill(process_of(executor, "1" * 20).pid, signal.SIGKILL)
    assert expected in ended(executor)["1" * 20].details["error"]
    executor.close()


@pytest.mark.parametrize(
    ("groups", "files", "expected"),
    [
        ("0::/a/b\n", {"a/b/memory.events": "oom 5\noom_kill 2\n"}, 2),
        ("0::/gone\n", {"memory.events": "oom_kill 7\n"}, 7),
        ("5:cpu,memory:/x\n", {"memory/x/memory.oom_control": "under_oom 0\noom_kill 1\n"}, 1),
        ("5:cpu:/x\n1:name=systemd:/x\n", {"memory.events": "oom_kill 3\n"}, None),
        ("0::/\n", {"memory.events": "oom_kill many\n"}, None),
        ("0::/\n", {}, None),
        ("nonsense\n", {}, None),
    ],
)
def test_the_count_is_read_from_either_version_of_control_groups(
    tmp_path: Any, groups: str, files: dict[str, str], expected: int | None
) -> None:
    (tmp_path / "cgroup").write_text(groups)
    for name, text in files.items():
        path = tmp_path / "mount" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    assert memory_kills(tmp_path / "cgroup", tmp_path / "mount") == expected
    assert memory_kills(tmp_path / "none", tmp_path / "mount") is None


def test_a_log_that_cannot_be_written_fails_the_job_in_words(executor: Any, tmp_path: Any) -> None:
    (tmp_path / "logs").write_text("no folder")
    executor.submit(ticket("1" * 20, tmp_path), False)
    assert "no log can be written: " in ended(executor)["1" * 20].details["error"]


class Stammering:
    """A process that prints half an event and dies."""

    def __init__(self, key: str) -> None:
        self.code = f"import sys; sys.stdin.readline(); print('{{\"key\": \"{key}', end='')"


def test_half_an_event_is_no_hang(tmp_path: Any, monkeypatch: Any) -> None:
    key = "f" * 20
    real = subprocess.Popen

    def popen(command: Any, **options: Any) -> Any:
        return real([sys.executable, "-c", Stammering(key).code], **options)

    monkeypatch.setattr("specbench.scheduler.local.subprocess.Popen", popen)
    executor = LocalExecutor([Slot("cpu")])
    executor.submit(ticket(key, tmp_path), False)
    event = ended(executor)[key]
    assert event.details["error"] == "the worker process ended with exit status 0"
    executor.close()


def test_a_worker_ends_when_its_scheduler_is_gone(tmp_path: Any) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "specbench.jobs.worker"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    slow = {"seed": 0, "building": "train_0000", "views": 500, "pixels": 64}
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(ticket("1" * 20, tmp_path, **slow).line())
    process.stdin.flush()
    assert process.stdout.readline()
    process.stdin.close()
    assert process.wait(20) == 0
    process.stdout.close()


def test_data_jobs_leave_the_gpus_to_the_others() -> None:
    executor = LocalExecutor([Slot("cuda", "0"), Slot("cpu")])
    assert executor.free(True)
    assert executor.free(False)
    assert LocalExecutor([Slot("cpu")]).free(True), "without a GPU everything runs on the CPU"


def test_slots_of_this_machine(monkeypatch: Any) -> None:
    assert slots("cpu", None) == [Slot("cpu")] * cores()
    assert slots("cpu", 3) == [Slot("cpu")] * 3
    monkeypatch.setattr("specbench.scheduler.devices.visible_gpus", lambda: ["0", "1"])
    assert slots("auto", 2)[:4] == [Slot("cuda", gpu) for gpu in "0011"]
    assert slots("auto", None)[2:] == [Slot("cpu")] * cores()


def test_a_slot_fixes_its_device_and_its_threads() -> None:
    assert Slot("cuda", "1").environment()["CUDA_VISIBLE_DEVICES"] == "1"
    environment = Slot("cpu").environment()
    assert environment["CUDA_VISIBLE_DEVICES"] == ""
    assert environment["OMP_NUM_THREADS"] == "1"


def test_gpus_are_counted_by_the_driver(tmp_path: Any, monkeypatch: Any) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "0,1")
    assert visible_gpus() == [], "a variable alone makes no GPU"
    tool = tmp_path / "nvidia-smi"
    tool.write_text("#!/bin/sh\necho 'GPU 0: one'\necho '  MIG 1'\necho 'GPU 1: two'\n")
    tool.chmod(0o755)
    assert visible_gpus() == ["0", "1"]
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "1")
    assert visible_gpus() == ["1"]
    for hidden in ("", "-1"):
        monkeypatch.setenv("CUDA_VISIBLE_DEVICES", hidden)
        assert visible_gpus() == []
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES")
    assert visible_gpus() == ["0", "1"]
