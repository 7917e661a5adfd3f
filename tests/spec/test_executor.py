"""Where a study runs: its own settings over the user's, and errors with their place."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from specbench.errors import SpecError
from specbench.plan.grid import expand
from specbench.results import Results
from specbench.spec.executor import ExecutorSection
from specbench.spec.executor_settings import executor_settings


@pytest.fixture
def configure(tmp_path: Path, monkeypatch: Any) -> Any:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))

    def write(text: str) -> None:
        path = tmp_path / "config" / "specbench" / "config.toml"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    return write


def test_the_study_is_laid_over_the_users_configuration(configure: Any) -> None:
    assert executor_settings(ExecutorSection()) == ExecutorSection()
    configure(
        'allow_code = false\n[executor]\nkind = "slurm"\nslots = 4\n[executor.slurm]\n'
        'partition = "gpu"\naccount = "us"\nextra = {nice = 100}\n'
    )
    mine = ExecutorSection.model_validate(
        {"slots": 2, "slurm": {"partition": "cpu", "extra": {"mail_type": "END"}}}
    )
    merged = executor_settings(mine)
    assert (merged.kind, merged.slots) == ("slurm", 2)
    assert (merged.slurm.partition, merged.slurm.account) == ("cpu", "us")
    assert merged.slurm.extra == {"nice": 100, "mail_type": "END"}
    assert executor_settings(mine, "local").kind == "local"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[executor]\nslots = 0", "executor.slots: Input should be greater than"),
        ("[executor]\nslot = 1", "executor.slot: Extra inputs"),
        ("executor = 3", "executor should be a table"),
        ("[executor", "config.toml: "),
    ],
)
def test_a_wrong_configuration_is_refused_by_its_file(configure: Any, text: str, said: str) -> None:
    configure(text)
    with pytest.raises(SpecError, match=r"config\.toml: ") as raised:
        executor_settings(ExecutorSection())
    assert said in str(raised.value)


def test_where_it_runs_is_in_no_key_and_no_record(
    study: Any, rooms_text: str, tmp_path: Path
) -> None:
    here = study(rooms_text)
    there = study(rooms_text, "executor.kind=slurm", "executor.slurm.partition=gpu")
    results = Results.at(tmp_path / "results")
    assert set(expand(here, results).jobs) == set(expand(there, results).jobs)
    assert here.resolved() == there.resolved()
    assert there.spec.executor.slurm.partition == "gpu"


def test_a_wrong_setting_is_refused_by_its_line(study: Any, rooms_text: str) -> None:
    with pytest.raises(SpecError, match=r"tiny\.toml:\d+: unknown key 'partion'.*'partition'"):
        study(rooms_text + '[executor.slurm]\npartion = "gpu"\n')
