import pytest
import torch

from specbench.tasks import CATALOGUE, resolve_task
from specbench.tasks.labels import denormalise, flip, normalise, prepare

NORMAL, DEPTH = CATALOGUE["normal"], CATALOGUE["depth_zbuffer"]
ALL = torch.tensor([True])


def test_flipping_a_normal_mirrors_it_and_negates_x() -> None:
    packed = torch.arange(1.0, 13.0).view(1, 3, 1, 4)
    flipped = flip(NORMAL, packed.clone(), ALL)
    assert torch.equal(flipped[:, 0], -packed[:, 0].flip(-1))
    assert torch.equal(flipped[:, 1:], packed[:, 1:].flip(-1))


@pytest.mark.parametrize("name", ["normal", "depth_zbuffer", "segment_semantic", "class_scene"])
def test_flipping_twice_is_the_identity(name: str) -> None:
    task = CATALOGUE[name]
    generator = torch.Generator().manual_seed(0)
    shape = (4, 5, 6) if task.is_class else (4, task.channels, 5, 6)
    packed = torch.randint(0, 9, shape if task.dense else (4,), generator=generator)
    chosen = torch.tensor([True, False, True, False])
    once = flip(task, packed.clone(), chosen)
    assert torch.equal(once[~chosen], packed[~chosen])
    assert torch.equal(once[chosen], packed[chosen]) != task.dense
    assert torch.equal(flip(task, once, chosen), packed)


def test_classes_flip_with_their_uncertain_pixels() -> None:
    packed = torch.tensor([[[3, 255, 0, 1]]], dtype=torch.uint8)
    assert flip(CATALOGUE["segment_semantic"], packed, ALL).tolist() == [[[1, 0, 255, 3]]]


def test_a_label_is_valid_where_it_is_known_and_the_mask_is_set() -> None:
    packed = torch.tensor([[[[1.0, float("nan"), 3.0]]]])
    mask = torch.tensor([[[True, True, False]]])
    label = prepare(DEPTH, packed, mask)
    assert label.valid.tolist() == [[[True, False, False]]]
    assert label.value[0, 0, 0, 0] == pytest.approx((1.0 - DEPTH.offset) / DEPTH.scale)
    assert label.value.isfinite().all()


def test_labels_of_the_image_ignore_the_mask() -> None:
    mask = torch.zeros(1, 1, 2, dtype=torch.bool)
    edges = prepare(CATALOGUE["edge_texture"], torch.ones(1, 1, 1, 2), mask)
    assert edges.valid.all()


def test_a_masked_task_without_its_mask_is_refused() -> None:
    with pytest.raises(ValueError, match="got no mask"):
        prepare(DEPTH, torch.ones(1, 1, 2, 2))


def test_a_normal_with_one_unknown_component_is_invalid() -> None:
    packed = torch.tensor([[0.0, float("nan"), 1.0], [0.0, 0.0, -1.0]]).view(2, 3, 1, 1)
    valid = prepare(NORMAL, packed, torch.ones(2, 1, 1, dtype=torch.bool)).valid
    assert valid.flatten().tolist() == [False, True]


def test_uncertain_classes_are_invalid() -> None:
    packed = torch.tensor([[[3, 255]]], dtype=torch.uint8)
    assert prepare(CATALOGUE["segment_semantic"], packed).valid.tolist() == [[[True, False]]]
    assert prepare(CATALOGUE["class_scene"], torch.tensor([4, -1])).valid.tolist() == [True, False]


def test_a_class_beyond_the_tasks_is_refused() -> None:
    with pytest.raises(ValueError, match="17 classes"):
        prepare(CATALOGUE["segment_semantic"], torch.full((1, 1, 1), 17, dtype=torch.uint8))


def test_a_mask_is_a_label_of_two_classes() -> None:
    label = prepare(CATALOGUE["mask_valid"], torch.tensor([[[True, False]]]))
    assert label.value.tolist() == [[[1, 0]]]
    assert label.valid.all()


def test_autoencoding_brings_levels_to_plus_minus_one() -> None:
    label = prepare(
        CATALOGUE["autoencoding"], torch.tensor([0, 255, 0], dtype=torch.uint8).view(1, 3, 1, 1)
    )
    assert label.value.flatten().tolist() == [-1, 1, -1]
    assert label.valid.shape == (1, 1, 1)


def test_denormalising_undoes_normalising() -> None:
    task = resolve_task("far", {"domain": "depth_zbuffer", "offset": 2.0, "scale": 4.0})
    value = torch.tensor([1.0, 6.0])
    assert normalise(task, value).tolist() == [-0.25, 1.0]
    assert denormalise(task, normalise(task, value)).tolist() == value.tolist()
