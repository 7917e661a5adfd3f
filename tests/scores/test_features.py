"""Where tasks are paired: valid pixels in an order of each image's own."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from specbench.data.dataset import Dataset
from specbench.data.ids import read_ids
from specbench.scores.contract import ScoreInputs
from specbench.scores.features import (
    Places,
    cells_at,
    find_places,
    outputs_at,
    pixel_order,
    sharers,
)
from specbench.scores.logme import LogME
from specbench.tasks.catalogue import CATALOGUE
from specbench.testing.probes import make_inputs

SCORE = LogME()


def inputs_with(tmp_path: Path, **settings: object) -> ScoreInputs:
    return make_inputs(tmp_path, SCORE, settings=settings)


def packed(inputs: ScoreInputs, domain: str) -> np.ndarray:
    ids = read_ids(inputs.data["ids"] / "val.ids")
    return Dataset.open({domain: inputs.data[domain]}, "val", ids).take(domain, slice(None))


@pytest.mark.parametrize(
    ("pair", "both", "expected"),
    [
        (("normal", "segment_semantic"), False, ("normal",)),
        (("normal", "segment_semantic"), True, ("normal", "segment_semantic")),
        (("segment_semantic", "class_scene"), False, ("segment_semantic",)),
        (("class_scene", "segment_semantic"), False, ("class_scene", "segment_semantic")),
    ],
)
def test_whose_labels_must_be_valid(
    pair: tuple[str, str], both: bool, expected: tuple[str, ...]
) -> None:
    assert sharers(pair, CATALOGUE, both=both) == expected


def test_pixels_are_valid_and_hold_the_labels(tmp_path: Path) -> None:
    inputs = inputs_with(tmp_path, pixels=10)
    where = find_places(inputs, {("normal",)})[("normal",)]
    assert where.pixel is not None
    assert np.bincount(where.image).tolist() == [10] * 12
    row, column = np.divmod(where.pixel, 16)
    assert packed(inputs, "mask_valid")[where.image, row, column].all()
    labels = packed(inputs, "normal")[where.image, :, row, column]
    np.testing.assert_allclose(where.labels["normal"], labels, atol=1e-6)


def test_pixels_do_not_depend_on_other_images_or_pixels(tmp_path: Path) -> None:
    many = find_places(inputs_with(tmp_path, pixels=10), {("normal",)})[("normal",)]
    few = find_places(inputs_with(tmp_path, pixels=4, images=3), {("normal",)})[("normal",)]
    assert many.pixel is not None
    assert few.pixel is not None
    expected = many.pixel.reshape(12, 10)[:3, :4]
    assert few.pixel.reshape(3, 4).tolist() == expected.tolist()
    assert not np.array_equal(pixel_order("a", 9), pixel_order("b", 9))


def test_all_valid_pixels_where_there_are_fewer(tmp_path: Path) -> None:
    inputs = inputs_with(tmp_path, pixels=10_000)
    where = find_places(inputs, {("normal",)})[("normal",)]
    assert len(where) == packed(inputs, "mask_valid").sum()


def test_labels_of_images_are_repeated(tmp_path: Path) -> None:
    inputs = inputs_with(tmp_path, pixels=5)
    names = ("class_scene", "segment_semantic")
    where = find_places(inputs, {names})[names]
    assert where.labels["class_scene"].tolist() == packed(inputs, "class_scene").repeat(5).tolist()
    alone = find_places(inputs, {("class_scene",)})[("class_scene",)]
    assert alone.pixel is None
    assert alone.image.tolist() == list(range(12))


def test_features_are_those_of_the_cell_a_pixel_lies_in() -> None:
    maps = np.arange(2 * 3 * 2 * 2, dtype=np.float32).reshape(2, 3, 2, 2)
    pixel = np.array([0, 3 * 4 + 3, 1 * 4 + 2])  # of 4 x 4: corners and (1, 2)
    where = Places(np.array([0, 0, 1]), pixel, (4, 4), {})
    expected = [maps[0, :, 0, 0], maps[0, :, 1, 1], maps[1, :, 0, 1]]
    np.testing.assert_array_equal(cells_at(maps, where, dense=True).at_places(), expected)
    averaged = [maps[i].mean((1, 2)) for i in (0, 0, 1)]
    np.testing.assert_allclose(cells_at(maps, where, dense=False).at_places(), averaged)


def test_places_of_one_cell_share_their_features() -> None:
    maps = np.random.default_rng(0).normal(size=(3, 5, 2, 2)).astype(np.float32)
    where = Places(np.array([0, 0, 0, 2, 2]), np.array([0, 5, 15, 3, 7]), (4, 4), {})
    cells = cells_at(maps, where, dense=True)
    assert len(cells.features) == 3, "no cell without a place, none twice"
    assert cells.of.tolist() == [0, 0, 1, 2, 2]
    assert len(cells_at(maps, where, dense=False).features) == 2


def test_outputs_are_probabilities_at_the_places(tmp_path: Path) -> None:
    from specbench.scores.probe import load_nets, probe_images

    inputs = inputs_with(tmp_path, pixels=5)
    names = ("class_scene", "segment_semantic")
    places = find_places(inputs, {names})
    nets = load_nets(inputs)
    images = probe_images(inputs, {}).batch(np.arange(12)).images
    where = places[names]
    assert where.pixel is not None
    row, column = np.divmod(where.pixel, 16)
    for name in names:
        chances = nets[name](images)[name].double().softmax(1).detach().numpy()
        found = outputs_at(nets[name], CATALOGUE[name], inputs, places)[names]
        at = (where.image,) if name == "class_scene" else (where.image, slice(None), row, column)
        np.testing.assert_allclose(found, chances[at], rtol=1e-4)
