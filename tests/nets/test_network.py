from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
import torchvision

from specbench.nets.architecture import ENCODERS, Takes
from specbench.nets.network import Network
from specbench.nets.resnet import ResNetEncoder
from specbench.tasks import CATALOGUE

Describe = Callable[..., dict[str, Any]]
OF_IMAGES = [name for name, known in ENCODERS.items() if known.takes is Takes.IMAGES]
TASKS = {name: CATALOGUE[name] for name in ("class_scene", "normal", "segment_semantic")}


@pytest.mark.parametrize("name", ["resnet18", "resnet50"])
def test_a_full_resnet_is_torchvisions(name: str) -> None:
    theirs = getattr(torchvision.models, name)().eval()
    ours = ResNetEncoder(name, (64, 128, 256, 512), 32, 3).eval()
    missing, unexpected = ours.load_state_dict(theirs.state_dict(), strict=False)
    assert {key.split(".")[0] for key in missing} == {"project"}
    assert set(unexpected) == {"fc.weight", "fc.bias"}
    images = torch.randn(2, 3, 64, 64, generator=torch.Generator().manual_seed(0))
    pooled = theirs.fc(ours.trunk(images).mean((2, 3)))
    torch.testing.assert_close(pooled, theirs(images))
    # A step of training, too: to the bit, or networks trained before would come out otherwise.
    trunk = torch.nn.Sequential(*list(theirs.children())[:-2])
    features = [net(images).square().mean() for net in (trunk.train(), ours.train().trunk)]
    assert torch.equal(*features)
    for loss in features:
        loss.backward()
    for parameter, name in ((p, n) for n, p in theirs.named_parameters() if "fc." not in n):
        assert torch.equal(parameter.grad, ours.get_parameter(name).grad), name


@pytest.mark.parametrize("encoder", OF_IMAGES)
def test_outputs_have_the_shapes_of_the_labels(describe: Describe, encoder: str) -> None:
    network = Network(describe(encoder, image_size=32, capacity=0.25), TASKS, seed=0)
    outputs = network(torch.zeros(2, 3, 32, 32))
    assert list(outputs) == sorted(TASKS)
    assert outputs["normal"].shape == (2, 3, 32, 32)
    assert outputs["segment_semantic"].shape == (2, 17, 32, 32)
    assert outputs["class_scene"].shape == (2, 365)


def test_networks_of_one_seed_share_what_they_have_in_common(describe: Describe) -> None:
    single = Network(describe(capacity=0.5), {"normal": TASKS["normal"]}, seed=3)
    full = Network(describe(), {"normal": TASKS["normal"]}, seed=3)
    joint = Network(describe(), TASKS, seed=3)
    assert _equal(full.encoder, joint.encoder)
    for other in (full, joint):
        assert _equal(single.decoders["normal"], other.decoders["normal"])
    other_seed = Network(describe(), TASKS, seed=4)
    assert not _equal(joint.encoder, other_seed.encoder)


def test_decoders_of_different_tasks_differ(describe: Describe) -> None:
    tasks = {"a": TASKS["normal"], "b": TASKS["normal"]}
    network = Network(describe(), tasks, seed=0)
    assert not _equal(network.decoders["a"], network.decoders["b"])


def test_building_leaves_the_global_random_states_alone(describe: Describe) -> None:
    torch_state, numpy_state = torch.get_rng_state(), np.random.get_state()[1].copy()  # noqa: NPY002
    Network(describe("resnet18"), TASKS, seed=0)
    assert torch.equal(torch_state, torch.get_rng_state())
    assert np.array_equal(numpy_state, np.random.get_state()[1])  # noqa: NPY002


@pytest.mark.parametrize("encoder", OF_IMAGES)
def test_initial_outputs_are_of_the_labels_size(describe: Describe, encoder: str) -> None:
    network = Network(describe(encoder), TASKS, seed=0)
    images = torch.randn(4, 3, 64, 64, generator=torch.Generator().manual_seed(0))
    for output in network(images).values():
        assert 0.1 < output.std() < 3


def test_any_name_may_be_a_task(describe: Describe) -> None:
    names = ["type", "items", "a.b", "a%2Eb", "train", "ünï"]
    network = Network(describe(), dict.fromkeys(names, TASKS["normal"]), seed=0)
    assert list(network.decoders) == sorted(names)
    assert len({id(network.decoders[name]) for name in names}) == len(names)
    assert set(network(torch.zeros(2, 3, 64, 64))) == set(names)


def test_shared_parameters_are_the_encoders(describe: Describe) -> None:
    network = Network(describe(), TASKS, seed=0)
    shared = {id(parameter) for parameter in network.shared_parameters()}
    names = {name for name, p in network.named_parameters() if id(p) in shared}
    assert names == {n for n, _ in network.named_parameters() if n.startswith("encoder.")}


def _equal(one: torch.nn.Module, other: torch.nn.Module) -> bool:
    ours, theirs = one.state_dict(), other.state_dict()
    return ours.keys() == theirs.keys() and all(torch.equal(ours[k], theirs[k]) for k in ours)
