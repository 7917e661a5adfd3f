"""A small study of transfer: three sources, two targets, every kind of set."""

from __future__ import annotations

from typing import Any

import pytest

TRANSFER = """
[transfer]
targets = ["normal", "segment_semantic"]
sources = ["depth_zbuffer", "edge_texture", "reshading"]
sets = ["none", "groups", "all", {random = 2, size = 2}, {related = 2, score = "rsa"}]

[transfer.groups]
shape = ["depth_zbuffer", "reshading", "normal"]
lines = ["edge_texture"]

[transfer.finetune]
epochs = 1
samples = 2
learning_rates = [0.001, 0.002]
"""


def transfer_text(rooms: str) -> str:
    """Return a study of transfer for the text of one of pairs."""
    text = rooms.replace("[tasks.normal]", "[tasks.normal]\n[tasks.reshading]", 1)
    text = text.replace("[tasks.normal]", "[tasks.normal]\n[tasks.segment_semantic]", 1)
    text = text.replace("[scores.ias]\n", "")
    singles = 'encoder = "conv"\ngroups = ["singles"]\nsingle_capacities = [0.5]'
    return text.replace('encoder = "conv"', singles) + TRANSFER


@pytest.fixture
def text(rooms_text: str) -> str:
    """The study on rooms."""
    return transfer_text(rooms_text)


@pytest.fixture
def run(runner: Any) -> Any:
    """Run a study with made-up results; return the tickets that were started."""

    def run(study: Any) -> Any:
        assert runner(study).ok
        return runner.started

    return run
