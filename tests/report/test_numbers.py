"""Numbers and names as they are printed."""

from __future__ import annotations

import re
import unicodedata
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from specbench.report import numerals
from specbench.report.agreement import SHARED
from specbench.report.escape import command_name, folder_name, latex
from specbench.report.scoreboard import best_of
from specbench.report.textables import aligned, number


@pytest.mark.parametrize(
    ("shown", "said"),
    [
        (numerals.decimal(-0.001), "0.00"),
        (numerals.decimal(-0.25), "\u22120.25"),
        (numerals.decimal(0.25, 1, signed=True), "+0.2"),
        (numerals.decimal(None), "–"),
        (numerals.percent(0.0312), "+3.1\u202f%"),
        (numerals.probability(0.0004), "<\u202f0.001"),
        (numerals.probability(0.0123), "0.012"),
        (numerals.large(2.28e9), "2.28\u202fG"),
        (numerals.duration(7_800), "2\u202fh 10\u202fmin"),
        (numerals.duration(185), "3\u202fmin 05\u202fs"),
        (numerals.interval(0.1, None), "–"),
        (numerals.listing(["a", "b", "c"]), "a, b and c"),
        (numerals.listing(["a", "b", "c"], 2), "a, b and 1 more"),
        (numerals.counted(1, "seed"), "1 seed"),
    ],
)
def test_numbers(shown: str, said: str) -> None:
    assert shown == said


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("50% & more", r"50\% \& more"),
        ("$#^~\\", r"\$\#\textasciicircum{}\textasciitilde{}\textbackslash{}"),
        ("αΩ", r"\ensuremath{\alpha}\ensuremath{\Omega}"),
        ("Αά", r"A\ensuremath{\alpha}"),
        ("λς", r"\ensuremath{\lambda}\ensuremath{\varsigma}"),
        ("é中", "é?"),
    ],
)
def test_latex(name: str, said: str) -> None:
    assert latex(name) == said


@given(st.text())
def test_latex_leaves_no_special_character_bare(text: str) -> None:
    bare = re.sub(r"\\[a-zA-Z]+|\\[^a-zA-Z]|\{|\}|\^\\circ", "", latex(text))
    assert not set(bare) & set("%&#$_^\\\n")
    assert all(unicodedata.category(one) != "Cc" for one in bare)


@given(st.text())
def test_a_folder_name_stays_where_it_is_put(text: str) -> None:
    name = folder_name(text)
    assert name == Path(name).name
    assert name not in ("", ".", "..")


def test_commands_are_letters() -> None:
    assert command_name("Pearson", "h_score", "same") == "PearsonHScoreSame"
    assert command_name("task2vec") == "TaskTwovec"


def test_the_best_of_a_column_is_the_highest_as_printed() -> None:
    assert best_of([[0.111, 0.114, 0.05]], 2) == {(0, 0), (1, 0)}
    assert best_of([[None, 0.3]], 2) == frozenset()


def test_cells_for_siunitx() -> None:
    assert number(None, 2) == "{--}"
    assert number(-0.001, 2) == "0.00"
    assert number(0.5, 2, bold=True) == r"\bfseries 0.50"
    assert aligned([[-10.2, None], [1.0]], [1, 1]) == "S[table-format=-2.1]S[table-format=1.1]"


def test_the_mark_of_shared_runs_is_that_of_the_statistics() -> None:
    from specbench.stats.rows import SHARES_RUNS

    assert SHARED == SHARES_RUNS
