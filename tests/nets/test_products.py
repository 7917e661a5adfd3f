"""Convolutions as matrix products: which ones, and the same numbers as PyTorch's up to rounding."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.testing import assert_close

from specbench.nets.architecture import ENCODERS
from specbench.nets.multiply import Product, multiply
from specbench.nets.narrow import LEAST_RATIO, NarrowConv2d, suits_narrow
from specbench.nets.network import Network
from specbench.nets.products import VERSION, described
from specbench.nets.swap import take_products
from specbench.nets.taps import LEAST_WEIGHTS, TapConv2d
from specbench.nets.upward import MOST_PIXELS, ProductUp, suits_upward
from specbench.tasks.catalogue import CATALOGUE

Describe = Callable[..., dict[str, Any]]
TASKS = {name: CATALOGUE[name] for name in ("depth_zbuffer", "normal")}
KINDS = (TapConv2d, NarrowConv2d, ProductUp)


def drawn(*shape: int, dtype: torch.dtype = torch.float32) -> Tensor:
    generator = torch.Generator().manual_seed(sum(shape))
    return torch.randn(shape, generator=generator, dtype=dtype)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64, torch.bfloat16])
@pytest.mark.parametrize("turned", [False, True])
def test_products_whatever_the_order_in_memory(dtype: torch.dtype, turned: bool) -> None:
    a, b = drawn(5, 7, dtype=dtype), drawn(3, 7, dtype=dtype)
    gaps = drawn(3, 7, 3, 3, dtype=dtype)[:, :, 1, 2]
    if turned:
        a, b = a.T.contiguous().T, b.T.contiguous().T
    assert_close(multiply(a, b), a @ b.T)
    assert_close(multiply(a, gaps), a @ gaps.T)
    assert_close(multiply(gaps.T, b.T), gaps.T @ b)


def test_gradients_of_products() -> None:
    given = (drawn(4, 6, dtype=torch.float64), drawn(6, 3, dtype=torch.float64))
    asked = tuple(each.requires_grad_() for each in given)
    assert torch.autograd.gradcheck(Product.apply, asked)


def equal(plain: nn.Module, x: Tensor) -> None:
    """See that outputs and all gradients of a layer stay what they were."""
    found = []
    for swapped in (False, True):
        if swapped:
            take_products(nn.Sequential(plain))
            assert isinstance(plain, KINDS)
        given = x.detach().clone().requires_grad_()
        plain.zero_grad()
        output = plain(given)
        (output * drawn(*output.shape)).sum().backward()
        found.append([output, given.grad, *(each.grad.clone() for each in plain.parameters())])  # type: ignore[union-attr]
    for one, two in zip(*found, strict=True):
        assert_close(two, one, atol=1e-4, rtol=1e-4)


@pytest.mark.parametrize("order", [torch.contiguous_format, torch.channels_last])
@pytest.mark.parametrize("side", [1, 2, 3])
def test_transposed_convolutions_of_blocks(order: torch.memory_format, side: int) -> None:
    layer = nn.ConvTranspose2d(6, 4, side, side, bias=False).to(memory_format=order)
    equal(layer, drawn(2, 6, 3, 5).to(memory_format=order))


@pytest.mark.parametrize("order", [torch.contiguous_format, torch.channels_last])
@pytest.mark.parametrize(("outputs", "kernel"), [(1, (3, 3)), (2, (5, 3)), (3, (3, 7))])
@pytest.mark.parametrize("bias", [True, False])
def test_convolutions_to_few_channels(
    order: torch.memory_format, outputs: int, kernel: tuple[int, int], bias: bool
) -> None:
    padding = (kernel[0] // 2, kernel[1] // 2)
    plain = nn.Conv2d(LEAST_RATIO * outputs, outputs, kernel, padding=padding, bias=bias)
    equal(plain.to(memory_format=order), drawn(2, plain.in_channels, 4, 6).to(memory_format=order))


def test_what_has_no_gain_is_pytorchs_bit_for_bit() -> None:
    plain, up = nn.ConvTranspose2d(4, 4, 2, 2, bias=False), ProductUp(4, 4, 2, 2, bias=False)
    up.load_state_dict(plain.state_dict())
    large = drawn(1, 4, MOST_PIXELS // 8, 9)
    assert torch.equal(plain(large), up(large))
    double = large.double()
    assert torch.equal(plain.double()(double), up.double()(double))


def test_gradients_of_weights_lie_as_the_weights_do() -> None:
    for layer in (ProductUp(8, 4, 2, 2, bias=False), NarrowConv2d(32, 2, 3, padding=1)):
        layer.to(memory_format=torch.channels_last)
        layer(drawn(2, layer.in_channels, 4, 4)).sum().backward()
        assert layer.weight.grad is not None
        assert layer.weight.grad.is_contiguous(memory_format=torch.channels_last)


def test_only_convolutions_that_suit_a_kind_change_and_keep_their_weights() -> None:
    wide = LEAST_WEIGHTS // 64
    module = nn.ModuleDict(
        {
            "taps": nn.Conv2d(64, wide, 3, bias=False),
            "few channels": nn.Conv2d(63, wide, 3, bias=False),
            "pointwise": nn.Conv2d(64, wide, 1, bias=False),
            "grouped": nn.Conv2d(wide, wide, 3, groups=2, bias=False),
            "biased": nn.Conv2d(64, wide, 3),
            "dilated": nn.Conv2d(64, wide, 3, dilation=2, bias=False),
            "narrow": nn.Conv2d(LEAST_RATIO, 1, 3, padding=1),
            "not so narrow": nn.Conv2d(LEAST_RATIO, 2, 3, padding=1),
            "unpadded": nn.Conv2d(LEAST_RATIO, 1, 3),
            "up": nn.ConvTranspose2d(8, 8, 2, 2, bias=False),
            "overlapping": nn.ConvTranspose2d(8, 8, 3, 2, bias=False),
            "biased up": nn.ConvTranspose2d(8, 8, 2, 2),
        }
    )
    weights = {name: layer.weight for name, layer in module.items()}
    take_products(module)
    changed = {name: type(layer) for name, layer in module.items() if isinstance(layer, KINDS)}
    assert changed == {"taps": TapConv2d, "narrow": NarrowConv2d, "up": ProductUp}
    assert all(module[name].weight is weight for name, weight in weights.items())
    assert not any(suits_narrow(layer) or suits_upward(layer) for layer in module.values())


@pytest.mark.parametrize("encoder", ["conv", "resnet18", "xception17"])
def test_a_network_is_the_same_but_for_rounding(describe: Describe, encoder: str) -> None:
    content = describe(encoder, image_size=32)
    plain, swapped = (Network({**content, **more}, TASKS, 0) for more in ({}, {"products": 2}))
    assert any(isinstance(part, KINDS) for part in swapped.modules())
    assert not any(isinstance(part, KINDS) for part in plain.modules())
    state = plain.state_dict()
    assert list(state) == list(swapped.state_dict())
    assert all(torch.equal(state[name], part) for name, part in swapped.state_dict().items())
    images = drawn(2, 3, 32, 32)
    with torch.no_grad():
        one, two = plain.eval()(images), swapped.eval()(images)
    for task in TASKS:
        assert torch.allclose(one[task], two[task], atol=1e-4 * float(one[task].abs().max()))


@pytest.mark.parametrize("encoder", sorted(ENCODERS))
def test_the_content_of_networks_on_images_says_so(describe: Describe, encoder: str) -> None:
    content = describe(encoder)
    if ENCODERS[encoder].takes == "images":
        assert described(content) == described(described(content))
        assert described(content) == {**content, "products": VERSION}
    else:
        del content["image_size"]
        content |= {"inputs": 3, "length": 1}
        assert described(content) == content
