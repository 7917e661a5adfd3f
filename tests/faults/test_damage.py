"""What is broken on disk is found, said and done again; what is whole is kept."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import pytest
from faults.conftest import LONG
from faults.fake_body import CHECKPOINT

from specbench.sealed import write_sealed

SEEDS = range(100 if LONG else 1)


def harm(path: Path, how: str, rng: random.Random) -> None:
    """Truncate a file, change a byte of it, empty it, or remove it."""
    data = bytearray(path.read_bytes())
    if how == "cut":
        path.write_bytes(data[: rng.randrange(len(data))])
    elif how == "flip":
        data[rng.randrange(len(data))] ^= 1 << rng.randrange(8)
        path.write_bytes(data)
    elif how == "empty":
        path.write_bytes(b"")
    else:
        path.unlink()


@pytest.mark.parametrize("seed", SEEDS)
def test_a_broken_result_is_found_by_its_checksum(undisturbed: Any, done: Any, seed: int) -> None:
    rng = random.Random(seed)
    before = done.kept()
    keys = rng.sample(sorted(before), 4)
    for key, how in zip(keys, ("cut", "flip", "empty", "remove"), strict=True):
        harm(done.results.folder(key) / rng.choice(["result.json", "weights.pt"]), how, rng)
    assert done.run("store", "check", "--discard") == 1
    said = done.output()
    assert all(f"{key}: damaged: " in said for key in keys)
    done.finish()
    assert "23 jobs done (4 in this run)" in done.output()
    whole = set(before) - set(keys)
    assert {key: done.kept()[key] for key in whole} == {key: before[key] for key in whole}
    assert done.content() == undisturbed.content()
    assert len(list((done.results.root / ".damaged").iterdir())) == 4


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("how", ["cut", "flip", "remove"])
def test_a_broken_store_is_made_anew(undisturbed: Any, done: Any, how: str, seed: int) -> None:
    rng, before = random.Random(seed), done.kept()
    harm(done.results.store, how, rng)
    found = done.run("store", "check")
    assert ("specbench store rebuild makes" in done.output()) == (found == 1)
    # What nothing reads may change, or be missing: a store may end in blocks that are free.
    assert found == 1 or how != "remove"
    done.finish()
    assert "not usable; made anew" in done.output() or how != "cut" or found == 0
    assert done.kept() == before
    assert done.content() == undisturbed.content()


RECORDS = [("study.json", "cut"), ("plan.json", "cut"), ("journal.jsonl", "cut"),
           ("plan.json", "remove")]  # fmt: skip


@pytest.mark.parametrize(("name", "how"), RECORDS)
def test_broken_records_of_a_study_come_back(
    undisturbed: Any, done: Any, name: str, how: str
) -> None:
    before = done.kept()
    harm(done.results.study("tiny") / name, how, random.Random(0))
    done.finish()
    assert "(0 in this run)" in done.output()
    assert done.kept() == before
    assert done.content() == undisturbed.content()


def test_a_broken_checkpoint_is_said_and_only_costs_its_own_work(
    undisturbed: Any, place: Any
) -> None:
    rng = random.Random(0)
    hows = ("none", "cut", "flip", "empty")
    for number, key in enumerate(sorted(undisturbed.results.done())):
        state = place.results.work(key) / CHECKPOINT
        write_sealed(state, b"2")
        if hows[number % 4] != "none":
            harm(state, hows[number % 4], rng)
    place.finish()
    said = place.output()
    assert (
        said.count(f": {CHECKPOINT} is damaged and was removed; what it held is done again") == 17
    )
    assert place.content() == undisturbed.content()


def test_a_link_in_place_of_a_result_is_followed_and_never_removed_with_its_target(
    undisturbed: Any, done: Any, tmp_path: Path
) -> None:
    key = sorted(done.results.done())[0]
    elsewhere = tmp_path / "elsewhere"
    done.results.folder(key).rename(elsewhere)
    done.results.folder(key).symlink_to(elsewhere)
    done.finish()
    assert done.content() == undisturbed.content()
    assert (elsewhere / "result.json").exists()
