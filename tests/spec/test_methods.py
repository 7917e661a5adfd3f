"""Training methods in a spec: what is refused, where, and with what advice."""

from __future__ import annotations

import dataclasses
import re
from typing import Any

import pytest

from specbench.errors import SpecError
from specbench.spec.load import load
from specbench.spec.schema import json_schema
from specbench.training.methods.catalogue import METHODS


@pytest.fixture
def refused(write: Any, rooms_text: str) -> Any:
    """Return the error of the small study with a method and more at its end, without the file."""

    def refused(method: str, more: str = "", *overrides: str) -> str:
        text = rooms_text.replace("batch_size = 2", f'batch_size = 2\nmethod = "{method}"')
        path = write(text + more)
        with pytest.raises(SpecError) as caught:
            load(path, overrides)
        return str(caught.value).replace(f"{path}:", "line ")

    return refused


def table(name: str, *lines: str) -> str:
    return f"[training.method_settings.{name}]\n" + "".join(f"{line}\n" for line in lines)


@pytest.mark.parametrize(
    ("method", "more", "expected"),
    [
        ("pcgrd", "", r"^line 26: unknown method 'pcgrd'; the nearest is 'pcgrad'$"),
        ("dwa", table("dw"), r"^line 31: unknown method 'dw'; the nearest is 'dwa'$"),
        (
            "dwa",
            table("dwa", "temp = 1.0"),
            r"^line 32: unknown key 'temp' in \[training.method_settings.dwa\]; .* 'temperature'$",
        ),
        (
            "pcgrad",
            table("pcgrad", "c = 1.0"),
            r"line 32: unknown key 'c' in .*pcgrad\]; this method has no settings",
        ),
        (
            "dwa",
            table("dwa", "temperature = 0.0"),
            r"line 32: training.method_settings.dwa.temperature = 0.0: above 0$",
        ),
        ("dwa", table("dwa", "temperature = 'hot'"), r"line 32: .*temperature = 'hot': .*number"),
        ("dwa", table("dwa", "temperature = inf"), r"line 32: .*temperature = inf: "),
        ("dwa", table("dwa", "temperature = nan"), r"line 32: .*temperature = nan: "),
        ("mgda", table("mgda", "iterations = 0"), r"line 32: .*iterations = 0: at least 1$"),
        ("gradvac", table("gradvac", "beta = 1.5"), r"beta = 1.5: at least 0 and at most 1$"),
        (
            "aligned_mtl",
            table("aligned_mtl", "scale = 'max'"),
            r"line 32: .*scale = 'max': .*'min'",
        ),
        ("equal", table("dwa", "temperature = -1.0"), r"line 32: .*temperature = -1.0: above 0$"),
        (
            "it_mtl",
            table("it_mtl", "candidates = ['mean', 'pcgrd']"),
            r"line 32: unknown candidate 'pcgrd': 'mean', a method that reads gradients, or a list "
            r"of tasks; the nearest is 'pcgrad'$",
        ),
        ("it_mtl", table("it_mtl", "candidates = ['dwa']"), r"line 32: unknown candidate 'dwa'"),
        (
            "it_mtl",
            table("it_mtl", "candidates = [['normal', 'norml']]"),
            r"line 32: candidate names the unknown task 'norml'; the nearest is 'normal'$",
        ),
        ("it_mtl", table("it_mtl", "candidates = [[]]"), r"line 32: a candidate needs tasks$"),
        (
            "it_mtl",
            table("it_mtl", "candidates = [['normal']]"),
            r"line 32: candidates leave the network depth_zbuffer\+edge_texture without any; "
            r"add 'mean'$",
        ),
        (
            "it_mtl",
            table("it_mtl", "candidates = []"),
            r"line 32: candidates leave the network \S+ without any",
        ),
        ("it_mtl", table("it_mtl", "look_ahead = 'adam'"), r"line 32: .*look_ahead = 'adam'"),
    ],
)
def test_mistakes(refused: Any, method: str, more: str, expected: str) -> None:
    assert re.search(expected, refused(method, more)), refused(method, more)


def test_a_method_of_a_condition_is_checked_where_it_is_named(refused: Any) -> None:
    axes = '[conditions.axes]\n"training.method" = ["equal", "dwaa"]\n'
    assert refused("equal", axes).startswith("line 32: condition 'training.method=dwaa': unknown")
    assert refused("equal", "", "training.method=dwaa").startswith("--set training.method=dwaa: ")
    wrong = '[conditions.axes]\n"training.method_settings.mgda.iteration" = [1]\n'
    assert "the nearest valid one is 'training.method_settings.mgda.iterations'" in refused(
        "mgda", wrong
    )


def test_packages_that_a_method_needs_are_named(refused: Any, monkeypatch: Any) -> None:
    lacking = dataclasses.replace(METHODS["upgrad"], needs=("no_such_package",))
    monkeypatch.setitem(METHODS, "upgrad", lacking)
    said = refused("upgrad")
    assert "line 26: method 'upgrad' needs no_such_package, not installed" in said
    assert "pip install 'specbench[solvers]'" in said
    candidate = table("it_mtl", "candidates = ['upgrad']")
    assert "line 32: method 'upgrad' needs no_such_package" in refused("it_mtl", candidate)


def test_settings_are_read_and_completed(write: Any, rooms_text: str) -> None:
    text = rooms_text.replace("batch_size = 2", "batch_size = 2\nmethod = 'it_mtl'")
    more = table("it_mtl", "candidates = ['mean', ['normal', 'edge_texture']]")
    study = load(write(text + more), ["training.method_settings.dwa.temperature=3"])
    tables = study.base.settings.training.method_settings
    assert tables["dwa"] == {"temperature": 3}
    assert tables["it_mtl"]["candidates"][1] == ["normal", "edge_texture"]


def test_the_schema_describes_every_methods_settings() -> None:
    training = json_schema()["$defs"]["TrainingSection"]["properties"]
    assert set(training["method"]["enum"]) == set(METHODS)
    tables = training["method_settings"]["properties"]
    assert set(tables) == {n for n, m in METHODS.items() if dataclasses.fields(m.options)}
    assert tables["dwa"]["properties"]["temperature"]["exclusiveMinimum"] == 0
    assert tables["mgda"]["additionalProperties"] is False
