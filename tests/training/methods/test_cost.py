"""What a step costs, against a count of the convolutions' own passes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from specbench.nets.cost import encoder_macs, network_macs
from specbench.training.methods.catalogue import METHODS
from specbench.training.methods.cost import step_macs
from specbench.training.weights import tasks_of

By = Callable[..., dict[str, Any]]


def cost(content: dict[str, Any]) -> int:
    heads = list(tasks_of(content).values())
    return step_macs(content["network"], heads, content["training"])


def parts(content: dict[str, Any]) -> tuple[int, int]:
    """Return the forward passes of the encoder, and of all decoders."""
    encoder = encoder_macs(content["network"])
    return encoder, network_macs(content["network"], tasks_of(content).values()) - encoder


@pytest.mark.parametrize("name", METHODS)
def test_no_method_is_cheaper_than_equal(by: By, name: str) -> None:
    assert cost(by(name)) >= cost(by("equal")) == 3 * sum(parts(by("equal")))


def test_passes_are_counted(by: By) -> None:
    encoder, decoders = parts(by("equal"))
    assert cost(by("pcgrad")) == encoder + 3 * decoders + 2 * 2 * encoder
    assert cost(by("famo")) == 4 * (encoder + decoders)
    assert cost(by("gradnorm")) == 3 * encoder + 4 * decoders
    three = by("pcgrad", "normal", "edge_texture", "depth_zbuffer")
    encoder, decoders = parts(three)
    assert cost(three) == encoder + 3 * decoders + 2 * 3 * encoder


def test_looks_of_guided_steps_are_counted(by: By) -> None:
    forward = sum(parts(by("equal")))
    guided = {
        n: cost(by("it_mtl", options={"candidates": candidates}))
        for n, candidates in enumerate((["mean"], ["pcgrad"], ["mean", "pcgrad"]))
    }
    assert guided[0] == cost(by("equal"))
    assert guided[1] == cost(by("pcgrad"))
    assert guided[2] == guided[1] + 3 * forward
