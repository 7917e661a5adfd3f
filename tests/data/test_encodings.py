import io

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from PIL import Image

from specbench.data.domains import DOMAINS
from specbench.data.encodings import UndecodableError, decode_file, vector_length


def png(pixels: np.ndarray, **kw: object) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, format="PNG", **kw)
    return buffer.getvalue()


def npy(values: object) -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, np.asarray(values))
    return buffer.getvalue()


def decoded(domain: str, content: bytes) -> np.ndarray:
    return decode_file(content, DOMAINS[domain])


@pytest.mark.parametrize("domain", ["depth_zbuffer", "depth_euclidean"])
def test_depth_is_unsigned_and_in_metres(domain: str) -> None:
    """As int16, level 40,000 would read -49.9 m and 65,534 would pass for valid."""
    levels = np.array([[0, 512, 1536], [32767, 32768, 40000], [65534, 65535, 1]], np.uint16)
    metres = decoded(domain, png(levels))
    assert (metres.dtype, metres.shape) == (np.float32, (3, 3, 1))
    assert np.isnan(metres[2, 1, 0])
    known = levels != 65535
    assert np.array_equal(metres[..., 0][known], levels[known].astype(np.float32) / 512)
    assert metres[1, 2, 0] == 78.125


@pytest.mark.parametrize("domain", ["keypoints2d", "edge_texture", "keypoints3d", "edge_occlusion"])
def test_levels_are_fractions(domain: str) -> None:
    values = decoded(domain, png(np.array([[0, 13107], [40000, 65535]], np.uint16)))[..., 0]
    assert values[0].tolist() == pytest.approx([0, 0.2])
    assert values[1, 0] == pytest.approx(40000 / 65535)
    geometric = domain in ("keypoints3d", "edge_occlusion")
    assert np.isnan(values[1, 1]) if geometric else values[1, 1] == 1


def test_normals_point_where_taskonomy_says() -> None:
    pixels = np.array([[(128, 128, 0), (255, 127, 127)], [(128, 128, 128), (127, 0, 128)]], "u1")
    vectors = decoded("normal", png(pixels))
    assert vectors[0, 0] == pytest.approx((0, 0, -1), abs=0.01)  # faces the camera
    assert vectors[0, 1] == pytest.approx((1, 0, 0), abs=0.01)
    assert np.isnan(vectors[1, 0]).all()
    assert vectors[1, 1] == pytest.approx((0, -1, 0), abs=0.01)  # a floor


@given(arrays(np.uint8, (4, 4, 3)))
def test_normals_are_unit_vectors_or_nothing(pixels: np.ndarray) -> None:
    vectors = decoded("normal", png(pixels)).astype(float)
    length = np.linalg.norm(vectors, axis=-1)
    assert np.isnan(vectors).any(-1).tolist() == np.isnan(vectors).all(-1).tolist()
    assert np.allclose(length[np.isfinite(length)], 1, atol=1e-5)


def test_curvature_and_shading() -> None:
    pixels = np.array([[(127, 127, 127), (0, 0, 0)], [(254, 0, 127), (0, 0, 9)]], np.uint8)
    bends = decoded("principal_curvature", png(pixels))
    assert bends.shape == (2, 2, 2)
    assert bends[0, 0].tolist() == [0, 0]
    assert np.isnan(bends[0, 1]).all()
    assert bends[1].tolist() == [[1, -1], [-1, -1]]
    shading = decoded("reshading", png(np.full((2, 2, 3), 51, np.uint8)))
    assert shading.shape == (2, 2, 1)
    assert shading.max() == pytest.approx(0.2)


def test_classes_start_at_zero_and_uncertain_pixels_are_ignored() -> None:
    classes = decoded("segment_semantic", png(np.array([[0, 1], [2, 17]], np.uint8)))
    assert classes.tolist() == [[255, 0], [1, 16]]
    with pytest.raises(UndecodableError, match="class 18"):
        decoded("segment_semantic", png(np.array([[0, 18], [2, 17]], np.uint8)))
    regions = np.array([[7, 0], [254, 255]], np.uint8)
    assert np.array_equal(decoded("segment_unsup2d", png(regions)), regions)


def test_masks_and_images() -> None:
    mask = decoded("mask_valid", png(np.array([[0, 255], [128, 255]], np.uint8)))
    assert mask.dtype == np.bool_
    assert mask.tolist() == [[False, True], [False, True]]
    pixels = np.arange(12, dtype=np.uint8).reshape(2, 2, 3)
    assert np.array_equal(decoded("rgb", png(pixels)), pixels)


def test_a_scene_is_its_likeliest_class() -> None:
    vector = np.zeros(365, np.float32)
    vector[42] = 0.7
    scene = decoded("class_scene", npy(vector))
    assert (scene.shape, scene.dtype, int(scene)) == ((), np.int64, 42)
    assert int(decoded("class_scene", npy(np.zeros(365)))) == -1
    assert int(decoded("class_scene", npy(np.full(365, np.nan)))) == -1
    assert vector_length(npy(vector)) == 365
    with pytest.raises(UndecodableError, match="6 class probabilities where 365"):
        decoded("class_scene", npy(np.ones(6)))
    for wrong in (npy(3), npy(["a", "b"]), b"no array", npy(vector)[:-8]):
        with pytest.raises(UndecodableError):
            decoded("class_scene", wrong)


GOOD = png(np.random.default_rng(0).integers(0, 256, (32, 32, 3)).astype(np.uint8))


@given(st.integers(0, len(GOOD) - 1))
def test_a_file_cut_anywhere_is_told(length: int) -> None:
    with pytest.raises(UndecodableError, match=r"empty|cut short, damaged or no PNG"):
        decoded("rgb", GOOD[:length])


@given(st.integers(0, len(GOOD) - 1), st.integers(1, 255))
def test_a_damaged_byte_is_told(place: int, flip: int) -> None:
    damaged = bytearray(GOOD)
    damaged[place] ^= flip
    with pytest.raises(UndecodableError, match="damaged"):
        decoded("rgb", bytes(damaged))


@pytest.mark.parametrize(
    ("domain", "content", "said"),
    [
        ("depth_zbuffer", png(np.zeros((4, 4), np.uint8)), "8-bit grey where 16-bit grey"),
        ("depth_zbuffer", png(np.zeros((4, 4, 3), np.uint8)), "8-bit RGB where 16-bit grey"),
        ("rgb", png(np.zeros((4, 4), np.uint16)), "16-bit grey where 8-bit RGB"),
        ("rgb", png(np.zeros((4, 4, 4), np.uint8)), "mode RGBA where 8-bit RGB"),
        ("mask_valid", png(np.zeros((4, 4), np.uint16)), "16-bit grey where 8-bit grey"),
        ("rgb", png(np.zeros((4, 6, 3), np.uint8)), "6×4, not square"),
        ("rgb", b"GIF89a", "no PNG"),
    ],
)
def test_wrong_files_are_told(domain: str, content: bytes, said: str) -> None:
    with pytest.raises(UndecodableError, match=said):
        decoded(domain, content)
