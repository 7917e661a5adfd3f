"""A study expanded: cells, capacities, buildings, provisional plans."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

from specbench.plan.jobs import Kind, in_words
from specbench.plan.sources import buildings
from specbench.spec.data import RoomsData


def test_the_grid_has_singles_at_all_capacities_and_groups_at_one(plan_of: Any) -> None:
    cells = plan_of().networks
    shapes = Counter((len(cell.network.split("+")), cell.capacity) for cell in cells)
    assert shapes == {(1, 0.5): 6, (1, 1.0): 6, (2, 1.0): 6, (3, 1.0): 2}


def test_groups_of_ones_own(plan_of: Any, rooms_text: str) -> None:
    groups = "groups = ['singles', ['normal', 'depth_zbuffer'], ['depth_zbuffer', 'normal']]"
    plan = plan_of(rooms_text.replace("[networks]", f"[networks]\n{groups}"))
    joint = {cell.network for cell in plan.networks if "+" in cell.network}
    assert joint == {"depth_zbuffer+normal"}


def test_a_score_without_networks_is_one_job_for_all_seeds(plan_of: Any) -> None:
    plan = plan_of()
    keys = {cell.key for cell in plan.scores if cell.score == "td"}
    assert len(keys) == 1
    assert len([cell for cell in plan.scores if cell.score == "td"]) == 2
    assert len({cell.key for cell in plan.scores if cell.score == "rsa"}) == 2


def test_a_score_reads_the_half_capacity_nets_of_its_seed(plan_of: Any) -> None:
    plan = plan_of()
    for cell in plan.scores:
        named = plan.jobs[cell.key].content.get("networks", {})
        for task, key in named.items():
            content = plan.jobs[key].content
            assert list(content["tasks"]) == [task]
            assert (content["seed"], content["network"]["capacity"]) == (cell.seed, 0.5)


def test_conditions_share_what_they_have_in_common(plan_of: Any, rooms_text: str) -> None:
    plan = plan_of(rooms_text + '[conditions.axes]\n"training.epochs" = [2, 3]\n')
    serves = plan.conditions_of()
    both = {"base", "training.epochs=3"}
    for key, job in plan.jobs.items():
        shared = job.kind not in (Kind.NETWORK, Kind.SCORE) or job.content.get("score") == "td"
        assert (serves[key] == both) == shared


def test_views_are_spread_over_buildings() -> None:
    data = RoomsData(
        kind="rooms", train_images=25, val_images=10, test_images=1, views_per_building=10
    )
    plan = buildings(data)
    assert plan["train"] == {"train_0000": 10, "train_0001": 10, "train_0002": 5}
    assert plan["val"] == {"val_0000": 10}
    assert plan["test"] == {"test_0000": 1}


def test_more_images_render_only_the_new_buildings(plan_of: Any, rooms_text: str) -> None:
    def rooms(text: str) -> set[str]:
        return {key for key, job in plan_of(text).jobs.items() if job.kind is Kind.ROOMS}

    before = rooms(rooms_text)
    assert before < rooms(rooms_text.replace("train_images = 4", "train_images = 8"))


def test_rendered_data_is_never_provisional(plan_of: Any) -> None:
    assert not plan_of().provisional


def test_absent_data_gives_a_provisional_grid(plan_of: Any, arrays_text: str) -> None:
    plan = plan_of(arrays_text)
    assert plan.provisional
    assert len(plan.networks) == 20
    assert len({cell.key for cell in plan.networks}) == 20


def test_unpacked_data_gives_a_provisional_grid(
    plan_of: Any, arrays_text: str, arrays: Path
) -> None:
    assert plan_of(arrays_text).provisional


def test_trainings_cost_what_their_networks_images_and_epochs_cost(
    plan_of: Any, rooms_text: str
) -> None:
    def work(text: str) -> dict[str, float]:
        return {j.title: j.work for j in plan_of(text).jobs.values() if j.kind is Kind.NETWORK}

    once, twice = work(rooms_text), work(rooms_text.replace("epochs = 2", "epochs = 4"))
    assert {title: 2 * cost for title, cost in once.items()} == twice
    assert once["normal at 0.5, seed 0"] < once["normal at 1, seed 0"]


def test_every_job_has_words_for_a_person(plan_of: Any, rooms_text: str) -> None:
    plan = plan_of(rooms_text + '\n[conditions.axes]\n"networks.width" = [4, 8]\n')
    serves = plan.conditions_of()
    said = {
        in_words(job.kind.value, job.title, sorted(serves[key])) for key, job in plan.jobs.items()
    }
    assert "train depth_zbuffer+normal at 1, seed 1, base" in said
    assert "train normal at 0.5, seed 0, networks.width=8" in said
    assert "best constant for normal, base, networks.width=8" in said
    assert "score ias, seed 0, base" in said
    assert "score td, base, networks.width=8" in said
