"""constraints.txt pins all that the project needs, within its bounds, and names no place."""

from __future__ import annotations

import re
from pathlib import Path

import tomli
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name


def test_every_requirement_is_pinned_within_its_bounds(repository: Path) -> None:
    lines = (repository / "constraints.txt").read_text().splitlines()
    pins = [line for line in lines if not line.startswith("#")]
    assert all(re.fullmatch(r"[A-Za-z0-9._-]+==[A-Za-z0-9.+!]+", pin) for pin in pins), "only pins"
    versions = {canonicalize_name(name): v for name, _, v in (pin.partition("==") for pin in pins)}
    project = tomli.loads((repository / "pyproject.toml").read_text())["project"]
    for text in (*project["dependencies"], *project["optional-dependencies"]["dev"]):
        need = Requirement(text)
        assert need.specifier.contains(versions[canonicalize_name(need.name)]), text


def test_every_requirement_has_a_lower_bound(repository: Path) -> None:
    """Which is what `make lowest` installs."""
    project = tomli.loads((repository / "pyproject.toml").read_text())["project"]
    needs = [*project["dependencies"], *project["optional-dependencies"]["dev"]]
    for need in map(Requirement, needs):
        operators = sorted(one.operator for one in need.specifier)
        assert operators in ([">="], ["<", ">="]), need
