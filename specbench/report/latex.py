"""LaTeX of one study: tables, figures as PDF, headline numbers as commands, and a paper of all.

In the templates of ``templates/latex`` every printed value is escaped unless it is a :class:`Tex`.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from statistics import fmean

import jinja2

from specbench.report.agreement import CROSSED, SAME
from specbench.report.answer import headline, sentences
from specbench.report.escape import command_name, latex
from specbench.report.figures.drawn import Drawn
from specbench.report.figures.picture import Picture
from specbench.report.findings import Findings
from specbench.report.locate import loader
from specbench.report.numerals import decimal, percent
from specbench.report.ranking import ranking
from specbench.report.textables import TexTable, tex_tables
from specbench.report.textransfer import transfer_tables
from specbench.report.vocabulary import score_title

PANELS = 6  # small figures on one float


class Tex(str):
    """Text that is LaTeX already."""

    __slots__ = ()


def write_latex(
    found: Findings, drawn: Drawn, folder: Path, templates: Path | None = None
) -> list[Path]:
    """Write ``paper.tex``, ``numbers.tex``, ``tables/*.tex``, ``figures/*.pdf``; return them."""
    made = environment(templates)
    (folder / "tables").mkdir(parents=True, exist_ok=True)
    (folder / "figures").mkdir(exist_ok=True)
    tables = [*tex_tables(found), *transfer_tables(found)]
    written = [
        write_table(made, table, folder / "tables" / f"{table.name}.tex") for table in tables
    ]
    written += [one.pdf(folder / "figures") for one in drawn.all()]
    numbers = folder / "numbers.tex"
    template = made.get_template("latex/numbers.tex.jinja")
    numbers.write_text(template.render(numbers=list(headline_numbers(found))), encoding="utf-8")
    paper = folder / "paper.tex"
    paper.write_text(_paper(made, found, drawn, tables), encoding="utf-8")
    return [paper, numbers, *written]


def environment(templates: Path | None = None) -> jinja2.Environment:
    """Return the templates' environment, with delimiters that LaTeX does not use."""
    made = jinja2.Environment(
        loader=loader(templates),
        block_start_string="((*",
        block_end_string="*))",
        variable_start_string="(((",
        variable_end_string=")))",
        comment_start_string="((=",
        comment_end_string="=))",
        autoescape=False,  # finalize escapes, for LaTeX
        finalize=lambda value: value if isinstance(value, Tex) else latex(value),
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    made.globals["tex"] = Tex
    return made


def headline_numbers(found: Findings) -> Iterator[tuple[Tex, str]]:
    """Yield (command, text) of the numbers that a paper quotes."""
    study, cells = found.study, found.gains.all
    yield from (
        (_command("Tasks"), str(len(study.tasks))),
        (_command("Pairs"), str(len(cells))),
        (_command("Seeds"), str(len(study.seeds))),
        (_command("Conditions"), str(len(study.conditions))),
        (_command("Scores"), str(len(study.scores))),
    )
    if cells:
        yield _command("MeanGain"), percent(fmean(cell.mean for cell in cells))
        yield _command("PairsHelped"), str(sum(cell.mean > 0 for cell in cells))
    ranked = ranking(found)
    if ranked:
        best = ranked[0]
        yield _command("BestScore"), score_title(best.score)
        yield _command("BestPearson"), decimal(best.value)
        yield _command("Ceiling"), decimal(best.ceiling)
    for score in study.scores:
        for fit in (CROSSED, SAME):
            one = found.agreement.find(score, "pearson", fit, study.main)
            if one is not None:
                yield _command("Pearson", score, fit), decimal(one.value)


def _command(*parts: str) -> Tex:
    return Tex("\\spec" + command_name(*parts))


def write_table(made: jinja2.Environment, table: TexTable, path: Path) -> Path:
    """Write a table, to be input in a float; return the file."""
    rows = [Tex(" & ".join(row) + r" \\") for row in table.rows]
    text = made.get_template("latex/table.tex.jinja").render(
        columns=Tex(table.columns),
        head=Tex(" & ".join(table.head) + r" \\"),
        rows=rows,
        rules=table.rules,
    )
    path.write_text(text, encoding="utf-8")
    return path


def _paper(made: jinja2.Environment, found: Findings, drawn: Drawn, tables: list[TexTable]) -> str:
    small = [*drawn.scatters, drawn.scatter_legend, *drawn.courses]
    wide = [one for one in drawn.all() if one not in small]
    return made.get_template("latex/paper.tex.jinja").render(
        study=found.study,
        title=found.study.title,
        headline=headline(found),
        sentences=sentences(found),
        tables=[(Tex(table.name), table.caption) for table in tables],
        figures=[(Tex(one.name), one.label, Tex(f"{width(one):.2f}in")) for one in wide],
        scatters=list(_floats(drawn.scatters)),
        courses=list(_floats(drawn.courses)),
    )


def width(one: Picture) -> float:
    """Return the width in inches at which a figure is printed."""
    return min(6.2, float(one.figure.get_figwidth()))


def _floats(pictures: list[Picture]) -> Iterator[list[tuple[Tex, str]]]:
    for start in range(0, len(pictures), PANELS):
        yield [(Tex(one.name), one.title) for one in pictures[start : start + PANELS]]
