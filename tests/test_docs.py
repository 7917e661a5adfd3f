"""The documents say what the program does: every command, view, score and example in them."""

import os
import re
import unicodedata
from pathlib import Path
from typing import Any

import duckdb
import pytest
import tomli

from specbench.cli import group
from specbench.scores.registry import SCORES
from specbench.spec.load import load
from specbench.stats.fits import Fit
from specbench.stats.measures import Measure
from specbench.store.database import create
from specbench.tasks.catalogue import CATALOGUE, HIGHER_IS_BETTER
from specbench.training.methods.catalogue import METHODS

ROOT = Path(__file__).parents[1]
PAGES = sorted(
    path
    for path in (*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("reports/*.md"))
    if path.is_file()
)
TEXTS = {path.relative_to(ROOT).as_posix(): path.read_text(encoding="utf-8") for path in PAGES}
VIEWS = TEXTS["docs/views.md"]
DEFINITIONS = TEXTS["docs/definitions.md"]


def blocks(language: str, text: str) -> list[str]:
    """Return the fenced blocks of exactly that language."""
    found = re.findall(rf"^```{language}\n(.*?)^```$", text, re.DOTALL | re.MULTILINE)
    return [str(block) for block in found]


def examples(language: str) -> list[Any]:
    return [
        pytest.param(block, id=f"{page}-{number}")
        for page, text in TEXTS.items()
        for number, block in enumerate(blocks(language, text))
    ]


def section(view: str) -> str:
    found = re.search(rf"^##+ {view}\n(.*?)(?=^##|\Z)", VIEWS, re.DOTALL | re.MULTILINE)
    assert found is not None, f"docs/views.md has no section {view}"
    return found[1]


@pytest.fixture(scope="module")
def store() -> duckdb.DuckDBPyConnection:
    return create(":memory:")


def columns_by_view() -> dict[str, list[tuple[str, str]]]:
    with create(":memory:") as connection:
        rows = connection.execute(
            "SELECT view_name, column_name, lower(data_type) FROM duckdb_views() v "
            "JOIN duckdb_columns() c ON c.table_name = v.view_name AND NOT v.internal "
            "WHERE NOT c.internal ORDER BY view_name, column_index"
        ).fetchall()
    columns: dict[str, list[tuple[str, str]]] = {}
    for view, column, kind in rows:
        columns.setdefault(view, []).append((column, kind))
    return columns


COLUMNS = columns_by_view()


@pytest.mark.parametrize("command", sorted(group.commands))
def test_every_command_is_documented(command: str) -> None:
    assert f"`specbench {command}" in TEXTS["docs/how_to.md"]


@pytest.mark.parametrize("score", SCORES)
def test_every_score_is_documented(score: str) -> None:
    assert f"\n### {score}: " in DEFINITIONS
    assert f"| `{score}` |" in DEFINITIONS
    assert f"`{score}`" in section("scores")


def test_every_training_method_is_defined() -> None:
    table = DEFINITIONS[DEFINITIONS.index("## Training methods") :]
    for name in METHODS:
        assert f"\n| `{name}` | " in table, name


def test_every_task_metric_measure_and_fit_is_documented() -> None:
    for name in (*CATALOGUE, *HIGHER_IS_BETTER, *Measure, *Fit):
        assert f"`{name}`" in DEFINITIONS, name


@pytest.mark.parametrize("view", COLUMNS)
def test_every_column_of_a_view_is_documented_with_its_type(view: str) -> None:
    rows = re.findall(r"^\| `(\w+)` \| (\w+) \|", section(view), re.MULTILINE)
    assert rows == COLUMNS[view]


@pytest.mark.parametrize("view", COLUMNS)
def test_every_view_has_a_key_of_its_columns_and_an_example(view: str) -> None:
    key = re.search(r"^Key: `([^`]*)`\.$", section(view), re.MULTILINE)
    assert key is not None
    assert set(re.split(r",\s*", key[1])) <= {column for column, _ in COLUMNS[view]}
    assert any(view in block for block in blocks("sql", section(view)))


@pytest.mark.parametrize("query", examples("sql"))
def test_queries_run(query: str, store: duckdb.DuckDBPyConnection) -> None:
    store.execute(query).fetchall()


@pytest.mark.parametrize(
    "text",
    [one for one in examples("toml") if {"data", "tasks"} <= set(tomli.loads(one.values[0]))],
)
def test_studies_in_documents_load(text: str, tmp_path: Path) -> None:
    path = tmp_path / "study.toml"
    path.write_text(text, encoding="utf-8")
    load(path)


@pytest.mark.parametrize("source", examples("python"))
def test_programs_in_documents_are_python(source: str) -> None:
    compile(source, "example", "exec")


def test_the_arrays_example_can_be_packed(tmp_path: Path) -> None:
    from specbench.data.pack import pack_domain
    from specbench.data.source import make_source

    page = TEXTS["docs/data.md"]
    (program,) = (block for block in blocks("python", page) if "leaves" in block)
    (manifest,) = (block for block in blocks("toml", page) if block.startswith("input"))
    before = Path.cwd()
    os.chdir(tmp_path)
    try:
        exec(compile(program, "make_leaves.py", "exec"), {})
    finally:
        os.chdir(before)
    root = tmp_path / "leaves"
    (root / "manifest.toml").write_text(manifest)
    source = make_source({"kind": "arrays", "roots": [str(root)]})
    assert source.domains() == ["height", "parts", "photo"]
    for domain in source.domains():
        packed = pack_domain(source, domain, 64, tmp_path / domain, lambda _: None)
        assert packed["splits"]["train"]["images"] == 64


def anchor(heading: str) -> str:
    """Return the anchor that GitHub gives a heading."""
    text = re.sub(r"[`*]|\[|\]", "", heading).strip().lower().replace(" ", "-")
    kept = ("L", "N", "M")
    return "".join(c for c in text if c in "-_" or unicodedata.category(c)[0] in kept)


def anchors(text: str) -> set[str]:
    plain = re.sub(r"^```.*?^```$", "", text, flags=re.DOTALL | re.MULTILINE)
    return {anchor(heading) for heading in re.findall(r"^#+ (.*)$", plain, re.MULTILINE)}


@pytest.mark.parametrize("page", TEXTS)
def test_links_lead_somewhere(page: str) -> None:
    for target in re.findall(r"\]\(([^)\s]+)\)", TEXTS[page]):
        if re.match(r"[a-z]+:", target):
            continue
        name, _, fragment = target.partition("#")
        file = (ROOT / page).parent / name if name else ROOT / page
        assert file.exists(), f"{page}: {target}"
        if fragment and file.suffix == ".md":
            assert fragment in anchors(file.read_text(encoding="utf-8")), f"{page}: {target}"


@pytest.mark.parametrize("page", TEXTS)
def test_documents_name_nothing_outside_the_project(page: str) -> None:
    for stranger in ("../shared", "/work/", "/tmp/", "/home/"):
        assert stranger not in TEXTS[page]
