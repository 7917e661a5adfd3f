"""Tasks of the user's: their loss, metrics, best constant and keys."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch

from specbench.errors import CodeError, ScoreError, SpecError, TrainingError
from specbench.plan.grid import Plan, expand
from specbench.plan.jobs import Kind
from specbench.results import Results
from specbench.scores.linearised import Loss
from specbench.scores.projected import loss_of
from specbench.spec.load import load
from specbench.tasks.catalogue import CATALOGUE, Task
from specbench.tasks.constant import best_constant, constant_loss, loss_of_constant
from specbench.tasks.labels import Label
from specbench.tasks.losses import loss_sum
from specbench.tasks.metrics import Meters
from specbench.tasks.resolve import resolve_task
from specbench.usercode.load import load_code, unload

CODE = """\
from specbench.tasks.own import OwnTask


class Root(OwnTask):
    name = "root"
    version = 1
    settings = {"domain": "depth_zbuffer", "offset": 3.0, "metrics": ["rmse"]}
    own_metrics = {"near": True, "far": False}

    def loss(self, output, label, valid):
        return (output - label)[:, 0].abs().sqrt()

    def measure(self, output, label, valid):
        away = (output - label)[:, 0].abs()
        return {"near": (away < 0.5).float(), "far": away.where(label[:, 0] > 2, float("nan"))}


class Kinds(OwnTask):
    name = "kinds"
    version = 1
    settings = {"domain": "segment_semantic", "classes": 3}

    def loss(self, output, label, valid):
        right = output.softmax(1).gather(1, label[:, None])[:, 0]
        return 1 - right


TASKS = (Root(), Kinds())
"""


@pytest.fixture(autouse=True)
def _clean() -> Iterator[None]:
    yield
    unload()


@pytest.fixture
def spec(write: Any, tmp_path: Path, arrays_text: str, arrays: Path) -> Path:
    (tmp_path / "mine.py").write_text(CODE)
    text = arrays_text.replace("[study]", '[study]\ncode = "mine.py"')
    path: Path = write(text.replace("[tasks.depth_zbuffer]", "[tasks.root]"))
    return path


@pytest.fixture
def tasks(tmp_path: Path) -> dict[str, Task]:
    (tmp_path / "mine.py").write_text(CODE)
    load_code(tmp_path / "mine.py")
    return {name: resolve_task(name, {}) for name in ("root", "kinds")}


def plan_of(path: Path, *overrides: str) -> Plan:
    study = load(path, overrides, allow_code=True)
    return expand(study, Results.at(path.parent / "results"))


def test_the_task_is_the_domains_with_what_the_definition_says(tasks: dict[str, Task]) -> None:
    root = tasks["root"]
    depth = CATALOGUE["depth_zbuffer"]
    assert (root.kind, root.scale, root.masked) == (depth.kind, depth.scale, depth.masked)
    assert (root.domain, root.offset, root.loss) == ("depth_zbuffer", 3.0, "own")
    assert root.metrics == ("rmse", "near", "far")
    assert Task.from_content(root.content()) == root
    assert resolve_task("root", {"offset": 1.0, "metrics": ["near"]}).metrics == ("near",)


def test_other_tasks_say_nothing_of_code() -> None:
    assert all("code" not in task.content() for task in CATALOGUE.values())


def test_the_loss_is_a_sum_over_what_is_valid(tasks: dict[str, Task]) -> None:
    output = torch.tensor([[[[1.0, 5.0, 3.0]]]], requires_grad=True)
    label = Label(torch.tensor([[[[5.0, 1.0, 0.0]]]]), torch.tensor([[[True, True, False]]]))
    total, count = loss_sum(tasks["root"], output, label)
    assert (float(total.detach()), int(count)) == (4.0, 2)
    total.backward()
    assert output.grad is not None
    assert output.grad[0, 0, 0].tolist() == [-0.25, 0.25, 0.0]


def test_nothing_of_an_invalid_pixel_gets_out(tasks: dict[str, Task]) -> None:
    output = torch.tensor([[[[1.0, float("nan")]]]], requires_grad=True)
    label = Label(torch.tensor([[[[2.0, 0.0]]]]), torch.tensor([[[True, False]]]))
    loss = loss_sum(tasks["root"], output, label)
    assert float(loss.total.detach()) == 1.0
    loss.total.backward()
    assert output.grad is not None
    assert output.grad[0, 0, 0].tolist() == [-0.5, 0.0]


def test_a_loss_of_classes(tasks: dict[str, Task]) -> None:
    output = torch.tensor([[50.0, 0.0, 0.0], [50.0, 0.0, 0.0]]).view(2, 3, 1, 1)
    label = Label(torch.tensor([0, 1]).view(2, 1, 1), torch.ones(2, 1, 1, dtype=torch.bool))
    assert float(loss_sum(tasks["kinds"], output, label).mean()) == pytest.approx(0.5)


def test_metrics_are_means_in_the_units_of_the_domain(tasks: dict[str, Task]) -> None:
    root = tasks["root"]
    meters = Meters(root)
    for label in ([3.0, 3.0], [1.0, 3.0]):
        normalised = (torch.tensor(label).view(1, 1, 1, 2) - root.offset) / root.scale
        off = torch.tensor([0.0, 1.0]).view(1, 1, 1, 2) / root.scale
        valid = torch.ones(1, 1, 2, dtype=torch.bool)
        meters.add(normalised + off, Label(normalised, valid))
    found = meters.values()
    assert found == pytest.approx({"rmse": 0.5**0.5, "near": 0.5, "far": 2 / 3})


def test_a_loss_of_another_shape_is_refused(tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text(CODE.replace(".abs().sqrt()", ".abs().mean()"))
    load_code(tmp_path / "mine.py")
    label = Label(torch.zeros(1, 1, 2, 2), torch.ones(1, 2, 2, dtype=torch.bool))
    with pytest.raises(
        TrainingError, match=r"loss of task root returned \(\) where valid is \(1, "
    ):
        loss_sum(resolve_task("root", {}), torch.ones(1, 1, 2, 2), label)


def test_no_constant_of_its_kind_is_better(tasks: dict[str, Task]) -> None:
    drawn = torch.Generator().manual_seed(0)
    valid = torch.rand(6, 4, 4, generator=drawn) < 0.8
    labels = {
        "root": Label(torch.randn(6, 1, 4, 4, generator=drawn).exp(), valid),
        "kinds": Label(torch.randint(0, 3, (6, 4, 4), generator=drawn), valid),
    }
    for name, label in labels.items():
        task = tasks[name]
        found = constant_loss(task, label, label)
        constant = best_constant(task, label).view(1, -1, 1, 1).expand(6, -1, 4, 4)
        assert found == pytest.approx(float(loss_sum(task, constant, label).mean()), rel=1e-6)
        usual = resolve_task("x", {"domain": task.domain, "classes": task.classes or None})
        assert found <= loss_of_constant(task, best_constant(usual, label), label) + 1e-6


def test_contents_that_learn_it_hold_version_and_hash(spec: Path) -> None:
    plan = plan_of(spec)
    code = {"version": 1, "sha": load_code(spec.parent / "mine.py").sha}
    for cell in (*plan.networks, *plan.constants):
        job = plan.jobs[cell.key]
        learns = "root" in (cell.network + cell.target).split("+") or cell.target == "root"
        assert (code["sha"] in str(job.content)) == learns, job.title
        assert ("code" in job.where) == learns
        if learns and job.kind is Kind.NETWORK:
            assert job.content["tasks"]["root"]["code"] == code
    assert all("code" not in plan.jobs[cell.key].where for cell in plan.data)


def test_a_network_that_is_fed_its_label_does_not_depend_on_the_code(spec: Path) -> None:
    def injected() -> dict[tuple[str, str], str]:
        plan = plan_of(spec, "scores.li={}")
        return {(c.network, c.injected): c.key for c in plan.networks if c.injected and not c.seed}

    before = injected()
    mine = spec.parent / "mine.py"
    mine.write_text(CODE + "# a remark\n")
    after = injected()
    changed = {place for place, key in before.items() if after[place] != key}
    assert changed == {place for place in before if place[0] == "root"}


@pytest.mark.parametrize(("old", "new"), [("version = 1", "version = 2"), ("abs()", "square()")])
def test_version_and_hash_are_in_the_keys(spec: Path, old: str, new: str) -> None:
    def networks() -> dict[tuple[Any, ...], str]:
        return {(c.seed, c.network, c.capacity): c.key for c in plan_of(spec).networks}

    before = networks()
    (spec.parent / "mine.py").write_text(CODE.replace(old, new))
    after = networks()
    for place, key in before.items():
        assert (after[place] == key) == ("root" not in place[1].split("+"))


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('"root"', '"normal"', "task 'normal' has the name of one that comes with specbench"),
        ("Kinds()", "Root()", "task 'root' stands in TASKS twice"),
        ("Root(), ", "Root, ", "which is no instance of specbench.tasks.own.OwnTask"),
        ('version = 1\n    settings = {"domain": "d', 'settings = {"domain": "d', "Root.version"),
        ('"offset": 3.0', '"ofset": 3.0', "Root.settings: task 'root' has no setting 'ofset'"),
        ('"offset": 3.0', '"loss": "l1"', "Root.settings has a loss"),
        ('"depth_zbuffer"', '"leaves"', "which the catalogue does not know: give its kind"),
        ('"near": True', '"near": 1', "whether higher is better, expected"),
        ('"near": True', '"l1": True', "Root.own_metrics has 'l1', which comes with specbench"),
        ("def loss(self, output, label, valid):\n        return (o", "def los(self):\n        (o",
         "TypeError: Can't instantiate abstract class Root"),
    ],
)  # fmt: skip
def test_a_task_that_cannot_be_used_is_located(spec: Path, old: str, new: str, said: str) -> None:
    mine = spec.parent / "mine.py"
    assert old in CODE
    mine.write_text(CODE.replace(old, new))
    with pytest.raises(SpecError) as caught:
        load(spec, allow_code=True)
    assert str(caught.value).startswith(f"{spec}:2: study.code: {mine}")
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("override", "said"),
    [
        ("tasks.root.loss='l1'", "task 'root' has a loss of its own: leave out loss"),
        ("tasks.root.metrics=['nearr']", "only by l1, abs_rel, rmse, delta_1.25, near, far"),
    ],
)
def test_what_a_study_cannot_say_of_it(spec: Path, override: str, said: str) -> None:
    with pytest.raises(SpecError, match=said):
        load(spec, [override], allow_code=True)


def test_its_mistakes_in_a_job_fail_that_job(spec: Path, runner: Any, inline: Any) -> None:
    mine = spec.parent / "mine.py"
    mine.write_text(CODE.replace("return (output - label)[:, 0].abs()", "return output.nonsense()"))
    study = load(spec, ["scores={}", "networks.groups=[['normal'], ['root']]"], allow_code=True)
    outcome = runner(study, inline())
    said = "'Tensor' object has no attribute 'nonsense'"
    assert {error for _, error in outcome.failures} == {f"{mine}:11: AttributeError: {said}"}
    assert outcome.failed == 2 * 2 + 1


def test_a_definition_that_is_not_loaded_is_missed(tasks: dict[str, Task]) -> None:
    unload()
    label = Label(torch.zeros(1, 1, 2, 2), torch.ones(1, 2, 2, dtype=torch.bool))
    with pytest.raises(ValueError, match="the code that defines task 'root' is not loaded"):
        loss_sum(tasks["root"], torch.ones(1, 1, 2, 2), label)


def test_grad_tag_asks_for_a_surrogate_of_its_loss(tasks: dict[str, Task]) -> None:
    with pytest.raises(ScoreError, match=r"set scores\.grad_tag\.surrogate"):
        loss_of(tasks["root"], "own")
    assert loss_of(tasks["root"], "squared") is Loss.SQUARED
    assert loss_of(tasks["kinds"], "own") is Loss.LOGISTIC


def test_code_error_is_one_of_specs() -> None:
    assert CodeError("x").exit_code == SpecError("x").exit_code
