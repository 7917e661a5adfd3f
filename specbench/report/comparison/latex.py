"""A comparison for LaTeX: its tables, its figures as PDF, its numbers, and a paper of them all."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from specbench.report.comparison.studies import Comparison
from specbench.report.comparison.words import headline, sentences
from specbench.report.escape import command_name
from specbench.report.figures.picture import Picture
from specbench.report.latex import Tex, environment, width, write_table
from specbench.report.numerals import decimal
from specbench.report.scoreboard import best_of
from specbench.report.textables import TexTable, matrix

LONG = 60  # rows that still fit a page; longer tables are in the CSV files


def write_comparison_latex(
    beside: Comparison, drawn: Sequence[Picture], folder: Path, templates: Path | None = None
) -> list[Path]:
    """Write ``paper.tex``, ``numbers.tex``, ``tables/*.tex``, ``figures/*.pdf``; return them."""
    made = environment(templates)
    (folder / "tables").mkdir(parents=True, exist_ok=True)
    (folder / "figures").mkdir(exist_ok=True)
    tables = list(_tables(beside))
    written = [write_table(made, one, folder / "tables" / f"{one.name}.tex") for one in tables]
    written += [one.pdf(folder / "figures") for one in drawn]
    numbers, paper = folder / "numbers.tex", folder / "paper.tex"
    template = made.get_template("latex/numbers.tex.jinja")
    numbers.write_text(template.render(numbers=list(_numbers(beside))), encoding="utf-8")
    text = made.get_template("latex/paper.tex.jinja").render(
        title=beside.heading,
        headline=headline(beside),
        sentences=sentences(beside),
        tables=[(Tex(one.name), one.caption) for one in tables],
        figures=[(Tex(one.name), one.label, Tex(f"{width(one):.2f}in")) for one in drawn],
        scatters=[],
        courses=[],
    )
    paper.write_text(text, encoding="utf-8")
    return [paper, numbers, *written]


def _numbers(beside: Comparison) -> Iterator[tuple[Tex, str]]:
    yield _command("SharedTasks"), str(len(beside.tasks))
    yield _command("SharedPairs"), str(len(beside.pairs))
    yield _command("SharedScores"), str(len(beside.scores))
    for one, other in beside.couples if len(beside.found) == 2 else ():
        yield _command("GainCorrelation"), decimal(beside.gains_agree(one, other)[0])
        for score in beside.scores:
            agree = beside.values_agree(score, one, other)[0]
            yield _command("ScoreCorrelation", score), decimal(agree)


def _command(*parts: str) -> Tex:
    return Tex("\\spec" + command_name(*parts))


def _tables(beside: Comparison) -> Iterator[TexTable]:
    if any(beside.value(at, s) is not None for at in beside.places for s in beside.every_score):
        yield _agreement(beside)
    if beside.any_pairs:
        yield _correlations(beside)
    if 0 < len(beside.any_pairs) <= LONG:
        yield _gains(beside)


def _agreement(beside: Comparison) -> TexTable:
    body = [
        [
            part
            for at in beside.places
            for one in [beside.estimate(at, score)]
            for part in ((one.value, one.low, one.high, one.corrected) if one else (None,) * 4)
        ]
        for score in beside.every_score
    ]
    values = [[row[4 * at] for row in body] for at in beside.places]
    best = frozenset((row, 4 * column) for row, column in best_of(values, 2))
    return matrix(
        "agreement",
        "Pearson correlation of every score with the gain over all pairs of a study, the ends of "
        "its 95 % interval and its corrected p value. Bold: the best of a study.",
        "score",
        [head for name in beside.names for head in (name, "low", "high", "p")],
        [beside.title(score) for score in beside.every_score],
        body,
        (2, 2, 2, 3) * len(beside.found),
        best=best,
    )


def _correlations(beside: Comparison) -> TexTable:
    heads = [f"{beside.names[one]}, {beside.names[other]}" for one, other in beside.couples]
    body = [[beside.gains_agree(*couple)[0] for couple in beside.couples]]
    body += [[beside.values_agree(s, *couple)[0] for couple in beside.couples]
             for s in beside.scores]  # fmt: skip
    return matrix(
        "correlations",
        "Pearson correlation, between studies, of the gains and of every score's values over the "
        "ordered pairs that both have.",
        "values of",
        heads,
        ["gain", *(beside.title(score) for score in beside.scores)],
        body,
        2,
    )


def _gains(beside: Comparison) -> TexTable:
    means = [beside.gains(at) for at in beside.places]
    body = [
        [100 * one[pair] if pair in one else None for one in means] for pair in beside.any_pairs
    ]
    return matrix(
        "gains",
        "Gain in percent of the first task when learned with the second, mean over the seeds of "
        "each study.",
        "target, partner",
        beside.names,
        [f"{target}, {partner}" for target, partner in beside.any_pairs],
        body,
        1,
    )
