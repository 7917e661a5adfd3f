"""Gives a network's convolutions to those that compute them as matrix products on a CPU."""

from __future__ import annotations

from torch import nn

from specbench.nets.narrow import NarrowConv2d, suits_narrow
from specbench.nets.taps import TapConv2d, suits_taps
from specbench.nets.upward import ProductUp, suits_upward

_KINDS = ((suits_taps, TapConv2d), (suits_narrow, NarrowConv2d), (suits_upward, ProductUp))


def take_products(module: nn.Module) -> None:
    """Make each convolution of ``module`` that suits a kind one of it.

    The kinds differ from PyTorch's classes in their arithmetic only: parameters, settings and names
    stay. A class derived from PyTorch's, as users write them, is left alone.
    """
    for layer in module.modules():
        for suits, kind in _KINDS:
            if suits(layer):
                layer.__class__ = kind
                break
