"""Writing a comparison: one page, CSV files and LaTeX, in a folder beside the studies' own."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from pathlib import Path
from types import SimpleNamespace

import duckdb

from specbench.report.comparison.facts import Fact, read_facts
from specbench.report.comparison.figures import figures
from specbench.report.comparison.latex import write_comparison_latex
from specbench.report.comparison.studies import Comparison, compare
from specbench.report.comparison.tables import side_tables, write_csv
from specbench.report.comparison.words import headline, sentences
from specbench.report.escape import folder_name
from specbench.report.figures.picture import Picture
from specbench.report.findings import Findings
from specbench.report.html import environment
from specbench.report.query import ask
from specbench.report.tables import ViewTable

LONGEST = 120  # letters of a folder's name
SHOWN = 240  # rows of the printed table of gains; all of them are in the sortable one


def write_comparison(
    connection: duckdb.DuckDBPyConnection,
    found: Sequence[Findings],
    out: Path,
    formats: Collection[str],
    templates: Path | None = None,
) -> list[Path]:
    """Set two studies or more side by side in ``<out>/<a>-vs-<b>/``; return the files written.

    HTML, CSV and LaTeX are written where ``formats`` has them. The page links the studies' own
    reports where it expects them to lie, in ``<out>/<study>/``.
    """
    beside = compare(connection, found)
    folder = out / _untaken(connection, comparison_folder(beside.names))
    facts = read_facts(connection, beside)
    tables = side_tables(beside, facts)
    drawn = figures(beside) if {"html", "latex"} & set(formats) else []
    written: list[Path] = []
    if {"html", "latex", "csv"} & set(formats):
        folder.mkdir(parents=True, exist_ok=True)
    if "csv" in formats:
        (folder / "data").mkdir(exist_ok=True)
        written += [write_csv(table, folder / "data") for table in tables]
    if "latex" in formats:
        written += write_comparison_latex(beside, drawn, folder, templates)
    if "html" in formats:
        page = folder / "report.html"
        text = _render(beside, facts, tables, drawn, templates, csv="csv" in formats)
        page.write_text(text, encoding="utf-8")
        written.insert(0, page)
    return written


def comparison_folder(names: Sequence[str]) -> str:
    """Return the name of a comparison's folder: ``a-vs-b``, shortened where it is very long."""
    joined = "-vs-".join(names)
    if len(joined) > LONGEST:
        joined = f"{names[0][:LONGEST]}-vs-{len(names) - 1}-others"
    return folder_name(joined)


def _untaken(connection: duckdb.DuckDBPyConnection, name: str) -> str:
    """Return ``name``, or a longer one where a study's own report has that folder."""
    studies = ask(connection, "SELECT study FROM studies").rows
    taken = {folder_name(row["study"]) for row in studies}
    while name in taken:
        name += "-compared"
    return name


def _render(
    beside: Comparison,
    facts: list[Fact],
    tables: list[ViewTable],
    drawn: list[Picture],
    templates: Path | None,
    csv: bool,
) -> str:
    page = environment(templates).get_template("comparison.html.jinja")
    estimates = [
        (beside.title(score), [beside.estimate(at, score) for at in beside.places])
        for score in beside.every_score
    ]
    names = {table.view: table for table in tables}
    return page.render(
        beside=beside,
        title=beside.heading,
        links=[f"../{folder_name(name)}/report.html" for name in beside.names],
        headline=headline(beside),
        sentences=sentences(beside),
        facts=facts,
        estimates=[(title, row) for title, row in estimates if any(row)],
        agreement=next((one for one in drawn if one.name == "agreement"), None),
        scatters=[one for one in drawn if one.name != "agreement"],
        named=SimpleNamespace(**{name: names.get(name) for name in _TABLES}),
        shown=SHOWN,
        tables=tables,
        tables_note="The same numbers, unrounded: gains and agreement as fractions.",
        csv=csv,
    )


_TABLES = ("correlations", "gains", "choices", "selections")
