"""The journal survives whatever kills its writer."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import pytest

from specbench.errors import StoreBusyError
from specbench.scheduler.journal import FILE, Journal, Record, read
from specbench.scheduler.lock import LOCK, exclusive
from specbench.scheduler.state import differences


def test_events_add_up_to_records(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "new")
    journal.write("started", "a", reason="never run")
    journal.write("failed", "a", error="boo\nhoo")
    journal.write("started", "a", reason="retried")
    journal.write("started", "b")
    journal.write("started", "c")
    journal.write("done", "c")
    journal.close()
    assert read(tmp_path / "new") == {
        "a": Record(2, "", "retried"),
        "b": Record(1),
        "c": Record(1, "done"),
    }
    assert read(tmp_path) == {}


def test_a_torn_last_line_is_cut_and_the_journal_goes_on(tmp_path: Path) -> None:
    journal = Journal(tmp_path)
    journal.write("started", "a")
    journal.write("done", "a")
    journal.close()
    whole = (tmp_path / FILE).read_bytes()
    for length in range(len(whole)):
        (tmp_path / FILE).write_bytes(whole[:length])
        read(tmp_path)
        again = Journal(tmp_path)
        again.write("started", "b")
        again.close()
        assert read(tmp_path)["b"] == Record(1)


@pytest.mark.parametrize(
    "line", ["5", "[]", "{}", '{"key": ["x"], "event": "done"}', "\xff", "null"]
)
def test_a_line_that_is_no_event_is_passed_over(tmp_path: Path, line: str) -> None:
    event = '{"event": "started", "key": "a"}\n'
    (tmp_path / FILE).write_bytes(f"{line}\n{event}".encode("latin-1"))
    assert read(tmp_path)["a"] == Record(1)


def test_a_second_run_is_told_who_holds_the_folder(tmp_path: Path) -> None:
    with exclusive(tmp_path, "study 'first'"), pytest.raises(StoreBusyError) as caught:
        exclusive(tmp_path, "second").__enter__()
    assert "study 'first' (process " in str(caught.value)
    assert caught.value.exit_code == 3
    with exclusive(tmp_path, "third"):
        pass


def test_a_second_run_waits_if_asked_and_says_for_whom(tmp_path: Path) -> None:
    said: list[str] = []
    order: list[str] = []

    def second() -> None:
        with exclusive(tmp_path, "study 'second'", wait=True, say=said.append):
            order.append("second")

    thread = threading.Thread(target=second)
    with exclusive(tmp_path, "study 'first'"):
        thread.start()
        while not said:
            time.sleep(0.01)
        order.append("first")
    thread.join()
    assert order == ["first", "second"]
    assert len(said) == 1
    assert "study 'first' (process " in said[0]
    assert said[0].endswith("; waiting for it to end")


def test_an_empty_lock_file_is_no_trouble(tmp_path: Path) -> None:
    with exclusive(tmp_path, "first"):
        (tmp_path / LOCK).write_text("")
        with pytest.raises(StoreBusyError, match="another process is running here"):
            exclusive(tmp_path, "second").__enter__()


def test_differences_name_paths_and_values() -> None:
    old = {"training": {"epochs": 2, "flip": True}, "seed": 0}
    new = {"training": {"epochs": 3, "flip": True}, "kind": "network", "seed": 0}
    assert differences(old, new) == ["kind: None → network", "training.epochs: 2 → 3"]
    assert differences(old, old) == []
