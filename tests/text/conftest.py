"""A folder of texts, and a study of them run once."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from text_study import STUDY, write_texts

pytest.importorskip("tokenizers")


@pytest.fixture
def texts(tmp_path: Path) -> Path:
    """The folder that the study reads."""
    return write_texts(tmp_path / "texts")


@pytest.fixture(scope="session")
def ran(tmp_path_factory: Any, really_run: Any) -> Any:
    """The study run for real, once: its folder, plan and results."""
    from specbench.plan.grid import expand

    folder = tmp_path_factory.mktemp("texts")
    write_texts(folder / "texts")
    study, results = really_run(folder, STUDY)
    return folder, expand(study, results), results
