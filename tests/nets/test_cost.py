from collections.abc import Callable
from typing import Any

import pytest
import torch

from specbench.nets.architecture import ENCODERS, Takes
from specbench.nets.cost import encoder_macs, network_macs
from specbench.nets.network import Network, make_encoder
from specbench.tasks import CATALOGUE
from specbench.testing.macs import counted_macs

Describe = Callable[..., dict[str, Any]]
OF_IMAGES = [name for name, known in ENCODERS.items() if known.takes is Takes.IMAGES]


@pytest.mark.parametrize("encoder", OF_IMAGES)
@pytest.mark.parametrize("capacity", [1.0, 0.5])
def test_macs_are_those_of_the_network_that_is_built(
    describe: Describe, encoder: str, capacity: float
) -> None:
    content = describe(encoder, capacity=capacity, image_size=32)
    tasks = {name: CATALOGUE[name] for name in ("normal", "class_scene")}
    network = Network(content, tasks, seed=0)
    images = torch.zeros(1, 3, 32, 32)
    assert encoder_macs(content) == counted_macs(network.encoder, images)
    assert network_macs(content, tasks.values()) == counted_macs(network, images)


@pytest.mark.parametrize("size", [33, 50, 71])
@pytest.mark.parametrize("encoder", ["conv", "resnet18", "resnet50"])
def test_odd_image_sizes_count_the_same(describe: Describe, encoder: str, size: int) -> None:
    content = describe(encoder, image_size=size)
    network = Network(content, {"normal": CATALOGUE["normal"]}, seed=0)
    images = torch.zeros(1, 3, size, size)
    assert encoder_macs(content) == counted_macs(network.encoder, images)
    assert network(images)["normal"].shape == (1, 3, size, size)


@pytest.mark.parametrize("blocks", [1, 3, 6])
def test_decoders_of_any_depth_count_the_same(describe: Describe, blocks: int) -> None:
    content = describe("conv", decoder_blocks=blocks, image_size=32)
    tasks = {"normal": CATALOGUE["normal"]}
    network, images = Network(content, tasks, seed=0), torch.zeros(1, 3, 32, 32)
    assert network_macs(content, tasks.values()) == counted_macs(network, images)
    assert network(images)["normal"].shape == (1, 3, 32, 32)


def test_further_input_channels_cost_more_in_the_same_encoder(describe: Describe) -> None:
    content = describe("conv", capacity=0.5)
    more = Network(content, {"normal": CATALOGUE["normal"]}, seed=0, in_channels=5)
    assert encoder_macs(content, 5) == counted_macs(more.encoder, torch.zeros(1, 5, 64, 64))
    usual = Network(content, {"normal": CATALOGUE["normal"]}, seed=0)
    shapes = [p.shape for p in usual.parameters()][1:]
    assert [p.shape for p in more.parameters()][1:] == shapes


@pytest.mark.parametrize(
    ("encoder", "parameters", "macs"), [("xception17", 4.0e6, 2.28e9), ("xception", 16.5e6, 6.4e9)]
)
def test_xceptions_have_the_size_standley_printed(
    describe: Describe, encoder: str, parameters: float, macs: float
) -> None:
    content = describe(encoder, image_size=256)
    with torch.device("meta"):
        built = sum(p.numel() for p in make_encoder(content).parameters())
    assert built == pytest.approx(parameters, rel=0.03)
    assert encoder_macs(content) == pytest.approx(macs, rel=0.03)


def test_half_a_single_net_costs_half_a_pair(describe: Describe) -> None:
    head = CATALOGUE["normal"]
    half = network_macs(describe("resnet18", capacity=0.5), [head])
    pair = network_macs(describe("resnet18"), [head, head])
    assert half == pytest.approx(pair / 2, rel=0.02)


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"encoder": "resnet19"}, "unknown encoder 'resnet19'"),
        ({"encoder": "xception", "image_size": 100}, "multiple of 16"),
        ({"image_size": 8}, "at least 16"),
        ({"decoder_blocks": 0}, "at least one block"),
        ({"version": 99}, "version 99"),
        ({"capacity": 0.0}, "capacity must be positive"),
    ],
)
def test_what_cannot_be_built_is_refused(
    describe: Describe, changed: dict[str, Any], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        Network({**describe(), **changed}, {"normal": CATALOGUE["normal"]}, seed=0)
