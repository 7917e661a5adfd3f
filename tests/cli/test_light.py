"""The command line starts light, and every command explains itself."""

from __future__ import annotations

import subprocess
import sys

import pytest

from specbench.cli import group

HEAVY = ("torch", "duckdb", "pydantic", "pandas", "numpy", "scipy", "rich", "matplotlib", "skimage")
COMMANDS = ("check", "plan", "run", "status", "logs", "report", "sql", "scores", "schema")

PROBE = """
import sys
sys.argv = ["specbench", *sys.argv[1:]]
from specbench.cli import main
try:
    main()
except SystemExit as end:
    assert not end.code, end.code
print([name for name in {heavy} if name in sys.modules], file=sys.stderr)
"""


def test_the_commands_are_those_promised() -> None:
    assert set(COMMANDS) <= set(group.commands)


@pytest.mark.parametrize("words", [["--help"], ["--version"], *([c, "--help"] for c in COMMANDS)])
def test_help_imports_nothing_heavy(words: list[str]) -> None:
    code = PROBE.format(heavy=HEAVY)
    command = [sys.executable, "-W", "error", "-c", code, *words]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout
    assert done.stderr.strip() == "[]"


@pytest.mark.parametrize("name", sorted(group.commands))
def test_every_command_and_option_has_help(name: str) -> None:
    command = group.commands[name]
    assert command.help
    for parameter in command.params:
        if parameter.param_type_name == "option":
            assert getattr(parameter, "help", None), parameter.name


@pytest.mark.parametrize(
    ("module", "allowed"),
    [
        ("specbench.spec.load", {"pydantic", "numpy"}),
        ("specbench.scheduler.survey", {"pydantic", "numpy"}),
        ("specbench.jobs.worker", set()),
    ],
)
def test_planning_and_workers_start_light(module: str, allowed: set[str]) -> None:
    code = f"import sys, {module}; print(*[n for n in {HEAVY} if n in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert set(done.stdout.split()) <= allowed
