"""Traces in a run: taken with the training, after it, or when it is asked for later."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from specbench.jobs.worker import run as run_job
from specbench.results import CHECKSUMS, Results, seal
from specbench.scheduler import journal
from specbench.scheduler.display import Display
from specbench.scheduler.run import run_study
from specbench.spec.load import load
from specbench.spec.study import Study
from specbench.store.database import open_published

SCORES = "[scores.li]\n[scores.gs]\n[scores.gt]\n[scores.tag]\nevery = 2\n[scores.cs]\nevery = 2\n"


def rows(runner: Any, query: str) -> list[tuple[Any, ...]]:
    with open_published(runner.results) as connection:
        return connection.execute(query).fetchall()


def results(runner: Any, kind: str) -> dict[str, dict[str, Any]]:
    found = {key: runner.results.read(key) for key in runner.results.done()}
    return {key: record for key, record in found.items() if record["kind"] == kind}


def columns(runner: Any, key: str) -> dict[str, Any]:
    with np.load(runner.results.folder(key) / "trace.npz") as opened:
        return {name: opened[name] for name in opened.files}


def same(one: dict[str, Any], other: dict[str, Any]) -> bool:
    return one.keys() == other.keys() and all(
        np.array_equal(one[name], other[name], equal_nan=True) for name in one
    )


def test_a_trace_travels_with_its_network(study: Any, runner: Any, rooms_text: str) -> None:
    outcome = runner(study(rooms_text + SCORES))
    assert outcome.ok
    tickets = {ticket.key: ticket for ticket in runner.started}
    assert not [ticket for ticket in tickets.values() if ticket.kind == "trace"]
    also = [(t, other) for t in tickets.values() for other in t.also if other.kind == "trace"]
    assert len(also) == 2 * (3 + 1)
    assert all(other.content["network"] == t.key for t, other in also)
    states = rows(
        runner, "SELECT state, attempts, count(*) FROM jobs WHERE kind = 'trace' GROUP BY ALL"
    )
    assert states == [("done", 1, 8)]
    records = journal.read(runner.results.study("tiny"))
    assert all(records[other.key].ended == "done" for _, other in also)
    assert runner(study(rooms_text + SCORES)).ran == 0


def test_a_trace_asked_for_later_is_a_job_of_its_own(
    study: Any, runner: Any, rooms_text: str
) -> None:
    runner(study(rooms_text))
    runner(study(rooms_text + "[scores.cs]\n"))
    assert [ticket.kind for ticket in runner.started] == ["trace", "trace", "score", "score"]
    runner(study(rooms_text + "[scores.cs]\n[scores.tag]\n"))
    assert [ticket.kind for ticket in runner.started] == ["trace", "trace", "score", "score"]


def test_a_network_that_fails_blocks_its_trace(
    study: Any, runner: Any, rooms_text: str, fake: Any
) -> None:
    def fails(ticket: Any) -> bool:
        return ticket.kind == "network" and len(ticket.content["tasks"]) == 3

    outcome = runner(study(rooms_text + SCORES), fake(fails=fails))
    assert outcome.failed == 2
    states = dict(
        rows(runner, "SELECT state, count(*) FROM jobs WHERE kind = 'trace' GROUP BY ALL")
    )
    assert states == {"done": 6, "blocked": 2}
    blocked = rows(runner, "SELECT DISTINCT kind, reason FROM jobs WHERE state = 'blocked'")
    assert {kind for kind, _ in blocked} == {"trace", "score"}
    again = runner(study(rooms_text + SCORES), retry_failed=True)
    assert again.ok
    assert again.ran == 2 + 2 + 4


def test_a_trace_that_fails_takes_no_network_with_it(
    study: Any, runner: Any, rooms_text: str, fake: Any
) -> None:
    outcome = runner(study(rooms_text + SCORES), fake(fails=lambda t: t.kind == "trace"))
    kinds = dict(
        rows(runner, "SELECT kind, count(*) FROM jobs WHERE state = 'failed' GROUP BY ALL")
    )
    assert kinds == {"trace": 8}
    assert outcome.blocked == 2 * 4, "gs, gt, tag, cs"
    networks = rows(runner, "SELECT DISTINCT state FROM jobs WHERE kind = 'network'")
    assert networks == [("done",)]


@pytest.fixture(scope="module")
def done(
    tmp_path_factory: pytest.TempPathFactory, arrays_text: str, make_arrays: Any, inline: Any
) -> Path:
    """A folder with a study of everything, done in one go for real."""
    folder = tmp_path_factory.mktemp("done")
    make_arrays(folder / "arrays")
    (folder / "tiny.toml").write_text(arrays_text + SCORES)
    display = Display(live=False)
    outcome = run_study(load(folder / "tiny.toml"), Results.at(folder / "results"), inline, display)
    assert outcome.ok, outcome.failures
    return folder


@pytest.fixture
def whole(done: Path, runner: Any) -> Study:
    """That study, its results copied to where the runner works."""
    shutil.copytree(done / "results", runner.results.root)
    return load(done / "tiny.toml")


def test_all_scores_are_there_and_cost_what_they_cost_alone(whole: Study, runner: Any) -> None:
    found = dict(
        rows(runner, "SELECT score, count(*) FROM scores WHERE state = 'defined' GROUP BY ALL")
    )
    assert found == dict.fromkeys(("td", "ias", "rsa", "li", "gs", "gt", "tag", "cs"), 12)
    (cost,) = rows(runner, "SELECT sum(macs) FROM scores WHERE score = 'li' AND seed = 0")
    spent = sum(
        record["result"]["training_macs"]
        for record in results(runner, "network").values()
        if record["content"]["seed"] == 0 and record["content"]["network"]["capacity"] == 0.5
    )
    assert cost[0] == pytest.approx(spent)
    injected = rows(runner, "SELECT count(*) FROM losses WHERE injected <> '' AND split = 'test'")
    assert injected == [(12,)]


def test_li_is_what_the_views_say(whole: Study, runner: Any) -> None:
    query = """
        SELECT s.value, (one.loss - two.loss) / two.loss FROM scores s
        JOIN losses one ON (one.seed, one.network, one.split) = (s.seed, s.target, 'test')
            AND one.capacity = 0.5 AND one.injected = ''
        JOIN losses two ON (two.seed, two.network, two.split) = (s.seed, s.target, 'test')
            AND two.injected = s.partner
        WHERE s.score = 'li'
    """
    found = rows(runner, query)
    assert len(found) == 12
    for value, plain in found:
        assert value == pytest.approx(plain)


def test_traces_are_the_same_however_they_come_about(
    whole: Study, runner: Any, inline: Any
) -> None:
    """Taken with the training, read from kept weights, or from a replay."""
    traces = results(runner, "trace")
    assert {record["result"]["origin"] for record in traces.values()} == {"training"}
    before = {key: columns(runner, key) for key in traces}
    for key, record in traces.items():
        runner.results.discard(key)
        if record["content"]["network"] < "8":  # of some pairs no weights are kept
            folder = runner.results.folder(record["content"]["network"])
            shutil.rmtree(folder / "epochs", ignore_errors=True)
            (folder / CHECKSUMS).unlink()
            seal(folder)
    for key, record in results(runner, "score").items():
        if record["content"]["score"] in ("gs", "gt", "tag", "cs"):
            runner.results.discard(key)
    outcome = runner(whole, inline())
    assert outcome.ok, outcome.failures
    assert {ticket.kind for ticket in runner.started} == {"trace", "score"}
    again = results(runner, "trace")
    assert {record["result"]["origin"] for record in again.values()} == {"kept weights", "replay"}
    for key, record in again.items():
        assert same(columns(runner, key), before[key]), record["result"]["origin"]
        assert record["result"]["deviation"] in (None, 0.0)


def test_a_training_that_ends_before_its_trace_is_written_is_not_done_again(
    whole: Study, runner: Any, inline: Any, monkeypatch: Any
) -> None:
    """As if killed between the two result folders."""
    before = {key: columns(runner, key) for key in results(runner, "trace")}
    for record in results(runner, "trace").values():
        runner.results.discard(record["key"])
        runner.results.discard(record["content"]["network"])

    class Killed(inline):
        def submit(self, ticket: Any, on_device: bool) -> None:
            if ticket.also:
                run_job(ticket, runner.results, "cpu", lambda news: None)
                raise KeyboardInterrupt
            super().submit(ticket, on_device)

    while True:
        try:
            runner(whole, Killed())
            break
        except KeyboardInterrupt:
            continue
    again = results(runner, "trace")
    assert {record["result"]["origin"] for record in again.values()} == {"training"}
    assert all(same(columns(runner, key), before[key]) for key in again)


def test_a_replay_that_ends_elsewhere_is_an_error(whole: Study, runner: Any, inline: Any) -> None:
    tag = next(
        record
        for record in results(runner, "trace").values()
        if record["content"]["probe"]["when"] == "steps"
    )
    runner.results.discard(tag["key"])
    folder = runner.results.folder(tag["content"]["network"])
    state = torch.load(folder / "weights.pt", weights_only=True)
    next(iter(state.values())).mul_(1.001)
    torch.save(state, folder / "weights.pt")
    (folder / "checksums.json").unlink()
    seal(folder)
    outcome = runner(whole, inline(), retry_failed=True)
    assert [key for key, _ in outcome.failures] == [tag["key"]]
    assert "ends on other weights" in outcome.failures[0][1]


def test_a_network_is_the_same_with_and_without_traces(
    whole: Study, runner: Any, arrays_text: str, done: Path, inline: Any, tmp_path: Path
) -> None:
    with_traces = results(runner, "network")
    runner.results = type(runner.results).at(tmp_path / "others")
    plain = done / "plain.toml"
    plain.write_text(arrays_text.replace("[study]", "[study]\nname = 'tiny'"))
    assert runner(load(plain), inline()).ok
    for key, record in results(runner, "network").items():
        one, other = dict(record["result"]), dict(with_traces[key]["result"])
        one.pop("images_per_second")
        other.pop("images_per_second")
        assert json.dumps(one) == json.dumps(other)
