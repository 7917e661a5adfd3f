"""Equal weighting: the gradient of the weighted sum, or mean, of the losses."""

from __future__ import annotations

import torch

from specbench.training.methods.contract import Method, Step


class Equal(Method):
    """Every task's loss counts by the weight that the study gives it."""

    def backward(self, step: Step) -> None:
        """Fill the gradients of the joined loss."""
        joined = torch.stack(step.losses).sum() / self.given.divisor
        joined.backward()  # type: ignore[no-untyped-call]
