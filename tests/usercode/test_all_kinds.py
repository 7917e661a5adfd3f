"""One file with all four kinds: permission, a run with real workers, the documents' examples."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from specbench.data.registry import OWN as SOURCES
from specbench.nets.architecture import BUILT_IN, ENCODERS
from specbench.plan.grid import expand
from specbench.results import Results
from specbench.spec.load import load
from specbench.tasks.registry import OWN as TASKS
from specbench.usercode.load import load_code, loaded, unload

CODE = """\
from specbench.data.arrays import ArraysSource
from specbench.data.own import OwnSource
from specbench.nets.architecture import Architecture, Convolution
from specbench.nets.encoder import Encoder
from specbench.scores.contract import Needs, PairScore, Score, Scored, ordered_pairs
from specbench.tasks.own import OwnTask


class Length(Score):
    name = "length"
    title = "length of names"
    family = "toy"
    symmetric = True
    needs = Needs.NOTHING
    version = 1
    source = "nobody"

    def compute(self, inputs):
        pairs = ordered_pairs(inputs.tasks)
        return Scored({(a, b): PairScore(float(len(a + b))) for a, b in pairs}, macs=0.0)


def units(channels, features, inputs):
    return [Convolution(inputs, channels[0], 9, 1), Convolution(channels[0], features, 1, 1)]


def build(channels, features, inputs):
    from torch import nn

    first = nn.Conv2d(inputs, channels[0], 3, 2, 1)
    return nn.Sequential(first, nn.GELU(), nn.Conv2d(channels[0], features, 1))


class Robust(OwnTask):
    name = "robust"
    version = 1
    settings = {"domain": "depth_zbuffer"}
    own_metrics = {"near": True}

    def loss(self, output, label, valid):
        return (1 + (output - label)[:, 0].square()).sqrt() - 1

    def measure(self, output, label, valid):
        return {"near": ((output - label)[:, 0].abs() < 1).float()}


class Same(OwnSource):
    name = "same"
    version = 1

    def __init__(self, root, settings):
        super().__init__(root, settings)
        self.inner = ArraysSource(root)
        self.has = {name: self.inner.domain(name) for name in self.inner.domains()}

    def items(self, domain):
        return self.inner.items(domain)

    def content(self, item):
        return self.inner.content(item)

    def decode(self, content, item, domain):
        return self.inner.decode(content, item, domain)


SCORES = (Length(),)
ENCODERS = [Encoder("plain", 1, Architecture((1,), 1, units, 8, 8, 4), build)]
TASKS = (Robust(),)
SOURCES = (Same,)
"""


@pytest.fixture(autouse=True)
def _clean(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    yield
    unload()


@pytest.fixture
def spec(write: Any, tmp_path: Path, arrays_text: str, arrays: Path) -> Path:
    (tmp_path / "mine.py").write_text(CODE)
    text = arrays_text.replace("[study]", '[study]\ncode = "mine.py"')
    text = text.replace('kind = "arrays"', 'kind = "same"')
    text = text.replace('encoder = "conv"', 'encoder = "plain"')
    text = text.replace("[tasks.depth_zbuffer]", "[tasks.robust]")
    text = text.replace("[scores.td]\n[scores.ias]\n[scores.rsa]", "[scores.length]\n[scores.gs]")
    path: Path = write(text.replace("seeds = [0, 1]", "seeds = [0]"))
    return path


@pytest.mark.parametrize("command", ["check", "plan", "run"])
def test_no_byte_of_it_runs_without_permission(
    spec: Path, tmp_path: Path, specbench: Any, command: str
) -> None:
    marked = f"open({str(tmp_path / 'ran')!r}, 'w').close()\n" + CODE
    (tmp_path / "mine.py").write_text(marked)
    done = specbench(command, str(spec))
    assert done.returncode == 2
    assert done.stderr.startswith(f"{spec}:2: study.code = ")
    assert "add --allow-code" in done.stderr
    assert done.stderr.count("\n") == 1
    assert not (tmp_path / "ran").exists()
    assert specbench("check", str(spec), "--allow-code").returncode == 0
    assert (tmp_path / "ran").exists()


def test_a_run_with_real_workers(spec: Path, specbench: Any) -> None:
    words = ("run", str(spec), "--workers", "1", "--device", "cpu", "--allow-code")
    done = specbench(*words)
    assert done.returncode == 0, done.stdout + done.stderr
    query = (
        "select (select count(*) from scores where score = 'length') as lengths, "
        "(select count(*) from scores where score = 'gs' and value is not null) as gs, "
        "(select bool_and(higher_is_better) from metrics where metric = 'near') as better, "
        "(select count(distinct (network, capacity)) from metrics where metric = 'near') as nets"
    )
    told = specbench("sql", query, "--format", "json")
    assert json.loads(told.stdout) == [{"lengths": 6, "gs": 6, "better": True, "nets": 5}]
    again = specbench(*words)
    assert "(0 in this run)" in again.stdout, again.stdout + again.stderr
    assert specbench("report", str(spec), "--formats", "html").returncode == 0


def test_all_registries_are_left_as_they_were(spec: Path) -> None:
    load(spec, allow_code=True)
    assert set(SOURCES) == {"same"}
    assert set(TASKS) == {"robust"}
    unload()
    assert (SOURCES, TASKS, ENCODERS) == ({}, {}, BUILT_IN)
    assert loaded() is None


def test_a_job_fails_whose_file_has_changed(
    spec: Path, tmp_path: Path, runner: Any, inline: Any
) -> None:
    study = load(spec, allow_code=True)
    (tmp_path / "mine.py").write_text(CODE + "# later\n")
    outcome = runner(study, inline())
    errors = {error for _, error in outcome.failures}
    changed = f"{tmp_path / 'mine.py'} has changed since the study was planned; run the study again"
    assert errors == {changed}


def test_a_file_that_a_study_does_not_use_changes_nothing(
    repository: Path, tmp_path: Path, arrays: Path
) -> None:
    small, results = repository / "specs" / "taskonomy_small.toml", Results.at(tmp_path / "none")
    (tmp_path / "mine.py").write_text(CODE)
    code = f"study.code='{tmp_path / 'mine.py'}'"
    plain = expand(load(small), results)
    with_code = expand(load(small, [code], allow_code=True), results)
    assert set(with_code.jobs) == set(plain.jobs)
    assert all("code" not in job.where for job in with_code.jobs.values())
    # A change of these would train every user's finished networks again.
    then = ["data.image_size=64", "training.epochs=10", "training.batch_size=16"]
    titles = {job.title: key for key, job in expand(load(small, then), results).jobs.items()}
    assert titles["depth_zbuffer+edge_texture at 1, seed 0"] == "8419eb2ce3086d3b0dd0"
    assert titles["depth_zbuffer at 0.5, seed 0"] == "e16d8b5fbcffde0539a6"


def test_a_log_holds_the_way_to_the_mistake(spec: Path, tmp_path: Path, specbench: Any) -> None:
    (tmp_path / "mine.py").write_text(CODE.replace("1 + (output", "1 + self.gone(output"))
    text = spec.read_text().replace('encoder = "plain"', 'encoder = "plain"\ngroups = [["robust"]]')
    spec.write_text(text.replace("[scores.gs]\n", ""))
    done = specbench("run", str(spec), "--workers", "1", "--device", "cpu", "--allow-code")
    assert done.returncode == 1
    said = f"{tmp_path / 'mine.py'}:41: AttributeError: 'Robust' object has no attribute 'gone'"
    assert f"failed: {said}" in done.stdout
    (key, *_) = re.findall(r"specbench logs (\w+)", done.stdout)
    log = specbench("logs", key).stdout
    assert "Traceback" in log
    assert f"error: {said}" in log


DOCUMENTED = """\
study.code = "mine.py"
study.seeds = [0]
data = { kind = "leaves", root = "leaves", image_size = 16, options = { levels_per_metre = 500.0 } }
networks = { encoder = "smooth", width = 4, features = 8, decoder.width = 4 }
training = { epochs = 1, batch_size = 2 }

[tasks.robust_height]
[tasks.height]
domain = "height"
kind = "regression"

[scores.length]
"""


def test_the_examples_in_the_documents_run(
    repository: Path, tmp_path: Path, write: Any, runner: Any, inline: Any
) -> None:
    page = (repository / "docs" / "how_to.md").read_text(encoding="utf-8")
    blocks = re.findall(r"^```python\n(.*?)^```$", page, re.DOTALL | re.MULTILINE)
    lists = re.compile(r"^(SCORES|ENCODERS|TASKS|SOURCES) = ", re.MULTILINE)
    parts = [block for block in blocks if lists.search(block)]
    assert len(parts) == 4
    (tmp_path / "mine.py").write_text("\n\n".join(parts))
    _write_leaves(tmp_path / "leaves")
    path = write(DOCUMENTED)
    outcome = runner(load(path, allow_code=True), inline())
    assert outcome.ok, outcome.failures
    plan = expand(load(path, allow_code=True), runner.results)
    sha = load_code(tmp_path / "mine.py").sha
    assert len(plan.networks) == 2 * 2 + 1
    for cell in plan.networks:
        assert sha in json.dumps(plan.jobs[cell.key].content)


def _write_leaves(root: Path) -> None:
    rng = np.random.default_rng(0)
    for split, count in {"train": 4, "val": 2, "test": 2}.items():
        for domain, shape in {"photo": (16, 16, 3), "height": (16, 16)}.items():
            (root / domain / split).mkdir(parents=True)
            for name in range(count):
                levels = rng.integers(0, 256, shape)
                pixels = levels.astype(np.uint8 if domain == "photo" else np.uint16)
                Image.fromarray(pixels).save(root / domain / split / f"{name}.png")
