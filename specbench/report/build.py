"""Writing the reports of studies into a folder."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from pathlib import Path

import duckdb

from specbench.errors import StoreError
from specbench.links import refuse_links
from specbench.report.comparison.write import write_comparison
from specbench.report.escape import folder_name
from specbench.report.export import export
from specbench.report.figures.drawn import draw
from specbench.report.findings import Findings, find
from specbench.report.html import render
from specbench.report.latex import write_latex

FORMATS = frozenset({"html", "latex", "csv", "parquet"})


def build(
    connection: duckdb.DuckDBPyConnection,
    studies: Sequence[str],
    out: Path,
    formats: Collection[str] = FORMATS,
    templates: Path | None = None,
    results: Path | None = None,
    *,
    compare: bool = False,
) -> list[Path]:
    """Write the report of every study to ``<out>/<study>/``; return the files written.

    With ``compare``, two studies and more are also set side by side in ``<out>/<a>-vs-<b>/``.
    Reads the views of ``connection`` only; the same store gives the same bytes. ``templates`` is
    a folder whose files stand in for specbench's own, ``results`` the folder that relative paths
    of sample pictures start at. StoreError for an unknown format or a study the store has not,
    ResultError for a symbolic link where the report goes.
    """
    unknown = sorted(set(formats) - FORMATS)
    if unknown:
        raise StoreError(
            f"no format {unknown[0]!r}", f"the formats are {', '.join(sorted(FORMATS))}"
        )
    every = [find(connection, study) for study in dict.fromkeys(studies)]
    written: list[Path] = []
    for found in every:
        folder = out / folder_name(found.study.name)
        written += _build(connection, found, folder, set(formats), templates, results)
    if compare and len(every) > 1:
        written += write_comparison(connection, every, out, formats, templates)
    return written


def _build(
    connection: duckdb.DuckDBPyConnection,
    found: Findings,
    folder: Path,
    formats: set[str],
    templates: Path | None,
    results: Path | None,
) -> list[Path]:
    refuse_links(folder)
    folder.mkdir(parents=True, exist_ok=True)
    written = export(connection, found.study.name, folder / "data", formats & {"csv", "parquet"})
    if not formats & {"html", "latex"}:
        return written
    drawn = draw(connection, found)
    if "html" in formats:
        page = folder / "report.html"
        text = render(connection, found, drawn, templates, results, csv="csv" in formats)
        page.write_text(text, encoding="utf-8")
        written.insert(0, page)
    if "latex" in formats:
        written += write_latex(found, drawn, folder, templates)
    return written
