"""The slots of an allocation: on the GPUs that it was given, where it was given any."""

from __future__ import annotations

import math

from specbench.errors import EngineError
from specbench.scheduler.devices import Slot, visible_gpus


def slots_of(count: int, gpus: float) -> list[Slot]:
    """Return the slots of an allocation: on the GPUs that it was given, where it has any."""
    if not gpus:
        return [Slot("cpu")] * count
    visible = visible_gpus()
    if not visible:
        raise EngineError("the allocation was given no GPU that can be seen", "see executor.gpus")
    each = math.ceil(count / len(visible))
    on_gpus = [Slot("cuda", gpu) for gpu in visible for _ in range(each)][:count]
    return on_gpus + [Slot("cpu")] * count
