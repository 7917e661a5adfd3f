"""The published losses and scores, and random candidates."""

import csv
from pathlib import Path

import numpy as np
import pytest

from specbench.choose.candidates import all_groups, candidates
from specbench.names import join

PUBLISHED = Path(__file__).parents[2] / "specs" / "published"


def read(name):
    with (PUBLISHED / name).open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def standley(name):
    rows = read(f"standley2020/{name}.csv")
    tasks = sorted({row["target"] for row in rows})
    networks = sorted({(row["network"], float(row["capacity"])) for row in rows})
    losses = {}
    for column in ("val_loss", "test_loss", "early_val_loss"):
        losses[column] = np.full((len(networks), len(tasks)), np.nan)
        for row in rows:
            place = networks.index((row["network"], float(row["capacity"])))
            losses[column][place, tasks.index(row["target"])] = float(row[column])
    return candidates(
        tasks,
        [name for name, _ in networks],
        [capacity for _, capacity in networks],
        validation=losses["val_loss"],
        test=losses["test_loss"],
        early=losses["early_val_loss"],
    )


@pytest.fixture(scope="session")
def setting1():
    return standley("setting1")


@pytest.fixture(scope="session")
def setting3():
    return standley("setting3")


@pytest.fixture(scope="session")
def fifty():
    """All groups of the five tasks with the losses of at most two, and the scores TAG and CS."""
    rows = read("fifty2021/taskonomy_scores.csv")
    tasks = sorted({row["target"] for row in rows})
    scores = {}
    for row in rows:
        table = scores.setdefault(row["score"].lower(), np.full((5, 5), np.nan))
        table[tasks.index(row["target"]), tasks.index(row["partner"])] = float(row["value"])
    groups = all_groups(tasks).networks
    validation = np.full((len(groups), 5), np.nan)
    for row in read("fifty2021/taskonomy_pair_losses.csv"):
        network = join(filter(None, {row["target"], row["partner"]}))
        place = groups.index(network), tasks.index(row["target"])
        validation[place] = float(row["val_loss"])
    return candidates(tasks, groups, np.ones(len(groups)), validation=validation), scores


@pytest.fixture
def random_losses():
    def make(rng, n, tasks, levels=0):
        """Losses (n, tasks), rounded to ``levels`` steps for ties; the first learns every task."""
        losses = rng.random((n, tasks))
        if levels:
            losses = np.round(losses * levels) / levels
        losses[rng.random((n, tasks)) < 0.5] = np.nan
        losses[0] = 1.0
        empty = np.isnan(losses).all(axis=1)
        losses[empty, 0] = 0.5
        return losses

    return make
