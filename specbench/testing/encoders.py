"""The laws of an encoder as tests: subclass :class:`EncoderContract` for one of your own."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar

import pytest
import torch

from specbench.nets.architecture import side
from specbench.nets.cost import VERSION, encoder_macs
from specbench.nets.encoder import Encoder
from specbench.nets.network import Network
from specbench.nets.registry import OWN, install
from specbench.origin import Origin, Own
from specbench.tasks.catalogue import CATALOGUE
from specbench.testing.macs import counted_macs


class EncoderContract:
    """Laws that every encoder has to keep. A test file says no more than::

    class TestMine(EncoderContract):
        encoder = MY_ENCODER
    """

    encoder: ClassVar[Encoder]
    size: ClassVar[int] = 64
    """Side of the images that it is tested on."""

    @pytest.fixture(autouse=True)
    def _known(self) -> Iterator[None]:
        before = dict(OWN)
        install({self.encoder.name: Own(self.encoder, Origin(self.encoder.version, ""))})
        yield
        install(before)

    def network(self, capacity: float = 1.0, in_channels: int = 3) -> Network:
        """Return a network of the encoder's own defaults that predicts normals."""
        task = {"normal": CATALOGUE["normal"]}
        return Network(self._content(capacity), task, 0, in_channels)

    def _content(self, capacity: float) -> dict[str, Any]:
        known = self.encoder.architecture
        return {
            "version": VERSION,
            "encoder": self.encoder.name,
            "width": known.width,
            "features": known.features,
            "decoder_width": known.decoder_width,
            "decoder_blocks": 4,
            "capacity": capacity,
            "image_size": self.size,
        }

    def images(self, count: int = 1, channels: int = 3) -> torch.Tensor:
        """Return images of noise, the same each time."""
        drawn = torch.Generator().manual_seed(0)
        return torch.randn(count, channels, self.size, self.size, generator=drawn)

    @pytest.mark.parametrize("capacity", [1.0, 0.5])
    @pytest.mark.parametrize("channels", [3, 5])
    def test_it_costs_what_its_description_says(self, capacity: float, channels: int) -> None:
        """The convolutions that are built are those that planning counts."""
        built = self.network(capacity, channels).encoder
        described = encoder_macs(self._content(capacity), channels)
        assert counted_macs(built, self.images(1, channels)) == described

    @pytest.mark.parametrize("capacity", [1.0, 0.5])
    def test_its_features_have_the_described_shape(self, capacity: float) -> None:
        """Decoders fit at any capacity."""
        known = self.encoder.architecture
        with torch.inference_mode():
            features = self.network(capacity).eval().encoder(self.images(2))
        reached = side(self.size, known.halvings)
        assert features.shape == (2, known.features, reached, reached)
        assert bool(features.isfinite().all())

    def test_a_seed_decides_its_weights(self) -> None:
        """Two networks of one seed start from the same weights."""
        one, two = self.network().state_dict(), self.network().state_dict()
        assert all(torch.equal(one[name], two[name]) for name in one)

    def test_an_image_does_not_change_anothers_features(self) -> None:
        """In evaluation mode every image has its own features, to rounding."""
        network, images = self.network().eval(), self.images(2)
        with torch.inference_mode():
            both, alone = network.encoder(images), network.encoder(images[:1])
        torch.testing.assert_close(both[:1], alone, rtol=1e-4, atol=1e-5)

    def test_every_weight_learns(self) -> None:
        """No parameter is left out of the features."""
        network = self.network()
        network.encoder(self.images(2)).square().sum().backward()
        for name, parameter in network.encoder.named_parameters():
            assert parameter.grad is not None, name
