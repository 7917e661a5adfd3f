"""What `plan` prints, for a person and for a program."""

from __future__ import annotations

from typing import Any

import pytest

from specbench.scheduler.drawing import draw, reasons, si, to_json
from specbench.scheduler.survey import survey


@pytest.fixture
def surveyed(study: Any, runner: Any) -> Any:
    def surveyed(*words: str) -> Any:
        return survey(study(*words), runner.results)

    return surveyed


def test_the_grid_before_the_first_run(surveyed: Any) -> None:
    text = draw(surveyed())
    lines = text.splitlines()
    assert lines[0] == "tiny: 3 tasks × 3 scores × 1 condition × 2 seeds"
    assert lines[1] == "tasks: depth_zbuffer, edge_texture, normal"
    assert "condition base" in lines
    (pairs,) = (line.split() for line in lines if line.startswith("  2 tasks at capacity 1"))
    assert pairs[5] == "6"
    assert pairs[-2:] == ["0", "6"]
    (trainings,) = (line.split() for line in lines if line.startswith("  train a network"))
    assert trainings[3:] == ["20", "0", "20", "0", "0"]
    assert lines[-1].startswith("to run: 37 jobs")


def test_nothing_to_run_after_a_run(study: Any, runner: Any, surveyed: Any) -> None:
    runner(study())
    assert draw(surveyed()).splitlines()[-1] == "nothing to run: 37 of 37 jobs done"
    assert reasons(surveyed()).splitlines()[-1] == "  every job is done"


def test_what_has_changed_is_named(study: Any, runner: Any, surveyed: Any, rooms_text: str) -> None:
    runner(study())
    text = reasons(surveyed(rooms_text.replace("epochs = 2", "epochs = 3")))
    changed = [line for line in text.splitlines() if "train a network" in line]
    assert len(changed) == 20
    assert all(line.endswith(": changed: training.epochs: 2 → 3") for line in changed)
    new = reasons(surveyed(rooms_text.replace("[0, 1]", "[0, 1, 2]")))
    assert all(line.endswith(": never run") for line in new.splitlines() if "seed 2" in line)


def test_failed_and_blocked_jobs_say_why(study: Any, runner: Any, fake: Any, surveyed: Any) -> None:
    runner(study(), fake(fails=lambda ticket: ticket.kind == "network"))
    lines = reasons(surveyed()).splitlines()
    failed = [line for line in lines if "--retry-failed runs it again: as the test wants" in line]
    blocked = [line for line in lines if line.endswith("needs a job that failed")]
    assert (len(failed), len(blocked)) == (20, 4)


def test_absent_data_is_said(surveyed: Any, arrays_text: str) -> None:
    text = draw(surveyed(arrays_text))
    assert "the data is not packed yet" in text
    assert "known after packing" in text


def test_many_conditions_are_cut_short(surveyed: Any, rooms_text: str) -> None:
    values = list(range(2, 62))
    text = draw(surveyed(f'{rooms_text}[conditions.axes]\n"training.epochs" = {values}\n'))
    assert "… and 20 more conditions" in text


def test_json_holds_jobs_and_cells(study: Any, runner: Any, surveyed: Any) -> None:
    before = to_json(surveyed())
    assert before["study"] == "tiny"
    assert {job["state"] for job in before["jobs"]} == {"waiting"}
    assert len(before["jobs"]) == 37
    runner(study())
    after = to_json(surveyed())
    assert {job["state"] for job in after["jobs"]} == {"done"}
    known = {job["key"] for job in after["jobs"]}
    for job in after["jobs"]:
        assert set(job["needs"]) <= known
        assert job["conditions"] == ["base"]
    assert {cell["key"] for cell in after["networks"]} <= known


def test_a_plan_changes_nothing(surveyed: Any, runner: Any) -> None:
    draw(surveyed())
    assert not runner.results.root.exists()


@pytest.mark.parametrize(
    ("number", "text"),
    [(0, "0"), (999, "999"), (1000, "1 k"), (1234567, "1.23 M"), (999.9e9, "1 T"), (5e18, "5 E")],
)
def test_numbers_with_prefixes(number: float, text: str) -> None:
    assert si(number) == text
