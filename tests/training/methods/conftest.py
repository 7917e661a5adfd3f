from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from stepping import PAIR

from specbench.training.images import open_split
from specbench.training.methods.candidates import resolved
from specbench.training.methods.catalogue import IT_MTL, METHODS
from specbench.training.train import SPLITS, Training
from specbench.training.weights import tasks_of


@pytest.fixture
def by(describe: Callable[..., dict[str, Any]]) -> Callable[..., dict[str, Any]]:
    """Return a function that describes the training of a small network by a method."""

    def content(
        method: str, *tasks: str, options: dict[str, Any] | None = None, **changed: Any
    ) -> dict[str, Any]:
        group = tasks or PAIR
        filled = METHODS[method].with_defaults(options or {})
        if method == IT_MTL:
            filled["candidates"] = resolved(filled["candidates"], group, {})
        own = {"method_version": METHODS[method].version, "method_settings": filled}
        own = {} if method == "equal" else own
        return describe(*group, **{"method": method, **own, **changed})

    return content


@pytest.fixture
def begun(folders: dict[str, Path], tmp_path: Path) -> Callable[[dict[str, Any]], Training]:
    """Return a function that opens a training of a content, ready for its first step."""

    def begin(content: dict[str, Any]) -> Training:
        tasks = tasks_of(content)
        data = {split: open_split(tasks, folders, split) for split in SPLITS}
        training = Training(content, data, tmp_path / "work", "cpu", lambda news: None)
        training.learner.network.train()
        return training

    return begin
