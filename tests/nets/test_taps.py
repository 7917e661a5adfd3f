"""Convolutions of few pixels, tap by tap: the same numbers as PyTorch's, up to rounding."""

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from specbench.nets.taps import MOST_SIDE, TapConv2d, _ByTaps


def drawn(*shape: int, dtype: torch.dtype = torch.float32) -> Tensor:
    generator = torch.Generator().manual_seed(sum(shape))
    return torch.randn(shape, generator=generator, dtype=dtype)


@pytest.mark.parametrize("kernel", [1, 2, 3, 7])
@pytest.mark.parametrize("stride", [1, 2, 3])
@pytest.mark.parametrize("size", [(1, 1), (2, 2), (4, 4), (3, 5)])
def test_they_are_convolutions(kernel: int, stride: int, size: tuple[int, int]) -> None:
    padding = kernel // 2
    if min(size) + 2 * padding < kernel:
        pytest.skip("no output")
    x, weight = drawn(3, 5, *size, dtype=torch.float64), drawn(4, 5, kernel, kernel).double()
    both = [(x.clone().requires_grad_(), weight.clone().requires_grad_()) for _ in range(2)]
    plain = F.conv2d(*both[0], None, stride, padding)
    tapped = _ByTaps.apply(*both[1], (stride, stride), (padding, padding))
    assert torch.allclose(tapped, plain)
    towards = drawn(*plain.shape, dtype=torch.float64)
    for one, two in zip(
        torch.autograd.grad(plain, both[0], towards),
        torch.autograd.grad(tapped, both[1], towards),
        strict=True,
    ):
        assert torch.allclose(one, two)


def test_gradients_are_asked_for_one_by_one() -> None:
    x, weight = drawn(2, 3, 2, 2, dtype=torch.float64), drawn(4, 3, 3, 3).double()
    whole = [t.clone().requires_grad_() for t in (x, weight)]
    expected = torch.autograd.grad(_ByTaps.apply(*whole, (1, 1), (1, 1)).sum(), whole)
    for place, part in enumerate((x, weight)):
        alone = part.clone().requires_grad_()
        given = (alone, weight) if place == 0 else (x, alone)
        (found,) = torch.autograd.grad(_ByTaps.apply(*given, (1, 1), (1, 1)).sum(), alone)
        assert torch.equal(found, expected[place])


def test_gradients_of_weights_lie_as_the_weights_do() -> None:
    layer = TapConv2d(8, 8, 3, padding=1, bias=False).to(memory_format=torch.channels_last)
    layer(drawn(2, 8, 2, 2)).sum().backward()
    assert layer.weight.grad is not None
    assert layer.weight.grad.is_contiguous(memory_format=torch.channels_last)


def layers() -> tuple[nn.Conv2d, TapConv2d]:
    plain = nn.Conv2d(8, 8, 3, padding=1, bias=False)
    tapped = TapConv2d(8, 8, 3, padding=1, bias=False)
    tapped.load_state_dict(plain.state_dict())
    return plain, tapped


def test_on_larger_maps_they_are_pytorchs_bit_for_bit() -> None:
    plain, tapped = layers()
    x = drawn(2, 8, MOST_SIDE + 1, 2)
    assert torch.equal(plain(x), tapped(x))
    few = x[:, :, :MOST_SIDE]
    assert torch.allclose(plain(few), tapped(few), atol=1e-5)


def test_in_bfloat16_they_agree_as_far_as_it_goes() -> None:
    plain, tapped = layers()
    x = drawn(2, 8, 2, 2)
    with torch.autocast("cpu", torch.bfloat16):
        one, two = plain(x), tapped(x)
    assert one.dtype is two.dtype is torch.bfloat16
    assert torch.allclose(one.float(), two.float(), atol=0.02, rtol=0.02)
    two.float().sum().backward()
    assert tapped.weight.grad is not None
    assert tapped.weight.grad.dtype is torch.float32
