from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from specbench.training.methods.log import Log


def filled() -> Log:
    log = Log()
    for step in range(4):
        log.add(step // 2, step, "weight", {"a": step, "b": 1.0})
        log.add(step // 2, step, "chosen", {"mean": float(step == 0), "a+b": float(step > 0)})
    return log


def test_means_are_over_the_steps_of_an_epoch() -> None:
    rows = {(r["epoch"], r["quantity"], r["name"]): r["value"] for r in filled().means()}
    assert rows[0, "weight", "a"] == 0.5
    assert rows[1, "weight", "a"] == 2.5
    assert rows[0, "chosen", "mean"] == 0.5
    assert rows[1, "chosen", "a+b"] == 1
    assert len(rows) == 8


def test_numbers_that_are_not_finite_count_for_no_mean() -> None:
    log = Log()
    for step, value in enumerate((1.0, float("nan"), float("-inf"))):
        log.add(0, step, "transference", {"a": value, "b": float("nan")})
    assert [(row["name"], row["value"]) for row in log.means()] == [("a", 1.0)]


def test_a_log_read_back_goes_on_alike() -> None:
    log, again = filled(), Log.from_state(filled().state())
    for one in (log, again):
        one.add(2, 4, "weight", {"a": 7.0, "b": 8.0})
    assert log.means() == again.means()
    assert len(log) == len(again) == 5
    assert len(Log()) == 0
    assert Log().means() == []


def test_the_file_holds_every_step(tmp_path: Path) -> None:
    filled().save(tmp_path / "steps.npz")
    with np.load(tmp_path / "steps.npz") as file:
        assert file["names of weight"].tolist() == ["epoch", "step", "a", "b"]
        assert file["weight"][3].tolist() == [1, 3, 3, 1]
        assert file["chosen"].shape == (4, 4)


def test_a_quantity_keeps_its_names() -> None:
    with pytest.raises(ValueError, match="weight"):
        filled().add(9, 9, "weight", {"b": 1.0, "a": 1.0})
