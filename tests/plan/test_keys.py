"""Keys of jobs: what changes them and what does not."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from specbench.nets.products import VERSION
from specbench.plan.grid import Plan
from specbench.plan.jobs import Kind, content_key

# A change of any of these means that every user's finished networks are trained again. If the
# meaning of a setting has changed, raise the version concerned and pin the new keys.
GOLDEN = {
    "render train_0000": "fb1a328b5fa4bbbb5ac6",
    "pack normal at 16": "2d61f609896c94e68d17",
    "choose the images that all domains have": "304d037de633871de700",
    "best constant for normal": "7b63c08e6e7292905f90",
    "normal at 0.5, seed 0": "8a194cc83aad8d8efaf1",
    "depth_zbuffer+normal at 1, seed 1": "1a2defa5eb9ba819036c",
    "score td": "d698cda95cd1536ed017",
}


def titles(plan: Plan) -> dict[str, str]:
    return {job.title: key for key, job in plan.jobs.items()}


def networks(plan: Plan) -> dict[tuple[Any, ...], str]:
    cells = plan.networks
    return {(c.condition, c.seed, c.network, c.capacity): c.key for c in cells}


def test_golden_keys(plan_of: Any, rooms_text: str) -> None:
    found = titles(plan_of(rooms_text))
    assert {title: found[title] for title in GOLDEN} == GOLDEN


def test_keys_are_hashes_of_the_content_alone() -> None:
    assert content_key({"a": 1, "b": [2, {"c": 3}]}) == content_key({"b": [2, {"c": 3}], "a": 1})
    assert content_key({"a": 1}) != content_key({"a": 1.5})
    assert len(content_key({})) == 20


def test_every_job_has_its_own_content_and_known_needs(plan_of: Any) -> None:
    plan = plan_of()
    before: set[str] = set()
    for key, job in plan.jobs.items():
        assert key == content_key(job.content)
        assert set(job.needs) <= before, "needs come first"
        before.add(key)


def test_the_order_of_the_spec_does_not_matter(plan_of: Any, rooms_text: str) -> None:
    turned = "\n\n".join(reversed(rooms_text.strip().split("\n\n"))).replace("[0, 1]", "[1, 0]")
    listed = turned.replace("[tasks.depth_zbuffer]\n[tasks.edge_texture]\n[tasks.normal]", "")
    listed = 'tasks = ["normal", "edge_texture", "depth_zbuffer"]\n' + listed
    expected = set(plan_of(rooms_text).jobs)
    assert set(plan_of(turned).jobs) == expected
    assert set(plan_of(listed).jobs) == expected


def test_neither_the_name_nor_the_place_nor_the_report_matters(
    plan_of: Any, rooms_text: str
) -> None:
    other = rooms_text.replace("[study]", "[study]\ntitle = 'other'") + "[gain]\nsplit = 'val'\n"
    assert set(plan_of(other, name="other.toml").jobs) == set(plan_of(rooms_text).jobs)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("[0, 1]", "[0, 1, 7]"),
        ("[tasks.normal]", "[tasks.normal]\n[tasks.reshading]"),
        ("[scores.td]", "[conditions.axes]\n'training.epochs' = [2, 3]\n[scores.td]"),
        ("[scores.td]", "[conditions.cases.few]\n'data.train_images' = 2\n[scores.td]"),
        ("[scores.rsa]", "[scores.rsa]\nimages = 3"),
        ('encoder = "conv"', 'encoder = "conv"\nsingle_capacities = [0.5, 0.75, 1.0]'),
    ],
)
def test_neighbours_do_not_matter(plan_of: Any, rooms_text: str, old: str, new: str) -> None:
    before, after = plan_of(rooms_text), plan_of(rooms_text.replace(old, new))
    found = networks(after)
    for place, key in networks(before).items():
        if len(place[2].split("+")) < 3 or "reshading" not in new:
            assert found[place] == key
    data = [key for key, job in before.jobs.items() if job.kind in (Kind.ROOMS, Kind.PACK)]
    assert set(data) <= set(after.jobs)


def test_adding_a_score_keeps_every_key(plan_of: Any, rooms_text: str) -> None:
    without = plan_of(rooms_text.replace("[scores.ias]\n", ""))
    assert set(without.jobs) < set(plan_of(rooms_text).jobs)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("epochs = 2", "epochs = 3"),
        ("epochs = 2", "epochs = 2\nflip = false"),
        ("epochs = 2", "epochs = 2\nprecision = 'bf16'"),
        ("epochs = 2", "epochs = 2\nlearning_rate = 0.1"),
        ("epochs = 2", "epochs = 2\nschedule = 'step'"),
        ("train_images = 4", "train_images = 3"),
        ("image_size = 16", "image_size = 32"),
        ("image_size = 16", "image_size = 16\nseed = 1"),
        ("width = 4\n", "width = 5\n"),
        ("decoder.width = 4", "decoder.width = 4\ndecoder.blocks = 3"),
        ('encoder = "conv"', 'encoder = "resnet18"'),
        ("pixels = 64", "pixels = 128"),
    ],
)
def test_what_matters_changes_every_network(
    plan_of: Any, rooms_text: str, old: str, new: str
) -> None:
    before, after = networks(plan_of(rooms_text)), networks(plan_of(rooms_text.replace(old, new)))
    assert not set(before.values()) & set(after.values())


def test_networks_on_images_say_that_they_are_computed_by_products(
    plan_of: Any, rooms_text: str
) -> None:
    jobs = [job for job in plan_of(rooms_text).jobs.values() if job.kind is Kind.NETWORK]
    assert {job.content["network"].get("products") for job in jobs} == {VERSION}


def test_the_weight_of_a_task_changes_its_networks_and_no_constant(
    plan_of: Any, rooms_text: str
) -> None:
    heavy = rooms_text.replace("[tasks.normal]", "[tasks.normal]\nweight = 2.0")
    before, after = plan_of(rooms_text), plan_of(heavy)
    found = networks(after)
    for place, key in networks(before).items():
        assert (found[place] == key) == ("normal" not in place[2])
    assert before.constants == after.constants


def test_settings_that_nothing_reads_do_not_matter(plan_of: Any, rooms_text: str) -> None:
    unread = "epochs = 2\nmomentum = 0.5\npatience = 9\nstep_epochs = 9\nstep_factor = 0.1"
    same = rooms_text.replace("epochs = 2", unread)
    assert set(plan_of(same).jobs) == set(plan_of(rooms_text).jobs)
    read = rooms_text.replace("epochs = 2", "epochs = 2\noptimizer = 'sgd'\nmomentum = 0.5")
    assert networks(plan_of(read)) != networks(plan_of(read.replace("0.5", "0.6")))


def test_defaults_written_out_do_not_matter(plan_of: Any, rooms_text: str) -> None:
    written = rooms_text.replace("epochs = 2", "epochs = 2\nflip = true\nreduction = 'sum'")
    written = written.replace("[tasks.normal]", "[tasks.normal]\nweight = 1.0\nloss = 'l1'")
    assert set(plan_of(written).jobs) == set(plan_of(rooms_text).jobs)


@pytest.fixture
def packed(study: Any, runner: Any, inline: Any, arrays_text: str) -> Any:
    """Pack the arrays of the small study for real and return its network keys."""
    only_data = arrays_text.replace("[scores.ias]\n[scores.rsa]\n", "")

    def packed(text: str = only_data) -> dict[tuple[Any, ...], str]:
        from specbench.plan.grid import expand

        made = study(text)
        executor = inline()
        executor.fails = lambda ticket: ticket.kind in ("network", "constant", "score")
        runner(made, executor, retry_failed=True)
        plan = expand(made, runner.results)
        assert not plan.provisional
        return networks(plan)

    return packed


def test_moved_data_keeps_its_keys(packed: Any, arrays: Path, arrays_text: str) -> None:
    before = packed()
    shutil.copytree(arrays, arrays.parent / "moved")
    for place, path in enumerate(sorted((arrays.parent / "moved").rglob("*.npy"))):
        os.utime(path, (place, place))
    assert packed(arrays_text.replace('"arrays"\nimage', '"moved"\nimage')) == before


def test_only_the_domains_that_a_network_reads_matter(packed: Any, arrays: Path) -> None:
    before = packed()
    values = np.load(arrays / "train" / "edge_texture.npy")
    np.save(arrays / "train" / "edge_texture.npy", values + 0.01)
    after = packed()
    for place, key in before.items():
        assert (after[place] == key) == ("edge_texture" not in place[2])
    np.save(arrays / "train" / "edge_texture.npy", values)
    assert packed() == before, "the same bytes again give the same keys"


def test_the_chosen_images_matter(packed: Any, arrays: Path, arrays_text: str) -> None:
    before = packed()
    fewer = packed(arrays_text.replace("image_size = 16", "image_size = 16\ntrain_images = 4"))
    assert not set(before.values()) & set(fewer.values())


def test_the_input_matters_to_the_constant_that_predicts_it(
    plan_of: Any, arrays_text: str, arrays: Path, packed: Any, study: Any, runner: Any
) -> None:
    text = arrays_text.replace("[tasks.normal]", "[tasks.normal]\n[tasks.autoencoding]")

    def constants() -> dict[str, str]:
        packed(text)
        return {cell.target: cell.key for cell in plan_of(text).constants}

    before = constants()
    values = np.load(arrays / "test" / "rgb.npy")
    np.save(arrays / "test" / "rgb.npy", 255 - values)
    after = constants()
    changed = {target for target, key in before.items() if after[target] != key}
    assert changed == {"autoencoding"}
