import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from specbench.data.domains import Form
from specbench.data.encodings import unit
from specbench.data.resize import downsample
from specbench.errors import DataError

sizes = st.tuples(st.integers(1, 9), st.integers(0, 12)).map(lambda s: (s[0], s[0] + s[1]))


def by_definition(value: np.ndarray, size: int) -> np.ndarray:
    """Average over valid pixels by cutting every pixel into size × size equal parts."""
    length = value.shape[0]
    fine = value.repeat(size, axis=0).repeat(size, axis=1).astype(float)
    blocks = fine.reshape(size, length, size, length, -1)
    valid = np.isfinite(blocks).sum(axis=(1, 3))
    total = np.nansum(blocks, axis=(1, 3))
    return np.divide(total, valid, out=np.full_like(total, np.nan), where=valid > 0)


@given(sizes, st.data())
def test_continuous_is_the_area_average_over_valid_pixels(
    size: tuple[int, int], data: st.DataObject
) -> None:
    small, large = size
    numbers = st.one_of(st.floats(-100, 100, width=32), st.just(np.nan))
    value = data.draw(arrays(np.float32, (large, large, 1), elements=numbers))
    got = downsample(value, Form.CONTINUOUS, small)
    assert got.dtype == np.float32
    assert got == pytest.approx(by_definition(value, small), abs=1e-3, nan_ok=True)


@pytest.mark.parametrize("each", [1, 2, 3, 4, 5, 8, 9, 16])
def test_packed_bits_are_those_of_plain_numpy(each: int) -> None:
    """Faster ways of adding must not change a bit of what was packed before them."""
    rng = np.random.default_rng(each)
    value = rng.normal(size=(6 * each, 6 * each, 3)).astype(np.float32)
    value[rng.random(value.shape[:2]) < 0.1] = np.nan
    starts = np.arange(6) * each

    def area_sum(of: np.ndarray) -> np.ndarray:
        return np.add.reduceat(np.add.reduceat(of, starts, axis=0), starts, axis=1)

    valid = np.isfinite(value).all(axis=-1, keepdims=True)
    total = area_sum(np.where(valid, value, 0).astype(np.float64))
    weight = area_sum(valid.astype(np.float64))
    weight[weight < 1e-9] = np.nan
    mean = (total / weight).astype(np.float32)
    if each > 1:
        assert np.array_equal(downsample(value, Form.CONTINUOUS, 6), mean, equal_nan=True)
    length = np.sqrt(np.square(mean).sum(axis=-1, keepdims=True))
    length[~(length > 0.1)] = np.nan
    assert np.array_equal(unit(mean), mean / length, equal_nan=True)


def test_invalid_pixels_do_not_bleed() -> None:
    depth = np.full((4, 4, 1), np.nan, np.float32)
    depth[:, :3] = 2.0
    depth[:2, :2] = np.nan
    small = downsample(depth, Form.CONTINUOUS, 2)[..., 0]
    assert np.isnan(small[0, 0])
    assert small[0, 1] == small[1, 0] == small[1, 1] == 2.0


def test_a_channel_that_is_invalid_makes_the_pixel_invalid() -> None:
    value = np.ones((2, 2, 2), np.float32)
    value[0, 0] = (9, np.nan)
    assert downsample(value, Form.CONTINUOUS, 1).tolist() == [[[1, 1]]]


@given(arrays(np.float32, (8, 8, 3), elements=st.floats(-1, 1, width=32)), st.sampled_from([3, 4]))
def test_normals_stay_unit_vectors(value: np.ndarray, size: int) -> None:
    length = np.linalg.norm(downsample(value, Form.NORMAL, size).astype(float), axis=-1)
    assert np.allclose(length[np.isfinite(length)], 1, atol=1e-5)


def test_normals_are_averaged_then_scaled_and_opposites_cancel() -> None:
    value = np.zeros((2, 4, 3), np.float32)
    value[0, :2], value[1, :2] = (1, 0, 0), (0, 0, -1)
    value[0, 2:], value[1, 2:] = (0, 1, 0), (0, -1, 0)
    value = value.repeat(2, axis=0)
    small = downsample(value, Form.NORMAL, 2).mean(axis=0)
    assert small[0] == pytest.approx((0.5, 0, -0.5))
    flat = downsample(value[:4], Form.NORMAL, 1)
    assert flat[0, 0] == pytest.approx((np.sqrt(0.5), 0, -np.sqrt(0.5)))
    assert np.isnan(downsample(np.ascontiguousarray(value[:, 2:][[0, 3]]), Form.NORMAL, 1)).all()


@given(arrays(np.uint8, (12, 12)), st.integers(1, 12))
def test_classes_are_never_mixed(value: np.ndarray, size: int) -> None:
    small = downsample(value, Form.CLASSES, size)
    assert small.shape == (size, size)
    assert set(small.ravel().tolist()) <= set(value.ravel().tolist())


def test_nearest_takes_the_pixel_at_the_centre() -> None:
    value = np.arange(81, dtype=np.uint8).reshape(9, 9)
    assert downsample(value, Form.CLASSES, 3).tolist() == value[1::3, 1::3].tolist()
    mask = value % 2 == 0
    assert downsample(mask, Form.MASK, 3).tolist() == mask[1::3, 1::3].tolist()
    assert downsample(mask, Form.MASK, 3).dtype == np.bool_


@given(st.integers(1, 64), st.integers(0, 255))
def test_a_constant_image_stays_constant(size: int, level: int) -> None:
    small = downsample(np.full((64, 64, 3), level, np.uint8), Form.IMAGE, size)
    assert (small.dtype, small.shape) == (np.uint8, (size, size, 3))
    assert (small == level).all()


def test_images_are_averaged_and_rounded() -> None:
    value = np.array([[0, 255], [255, 0]], np.uint8)[..., None].repeat(3, axis=-1)
    value = value.repeat(2, axis=0).repeat(2, axis=1)
    assert downsample(value, Form.IMAGE, 1).tolist() == [[[128, 128, 128]]]
    assert downsample(value, Form.IMAGE, 2).tolist() == value[::2, ::2].tolist()


def test_the_same_size_is_untouched_and_no_image_grows() -> None:
    value = np.ones((4, 4, 1), np.float32)
    assert downsample(value, Form.CONTINUOUS, 4) is value
    with pytest.raises(DataError, match=r"4×4, smaller than data\.image_size = 8.*to 4 or less"):
        downsample(value, Form.CONTINUOUS, 8)
    assert downsample(np.array(3), Form.IMAGE_CLASS, 8) == 3
