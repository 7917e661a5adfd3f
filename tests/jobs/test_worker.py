"""The bodies that workers run, on a study done in this process."""

from __future__ import annotations

import io
import json
import shutil
from pathlib import Path
from typing import Any

import pytest
import torch

from specbench.errors import ResultError
from specbench.jobs.ticket import Ticket
from specbench.jobs.worker import BODIES, _sender, run
from specbench.plan.grid import expand
from specbench.plan.jobs import Kind
from specbench.results import Results, damaged_files
from specbench.store.database import open_published


def of_kind(trained: Any, kind: Kind) -> dict[str, dict[str, Any]]:
    """Return the records of all jobs of a kind, by title."""
    study, results = trained
    jobs = expand(study, results).jobs.values()
    return {job.title: results.read(job.key) for job in jobs if job.kind is kind}


def test_every_kind_of_job_has_a_body() -> None:
    assert set(BODIES) == set(Kind)


def test_tickets_survive_the_pipe() -> None:
    ticket = Ticket("k", "network", {"täsk": [1, 2.5, None]}, {"folders": {}}, "/x y")
    line = ticket.line()
    assert line.count("\n") == 1
    assert Ticket.parse(line) == ticket


def test_progress_is_told_seldom_and_ends_always() -> None:
    heard = io.StringIO()
    send = _sender(heard, "k")
    for step in range(100):
        send({"event": "progress", "done": step})
    send({"event": "done"}, True)
    events = [json.loads(line) for line in heard.getvalue().splitlines()]
    assert [event["event"] for event in events] == ["progress", "done"]
    assert {event["key"] for event in events} == {"k"}


def test_all_results_are_whole(trained: Any) -> None:
    study, results = trained
    plan = expand(study, results)
    assert not plan.provisional
    assert set(plan.jobs) == results.done()
    for key in plan.jobs:
        assert damaged_files(results.folder(key)) == []
        assert results.read(key)["content"] == plan.jobs[key].content
        assert not results.work(key).exists(), "checkpoints go when the job is done"


def test_a_result_says_where_and_how_long_it_ran(trained: Any) -> None:
    for record in of_kind(trained, Kind.NETWORK).values():
        assert record["run"]["seconds"] > 0
        assert record["run"]["host"]
        assert record["run"]["device"] == "cpu"
        assert {"torch", "python", "specbench"} <= set(record["run"]["versions"])


def test_networks_hold_weights_losses_and_pictures(trained: Any) -> None:
    _, results = trained
    for title, record in of_kind(trained, Kind.NETWORK).items():
        folder = results.folder(record["key"])
        state = torch.load(folder / "weights.pt", weights_only=True)
        assert all(tensor.isfinite().all() for tensor in state.values())
        tasks = set(record["content"]["tasks"])
        rows = {(row["target"], row["split"]) for row in record["result"]["losses"]}
        assert rows == {(t, s) for t in tasks for s in ("train", "val", "test")}, title
        pictures = record["result"]["samples"]
        assert {row["target"] for row in pictures} == tasks
        for row in pictures:
            assert (folder / row["path"]).read_bytes().startswith(b"\x89PNG")


def test_nets_of_a_seed_start_alike_and_end_apart(trained: Any) -> None:
    _, results = trained
    records = of_kind(trained, Kind.NETWORK)
    keys = [records[f"normal at 1, seed {seed}"]["key"] for seed in (0, 1)]
    one, two = (torch.load(results.folder(k) / "weights.pt", weights_only=True) for k in keys)
    assert one.keys() == two.keys()
    assert any(not torch.equal(one[name], two[name]) for name in one)


def test_scores_cover_every_pair_and_share_their_cost(trained: Any) -> None:
    study, results = trained
    plan = expand(study, results)
    networks = of_kind(trained, Kind.NETWORK).values()
    for cell in plan.scores:
        rows = results.read(cell.key)["result"]["rows"]
        assert len(rows) == 6
        assert all(row["state"] == "defined" for row in rows)
        halves = [
            record["result"]["training_macs"]
            for record in networks
            if record["content"]["network"]["capacity"] == 0.5
            and record["content"]["seed"] == cell.seed
        ]
        total = sum(row["macs"] for row in rows)
        assert total == 0 if cell.score == "td" else total > sum(halves)


def test_constants_are_as_bad_as_no_network_should_be(trained: Any) -> None:
    records = of_kind(trained, Kind.CONSTANT)
    assert len(records) == 3
    for record in records.values():
        losses = {row["split"]: row["loss"] for row in record["result"]["losses"]}
        assert {"val", "test"} <= set(losses)
        assert all(loss > 0 for loss in losses.values())


def test_the_store_holds_what_the_folders_hold(trained: Any) -> None:
    _, results = trained
    expected = {
        (record["key"], row["target"], row["split"]): row["loss"]
        for record in of_kind(trained, Kind.NETWORK).values()
        for row in record["result"]["losses"]
    }
    with open_published(results) as connection:
        rows = connection.execute(
            "SELECT key, target, split, loss FROM losses JOIN networks "
            "USING (study, condition, seed, network, capacity, injected)"
        ).fetchall()
    assert {(key, target, split): loss for key, target, split, loss in rows} == expected


def test_a_network_that_diverges_fails_alone_with_epoch_and_task(
    study: Any, runner: Any, inline: Any, arrays_text: str, arrays: Any
) -> None:
    text = arrays_text.replace("[scores.ias]\n[scores.rsa]\n", "").replace("[0, 1]", "[0]")
    case = (
        '[conditions.cases.wild]\n"training.learning_rate" = 1e30\n"training.optimizer" = "sgd"\n'
    )
    few = "single_capacities = [0.5]\ngroups = ['singles']\n"
    text = text.replace("[networks]\n", f"[networks]\n{few}") + case
    outcome = runner(study(text), inline())
    assert outcome.failed == 3
    for _, error in outcome.failures:
        assert "loss of task" in error
        assert "in epoch" in error
    with open_published(runner.results) as connection:
        query = "SELECT DISTINCT condition FROM networks"
        assert connection.execute(query).fetchall() == [("base",)]


@pytest.mark.parametrize(
    ("kind", "needed", "file"),
    [(Kind.NETWORK, Kind.PACK, "train.npy"), (Kind.SCORE, Kind.NETWORK, "weights.pt"),
     (Kind.CONSTANT, Kind.SELECT, "train.ids")],
)  # fmt: skip
def test_nothing_is_computed_from_a_result_that_is_damaged(
    trained: Any, tmp_path: Path, kind: Kind, needed: Kind, file: str
) -> None:
    study, results = trained
    jobs = expand(study, results).jobs
    job = next(
        job for job in jobs.values()
        if job.kind is kind and any(jobs[need].kind is needed for need in job.needs)
    )  # fmt: skip
    for need in job.needs:
        shutil.copytree(results.folder(need), tmp_path / need)
    broken = next(tmp_path / need for need in job.needs if jobs[need].kind is needed) / file
    data = bytearray(broken.read_bytes())
    data[-len(data) // 2] ^= 1
    broken.write_bytes(data)
    ticket = Ticket(job.key, job.kind.value, job.content, job.where, str(tmp_path))
    with pytest.raises(ResultError, match=f"does not match its checksums: {file}; specbench store"):
        run(ticket, Results.at(tmp_path), "cpu", lambda news: None)
    assert not Results.at(tmp_path).is_done(job.key)


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_results_do_not_depend_on_what_ran_before(
    trained: Any, tmp_path: Any, order: tuple[int, int]
) -> None:
    study, results = trained
    plan = expand(study, results)
    jobs = [job for job in plan.jobs.values() if job.kind is Kind.NETWORK][:2]
    fresh = Results.at(tmp_path)
    for key in {need for job in jobs for need in job.needs}:
        (tmp_path / key).symlink_to(results.folder(key))
    for job in (jobs[place] for place in order):
        ticket = Ticket(job.key, job.kind.value, job.content, job.where, str(tmp_path))
        run(ticket, fresh, "cpu", lambda news: None)
        one, two = fresh.read(job.key)["result"], results.read(job.key)["result"]
        assert {k: v for k, v in one.items() if k != "images_per_second"} == {
            k: v for k, v in two.items() if k != "images_per_second"
        }
        for path in ("weights.pt",):
            states = [
                torch.load(r.folder(job.key) / path, weights_only=True) for r in (fresh, results)
            ]
            assert all(torch.equal(states[0][name], states[1][name]) for name in states[0])
