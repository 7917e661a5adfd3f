"""What a task of the user's own is: a loss, and metrics, beyond those that a study can name."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar

if TYPE_CHECKING:
    from torch import Tensor


class OwnTask(ABC):
    """A task with its own loss, on the labels of a domain; a study names it by ``[tasks.NAME]``.

    ``output`` is what the network says: float32 (N, C, H, W), or (N, C) for classes of images; for
    classes C counts them and values are logits. ``label`` is float32 of the same shape, or for
    classes int64 (N, H, W) or (N,). ``valid``, bool (N, H, W) or (N,), is where there is a label;
    elsewhere output and label are 0, and what a method returns does not count.

    Laws: the methods draw no random number and keep nothing from call to call; a loss is finite and
    differentiable by ``output`` almost everywhere.
    """

    name: ClassVar[str]
    version: ClassVar[int]
    """Raise it when what it computes changes for a reason outside the file."""
    settings: ClassVar[Mapping[str, Any]] = {}
    """What the table ``[tasks.NAME]`` says unless the study says otherwise; all but ``loss``."""
    own_metrics: ClassVar[Mapping[str, bool]] = {}
    """Names of the metrics that ``measure`` returns, and whether higher is better. They are
    measured beside those of ``settings``, or of the task's kind."""

    @abstractmethod
    def loss(self, output: Tensor, label: Tensor, valid: Tensor) -> Tensor:
        """Return the loss of every pixel (or image), of the shape of ``valid``.

        Output and label are normalised, (value - offset) / scale. The task's loss is the mean over
        what is valid in all images, not the mean over batches.
        """

    def measure(self, output: Tensor, label: Tensor, valid: Tensor) -> dict[str, Tensor]:
        """Return each of ``own_metrics`` for every pixel (or image), of the shape of ``valid``.

        Output and label are in the units of the domain (logits and indices for classes). A metric
        is the mean over what is valid; NaN leaves a pixel out.
        """
        return {}
