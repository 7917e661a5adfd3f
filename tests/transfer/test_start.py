"""Finetuning for real: where it starts, what it trains, and what it refuses to start from."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import torch

from specbench.data.ids import read_ids, write_ids
from specbench.jobs.context import Context
from specbench.jobs.start import start_of
from specbench.jobs.ticket import Ticket
from specbench.plan.grid import expand
from specbench.results import Results
from specbench.training.train import Training, open_splits
from specbench.training.weights import load_weights, make_network

SPEC = """
[data]
kind = "arrays"
root = "arrays"
image_size = 16

[tasks.depth_zbuffer]
[tasks.edge_texture]
[tasks.normal]

[networks]
encoder = "conv"
width = 4
features = 8
decoder.width = 4

[training]
epochs = 2
batch_size = 2

[transfer]
targets = ["normal"]
sets = ["none", "all"]
pretrain_rates = [0.0001, 0.01]
finetune = {epochs = 1, samples = 3}
"""


@pytest.fixture(scope="module")
def ran(tmp_path_factory: Any, make_arrays: Any, really_run: Any) -> Any:
    """The study run for real, once: its plan and results."""
    folder = tmp_path_factory.mktemp("transfer")
    make_arrays(folder / "arrays")
    study, results = really_run(folder, SPEC)
    return expand(study, results), results


def context(plan: Any, results: Results, source_set: str) -> Context:
    (cell,) = [cell for cell in plan.transfers if cell.source_set == source_set]
    job = plan.jobs[cell.key]
    ticket = Ticket(job.key, "network", job.content, job.where, str(results.root))
    return Context(ticket, results, Path(), "cpu", lambda news: None)


def test_it_starts_from_the_best_pretraining_of_a_sweep(ran: Any) -> None:
    plan, results = ran
    one = context(plan, results, "all")
    keys = one.content["start"]["networks"]
    assert len(keys) == 2
    losses = {
        key: sum(r["loss"] for r in results.read(key)["result"]["losses"] if r["split"] == "val")
        for key in keys
    }
    best = load_weights(results.folder(min(keys, key=lambda key: losses[key])) / "weights.pt")
    start = start_of(one).weights
    assert start is not None
    assert all(torch.equal(start[name], best[name]) for name in best)


def test_the_encoder_is_that_of_the_start_and_the_head_is_fresh(ran: Any, tmp_path: Path) -> None:
    plan, results = ran
    one = context(plan, results, "all")
    start = start_of(one).weights
    data = open_splits([one.content], one.folders(), "cpu")
    training = Training(one.content, data, tmp_path, "cpu", print, start=start)
    state, fresh = training.learner.network.state_dict(), make_network(one.content).state_dict()
    for name, value in state.items():
        expected = start[name] if name.startswith("encoder.") else fresh[name]
        assert torch.equal(value, expected), name


def test_training_the_head_leaves_the_encoder_as_it_is(ran: Any, tmp_path: Path) -> None:
    plan, results = ran
    one = context(plan, results, "all")
    content = {**one.content, "start": {**one.content["start"], "trains": "head"}}
    data = open_splits([content], one.folders(), "cpu")
    whole = Training(
        one.content, data, tmp_path / "a", "cpu", print, start=start_of(one).weights
    ).run()
    training = Training(content, data, tmp_path / "b", "cpu", print, start=start_of(one).weights)
    start = {name: value.clone() for name, value in training.learner.network.state_dict().items()}
    found = training.run()
    moved = {
        name for name, value in found.best_state.items() if not torch.equal(value, start[name])
    }
    assert moved
    assert not any(name.startswith("encoder.") for name in moved), "running statistics included"
    assert found.result["training_macs"] < whole.result["training_macs"]


def test_a_head_on_a_fixed_encoder_resumes_bit_for_bit(ran: Any, tmp_path: Path) -> None:
    plan, results = ran
    one = context(plan, results, "all")
    content = {
        **one.content,
        "start": {**one.content["start"], "trains": "head"},
        "training": {**one.content["training"], "epochs": 3},
    }
    data = open_splits([content], one.folders(), "cpu")
    whole = Training(content, data, tmp_path / "a", "cpu", print, start=start_of(one).weights).run()
    cut = Training(content, data, tmp_path / "b", "cpu", print, start=start_of(one).weights)
    cut.resume()
    cut.begin_epoch()
    for batch in cut.stream.epoch(0):
        cut.take(batch)
    cut.end_epoch(0.0)
    again = Training(content, data, tmp_path / "b", "cpu", print, start=start_of(one).weights).run()
    assert all(torch.equal(whole.best_state[n], again.best_state[n]) for n in whole.best_state)


def test_the_store_has_a_row_for_every_measure_and_the_costs_of_both_stages(ran: Any) -> None:
    from specbench.store.database import open_published

    plan, results = ran
    with open_published(results) as connection:
        rows = connection.execute(
            "SELECT source_set, sources, metric, pretrain_macs, finetune_macs, seconds "
            "FROM transfers WHERE target = 'normal' AND split = 'test' ORDER BY ALL"
        ).fetchall()
    metrics = ["loss", "mean_angle", "median_angle", "share_11.25"]
    assert [row[2] for row in rows] == metrics * 2
    by_set = {row[0]: row for row in rows}
    assert by_set["all"][1] == "depth_zbuffer+edge_texture"
    assert by_set["none"][1] == ""
    pretrainings = {key for cell in plan.transfers for key in cell.pretrained.split("+") if key}
    spent = sum(results.read(key)["result"]["training_macs"] for key in pretrainings)
    assert (by_set["none"][3], by_set["all"][3]) == (0, spent)
    assert by_set["all"][4] > 0
    assert by_set["all"][5] > by_set["none"][5]


def planted(one: Context, **where: Any) -> Context:
    ticket = one.ticket
    changed = Ticket(
        ticket.key, ticket.kind, ticket.content, {**ticket.where, **where}, ticket.results
    )
    return Context(changed, one.results, one.folder, "cpu", lambda news: None)


def test_a_pretraining_that_read_the_targets_labels_is_refused(ran: Any, monkeypatch: Any) -> None:
    plan, results = ran
    one = context(plan, results, "all")
    read = Results.read

    def leaky(self: Results, key: str) -> dict[str, Any]:
        record = json.loads(json.dumps(read(self, key)))
        if key in one.content["start"]["networks"]:
            record["content"]["tasks"]["copy"] = one.content["tasks"]["normal"]
        return record

    monkeypatch.setattr(Results, "read", leaky)
    with pytest.raises(Exception, match="holds the labels of target 'normal'"):
        start_of(one)


def test_the_targets_files_under_another_name_are_refused(ran: Any) -> None:
    plan, results = ran
    one = context(plan, results, "all")
    normal = one.ticket.where["folders"]["normal"]
    with pytest.raises(Exception, match=r"source 'depth_zbuffer' .* a target's examples"):
        start_of(planted(one, sources={"depth_zbuffer": normal}))


def test_a_test_sample_among_those_trained_on_is_refused(ran: Any, monkeypatch: Any) -> None:
    plan, results = ran
    one = context(plan, results, "all")
    kept = one.folders()["ids"]
    folder = results.root / "planted"
    folder.mkdir()
    for split in ("train", "val", "test"):
        write_ids(folder / f"{split}.ids", read_ids(kept / f"{split}.ids"))
    sample = read_ids(folder / "test.ids")[0]
    write_ids(folder / "train.ids", [*read_ids(folder / "train.ids"), sample])
    folders = Context.folders
    monkeypatch.setattr(Context, "folders", lambda self: {**folders(self), "ids": folder})
    with pytest.raises(Exception, match=f"{sample!r} is a sample of train and of test"):
        start_of(one)
