"""Whether bf16 is slow here: told from flags and compute capabilities, never an error."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from specbench.cli import group
from specbench.scheduler import bf16
from specbench.scheduler.bf16 import bf16_warning, has_bf16_units

AXIS = "[conditions.axes]\n'training.precision' = ['fp32', 'bf16']\n"


@pytest.fixture(autouse=True)
def _no_gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bf16, "visible_gpus", list)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("model name\t: x\nflags\t\t: fpu avx2 avx512f\n", False),
        ("flags\t\t: fpu avx512_bf16\n", True),
        ("flags\t\t: fpu avx512f amx_bf16\n", True),
        ("Features\t: fp asimd bf16 i8mm\n", True),
        ("Features\t: fp asimd\n", False),
        ("bugs\t: bf16\nmodel name\t: amx_bf16\n", None),
        ("", None),
    ],
)
def test_a_processor_says_so_in_its_flags(tmp_path: Path, text: str, expected: bool | None) -> None:
    (tmp_path / "cpuinfo").write_text(text)
    assert has_bf16_units(tmp_path / "cpuinfo") is expected


def test_without_a_list_of_flags_nothing_is_known(tmp_path: Path) -> None:
    assert has_bf16_units(tmp_path / "absent") is None


@pytest.mark.parametrize(
    ("script", "expected"),
    [
        ("echo 9.0", True),
        ("echo 8.0; echo 8.6", True),
        ("echo 8.0; echo 7.5", False),
        ("echo '[N/A]'", None),
        ("exit 9", None),
    ],
)
def test_gpus_are_asked_where_there_are_any(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, script: str, expected: bool | None
) -> None:
    program = tmp_path / "nvidia-smi"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/bin:/usr/bin")
    monkeypatch.setattr(bf16, "visible_gpus", lambda: ["0"])
    assert has_bf16_units() is expected


@pytest.mark.parametrize(("units", "warned"), [(False, True), (True, False), (None, False)])
def test_only_known_slowness_is_told(
    study: Any, rooms_text: str, monkeypatch: pytest.MonkeyPatch, units: bool | None, warned: bool
) -> None:
    monkeypatch.setattr(bf16, "has_bf16_units", lambda: units)
    assert bf16_warning(study(rooms_text)) is None, "it trains in fp32"
    found = bf16_warning(study(rooms_text + AXIS))
    assert (found is not None) is warned
    assert not warned or "1 of 2 conditions" in str(found)


@pytest.mark.parametrize("command", ["check", "plan"])
def test_the_commands_tell_and_succeed(
    write: Any, rooms_text: str, monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    monkeypatch.setattr(bf16, "has_bf16_units", lambda: False)
    told = CliRunner().invoke(group, [command, str(write(rooms_text + AXIS))])
    assert told.exit_code == 0
    assert told.output.count("warning: 1 of 2 conditions train in bf16") == 1
    plain = CliRunner().invoke(group, [command, str(write(rooms_text))])
    assert "warning" not in plain.output


def test_a_plan_for_a_program_holds_no_warning(
    write: Any, rooms_text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bf16, "has_bf16_units", lambda: False)
    found = CliRunner().invoke(group, ["plan", "--json", str(write(rooms_text + AXIS))])
    assert found.output.lstrip().startswith("{")
    assert "warning" not in found.output
