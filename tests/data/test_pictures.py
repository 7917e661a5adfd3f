import io

import numpy as np
import pytest
from PIL import Image

from specbench.data.domains import DOMAINS, Domain, Form
from specbench.data.pictures import limits_of, palette, picture, png

RNG = np.random.default_rng(0)
LABELS = {
    "image": lambda d: RNG.integers(0, 256, (3, 8, 8)).astype(np.uint8),
    "continuous": lambda d: RNG.random((d.channels, 8, 8)).astype(np.float32),
    "normal": lambda d: RNG.normal(size=(3, 8, 8)).astype(np.float32),
    "classes": lambda d: RNG.integers(0, d.classes, (8, 8)).astype(np.uint8),
    "image_class": lambda d: np.int64(RNG.integers(0, d.classes)),
    "mask": lambda d: RNG.random((8, 8)) > 0.5,
}


@pytest.mark.parametrize("domain", list(DOMAINS))
def test_every_domain_has_a_picture(domain: str) -> None:
    known = DOMAINS[domain]
    drawn = picture(LABELS[known.form](known), known, size=8)
    assert (drawn.shape, drawn.dtype) == ((8, 8, 3), np.uint8)
    assert np.array_equal(np.asarray(Image.open(io.BytesIO(png(drawn)))), drawn)


def test_invalid_labels_are_drawn_as_nothing() -> None:
    nothing = np.full((3, 2, 2), np.nan, np.float32)
    assert (picture(nothing[:1], DOMAINS["depth_zbuffer"]) == 0).all()
    assert (picture(nothing[:2], DOMAINS["principal_curvature"]) == 0).all()
    assert (picture(nothing, DOMAINS["normal"]) == 128).all()
    assert (picture(np.full((2, 2), 255, np.uint8), DOMAINS["segment_semantic"]) == 0).all()
    assert (picture(np.array(-1), DOMAINS["class_scene"], size=3) == np.zeros((3, 3, 3))).all()
    # 255 is ignored as a pixel's class, but is one of the 365 kinds of scene.
    assert (picture(np.array(255), DOMAINS["class_scene"]) > 0).any()


def test_normals_have_taskonomys_colours() -> None:
    facing = np.array([0, 0, -2.0]).reshape(3, 1, 1)  # a prediction need not have length 1
    assert picture(facing, DOMAINS["normal"])[0, 0].tolist() == [128, 128, 0]


def test_label_and_prediction_share_a_scale_by_limits() -> None:
    depth = np.linspace(1, 5, 64, dtype=np.float32).reshape(1, 8, 8)
    limits = limits_of(depth)
    whole = picture(depth, DOMAINS["depth_zbuffer"], limits)
    half = picture(depth[:, :4], DOMAINS["depth_zbuffer"], limits)
    assert np.array_equal(whole[:4], half)
    lightness = whole.astype(float) @ (0.21, 0.72, 0.07)
    assert (np.diff(lightness.ravel()) >= -1).all()


def test_limits_are_two_numbers_whatever_the_label() -> None:
    assert limits_of(np.full((1, 2, 2), np.nan)) == (0, 1)
    assert limits_of(np.full((1, 2, 2), 7.0)) == (7, 8)


def test_palette_colours_are_fixed_and_distinct() -> None:
    assert np.array_equal(palette(5), palette(300)[:5])
    assert len({tuple(c) for c in palette(40).tolist()}) == 40
    assert (palette(300) > 0).any(axis=1).all()


@pytest.mark.parametrize("channels", [1, 2, 3, 7])
def test_users_own_domains_are_drawn(channels: int) -> None:
    own = Domain("flow", Form.CONTINUOUS, channels)
    value = RNG.random((channels, 4, 4)).astype(np.float32)
    assert picture(value, own).shape == (4, 4, 3)


def test_a_predicted_image_of_fractions_is_drawn() -> None:
    grey = picture(np.full((3, 2, 2), 0.5, np.float32), DOMAINS["rgb"])
    assert (grey == 128).all()
