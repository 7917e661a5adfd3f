"""Code of the user's: only where it is allowed, located errors, and its hash in the keys."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from specbench.errors import CodeError, SpecError
from specbench.plan.grid import expand
from specbench.results import Results
from specbench.scores.registry import BUILT_IN, SCORES
from specbench.spec.load import load
from specbench.store.database import open_published
from specbench.usercode import load as usercode

CODE = '''\
"""How long the names of two tasks are."""

from dataclasses import dataclass

from specbench.scores.contract import Needs, PairScore, Score, Scored, ordered_pairs


@dataclass(frozen=True)
class Settings:
    factor: float = 1.0
    """What the length is multiplied by."""


class Length(Score):
    name = "length"
    title = "length of names"
    family = "toy"
    symmetric = True
    needs = Needs.NOTHING
    version = 1
    source = "nobody"
    Settings = Settings

    def compute(self, inputs):
        factor = inputs.settings.factor
        pairs = ordered_pairs(inputs.tasks)
        return Scored({(a, b): PairScore(factor * len(a + b)) for a, b in pairs}, macs=0.0)


SCORES = (Length(),)
'''


@pytest.fixture(autouse=True)
def _clean(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    """No configuration of whoever runs the tests counts, and no score is left behind."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    yield
    usercode.unload()


@pytest.fixture
def spec(write: Any, tmp_path: Path, rooms_text: str) -> Path:
    (tmp_path / "mine.py").write_text(CODE)
    text = rooms_text.replace("[study]", '[study]\ncode = "mine.py"') + "[scores.length]\n"
    path: Path = write(text)
    return path


def refused(path: Path, *overrides: str, allow_code: bool = True) -> str:
    with pytest.raises(SpecError) as caught:
        load(path, overrides, allow_code=allow_code)
    return str(caught.value)


def test_code_is_refused_unless_it_is_allowed(spec: Path, tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text("raise SystemExit('this was run')")
    message = refused(spec, allow_code=False)
    assert message.startswith(f"{spec}:2: study.code = ")
    assert "--allow-code" in message
    assert "length" not in SCORES


def test_allowed_code_adds_its_scores(spec: Path) -> None:
    study = load(spec, ["scores.length.factor=2.0"], allow_code=True)
    assert study.scores["length"].factor == 2.0
    assert SCORES["length"].title == "length of names"
    assert refused(spec, "scores.length.facto=2.0").endswith("the nearest valid name is 'factor'")


def test_scores_of_one_study_are_gone_in_the_next(spec: Path, write: Any, rooms_text: str) -> None:
    load(spec, allow_code=True)
    load(write(rooms_text, "other.toml"), allow_code=True)
    assert BUILT_IN == SCORES


@pytest.mark.parametrize(
    ("allowed", "runs"),
    [
        ("allow_code = true", True),
        ("allow_code = false", False),
        ("allow_code = ['{folder}']", True),
        ("allow_code = ['{folder}/deeper', 'relative']", False),
        ("", False),
    ],
)
def test_the_users_configuration_can_allow_code(
    spec: Path, tmp_path: Path, allowed: str, runs: bool
) -> None:
    configuration = tmp_path / "config" / "specbench" / "config.toml"
    configuration.parent.mkdir(parents=True)
    configuration.write_text(allowed.replace("{folder}", str(tmp_path)))
    if runs:
        assert "length" in load(spec).scores
    else:
        assert "--allow-code" in refused(spec, allow_code=False)


def test_a_configuration_that_says_neither_is_refused(spec: Path, tmp_path: Path) -> None:
    configuration = tmp_path / "config" / "specbench" / "config.toml"
    configuration.parent.mkdir(parents=True)
    configuration.write_text("allow_code = 'yes'")
    assert refused(spec, allow_code=False).startswith(f"{configuration}: allow_code should be")


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        (None, "cannot be read"),
        ("x = 1\nSCORES = (y,)\n", "mine.py:2: NameError"),
        ("SCORES = (\n", "mine.py:1: SyntaxError"),
        ("raise SystemExit(0)\n", "mine.py ends the program when it is loaded"),
        ("def f():\n    1 / 0\nf()\n", "mine.py:2: ZeroDivisionError: division by zero"),
        ("x = 1\n", "has none of SCORES, ENCODERS, TASKS"),
        ("SCORES = (3,)\n", "SCORES holds 3"),
        (CODE.replace('"length"', '"td"'), "score 'td' has the name of one that comes with"),
        (CODE.replace('"length"', '"hoa"'), "score 'hoa' has the name of one that comes with"),
        (CODE.replace("Length(),", "Length(), Length()"), "score 'length' stands in SCORES twice"),
        (CODE.replace("    version = 1\n", ""), "Length.version = None: it should be a int"),
        (CODE.replace('"length"', '"my length"'), "letters, digits and _ only"),
    ],
)
def test_code_that_cannot_be_used_is_located(
    spec: Path, tmp_path: Path, code: str | None, expected: str
) -> None:
    if code is None:
        (tmp_path / "mine.py").unlink()
    else:
        (tmp_path / "mine.py").write_text(code)
    message = refused(spec)
    assert message.startswith(f"{spec}:2: study.code: ")
    assert expected in message
    assert "\n" not in message


def test_settings_that_no_study_could_hold_are_refused(spec: Path, tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text(CODE.replace("factor: float", "factor: object()"))
    message = refused(spec)
    assert message.startswith(f"{spec}:31: the settings of this score cannot be described: ")
    assert "\n" not in message


def test_code_can_be_named_by_an_override(
    write: Any, tmp_path: Path, rooms_text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "mine.py").write_text(CODE)
    monkeypatch.chdir(tmp_path)
    given = ["scores.length.factor=3.0", "study.code=mine.py"]
    study = load(write(rooms_text), given, allow_code=True)
    assert study.scores["length"].factor == 3.0
    message = refused(write(rooms_text), *given, allow_code=False)
    assert message.startswith("--set study.code=mine.py: ")


def test_the_hash_of_the_code_is_in_the_keys_of_its_scores_only(spec: Path, tmp_path: Path) -> None:
    def keys() -> dict[str, set[str]]:
        plan = expand(load(spec, allow_code=True), Results.at(tmp_path / "results"))
        found: dict[str, set[str]] = {}
        for cell in plan.scores:
            found.setdefault(cell.score, set()).add(cell.key)
        return found

    before = keys()
    (tmp_path / "mine.py").write_text(CODE + "# a remark\n")
    after = keys()
    assert after.pop("length") != before.pop("length")
    assert after == before


def test_code_without_its_scores_changes_no_key(
    spec: Path, tmp_path: Path, write: Any, rooms_text: str
) -> None:
    results = Results.at(tmp_path / "results")
    plain = set(expand(load(write(rooms_text, "plain.toml")), results).jobs)
    with_code = rooms_text.replace("[study]", '[study]\ncode = "mine.py"')
    study = load(write(with_code, "plain.toml"), allow_code=True)
    assert set(expand(study, results).jobs) == plain


def test_a_run_computes_the_users_score_and_stores_it(
    spec: Path, runner: Any, inline: Any, fake: Any
) -> None:
    class Mixed(inline):  # type: ignore[misc]
        """Does the user's score, makes the rest up."""

        def next(self, timeout: float) -> Any:
            waiting = self._running and self._running[0].content.get("score") == "length"
            usercode.unload()  # as in a worker that has not seen the code yet
            done = inline.next(self, timeout) if waiting else fake.next(self, timeout)
            load(spec, allow_code=True)
            return done

    assert runner(load(spec, allow_code=True), Mixed()).ok
    with open_published(runner.results) as connection:
        rows = connection.execute(
            "SELECT DISTINCT target, partner, value FROM scores WHERE score = 'length'"
        ).fetchall()
        groups = connection.execute(
            "SELECT count(*) FROM group_scores WHERE score = 'length'"
        ).fetchone()
    assert len(rows) == 6
    assert all(value == len(target + partner) for target, partner, value in rows)
    assert groups == (6,)


def test_a_worker_refuses_code_that_has_changed_since(
    spec: Path, tmp_path: Path, runner: Any, inline: Any, fake: Any
) -> None:
    study = load(spec, allow_code=True)
    plan = expand(study, runner.results)
    (cell, *_) = (cell for cell in plan.scores if cell.score == "length")
    job = plan.jobs[cell.key]
    (tmp_path / "mine.py").write_text(CODE + "# another\n")
    usercode.unload()
    with pytest.raises(CodeError, match="has changed since the study was planned"):
        usercode.load_code(Path(job.where["code"]["path"]), job.where["code"]["sha"])


def test_a_real_worker_process_loads_it(spec: Path, specbench: Any, tmp_path: Path) -> None:
    text = spec.read_text().replace("[scores.td]\n[scores.ias]\n[scores.rsa]\n", "")
    text = text.replace('encoder = "conv"', 'encoder = "conv"\ngroups = [["normal"]]')
    spec.write_text(text.replace("train_images = 4", "train_images = 2"))
    done = specbench("run", str(spec), "--allow-code", "--workers", "1", "--device", "cpu")
    assert done.returncode == 0, done.stdout + done.stderr
    query = "select count(*) as n from scores where score = 'length'"
    told = specbench("sql", query, "--format", "json")
    assert json.loads(told.stdout) == [{"n": 12}]


def test_reports_need_no_code_to_run(spec: Path, specbench: Any, runner: Any) -> None:
    runner(load(spec, allow_code=True))
    done = specbench("report", str(spec), "--formats", "latex")
    assert done.returncode == 0, done.stderr
