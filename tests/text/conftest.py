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
def ran(tmp_path_factory: Any, inline: Any) -> Any:
    """The study run for real, once: its folder, plan and results."""
    from conftest import Runner

    from specbench.plan.grid import expand
    from specbench.results import Results
    from specbench.spec.load import load

    folder = tmp_path_factory.mktemp("texts")
    write_texts(folder / "texts")
    (folder / "study.toml").write_text(STUDY)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("specbench.results.flush", lambda path: None)
        patch.setattr("specbench.store.database.flush", lambda path: None)
        runner = Runner(Results.at(folder / "results"))
        study = load(folder / "study.toml")
        outcome = runner(study, inline())
        assert outcome.ok, outcome.failures
    return folder, expand(study, runner.results), runner.results
