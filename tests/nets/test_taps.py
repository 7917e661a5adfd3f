"""Convolutions of few pixels, tap by tap: the same numbers as PyTorch's, up to rounding."""

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from specbench.nets.architecture import RESNET_BLOCKS
from specbench.nets.few_pixels import LEAST_WEIGHTS, MOST_SIDE, has_few_pixels
from specbench.nets.network import Network, make_encoder
from specbench.nets.taps import TapConv2d, _ByTaps, take_taps
from specbench.tasks.catalogue import CATALOGUE

Describe = Callable[..., dict[str, Any]]
TASKS = {name: CATALOGUE[name] for name in ("depth_zbuffer", "normal")}


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


def test_lower_precision_is_left_to_pytorch() -> None:
    plain, tapped = layers()
    x = drawn(2, 8, 2, 2)
    with torch.autocast("cpu", torch.bfloat16):
        assert tapped(x).dtype is torch.bfloat16
        assert torch.equal(plain(x), tapped(x))


def test_only_those_with_channels_enough_and_several_taps_change() -> None:
    wide = LEAST_WEIGHTS // 64
    module = nn.ModuleDict(
        {
            "taken": nn.Conv2d(64, wide, 3, bias=False),
            "narrow": nn.Conv2d(63, wide, 3, bias=False),
            "pointwise": nn.Conv2d(64, wide, 1, bias=False),
            "grouped": nn.Conv2d(wide, wide, 3, groups=2, bias=False),
            "biased": nn.Conv2d(64, wide, 3),
            "dilated": nn.Conv2d(64, wide, 3, dilation=2, bias=False),
        }
    )
    weight = module["taken"].weight
    take_taps(module)
    assert [name for name, part in module.items() if isinstance(part, TapConv2d)] == ["taken"]
    assert module["taken"].weight is weight


def test_a_network_is_the_same_but_for_rounding(describe: Describe) -> None:
    content = describe("resnet18", image_size=32)
    assert has_few_pixels(content)
    plain, tapped = (Network({**content, **more}, TASKS, 0) for more in ({}, {"few_pixels": 1}))
    state = plain.state_dict()
    assert list(state) == list(tapped.state_dict())
    assert all(torch.equal(state[name], part) for name, part in tapped.state_dict().items())
    images = drawn(2, 3, 32, 32)
    with torch.no_grad():
        one, two = plain.eval()(images), tapped.eval()(images)
    for task in TASKS:
        assert torch.allclose(one[task], two[task], atol=1e-4 * float(one[task].abs().max()))


@pytest.mark.parametrize("encoder", ["conv", *RESNET_BLOCKS, "xception17", "xception"])
@pytest.mark.parametrize("size", [32, 64, 128, 256])
@pytest.mark.parametrize("capacity", [0.25, 1.0])
def test_the_content_says_so_where_a_convolution_goes_tap_by_tap(
    describe: Describe, encoder: str, size: int, capacity: float
) -> None:
    content = describe(encoder, image_size=size, capacity=capacity)
    with torch.device("meta"):
        built = make_encoder({**content, "few_pixels": 1}).eval()
    sides: list[int] = []
    for part in built.modules():
        if isinstance(part, TapConv2d):
            part.register_forward_hook(lambda _m, _x, y: sides.append(max(y.shape[2:])))
    built(torch.empty(1, 3, size, size, device="meta"))
    assert has_few_pixels(content) == any(side <= MOST_SIDE for side in sides)
