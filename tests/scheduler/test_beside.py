"""Networks trained side by side in a run: which go together, and that each ends as alone."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from specbench.jobs.ticket import Ticket
from specbench.results import Results
from specbench.scheduler.devices import Slot
from specbench.scheduler.display import Display
from specbench.scheduler.local import LocalExecutor
from specbench.scheduler.run import run_study
from specbench.spec.load import load
from specbench.spec.study import Study

SCORES = "[scores.li]\n[scores.gt]\n[scores.tag]\nevery = 2\n"


def heads(runner: Any) -> list[list[Ticket]]:
    tickets = [ticket for each in runner.executors for ticket in each.log]
    return [list(t.heads) for t in tickets if t.kind == "network"]


def test_networks_of_a_seed_go_together_and_those_fed_a_label_alone(
    study: Any, runner: Any, rooms_text: str, fake: Any
) -> None:
    outcome = runner(study(rooms_text + SCORES), fake(side_by_side=4))
    assert outcome.ok
    groups = heads(runner)
    assert max(len(group) for group in groups) == 4
    for group in groups:
        assert len({each.content["seed"] for each in group}) == 1
        assert len(group) == 1 or not any(each.content["injected"] for each in group)
    keys = [each.key for group in groups for each in group]
    assert len(keys) == len(set(keys))


def test_networks_of_other_settings_stay_apart(
    study: Any, runner: Any, rooms_text: str, fake: Any
) -> None:
    axis = '[conditions.axes]\n"training.learning_rate" = [0.001, 0.01]\n'
    runner(study(rooms_text + axis), fake(side_by_side=8))
    for group in heads(runner):
        assert len({each.content["training"]["learning_rate"] for each in group}) == 1


def test_a_network_that_fails_beside_others_fails_with_its_traces_alone(
    study: Any, runner: Any, rooms_text: str, fake: Any
) -> None:
    def fails(ticket: Any) -> bool:
        return ticket.kind == "network" and len(ticket.content["tasks"]) == 3

    outcome = runner(study(rooms_text + SCORES), fake(fails=fails, side_by_side=8))
    again = runner(study(rooms_text + SCORES), fake(fails=fails))
    assert outcome.failed == again.failed == 2
    assert outcome.blocked == again.blocked > 0


def _run(study: Study, folder: Path, side_by_side: int) -> Results:
    results = Results.at(folder)
    outcome = run_study(
        study,
        results,
        lambda: LocalExecutor([Slot("cpu")] * 2, side_by_side=side_by_side),
        Display(live=False),
    )
    assert outcome.ok, outcome.failures
    return results


@pytest.fixture(scope="module")
def two_ways(tmp_path_factory: Any, arrays_text: str, make_arrays: Any) -> tuple[Results, Results]:
    """Return the results of a study run one after another and side by side, by processes."""
    root = tmp_path_factory.mktemp("beside")
    make_arrays(root / "arrays")
    (root / "tiny.toml").write_text(arrays_text + SCORES)
    study = load(root / "tiny.toml")
    return _run(study, root / "alone", 1), _run(study, root / "beside", 3)


def test_the_results_are_those_of_networks_trained_alone(two_ways: Any) -> None:
    alone, beside = two_ways
    assert alone.done() == beside.done()
    for key in alone.done():
        one, other = alone.read(key), beside.read(key)
        for result in (one["result"], other["result"]):
            for name in ("images_per_second", "seconds"):
                result.pop(name, None)
        if one["kind"] in ("network", "trace"):
            assert one["result"] == other["result"], one["content"]


def test_the_log_says_which_networks_were_trained_together(two_ways: Any) -> None:
    _, beside = two_ways
    logs = [path.read_text() for path in (beside.root / "logs").glob("*.log")]
    assert any("side by side: " in text and text.count(",") >= 2 for text in logs)
