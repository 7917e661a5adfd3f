"""Networks of samples that are no images: rows of a table, and windows of several."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from specbench.nets.architecture import ENCODERS, Takes
from specbench.nets.cost import VERSION, encoder_macs, encoder_reached, network_macs
from specbench.nets.network import Network
from specbench.tasks import CATALOGUE, Task

VALUE = Task("mass", "mass", "value", "mse", metrics=())
SORT = Task("sort", "sort", "image_class", "cross_entropy", classes=3, metrics=())
TASKS = {"mass": VALUE, "sort": SORT}
SHAPES = {"mlp": (40, 1), "conv1d": (7, 50)}


def content(encoder: str, capacity: float = 1.0, **changed: Any) -> dict[str, Any]:
    known, (inputs, length) = ENCODERS[encoder], SHAPES[encoder]
    return {
        "version": VERSION,
        "encoder": encoder,
        "width": known.width,
        "features": known.features,
        "capacity": capacity,
        "inputs": inputs,
        "length": length,
        **changed,
    }


def samples(encoder: str, count: int = 4, further: int = 0) -> torch.Tensor:
    inputs, length = SHAPES[encoder]
    shape = (count, inputs + further, length) if length > 1 else (count, inputs + further)
    return torch.randn(shape, generator=torch.Generator().manual_seed(0))


@pytest.mark.parametrize("encoder", SHAPES)
@pytest.mark.parametrize("capacity", [1.0, 0.5])
def test_macs_are_those_of_the_network_that_is_built(encoder: str, capacity: float) -> None:
    from specbench.testing.macs import counted_macs

    described = content(encoder, capacity)
    network = Network(described, TASKS, seed=0)
    one = samples(encoder, 1)
    assert encoder_macs(described) == counted_macs(network.encoder, one)
    assert network_macs(described, TASKS.values()) == counted_macs(network, one)
    wider = Network(described, TASKS, seed=0, in_channels=SHAPES[encoder][0] + 2)
    more = encoder_macs(described, SHAPES[encoder][0] + 2)
    assert more == counted_macs(wider.encoder, samples(encoder, 1, 2))


@pytest.mark.parametrize("encoder", SHAPES)
@pytest.mark.parametrize("capacity", [0.25, 0.5])
def test_capacity_counts_the_inputs_that_there_are(encoder: str, capacity: float) -> None:
    described = content(encoder, capacity)
    reached = encoder_reached(described).capacity
    assert reached == pytest.approx(capacity, rel=0.02)
    assert reached == encoder_macs(described) / encoder_macs(content(encoder))


@pytest.mark.parametrize("encoder", SHAPES)
def test_outputs_have_the_shapes_of_the_labels(encoder: str) -> None:
    outputs = Network(content(encoder), TASKS, seed=0)(samples(encoder))
    assert outputs["mass"].shape == (4, 1)
    assert outputs["sort"].shape == (4, 3)
    for output in outputs.values():
        assert 0.05 < output.std() < 5


@pytest.mark.parametrize("encoder", SHAPES)
def test_a_label_beside_the_sample_widens_the_first_layer_only(encoder: str) -> None:
    own = SHAPES[encoder][0]
    alone = Network(content(encoder), TASKS, seed=0)
    beside = Network(content(encoder), TASKS, seed=0, in_channels=own + 2)
    (first, *rest), (wide, *others) = alone.encoder.parameters(), beside.encoder.parameters()
    assert torch.equal(wide[:, :own], first)
    assert wide[:, own:].std() > first.std(), "further inputs are fewer, so their weights larger"
    assert all(torch.equal(a, b) for a, b in zip(rest, others, strict=True))


def test_a_sequence_is_read_in_order() -> None:
    network = Network(content("conv1d"), TASKS, seed=0).eval()
    forward = samples("conv1d")
    with torch.inference_mode():
        assert not torch.allclose(network(forward)["mass"], network(forward.flip(2))["mass"])


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"encoder": "conv"}, "encoder 'conv' takes images, not vectors"),
        ({"length": 9}, "encoder 'mlp' takes vectors, not sequences"),
        ({"inputs": 0}, "at least one input"),
    ],
)
def test_an_encoder_that_does_not_fit_is_refused(changed: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Network({**content("mlp"), **changed}, TASKS, seed=0)


def test_encoders_of_tables_take_no_images_and_pixels_are_not_learnt_from_rows() -> None:
    images = {**content("mlp"), "image_size": 32, "decoder_width": 8, "decoder_blocks": 2}
    with pytest.raises(ValueError, match="encoder 'mlp' takes vectors, not images"):
        Network(images, TASKS, seed=0)
    with pytest.raises(ValueError, match="a task of pixels cannot be learnt from vectors"):
        Network(content("mlp"), {"normal": CATALOGUE["normal"]}, seed=0)


def test_every_encoder_says_what_it_takes() -> None:
    known = {name: one.takes for name, one in ENCODERS.items()}
    assert known["mlp"] is Takes.VECTORS
    assert known["conv1d"] is Takes.SEQUENCES
    assert known["transformer"] is known["hf"] is Takes.TEXTS
    rest = set(known) - {*SHAPES, "transformer", "hf"}
    assert {known[name] for name in rest} == {Takes.IMAGES}
