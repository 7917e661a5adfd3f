"""The laws of a run, on an executor that makes results up."""

from __future__ import annotations

import shutil
from typing import Any

import duckdb
import pytest

from specbench.plan.jobs import Kind
from specbench.scheduler import journal
from specbench.scheduler.survey import survey
from specbench.store.database import open_published
from specbench.store.ingest import ingest_jobs


def rows(runner: Any, query: str) -> list[tuple[Any, ...]]:
    with open_published(runner.results) as connection:
        return connection.execute(query).fetchall()


def test_a_run_does_every_job_once_and_a_second_run_none(study: Any, runner: Any) -> None:
    first = runner(study())
    keys = [key for ticket in runner.started for key in ticket.keys]
    assert len(keys) == len(set(keys)) == first.done == first.ran
    second = runner(study())
    assert (second.done, second.ran) == (first.done, 0)
    assert not runner.executors, "no executor is started for nothing"


def test_no_job_starts_before_its_needs_are_done(study: Any, runner: Any, fake: Any) -> None:
    class Strict(fake):
        def submit(self, ticket: Any, on_device: bool) -> None:
            done = runner.results.done()
            named = {**ticket.where.get("folders", {}), **ticket.where.get("networks", {})}
            assert set(named.values()) | set(ticket.where.get("roots", ())) <= done
            super().submit(ticket, on_device)

    assert runner(study(), Strict(slots=3)).ok


def test_long_trainings_start_first(study: Any, runner: Any, fake: Any) -> None:
    runner(study(), fake(slots=1))
    order = [len(t.content["tasks"]) for t in runner.started if t.kind == "network"]
    assert order == sorted(order, reverse=True)
    halves = [t.content["network"]["capacity"] for t in runner.started if t.kind == "network"]
    assert halves[-6:] == [0.5] * 6


SHARERS = "[scores.cka]\n[scores.logme]\n[scores.task2vec]\n"


def scoring(runner: Any) -> list[list[str]]:
    """Return the scores of every ticket that begins with one."""
    tickets = [ticket for ticket in runner.started if ticket.kind == "score"]
    return [[t.content["score"], *(o.content["score"] for o in t.also)] for t in tickets]


def test_scores_of_the_same_features_are_computed_one_after_another(
    study: Any, runner: Any, rooms_text: str
) -> None:
    assert runner(study(rooms_text + SHARERS)).ok
    found = sorted(scoring(runner), key=len)
    # td, task2vec and, for each of two seeds, attributions first: their pass leaves the features.
    assert sorted(one for (one,) in found[:-2]) == ["task2vec", "task2vec", "td"]
    for together in found[-2:]:
        assert together[0] == "ias"
        assert sorted(together) == ["cka", "ias", "logme", "rsa"]
    for ticket in runner.started:
        seeds = {seed for t in (ticket, *ticket.also) for seed in _networks(t)}
        assert not ticket.also or len(seeds) == 3, "one seed's three single nets"


def _networks(ticket: Any) -> set[str]:
    return set(ticket.where.get("networks", {}).values())


def test_scores_of_other_images_go_their_own_way(study: Any, runner: Any, rooms_text: str) -> None:
    assert runner(study(rooms_text + "[scores.cka]\nimages = 3\n")).ok
    assert ["cka"] in scoring(runner)


@pytest.mark.parametrize("name", ["ias", "cka"])
def test_a_score_that_fails_takes_none_with_it(
    study: Any, runner: Any, rooms_text: str, fake: Any, name: str
) -> None:
    def fails(ticket: Any) -> bool:
        return bool(ticket.content.get("score") == name)

    outcome = runner(study(rooms_text + SHARERS), fake(slots=1, fails=fails))
    assert (outcome.failed, outcome.blocked) == (2, 0)
    states = rows(runner, "SELECT state, count(*) FROM jobs WHERE kind = 'score' GROUP BY ALL")
    assert dict(states) == {"failed": 2, "done": 2 * 4 + 1}
    again = runner(study(rooms_text + SHARERS), retry_failed=True)
    assert (again.ok, again.ran) == (True, 2)


def test_a_failure_leaves_the_others_running_and_blocks_only_its_users(
    study: Any, runner: Any, fake: Any
) -> None:
    def fails(ticket: Any) -> bool:
        content = ticket.content
        return ticket.kind == "network" and [*content["tasks"]] == ["normal"]

    outcome = runner(study(), fake(fails=fails))
    assert not outcome.ok
    # Two seeds at two capacities fail; the scores that read the half-capacity nets are blocked.
    assert (outcome.failed, outcome.blocked) == (4, 4)
    states = dict(rows(runner, "SELECT state, count(*) FROM jobs GROUP BY state"))
    assert states == {"done": outcome.done, "failed": 4, "blocked": 4}
    errors = rows(runner, "SELECT DISTINCT error FROM jobs WHERE state = 'failed'")
    assert errors == [("as the test wants it",)]
    failed = [line for line in runner.display.said if "FAILED" in line]
    assert len(failed) == 4
    assert all("(specbench logs " in line for line in failed)


def test_failed_jobs_run_again_only_if_asked_to(study: Any, runner: Any, fake: Any) -> None:
    runner(study(), fake(fails=lambda ticket: ticket.kind == "constant"))
    again = runner(study())
    assert (again.ran, again.failed) == (0, 3)
    retried = runner(study(), retry_failed=True)
    assert (retried.ran, retried.failed) == (3, 0)
    assert retried.ok
    reasons = rows(runner, "SELECT DISTINCT reason, attempts FROM jobs WHERE kind = 'constant'")
    assert reasons == [("failed before, retried: as the test wants it", 2)]


def test_fail_fast_stops_at_the_first_failure(study: Any, runner: Any, fake: Any) -> None:
    outcome = runner(study(), fake(fails=lambda t: t.kind == "network"), fail_fast=True)
    assert not outcome.ok
    assert outcome.failed == 1
    assert runner.executors[0].closed
    running = rows(runner, "SELECT count(*) FROM jobs WHERE state = 'running'")
    assert running == [(0,)], "nothing is left running"


def test_an_interrupt_keeps_and_publishes_what_is_done(study: Any, runner: Any, fake: Any) -> None:
    class Interrupted(fake):
        def next(self, timeout: float) -> Any:
            if len(self.log) > 20:
                raise KeyboardInterrupt
            return super().next(timeout)

    executor = Interrupted()
    with pytest.raises(KeyboardInterrupt):
        runner(study(), executor)
    assert executor.closed
    done = runner.results.done()
    states = dict(rows(runner, "SELECT state, count(*) FROM jobs GROUP BY state"))
    assert states["done"] == len(done)
    assert "running" not in states
    before = {key: runner.results.folder(key).stat().st_ino for key in done}
    assert runner(study()).ok
    assert {key: runner.results.folder(key).stat().st_ino for key in done} == before


def test_what_was_cut_short_says_so(study: Any, runner: Any, fake: Any) -> None:
    class Interrupted(fake):
        def next(self, timeout: float) -> Any:
            if any(ticket.kind == "network" for ticket in self.log):
                raise KeyboardInterrupt
            return super().next(timeout)

    executor = Interrupted(slots=1)
    with pytest.raises(KeyboardInterrupt):
        runner(study(), executor)
    key = executor.log[-1].key
    standing = survey(study(), runner.results).standing[key]
    assert standing.reason == "cut short, starts again"
    runner.results.work(key).mkdir(parents=True)
    (runner.results.work(key) / "checkpoint.pt").touch()
    standing = survey(study(), runner.results).standing[key]
    assert standing.reason == "cut short, resumes from its checkpoint"


def test_adding_a_score_a_seed_or_a_condition_runs_only_what_is_new(
    study: Any, runner: Any, rooms_text: str
) -> None:
    without = rooms_text.replace("[scores.rsa]\n", "")
    runner(study(without))
    runner(study(rooms_text))
    assert [ticket.content["score"] for ticket in runner.started] == ["rsa", "rsa"]
    runner(study(rooms_text.replace("[0, 1]", "[0, 1, 2]")))
    assert {t.content.get("seed", 2) for t in runner.started} == {2}
    runner(study(rooms_text + '[conditions.axes]\n"training.epochs" = [2, 3]\n'))
    assert {t.content["training"]["epochs"] for t in runner.started if t.kind == "network"} == {3}
    assert {ticket.kind for ticket in runner.started} == {"network", "score"}


def test_reordering_the_spec_runs_nothing(study: Any, runner: Any, rooms_text: str) -> None:
    runner(study(rooms_text))
    sections = rooms_text.strip().split("\n\n")
    turned = "\n\n".join(reversed(sections)).replace("[0, 1]", "[1, 0]")
    tasks = "[tasks.depth_zbuffer]\n[tasks.edge_texture]\n[tasks.normal]"
    assert tasks in turned
    turned = turned.replace(tasks, "\n".join(reversed(tasks.split("\n"))))
    assert runner(study(turned)).ran == 0


def test_two_studies_share_networks(study: Any, runner: Any, rooms_text: str) -> None:
    runner(study(rooms_text))
    other = study(rooms_text, name="other.toml")
    assert runner(other).ran == 0
    counts = rows(runner, "SELECT study, count(*) FROM networks GROUP BY study ORDER BY study")
    assert [name for name, _ in counts] == ["other", "tiny"]
    assert counts[0][1] == counts[1][1]


def test_a_damaged_result_is_moved_away_and_done_again(study: Any, runner: Any) -> None:
    runner(study())
    key = next(ticket.key for ticket in runner.started if ticket.kind == "network")
    result = runner.results.folder(key) / "result.json"
    whole = result.read_bytes()
    result.write_bytes(whole[:-10])
    runner.results.store.unlink()
    assert runner(study()).ran == 1
    assert [ticket.key for ticket in runner.started] == [key]
    assert any("checksum" in line for line in runner.display.said)
    assert result.read_bytes() == whole


def test_a_lost_result_is_done_again_and_leaves_the_store_meanwhile(
    study: Any, runner: Any, fake: Any
) -> None:
    runner(study())
    gone = next(ticket.key for ticket in runner.started if ticket.kind == "network")
    shutil.rmtree(runner.results.folder(gone))
    assert survey(study(), runner.results).standing[gone].reason == "its result is gone"
    runner(study(), fake(fails=lambda ticket: True))
    assert rows(runner, f"SELECT count(*) FROM networks WHERE key = '{gone}'") == [(0,)]
    assert runner(study(), retry_failed=True).ok
    assert rows(runner, f"SELECT count(*) FROM networks WHERE key = '{gone}'") == [(1,)]


def test_a_folder_without_checksums_is_not_taken_for_a_result(study: Any, runner: Any) -> None:
    runner(study())
    key = runner.started[-1].key
    (runner.results.folder(key) / "checksums.json").unlink()
    assert runner(study()).ran == 1


def test_remains_of_killed_processes_are_removed(study: Any, runner: Any) -> None:
    runner(study())
    root = runner.results.root
    key = runner.started[-1].key
    (root / ".making" / "half").mkdir(parents=True)
    runner.results.work(key).mkdir(parents=True)
    unfinished = runner.results.work("0" * 20)
    unfinished.mkdir(parents=True)
    (root / "studies" / "tiny" / ".plan.json.12345678.unfinished").touch()
    runner(study())
    assert not (root / ".making").exists()
    assert not runner.results.work(key).exists()
    assert unfinished.exists(), "checkpoints of unfinished jobs stay"
    assert sorted(p.name for p in (root / "studies" / "tiny").iterdir()) == [
        "journal.jsonl",
        "plan.json",
        "study.json",
    ]


def test_an_unreadable_store_is_made_anew(study: Any, runner: Any) -> None:
    runner(study())
    before = rows(runner, "SELECT * FROM losses ORDER BY ALL")
    runner.results.store.write_bytes(b"no store at all" * 1000)
    with pytest.raises(Exception, match="not readable as a store"):
        open_published(runner.results)
    assert runner(study()).ran == 0
    assert rows(runner, "SELECT * FROM losses ORDER BY ALL") == before


def test_the_store_is_published_while_running(
    study: Any, runner: Any, fake: Any, monkeypatch: Any
) -> None:
    monkeypatch.setattr("specbench.store.database.PrivateStore.due", lambda store: True)
    seen = []

    class Watching(fake):
        def next(self, timeout: float) -> Any:
            if runner.results.store.is_file():
                query = "SELECT count(*) FROM jobs WHERE state = 'running'"
                seen.append(rows(runner, query)[0][0])
            return super().next(timeout)

    runner(study(), Watching())
    assert seen, "the store was there before the run ended"
    assert max(seen) > 0


def test_the_store_is_told_of_all_jobs_once_and_then_of_those_that_move(
    study: Any, runner: Any, fake: Any, monkeypatch: Any
) -> None:
    monkeypatch.setattr("specbench.store.database.PrivateStore.due", lambda store: True)
    told: list[int] = []

    def counting(connection: Any, name: str, jobs: Any, *, whole: bool) -> None:
        told.append(len(jobs))
        ingest_jobs(connection, name, jobs, whole=whole)

    monkeypatch.setattr("specbench.scheduler.run.ingest_jobs", counting)
    looks = []

    class Watching(fake):
        def next(self, timeout: float) -> Any:
            if runner.results.store.is_file():
                states = dict(rows(runner, "SELECT state, count(*) FROM jobs GROUP BY state"))
                looks.append((sum(states.values()), states.get("done", 0)))
            return super().next(timeout)

    outcome = runner(study(), Watching(slots=2))
    total = outcome.done
    assert told[0] == total
    assert max(told[1:]) <= 4, "one has ended, two have begun, and what was released"
    assert {jobs for jobs, _ in looks} == {total}, "every reader finds every job"
    done = [count for _, count in looks]
    assert done == sorted(done)
    assert rows(runner, "SELECT DISTINCT state, attempts FROM jobs") == [("done", 1)]


def test_data_that_is_files_is_planned_again_once_packed(
    study: Any, runner: Any, arrays_text: str, arrays: Any
) -> None:
    outcome = runner(study(arrays_text))
    assert outcome.ok
    assert len(runner.executors) == 2, "one pass packs, one does the rest"
    assert set(runner.executors[0].kinds) == {"pack", "select"}
    assert runner(study(arrays_text)).ran == 0


def test_failed_packing_blocks_the_rest_and_is_in_the_store(
    study: Any, runner: Any, fake: Any, arrays_text: str, arrays: Any
) -> None:
    executor = fake(fails=lambda ticket: ticket.content.get("domain") == "normal")
    outcome = runner(study(arrays_text), executor)
    assert outcome.failed == 1
    assert outcome.blocked > 20
    states = rows(runner, "SELECT state, title FROM jobs WHERE state <> 'done' ORDER BY ALL")
    assert states == [
        ("blocked", "choose the images that all domains have, base"),
        ("failed", "pack normal at 16, base"),
    ]
    assert runner(study(arrays_text), retry_failed=True).ok


def test_a_damaged_choice_of_images_is_made_again(
    study: Any, runner: Any, arrays_text: str, arrays: Any
) -> None:
    runner(study(arrays_text))
    key = next(ticket.key for ticket in runner.started if ticket.kind == "select")
    (runner.results.folder(key) / "result.json").write_bytes(b"{}")
    assert runner(study(arrays_text)).ok
    assert [ticket.key for ticket in runner.started] == [key]


def test_attempts_are_counted_in_the_journal(study: Any, runner: Any, fake: Any) -> None:
    runner(study(), fake(fails=lambda ticket: ticket.kind == "constant"))
    runner(study(), retry_failed=True)
    records = journal.read(runner.results.study("tiny"))
    plan = survey(study(), runner.results).plan
    attempts = {job.kind: records[key].attempts for key, job in plan.jobs.items()}
    assert attempts.pop(Kind.CONSTANT) == 2
    assert set(attempts.values()) == {1}


def test_an_error_of_the_executor_leaves_a_sound_store(study: Any, runner: Any, fake: Any) -> None:
    class Broken(fake):
        def next(self, timeout: float) -> Any:
            if len(self.log) > 20:
                raise duckdb.Error("something unforeseen")
            return super().next(timeout)

    with pytest.raises(duckdb.Error):
        runner(study(), Broken())
    assert rows(runner, "SELECT count(*) FROM jobs WHERE state = 'running'") == [(0,)]
    assert runner(study()).ok


def test_what_is_gone_is_gone_for_readers_before_it_is_done_again(
    study: Any, runner: Any, rooms_text: str, fake: Any
) -> None:
    small = study(rooms_text)
    runner(small, fake())
    key = sorted(runner.results.done())[0]
    shutil.rmtree(runner.results.folder(key))
    seen: list[int] = []

    class Looking(fake):  # type: ignore[misc]
        def submit(self, ticket: Any, on_device: bool) -> None:
            with open_published(runner.results) as store:
                counted = store.execute("SELECT count(*) FROM ingested WHERE key = ?", [key])
                seen.append(counted.fetchall()[0][0])
            super().submit(ticket, on_device)

    runner(small, Looking())
    assert seen == [0], "a run that is killed now leaves no row of the old result"
