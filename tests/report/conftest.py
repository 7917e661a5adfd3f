"""Stores made of plain tables with the columns of the views, filled with invented studies."""

from __future__ import annotations

import base64
import itertools
import json
import os
import select
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pytest
from scipy import stats

COLUMNS = {
    "studies": "study TEXT, spec_passed TEXT, spec_resolved TEXT, versions TEXT, hardware TEXT, "
    "created TIMESTAMP",
    "data": "study TEXT, condition TEXT, fingerprint TEXT, split TEXT, images BIGINT, "
    "excluded BIGINT, reason TEXT",
    "jobs": "study TEXT, key TEXT, kind TEXT, state TEXT, attempts BIGINT, reason TEXT, "
    "seconds DOUBLE, host TEXT, device TEXT, error TEXT, title TEXT",
    "networks": "study TEXT, condition TEXT, seed BIGINT, network TEXT, capacity DOUBLE, "
    "injected TEXT, parameters BIGINT, macs BIGINT, images_per_second DOUBLE, best_epoch BIGINT, "
    "key TEXT",
    "losses": "study TEXT, condition TEXT, seed BIGINT, network TEXT, capacity DOUBLE, "
    "injected TEXT, target TEXT, split TEXT, loss DOUBLE",
    "metrics": "study TEXT, condition TEXT, seed BIGINT, network TEXT, capacity DOUBLE, "
    "injected TEXT, target TEXT, split TEXT, metric TEXT, value DOUBLE, higher_is_better BOOLEAN",
    "curves": "study TEXT, condition TEXT, seed BIGINT, network TEXT, capacity DOUBLE, "
    "injected TEXT, target TEXT, split TEXT, epoch BIGINT, loss DOUBLE",
    "constants": "study TEXT, condition TEXT, target TEXT, split TEXT, loss DOUBLE",
    "gains": "study TEXT, condition TEXT, seed BIGINT, target TEXT, partner TEXT, quantity TEXT, "
    "baseline TEXT, denominator TEXT, split TEXT, gain DOUBLE",
    "group_gains": "study TEXT, condition TEXT, seed BIGINT, target TEXT, network TEXT, "
    "quantity TEXT, baseline TEXT, denominator TEXT, split TEXT, gain DOUBLE",
    "scores": "study TEXT, condition TEXT, seed BIGINT, score TEXT, target TEXT, partner TEXT, "
    "value DOUBLE, state TEXT, reason TEXT, macs DOUBLE, seconds DOUBLE",
    "group_scores": "study TEXT, condition TEXT, seed BIGINT, score TEXT, target TEXT, "
    "network TEXT, value DOUBLE",
    "agreement": "study TEXT, condition TEXT, score_condition TEXT, score TEXT, level TEXT, "
    "quantity TEXT, baseline TEXT, denominator TEXT, split TEXT, measure TEXT, target TEXT, "
    "fit TEXT, value DOUBLE, low DOUBLE, high DOUBLE, p DOUBLE, p_corrected DOUBLE, "
    "p_smallest DOUBLE, ceiling DOUBLE, n_tasks BIGINT, n_pairs BIGINT, n_seeds BIGINT, "
    "reason TEXT",
    "selections": "study TEXT, condition TEXT, seed BIGINT, method TEXT, limit_kind TEXT, "
    "budget DOUBLE, networks TEXT, assign TEXT, val_total DOUBLE, test_total DOUBLE, "
    "regret DOUBLE, reason TEXT",
    "samples": "study TEXT, condition TEXT, seed BIGINT, network TEXT, target TEXT, image TEXT, "
    "path TEXT",
    "transfers": "study TEXT, condition TEXT, seed BIGINT, source_set TEXT, sources TEXT, "
    "target TEXT, split TEXT, metric TEXT, value DOUBLE, pretrain_macs DOUBLE, "
    "finetune_macs DOUBLE, seconds DOUBLE",
}
FIVE = ("segment_semantic", "depth_zbuffer", "normal", "keypoints2d", "edge_texture")
DEFINITION = {"quantity": "loss", "baseline": "half", "denominator": "joint", "split": "test"}
QUALITY = {"td": 0.3, "ias": 0.1, "rsa": 0.35, "li": 0.8, "gs": 0.2, "gt": 0.5}
SHARE = {"td": 0.0, "ias": 0.2, "rsa": 0.2, "li": 1.0, "gs": 0.8, "gt": 0.8}
EPOCHS, IMAGES = 6, 800
SHARED = "shares runs with the gain, correlation inflated"


@dataclass
class Invented:
    """A study to invent: what it holds, and what went wrong in it."""

    name: str = "small"
    tasks: Sequence[str] = FIVE
    seeds: int = 3
    conditions: Sequence[str] = ("base",)
    scores: Sequence[str] = ("td", "ias", "rsa", "li")
    failed: int = 0
    beaten: bool = True
    curves: bool = True
    budgets: bool = False
    title: str = ""
    noise: float = 0.02
    random: np.random.Generator = field(default_factory=lambda: np.random.default_rng(7))

    @property
    def pairs(self) -> list[tuple[str, str]]:
        return list(itertools.permutations(self.tasks, 2))


Rows = list[tuple[Any, ...]]


def new_store() -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect()
    for view, columns in COLUMNS.items():
        connection.execute(f"CREATE TABLE {view} ({columns})")
    return connection


def insert(connection: duckdb.DuckDBPyConnection, view: str, rows: Rows) -> None:
    if rows:
        columns = [[getattr(one, "item", lambda one=one: one)() for one in column]
                   for column in zip(*rows, strict=True)]  # fmt: skip
        marks = ", ".join("unnest(?)" for _ in columns)  # by column: much faster than by row
        connection.execute(f"INSERT INTO {view} SELECT {marks}", columns)


def invent(connection: duckdb.DuckDBPyConnection, study: Invented) -> None:
    _study(connection, study)
    truth = {pair: study.random.normal(0.01, 0.05) for pair in study.pairs}
    for condition in study.conditions:
        shift = 0.0 if condition == "base" else 0.03
        wanted = {pair: value + shift * study.random.normal() for pair, value in truth.items()}
        gains = _networks(connection, study, condition, wanted)
        values = _scores(connection, study, condition, wanted)
        _agreement(connection, study, condition, gains, values)
        if study.budgets:
            _selections(connection, study, condition)


def _study(connection: duckdb.DuckDBPyConnection, study: Invented) -> None:
    spec = {
        "study": {"name": study.name, "title": study.title, "seeds": list(range(study.seeds))},
        "data": {"kind": "rooms", "image_size": 64, "seed": 0},
        "tasks": {task: {"domain": task} for task in study.tasks},
        "training": {"epochs": EPOCHS, "precision": "fp32", "reduction": "sum"},
        "scores": {score: {} if score == "td" else {"images": 2048} for score in study.scores},
        "gain": DEFINITION,
    }
    passed = {"spec": f'[study]\nname = "{study.name}"\nseeds = {study.seeds}\n', "set": []}
    versions = {"specbench": "0.1.0", "torch": "2.11.0", "python": "3.11.7"}
    hardware = {"cpu": "two cores", "gpus": []}
    texts = [json.dumps(value) for value in (passed, spec, versions, hardware)]
    insert(connection, "studies", [(study.name, *texts, "2026-01-02 03:04:05")])
    counts = {"train": IMAGES, "val": 100, "test": 100}
    insert(
        connection,
        "data",
        [
            (study.name, condition, "4f" * 32, split, count, 2, "no normal for the image")
            for condition in study.conditions
            for split, count in counts.items()
        ],
    )


def _networks(
    connection: duckdb.DuckDBPyConnection,
    study: Invented,
    condition: str,
    wanted: dict[tuple[str, str], float],
) -> dict[tuple[int, str, str], float]:
    """Fill networks, losses, curves, constants, gains and jobs."""
    base = {task: 0.2 + 0.1 * place for place, task in enumerate(study.tasks)}
    singles: dict[tuple[int, str, float], float] = {}
    gains: dict[tuple[int, str, str], float] = {}
    tables: dict[str, Rows] = {"networks": [], "losses": [], "curves": [], "gains": [], "jobs": []}
    lost = set(study.pairs[: study.failed])

    def network(seed: int, tasks: Sequence[str], capacity: float, losses: dict[str, float]) -> None:
        name = "+".join(sorted(tasks))
        key = f"{len(tables['networks']):032x}"
        made = (study.name, condition, seed, name, capacity, "")
        tables["networks"].append(
            (*made, 100_000, int(1e7 * (capacity + len(tasks))), 900.0, EPOCHS - 1, key)
        )
        job = (study.name, key, "network", "done", 1, "new", 12.5, "host", "cpu", None)
        tables["jobs"].append((*job, f"train {name} at {capacity:g}, seed {seed}, {condition}"))
        for task, loss in losses.items():
            for split, factor in (("train", 0.9), ("val", 1.0), ("test", 1.02)):
                tables["losses"].append((*made, task, split, loss * factor))
            for epoch in range(EPOCHS) if study.curves else ():
                course = loss * (1 + 1.5 * np.exp(-epoch))
                tables["curves"].append((*made, task, "val", epoch, course))

    for seed in range(study.seeds):
        for task, loss in base.items():
            for capacity in (0.5, 1.0):
                value = loss * (1.05 - 0.1 * capacity) * (1 + 0.01 * study.random.normal())
                singles[seed, task, capacity] = value
                network(seed, [task], capacity, {task: value})
        for first, second in itertools.combinations(study.tasks, 2):
            if (first, second) in lost or (second, first) in lost:
                continue
            joint = {}
            for pair in ((first, second), (second, first)):
                gain = wanted[pair] + study.noise * study.random.normal()
                joint[pair[0]] = singles[seed, pair[0], 0.5] / (1 + gain)
                gains[seed, *pair] = gain
                for denominator, value in (("joint", gain), ("single", gain / (1 + gain))):
                    row = (study.name, condition, seed, *pair, "loss", "half", denominator)
                    tables["gains"].append((*row, "test", value))
            network(seed, [first, second], 1.0, joint)
        if len(study.tasks) > 2:
            network(seed, study.tasks, 1.0, {task: 0.97 * loss for task, loss in base.items()})
    constants = [
        (study.name, condition, task, split, loss * (2.0 if study.beaten else 1.0))
        for task, loss in base.items()
        for split in ("train", "val", "test")
    ]
    for number, pair in enumerate(study.pairs[: study.failed]):
        error = "Traceback\nTrainingError: loss of <normal> is not finite in epoch 2"
        title = f"train {'+'.join(sorted(pair))} at 1, seed 0, {condition}"
        row = (study.name, f"f{number:031x}", "network", "failed", 2, "new", 3.0, "host", "cpu")
        tables["jobs"].append((*row, error, title))
    for view, rows in (tables | {"constants": constants}).items():
        insert(connection, view, rows)
    return gains


def _scores(
    connection: duckdb.DuckDBPyConnection,
    study: Invented,
    condition: str,
    wanted: dict[tuple[str, str], float],
) -> dict[tuple[str, int, str, str], float]:
    values, rows = {}, []
    names = sorted(study.tasks)
    brute = 3 * IMAGES * EPOCHS * (len(names) * 1.5e7 + len(study.pairs) / 2 * 3e7)
    for score in study.scores:
        quality = QUALITY.get(score, 0.4)
        steady = {pair: study.random.normal(0, 0.05) for pair in study.pairs}
        for seed in range(study.seeds):
            for pair in study.pairs:
                value = quality * wanted[pair] + (1 - quality) * steady[pair]
                value += 0.0 if score == "td" else 0.005 * study.random.normal()
                if score == "td":
                    value = -float(round(8 + 40 * value))
                undefined = score == "td" and "reshading" in pair
                said = ("undefined", "not in the tree") if undefined else ("defined", "")
                if not undefined:
                    values[score, seed, *pair] = value
                shown = None if undefined else value
                cost = (brute * SHARE.get(score, 0.3) / len(study.pairs), 0.25)
                rows.append((study.name, condition, seed, score, *pair, shown, *said, *cost))
    insert(connection, "scores", rows)
    return values


def _agreement(
    connection: duckdb.DuckDBPyConnection,
    study: Invented,
    condition: str,
    gains: dict[tuple[int, str, str], float],
    values: dict[tuple[str, int, str, str], float],
) -> None:
    rows: Rows = []
    for score in study.scores:
        for target in (None, *study.tasks):
            pairs = [p for p in study.pairs if target in (None, p[0]) and (0, *p) in gains]
            pairs = [p for p in pairs if (score, 0, *p) in values]
            for measure in ("pearson", "kendall"):
                for fit in ("crossed", "same"):
                    rows.append(_estimate(study, condition, score, target, pairs, measure, fit))
                    rows[-1] = (
                        *rows[-1][:12],
                        *_numbers(study, score, pairs, measure, fit, gains, values, target),
                    )
    insert(connection, "agreement", rows)


def _estimate(
    study: Invented,
    condition: str,
    score: str,
    target: str | None,
    pairs: list[tuple[str, str]],
    measure: str,
    fit: str,
) -> tuple[Any, ...]:
    where = (study.name, condition, condition, score, "pairs")
    return (*where, *DEFINITION.values(), measure, target, fit)


def _numbers(
    study: Invented,
    score: str,
    pairs: list[tuple[str, str]],
    measure: str,
    fit: str,
    gains: dict[tuple[int, str, str], float],
    values: dict[tuple[str, int, str, str], float],
    target: str | None,
) -> tuple[Any, ...]:
    counts = (len(study.tasks), len(pairs), study.seeds)
    shared = [SHARED] if fit == "same" and score != "td" else []

    def reason(*others: str) -> str | None:
        return "; ".join(filter(None, (*shared, *others))) or None

    nothing = (None,) * 7
    if fit == "crossed" and study.seeds < 2:
        return (*nothing, *counts, reason("one seed: there is no other"))
    first = [np.mean([values[score, s, *p] for s in range(study.seeds)]) for p in pairs]
    second = [np.mean([gains[s, *p] for s in range(study.seeds)]) for p in pairs]
    if len(pairs) < 3 or np.ptp(first) == 0:
        return (*nothing, *counts, reason("fewer than three different pairs"))
    test = stats.pearsonr if measure == "pearson" else stats.kendalltau
    value = float(test(first, second).statistic) - (0.06 if fit == "crossed" else 0.0)
    p = float(test(first, second).pvalue)
    known = len(study.tasks) > 3
    ends = (max(-1, value - 0.25), min(1, value + 0.2)) if known else (None, None)
    ceiling = 0.93 if study.seeds > 1 else None
    said = ("" if known else "fewer than four tasks", "" if ceiling else "one seed, no ceiling")
    return (value, *ends, p, min(1.0, 4 * p), 1 / 120, ceiling, *counts, reason(*said))


def _selections(connection: duckdb.DuckDBPyConnection, study: Invented, condition: str) -> None:
    rows = []
    for place, method in enumerate(("optimal", "esa", "hoa", "random", "all_in_one")):
        for budget in np.arange(1, 5.5, 0.5):
            total = 0.5 - 0.05 * np.log(budget) + 0.01 * place
            networks = json.dumps(list(study.tasks))
            row = (study.name, condition, None, method, "budget", float(budget), networks)
            rows.append((*row, "validation", total, total * 1.01, 0.01 * place, ""))
    insert(connection, "selections", rows)


MakeStore = Callable[..., duckdb.DuckDBPyConnection]


def make_study(**settings: Any) -> duckdb.DuckDBPyConnection:
    connection = new_store()
    invent(connection, Invented(**settings))
    return connection


@pytest.fixture(scope="session")
def new_study() -> MakeStore:
    """Return a function that makes a store; whoever calls it closes it."""
    return make_study


@pytest.fixture
def make_store() -> Iterator[MakeStore]:
    """Return a function that makes a store of one invented study from its settings."""
    made = []

    def make(**settings: Any) -> duckdb.DuckDBPyConnection:
        made.append(make_study(**settings))
        return made[-1]

    yield make
    for connection in made:
        connection.close()


@pytest.fixture
def make_studies() -> Iterator[MakeStore]:
    """Return a function that makes a store of several invented studies, given as settings."""
    made = []

    def make(*studies: dict[str, Any]) -> duckdb.DuckDBPyConnection:
        made.append(new_store())
        for settings in studies:
            invent(made[-1], Invented(**settings))
        return made[-1]

    yield make
    for connection in made:
        connection.close()


CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")


class Browser:
    """A headless Chromium spoken to over a pipe in its own protocol (no driver to install)."""

    def __init__(self, profile: Path) -> None:
        read_commands, self._commands = os.pipe()
        self._answers, write_answers = os.pipe()
        self._process = subprocess.Popen(
            ["bash", "-c", f'exec "$0" "$@" 3<&{read_commands} 4>&{write_answers}', str(CHROMIUM),
             *_FLAGS, f"--user-data-dir={profile}", "about:blank"],
            pass_fds=(read_commands, write_answers),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )  # fmt: skip
        os.close(read_commands)
        os.close(write_answers)
        self._waiting, self._number, self._session = b"", 0, None
        self.problems: list[str] = []
        pages = self.ask("Target.getTargets")["targetInfos"]
        page = next(one["targetId"] for one in pages if one["type"] == "page")
        attached = self.ask("Target.attachToTarget", targetId=page, flatten=True)
        self._session = attached["sessionId"]
        for domain in ("Page", "Runtime", "Log"):
            self.ask(f"{domain}.enable")

    def ask(self, method: str, **parameters: Any) -> Any:
        self._number += 1
        message = {"id": self._number, "method": method, "params": parameters}
        if self._session is not None:
            message["sessionId"] = self._session
        os.write(self._commands, json.dumps(message).encode() + b"\0")
        while True:
            answer = self._next()
            if answer.get("id") == self._number:
                assert "error" not in answer, answer
                return answer["result"]

    def open(self, page: Path, width: int = 1280, scheme: str = "light") -> None:
        """Load a page; complaints of the console are collected in ``problems``."""
        self.problems.clear()
        self.ask("Emulation.setDeviceMetricsOverride", width=width, height=900,
                 deviceScaleFactor=1, mobile=False)  # fmt: skip
        features = [{"name": "prefers-color-scheme", "value": scheme}]
        self.ask("Emulation.setEmulatedMedia", features=features)
        self.ask("Page.navigate", url=page.resolve().as_uri())
        while self.run("document.readyState") != "complete":
            time.sleep(0.02)

    def run(self, script: str) -> Any:
        """Return the value of a script in the page."""
        got = self.ask("Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in got, got["exceptionDetails"]
        return got["result"].get("value")

    def overlaps(self) -> list[str]:
        """Return the texts that lie on each other."""
        found: list[str] = self.run(_OVERLAPS)
        return found

    def pale(self) -> list[str]:
        """Return the texts with a contrast below 4.5 to 1."""
        found: list[str] = self.run(_PALE)
        return found

    def picture(self, path: Path) -> None:
        """Save the whole page as PNG."""
        shot = self.ask("Page.captureScreenshot", captureBeyondViewport=True)
        path.write_bytes(base64.b64decode(shot["data"]))

    def close(self) -> None:
        self._process.terminate()
        self._process.wait(10)
        os.close(self._commands)
        os.close(self._answers)

    def _next(self) -> Any:
        while b"\0" not in self._waiting:
            ready, _, _ = select.select([self._answers], [], [], 30)
            assert ready, "the browser does not answer"
            got = os.read(self._answers, 1 << 20)
            assert got, "the browser ended"
            self._waiting += got
        one, _, self._waiting = self._waiting.partition(b"\0")
        message = json.loads(one)
        self._notice(message)
        return message

    def _notice(self, message: dict[str, Any]) -> None:
        said = message.get("params", {})
        match message.get("method"):
            case "Runtime.exceptionThrown":
                self.problems.append(str(said["exceptionDetails"]))
            case "Runtime.consoleAPICalled" if said["type"] in ("error", "warning", "assert"):
                self.problems.append(str(said["args"]))
            case "Log.entryAdded" if said["entry"]["level"] in ("error", "warning"):
                self.problems.append(said["entry"]["text"])


# Texts on one line of sight must not lie on each other: two leaves that overlap by more than a
# hair, neither inside the other, in boxes that are shown.
_OVERLAPS = """(() => {
  const kinds = 'main p, main li, h2, h3, th, td, summary, dt, dd, figcaption, svg text, button';
  const leaves = [...document.querySelectorAll(kinds)];
  const boxes = leaves.filter((e) => e.checkVisibility() && e.innerHTML)
    .map((e) => [e, e.getBoundingClientRect()]).filter(([, b]) => b.width && b.height);
  const found = [];
  for (let i = 0; i < boxes.length; i++) for (let j = i + 1; j < boxes.length; j++) {
    const [a, p] = boxes[i], [b, q] = boxes[j];
    if (a.contains(b) || b.contains(a)) continue;
    const sticky = [a, b].some((e) => getComputedStyle(e).position === 'sticky');
    const wide = Math.min(p.right, q.right) - Math.max(p.left, q.left);
    const high = Math.min(p.bottom, q.bottom) - Math.max(p.top, q.top);
    if (wide > 2 && high > 3 && !sticky) found.push(a.textContent + ' | ' + b.textContent);
  }
  return found;
})()"""
_PALE = """(() => {
  const canvas = document.createElement('canvas').getContext('2d', {willReadFrequently: true});
  const rgb = (colour, under) => {
    canvas.fillStyle = under; canvas.fillRect(0, 0, 1, 1);
    canvas.fillStyle = colour; canvas.fillRect(0, 0, 1, 1);
    return canvas.getImageData(0, 0, 1, 1).data;
  };
  const light = (c) => [0, 1, 2].map((i) => c[i] / 255)
    .map((v) => v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
    .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
  const low = [];
  for (const e of document.querySelectorAll('body *')) {
    const own = [...e.childNodes].some((n) => n.nodeType === 3 && n.textContent.trim());
    if (!own || !e.checkVisibility() || e.closest('script, style, title')) continue;
    let ground = e;
    while (ground && getComputedStyle(ground).backgroundColor === 'rgba(0, 0, 0, 0)') {
      ground = ground.parentElement;
    }
    const svg = e.closest('svg');
    const under = getComputedStyle(ground || document.body).backgroundColor;
    const ink = svg ? getComputedStyle(e).fill : getComputedStyle(e).color;
    const [a, b] = [light(rgb(ink, under)), light(rgb(under, '#fff'))].sort((x, y) => y - x);
    const ratio = (a + 0.05) / (b + 0.05);
    if (ratio < 4.5) low.push([e.tagName, e.textContent.slice(0, 30), ratio.toFixed(2)].join(' '));
  }
  return low;
})()"""
_FLAGS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
    "--disable-dev-shm-usage", "--hide-scrollbars", "--remote-debugging-pipe",
)  # fmt: skip


@pytest.fixture(scope="session")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """A running Chromium; the test is skipped where there is none."""
    if CHROMIUM is None:
        pytest.skip("needs chromium on the path")
    started = Browser(tmp_path_factory.mktemp("profile"))
    yield started
    started.close()
