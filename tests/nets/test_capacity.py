import pytest

from specbench.nets.architecture import ENCODERS, Takes, units_macs
from specbench.nets.capacity import reach

OF_IMAGES = [name for name, known in ENCODERS.items() if known.takes is Takes.IMAGES]


@pytest.mark.parametrize("encoder", OF_IMAGES)
@pytest.mark.parametrize("size", [32, 64, 128, 256])
@pytest.mark.parametrize("capacity", [0.25, 0.5, 0.75, 2.0])
def test_capacity_is_within_two_percent(encoder: str, size: int, capacity: float) -> None:
    kind = ENCODERS[encoder]
    reached = reach(encoder, kind.width, kind.features, size, capacity)
    assert reached.capacity == pytest.approx(capacity, rel=0.02)
    full = units_macs(kind.units(kind.channels(kind.width), kind.features, 3), size)
    ours = units_macs(kind.units(reached.channels, kind.features, 3), size)
    assert reached.capacity == ours / full


@pytest.mark.parametrize("encoder", OF_IMAGES)
def test_capacity_one_is_the_encoder_as_it_stands(encoder: str) -> None:
    kind = ENCODERS[encoder]
    channels = kind.channels(kind.width)
    assert reach(encoder, kind.width, kind.features, 64, 1.0) == (channels, 1.0)


def test_a_tiny_encoder_comes_as_near_as_channels_allow() -> None:
    reached = reach("conv", 2, 8, 64, 0.5)
    assert min(reached.channels) >= 1
    assert reached.capacity == pytest.approx(0.5, rel=0.1)


def test_wide_encoders_keep_multiples_that_processors_like() -> None:
    assert all(count % 8 == 0 for count in reach("resnet18", 64, 512, 64, 0.5).channels)


@pytest.mark.parametrize("capacity", [0.0, -1.0, float("nan"), float("inf")])
def test_only_positive_capacities(capacity: float) -> None:
    with pytest.raises(ValueError, match="capacity must be positive"):
        reach("conv", 16, 64, 64, capacity)
