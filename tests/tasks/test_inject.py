"""Labels as input channels, and the first convolution that reads them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from specbench.nets.architecture import ENCODERS, Takes
from specbench.nets.cost import VERSION
from specbench.nets.network import Network
from specbench.scores.td import TaxonomicalDistance
from specbench.tasks import CATALOGUE, Task
from specbench.tasks.inject import as_channels, injected_channels, input_channels, partner_of
from specbench.tasks.labels import Label, prepare
from specbench.testing.probes import make_inputs
from specbench.training.images import Images, open_split

CLASSES = CATALOGUE["segment_semantic"]


def test_classes_are_one_channel_each() -> None:
    packed = torch.randint(0, 17, (2, 4, 4)).to(torch.uint8)
    packed[0, 1, 2] = 255
    channels = as_channels(CLASSES, prepare(CLASSES, packed), 4, 4)
    assert channels.shape == (2, 18, 4, 4)
    assert channels.dtype is torch.float32
    assert channels[0, :, 1, 2].abs().max() == 0, "no class and not valid"
    valid = packed != 255
    assert torch.equal(channels[:, -1] == 1, valid)
    assert torch.equal(channels[:, :-1].argmax(1)[valid], packed.long()[valid])
    assert torch.equal(channels[:, :-1].sum(1), valid.float())


def test_values_are_normalised_and_zero_where_invalid() -> None:
    task = CATALOGUE["normal"]
    packed, mask = torch.randn(2, 3, 4, 4), torch.rand(2, 4, 4) < 0.5
    packed[:, :, 0, 0] = torch.nan
    packed[:, :, 0, 1], mask[:, 0, 1] = torch.inf, False
    label = prepare(task, packed.clone(), mask)
    channels = as_channels(task, label, 4, 4)
    assert channels.shape[1] == injected_channels(task) == 4
    assert torch.equal(channels[:, :3], torch.where(label.valid[:, None], packed, 0))
    assert torch.equal(channels[:, 3].bool(), label.valid)


def test_a_label_of_the_whole_image_is_at_every_pixel() -> None:
    task = Task("scene", "scene", "image_class", "cross_entropy", classes=3, metrics=())
    label = Label(torch.tensor([2, 0]), torch.tensor([True, False]))
    channels = as_channels(task, label, 2, 3)
    assert channels.shape == (2, 4, 2, 3)
    assert torch.equal(channels[0, :, 1, 2], torch.tensor([0.0, 0.0, 1.0, 1.0]))
    assert channels[1].abs().max() == 0


def test_a_content_tells_what_is_fed() -> None:
    assert input_channels({"injected": ""}) == input_channels({}) == 3
    content = {"injected": CLASSES.content()}
    assert partner_of(content) == CLASSES
    assert input_channels(content) == 3 + 18


def test_labels_are_mirrored_with_the_image(tmp_path: Path) -> None:
    data = make_inputs(tmp_path, TaxonomicalDistance()).data
    target, partner = {"edge_texture": CATALOGUE["edge_texture"]}, CATALOGUE["normal"]
    opened = open_split({**target, "normal": partner}, data, "train")
    images = Images(opened, target, partner=partner)
    rows = np.arange(4)
    plain = images.batch(rows).images
    turned = images.batch(rows, np.array([True, False, True, True])).images
    assert plain.shape[1] == 3 + 4
    mirrored = plain.flip(-1)
    mirrored[:, 3] *= -1  # a mirrored surface faces the other way along x
    assert torch.equal(turned[1], plain[1])
    for row in (0, 2, 3):
        assert torch.equal(turned[row], mirrored[row])


@pytest.mark.parametrize(
    "encoder", [name for name, known in ENCODERS.items() if known.takes is Takes.IMAGES]
)
def test_the_first_convolution_begins_as_that_of_the_image_alone(encoder: str) -> None:
    kind = ENCODERS[encoder]
    content: dict[str, Any] = {
        "encoder": encoder,
        "width": kind.width,
        "features": 16,
        "decoder_width": 8,
        "decoder_blocks": 2,
        "capacity": 0.25,
        "image_size": 32,
        "version": VERSION,
    }
    heads = {"normal": CATALOGUE["normal"]}
    alone = Network(content, heads, seed=1).state_dict()
    fed = Network(content, heads, seed=1, in_channels=3 + 18).state_dict()
    different = [name for name in alone if alone[name].shape != fed[name].shape]
    assert len(different) == 1
    for name in alone:
        part = fed[name][:, :3] if name in different else fed[name]
        assert torch.equal(alone[name], part), name
    label = fed[different[0]][:, 3:]
    spread = (2 / label[0].numel()) ** 0.5
    assert float(label.std()) == pytest.approx(spread, rel=0.1)
    other = Network(content, heads, seed=2, in_channels=3 + 18).state_dict()
    assert not torch.equal(label, other[different[0]][:, 3:])
