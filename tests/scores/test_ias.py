"""IAS: attributions in closed form, and what their cosine has to be."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import pytest
import torch

from specbench.scores.contract import State
from specbench.scores.ias import InputAttributionSimilarity, attribution, pairwise_cosine
from specbench.tasks.catalogue import CATALOGUE
from specbench.tasks.labels import Label
from specbench.testing.probes import make_inputs
from specbench.testing.scores import ScoreContract, values

SCORE = InputAttributionSimilarity()


class TestContract(ScoreContract):
    score = SCORE


class Linear(torch.nn.Module):
    """A net that mixes the channels of every pixel by fixed weights."""

    def __init__(self, name: str, weights: torch.Tensor) -> None:
        super().__init__()
        self.name, self.weights = name, weights

    def forward(self, images: torch.Tensor) -> dict[str, torch.Tensor]:
        return {self.name: torch.einsum("oc,nchw->nohw", self.weights, images)}


def label(shape: tuple[int, ...], valid: torch.Tensor) -> Any:
    return Label(torch.zeros(shape), valid)


def test_a_linear_net_in_closed_form() -> None:
    torch.manual_seed(0)
    images, weights = torch.randn(3, 3, 4, 4), torch.randn(3, 3)
    valid = torch.rand(3, 4, 4) < 0.6
    found = attribution(
        Linear("normal", weights), CATALOGUE["normal"], images, label((3, 3, 4, 4), valid)
    )
    # d/dx of the sum of outputs over valid pixels is the sum of the weights of a channel.
    expected = images * weights.sum(0)[None, :, None, None] * valid[:, None]
    torch.testing.assert_close(found, expected.flatten(1))


def test_classes_are_attributed_to_the_logit_of_the_predicted_class() -> None:
    torch.manual_seed(0)
    images, weights = torch.randn(2, 3, 4, 4), torch.randn(17, 3)
    valid = torch.rand(2, 4, 4) < 0.6
    task = CATALOGUE["segment_semantic"]
    found = attribution(Linear(task.name, weights), task, images, label((2, 4, 4), valid))
    predicted = torch.einsum("oc,nchw->nohw", weights, images).argmax(1)
    chosen = weights[predicted].permute(0, 3, 1, 2)
    torch.testing.assert_close(found, (images * chosen * valid[:, None]).flatten(1))


def test_invalid_pixels_do_not_count() -> None:
    images = torch.randn(2, 3, 4, 4)
    nothing = torch.zeros(2, 4, 4, dtype=torch.bool)
    task = CATALOGUE["normal"]
    net = Linear("normal", torch.randn(3, 3))
    assert attribution(net, task, images, label((2, 3, 4, 4), nothing)).abs().max() == 0


def test_cosines_of_maps() -> None:
    one = torch.tensor([[1.0, 0.0], [1.0, 1.0], [0.0, 0.0]])
    two = torch.tensor([[-2.0, 0.0], [1.0, 0.0], [1.0, 1.0]])
    found = pairwise_cosine(torch.stack([one, two]))
    assert found[0, 0, 1] == pytest.approx(-1)
    assert found[1, 0, 1] == pytest.approx(0.5**0.5)
    assert found[2, 0, 1].isnan(), "a map of zeros has no direction"


def test_equal_nets_score_one(tmp_path: Path) -> None:
    inputs = make_inputs(tmp_path, SCORE, ("depth_zbuffer", "edge_texture"))
    twin = dataclasses.replace(CATALOGUE["depth_zbuffer"], name="twin")
    net = inputs.networks["depth_zbuffer"]
    content = {**net.content, "tasks": {"twin": twin.content()}}
    state = torch.load(net.weights, weights_only=True)
    weights = tmp_path / "twin.pt"
    torch.save({k.replace("depth_zbuffer", "twin"): v for k, v in state.items()}, weights)
    same = dataclasses.replace(net, content=content, weights=weights)
    pair = dataclasses.replace(
        inputs,
        tasks={"depth_zbuffer": CATALOGUE["depth_zbuffer"], "twin": twin},
        networks={"depth_zbuffer": net, "twin": same},
    )
    found = values(SCORE.compute(pair))
    assert found["depth_zbuffer", "twin"] == pytest.approx(1, abs=1e-6)


def test_values_are_cosines_and_images_are_counted(tmp_path: Path) -> None:
    scored = SCORE.compute(make_inputs(tmp_path, SCORE))
    assert all(abs(value) <= 1 + 1e-6 for value in values(scored).values() if value is not None)
    assert scored.images == 12
    assert SCORE.compute(make_inputs(tmp_path, SCORE, settings={"images": 5})).images == 5


def test_only_the_first_images_are_read(tmp_path: Path) -> None:
    few = SCORE.compute(make_inputs(tmp_path, SCORE, settings={"images": 5}))
    all_ = SCORE.compute(make_inputs(tmp_path, SCORE))
    assert values(few) != values(all_)
    other = SCORE.compute(make_inputs(tmp_path, SCORE, settings={"split": "test"}))
    assert values(other) != values(all_)


def test_an_attribution_that_vanishes_everywhere_is_a_reason(tmp_path: Path) -> None:
    inputs = make_inputs(tmp_path, SCORE, ("depth_zbuffer", "edge_texture"))
    net = inputs.networks["edge_texture"]
    state = torch.load(net.weights, weights_only=True)
    torch.save({name: torch.zeros_like(tensor) for name, tensor in state.items()}, net.weights)
    found = SCORE.compute(inputs).pairs["depth_zbuffer", "edge_texture"]
    assert found.state is State.UNDEFINED
    assert "vanishes" in found.reason
