"""Shipped specs with something broken: a study, or located lines, never another exception."""

from __future__ import annotations

import os
import random
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from specbench.errors import SpecError
from specbench.spec.load import load

LOCATED = re.compile(r"^(.+:\d+: .+|--set .+: .+)$")
BARE_KEY = re.compile(r"^[ \t]*([A-Za-z0-9_.-]+)[ \t]*=", re.MULTILINE)
VALUE = re.compile(r"=[ \t]*([^\n#]+)")
EXAMPLES = 20_000 if os.environ.get("SPECBENCH_LONG_TESTS") else 800
WORDS = ("true", "-1", "0", "1e400", "nan", "'x'", "[]", "{}", "[[]]", "{a = [1]}", "1979-05-27",
         "99999999999999999999", "'''\n'''", "[1, 'a', {b = 2}]", "0.5", '""', "-0.0", "[0.5]",
         "['all']", "[['normal']]")  # fmt: skip
LETTERS = "abz_.-= \t\n[]{}\"'#\\,0\x00\x07\u2028é\U0001f600"


@pytest.fixture(scope="module")
def shipped(repository: Path) -> list[Path]:
    found = sorted((repository / "specs").rglob("*.toml"))
    assert found
    return found


def checked(path: Path, *overrides: str) -> bool:
    """Load a spec; tell whether it was accepted. Its errors have to be located."""
    try:
        load(path, overrides)
    except SpecError as error:
        lines = str(error).split("\n")
        assert lines
        assert all(LOCATED.match(line) for line in lines), lines
        return False
    return True


def mistyped(word: str, rng: random.Random) -> str:
    """Return a word with one typing error: a letter dropped, doubled, swapped or replaced."""
    while True:
        place = rng.randrange(len(word))
        kind = rng.choice(["dropped", "doubled", "swapped", "replaced"])
        found = {
            "dropped": word[:place] + word[place + 1 :],
            "doubled": word[: place + 1] + word[place:],
            "swapped": word[:place] + word[place : place + 2][::-1] + word[place + 2 :],
            "replaced": word[:place]
            + rng.choice("abcdefghijklmnopqrstuvwxyz_")
            + word[place + 1 :],
        }[kind]
        if found and found != word:
            return found


def mutated(text: str, rng: random.Random) -> str:
    """Return the text with one to three mutations."""
    for _ in range(rng.choice((1, 1, 2, 3))):
        lines = text.split("\n")
        at = rng.randrange(len(lines))
        kind = rng.choice(("delete", "repeat", "move", "value", "swap", "letter", "cut", "key"))
        if kind == "delete":
            del lines[at]
        elif kind == "repeat":
            lines.insert(rng.randrange(len(lines)), lines[at])
        elif kind == "move":
            lines.insert(rng.randrange(len(lines)), lines.pop(at))
        elif kind == "value":
            lines[at] = VALUE.sub(lambda _: f"= {rng.choice(WORDS)}", lines[at], count=1)
        elif kind == "swap":
            other = f"= {rng.choice(VALUE.findall(text) or ['1'])}"
            lines[at] = VALUE.sub(other.replace("\\", r"\\"), lines[at], count=1)
        elif kind == "key":
            lines[at] = re.sub(r"\w+", lambda m: mistyped(m.group(), rng), lines[at], count=1)
        text = "\n".join(lines) or "\n"
        if kind in ("letter", "cut"):
            place = rng.randrange(len(text))
            more = rng.choice(LETTERS) if kind == "letter" else ""
            text = text[:place] + more + text[place + (kind == "cut") * rng.randrange(1, 30) :]
    return text


def seeds() -> Iterator[int]:
    return iter(range(EXAMPLES))


def test_mutated_specs_are_accepted_or_refused_in_place(shipped: Any, tmp_path: Path) -> None:
    path, refused = tmp_path / "spec.toml", 0
    for seed in seeds():
        rng = random.Random(seed)
        text = mutated(rng.choice(shipped).read_text(encoding="utf-8"), rng)
        path.write_bytes(text.encode("utf-8"))
        refused += not checked(path)
    assert EXAMPLES / 4 < refused < EXAMPLES


def test_a_typing_error_in_a_bare_key_is_refused(shipped: Any, tmp_path: Path) -> None:
    path = tmp_path / "spec.toml"
    for original in shipped:
        text = original.read_text(encoding="utf-8")
        for number, found in enumerate(BARE_KEY.finditer(text)):
            for typo in range(4):
                rng = random.Random(10 * number + typo)
                word = rng.choice(found.group(1).split("."))
                start = text.index(word, found.start(1))
                wrong = mistyped(word, rng)
                path.write_text(text[:start] + wrong + text[start + len(word) :], encoding="utf-8")
                assert not checked(path), f"{original}: {word} -> {wrong}"


def test_random_overrides_are_accepted_or_refused_in_place(shipped: Any) -> None:
    paths = ("study.seeds", "training.epochs", "data.kind", "data.root", "tasks.normal.weight",
             "networks.groups", "networks", "scores.ias.images", "conditions.axes",
             "conditions.cases.x", 'conditions.axes."training.epochs"', "gain.split", "x", "",
             'tasks."a=b".domain', "report.also")  # fmt: skip
    accepted = 0
    for seed in range(EXAMPLES):
        rng = random.Random(seed)
        words = []
        for _ in range(rng.choice((1, 1, 2))):
            key = rng.choice(paths)
            key = mistyped(key, rng) if key and rng.random() < 0.2 else key
            word = "".join(rng.choice(LETTERS) for _ in range(rng.randrange(6)))
            words.append(f"{key}={rng.choice((*WORDS, '3', 'rooms', 'taskonomy', '/x', word))}")
        accepted += checked(rng.choice(shipped), *words)
    assert accepted > 0


def test_random_bytes_are_refused_in_place(tmp_path: Path) -> None:
    path = tmp_path / "spec.toml"
    for seed in range(EXAMPLES // 2):
        rng = random.Random(seed)
        path.write_bytes(rng.randbytes(rng.randrange(200)))
        assert not checked(path)
