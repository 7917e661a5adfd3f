"""A disk that is full, a folder that cannot be written, jobs that hang: said, made good later."""

from __future__ import annotations

from typing import Any

import pytest
from faults.conftest import RUN


@pytest.mark.parametrize("most", [200, 20_000, 300_000])
def test_a_disk_that_is_full_keeps_what_is_done(undisturbed: Any, place: Any, most: int) -> None:
    assert place.run(*RUN, fault=f"small:{most}") == 1
    said = place.output()
    assert "File too large" in said or "cannot be written" in said
    before = place.kept()
    place.finish()
    assert {key: place.kept()[key] for key in before} == before
    assert place.content() == undisturbed.content()
    assert place.started_after_the_end() == []


def test_a_job_that_finds_the_disk_full_fails_alone(undisturbed: Any, place: Any) -> None:
    (place.folder / "faults.json").write_text('{"full": "constant"}')
    assert place.run(*RUN) == 1
    said = place.output()
    assert "21 jobs done (23 in this run), 2 failed, 0 blocked" in said
    assert "No space left on device" in said
    before = place.kept()
    (place.folder / "faults.json").unlink()
    place.finish()
    assert {key: place.kept()[key] for key in before} == before
    assert place.content() == undisturbed.content()


@pytest.mark.parametrize("command", [RUN, ("store", "rebuild"), ("store", "check"), ("gc",)])
def test_a_folder_that_is_read_only_is_named_and_left_alone(
    done: Any, command: tuple[str, ...]
) -> None:
    before = done.kept()
    assert done.run(*command, fault="read-only") == 1
    assert "results" in (said := done.output())
    assert "Read-only file system" in said
    assert done.kept() == before


def test_reading_works_in_a_read_only_folder(done: Any) -> None:
    for command in (("sql", "SELECT 1"), ("status",), ("plan", "tiny.toml")):
        assert done.run(*command, fault="read-only") == 0, done.output()


def test_a_job_that_hangs_is_ended_and_the_others_go_on(undisturbed: Any, place: Any) -> None:
    (place.folder / "faults.json").write_text('{"hang": "constant"}')
    assert place.run(*RUN, "--job-timeout", "1") == 1
    said = place.output()
    assert "21 jobs done (23 in this run), 2 failed, 0 blocked" in said
    assert "it took longer than 1 s and was killed" in said
    before = place.kept()
    (place.folder / "faults.json").unlink()
    place.finish()
    assert {key: place.kept()[key] for key in before} == before
    assert place.content() == undisturbed.content()
