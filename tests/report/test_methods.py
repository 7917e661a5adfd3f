"""Training methods side by side: who is compared, what is said, what is plotted."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import duckdb
import pytest

from specbench.report.build import build
from specbench.report.findings import find
from specbench.report.methods import titles_of
from specbench.report.study import Definition, Study
from specbench.store.database import open_published

TEXT = """
[conditions.axes]
"training.method" = ["equal", "pcgrad", "it_mtl"]
[conditions.cases.wide]
"networks.width" = 8
[training.method_settings.it_mtl]
candidates = ["mean", ["normal"], ["edge_texture"]]
"""
FOUR = ("[tasks.normal]", "[tasks.normal]\n[tasks.reshading]")
PCGRAD, GUIDED = "training.method=pcgrad", "training.method=it_mtl"


@pytest.fixture
def store(made_up: Any, rooms_text: str) -> Any:
    """A store with a made-up study of three methods and a condition of another kind."""
    text = rooms_text.replace("[0, 1]", "[0, 1, 2]").replace(*FOUR)
    with open_published(made_up(small=text + TEXT)) as connection:
        yield connection


def spec(*conditions: dict[str, Any]) -> dict[str, dict[str, Any]]:
    names = ("base", *(f"c{number}" for number in range(1, len(conditions))))
    return {"conditions": dict(zip(names, conditions, strict=True))}


def study(*conditions: dict[str, Any]) -> Study:
    made = spec(*conditions)
    return Study("s", ("a", "b"), tuple(made["conditions"]), (0,), (), Definition(), spec=made)


def settings(method: str = "equal", width: int = 4, **options: Any) -> dict[str, Any]:
    training = {"epochs": 2, "method": method, "method_settings": options}
    return {"networks": {"width": width}, "training": training}


def test_conditions_that_differ_in_the_method_alone_are_compared() -> None:
    found = titles_of(study(settings(), settings("pcgrad"), settings("dwa", width=8)))
    assert found == {"base": "equal weighting", "c1": "PCGrad"}


def test_one_method_with_two_settings_is_told_apart() -> None:
    found = titles_of(study(settings(), settings("mgda", mgda=1), settings("mgda", mgda=2)))
    assert found == {"base": "equal weighting", "c1": "MGDA (c1)", "c2": "MGDA (c2)"}


@pytest.mark.parametrize("made", [{}, {"conditions": {"base": {"data": {"kind": "published"}}}}])
def test_studies_that_say_nothing_of_training_have_no_methods(made: dict[str, Any]) -> None:
    one = Study("s", ("a",), ("base",), (0,), (), Definition(), spec=made)
    assert titles_of(one) == {}


def test_values_are_those_of_the_view(store: duckdb.DuckDBPyConnection) -> None:
    methods = find(store, "small").methods
    assert methods.main == "equal weighting"
    assert [case.title for case in methods.cases] == ["PCGrad", "IT-MTL"]
    for case in methods.cases:
        for kept, origin in ((case.moved, "base"), (case.own, case.condition)):
            for score, one in kept.items():
                (value,) = store.execute(
                    "SELECT value FROM agreement WHERE condition = ? AND score_condition = ? AND "
                    "score = ? AND measure = 'pearson' AND fit = ? AND target IS NULL "
                    "AND level = 'pairs' AND denominator = 'joint'",
                    [case.condition, origin, score, one.fit],
                ).fetchone() or (None,)
                assert one.value == value
        assert set(case.moved) == {"ias", "rsa"}, "td needs no run: it is the same everywhere"
    (mean,) = store.execute(
        "SELECT avg(gain) FROM gains WHERE condition = ? AND quantity = 'loss' AND split = 'test' "
        "AND baseline = 'half' AND denominator = 'joint'",
        [PCGRAD],
    ).fetchone() or (None,)
    assert methods.cases[0].mean_gain == pytest.approx(mean)


def test_a_score_of_single_nets_shares_runs_with_the_gains_of_every_method(
    store: duckdb.DuckDBPyConnection,
) -> None:
    """Single nets are the same under all methods, and half of the gain."""
    for case in find(store, "small").methods.cases:
        (reason,) = store.execute(
            "SELECT reason FROM agreement WHERE condition = ? AND score_condition = 'base' "
            "AND score = 'rsa' AND measure = 'pearson' AND fit = 'same' AND target IS NULL "
            "AND level = 'pairs' AND denominator = 'joint'",
            [case.condition],
        ).fetchone() or ("",)
        assert "shares runs" in (reason or "")


def _answer(page: Path) -> str:
    text = page.read_text(encoding="utf-8")
    (section,) = re.findall(r'<section id="answer".*?</section>', text, re.DOTALL)
    return str(section)


def test_the_page_answers_whether_scores_predict_the_gains_of_other_methods(
    store: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    (page,) = build(store, ["small"], tmp_path, {"html"})
    answer, text = _answer(page), page.read_text(encoding="utf-8")
    for method in ("PCGrad", "IT-MTL"):
        assert re.search(rf"under equal weighting.* the gains under {method}", answer)
    table = text[text.index('id="methods"') :]
    table = table[: table.index("</section>")]
    assert (
        "Does a score measured under equal weighting predict the gains of other methods?" in table
    )
    assert table.count("from equal weighting</th>") == 2
    assert "wide" not in table


def test_what_guided_steps_chose_is_plotted(make_store: Any, tmp_path: Path) -> None:
    store = make_store(conditions=("base", GUIDED))
    store.execute(
        "CREATE TABLE method_log (study TEXT, condition TEXT, seed BIGINT, network TEXT, "
        "capacity DOUBLE, injected TEXT, epoch BIGINT, quantity TEXT, name TEXT, value DOUBLE)"
    )
    for seed, epoch in ((0, 0), (0, 1), (1, 0), (1, 1)):
        for name, share in (("mean", 0.25 + 0.5 * seed), ("a+b", 0.75 - 0.5 * seed)):
            row = ["small", GUIDED, seed, "a+b", 1.0, "", epoch, "chosen", name, share]
            store.execute("INSERT INTO method_log VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", row)
    ((title, taken),) = find(store, "small").methods.taken
    assert title == GUIDED, "the invented study does not say what its conditions are"
    line = next(one for one in taken if one.candidate == "mean")
    assert (line.mean, line.low, line.high, line.networks) == (
        (0.5, 0.5),
        (0.25,) * 2,
        (0.75,) * 2,
        2,
    )
    written = build(store, ["small"], tmp_path, {"html", "latex"})
    text = written[0].read_text(encoding="utf-8")
    assert (
        f"Share of steps in which {GUIDED} applied each candidate, by epoch (a+b 50 %; mean 50 %)"
        in text
    )
    assert any(path.name == "choices_00.pdf" for path in written)
    assert "Does a score measured" not in text
