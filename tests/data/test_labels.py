"""Taskonomy's formulas against direct scikit-image calls and closed forms."""

import math

import numpy as np
import pytest
from PIL import Image
from skimage.feature import hessian_matrix_det
from skimage.filters import gaussian, sobel

from specbench.data import labels


def picture(height=96, width=96, seed=0):
    """A picture with blocks, a ramp and noise."""
    rng = np.random.default_rng(seed)
    blocks = np.kron(rng.random((height // 8, width // 8, 3)), np.ones((8, 8, 1))) * 150
    ramp = np.linspace(0, 60, width)[None, :, None]
    return (blocks + ramp + rng.random((height, width, 3)) * 40).astype(np.uint8)


def test_grey_is_pillows_luma():
    rgb = picture()
    assert np.array_equal(labels.grey(rgb), np.asarray(Image.fromarray(rgb).convert("L")))


def test_texture_edges_are_the_sobel_of_the_smoothed_grey():
    rgb = picture()
    expected = sobel(gaussian(labels.grey(rgb) / 255, sigma=3))
    assert np.abs(labels.edge_texture(rgb) - expected).max() < 1e-6


@pytest.mark.parametrize("shape", [(512, 512), (96, 160), (40, 40)])
def test_keypoints_equal_scikit_images_determinant(shape):
    rgb = picture(*shape)
    grey = labels.grey(rgb) / 255
    determinants = [hessian_matrix_det(grey, sigma=scale) for scale in np.linspace(1, 30, 10)]
    expected = np.maximum(np.max(determinants, axis=0), 0)
    found = labels.keypoints2d(rgb)
    assert found.shape == shape
    assert np.abs(found - expected).max() < 1e-7
    assert expected.max() > 1e-3


def test_a_flat_picture_has_no_edges():
    rgb = np.full((64, 64, 3), 90, np.uint8)
    assert labels.edge_texture(rgb).max() < 1e-6


def test_occlusion_edges_are_the_masked_sobel_of_the_root_of_depth():
    z16 = np.full((40, 40), 900, np.uint16)
    z16[:, 20:] = 1600
    z16[:8, :8] = labels.NO_GEOMETRY
    found = labels.edge_occlusion(z16)
    expected = sobel(np.sqrt(z16.astype(float)) / 256, mask=z16 < 65036)
    assert np.abs(found - expected).max() < 1e-6
    assert found[:9, :9].max() == 0
    assert found[20, 20] == pytest.approx((40 - 30) / 256 / math.sqrt(2) / 1, rel=1e-4)


def test_euclidean_depth_follows_the_pixels_ray():
    field, z = 1.1, np.full((512, 512), 2.0, np.float32)
    focal = 256 / math.tan(field / 2)
    distance = labels.euclidean_depth(z, field)
    row, column = 37, 400
    expected = 2 * math.sqrt(1 + ((column + 0.5 - 256) ** 2 + (row + 0.5 - 256) ** 2) / focal**2)
    assert distance[row, column] == pytest.approx(expected, rel=1e-6)
    assert (distance >= z).all()


def test_normals_of_a_tilted_plane():
    field, pixels = 1.0, 128
    normal = np.array([0.3, -0.5, -0.8])
    normal /= np.linalg.norm(normal)
    x, y = labels.pixel_grid(pixels, labels.focal_length(field, pixels))
    z = -2.0 / (normal[0] * x + normal[1] * y + normal[2])
    found = labels.normals_from_depth(z, field)
    assert np.abs(found - normal).max() < 1e-2
    assert np.abs(found[1:-1, 1:-1] - normal).max() < 2e-3


def test_depth_levels_count_512_a_metre_and_mark_what_is_missing():
    levels = labels.depth_levels(np.array([1.0, 2.5, np.inf, np.nan, 500.0]))
    assert levels.tolist() == [512, 1280, 65535, 65535, 65534]
    assert labels.mask_valid(levels).tolist() == [True, True, False, False, True]


def test_fractions_fill_16_bits():
    assert labels.fraction_levels(np.array([0.0, 0.5, 1.0, 2.0])).tolist() == [
        0,
        32768,
        65535,
        65535,
    ]


def test_averages_leave_out_what_is_not_valid():
    values = np.array([[1.0, 3.0, 9.0, 9.0], [5.0, 7.0, 9.0, 9.0]] * 2, np.float32)
    valid = np.array([[1, 1, 0, 0], [0, 1, 0, 0]] * 2, bool)
    mean, share = labels.average_down_valid(values, valid, 2)
    assert mean[:, 0].tolist() == pytest.approx([11 / 3, 11 / 3])
    assert np.isnan(mean[:, 1]).all()
    assert share.tolist() == [[0.75, 0.0], [0.75, 0.0]]


def test_averaging_down_keeps_the_mean_and_refuses_uneven_sizes():
    values = np.random.default_rng(1).random((64, 64, 3))
    assert labels.average_down(values, 16).mean() == pytest.approx(values.mean(), rel=1e-5)
    with pytest.raises(ValueError, match="64 pixels cannot be averaged down to 48"):
        labels.average_down(values, 48)
