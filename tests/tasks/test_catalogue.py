import subprocess
import sys

import pytest

from specbench.data.domains import DOMAINS, Form
from specbench.data.kinds import DOMAINS_OF
from specbench.tasks import CATALOGUE, Task, resolve_task
from specbench.tasks.catalogue import FURTHER_METRICS, HIGHER_IS_BETTER, LOSSES, METRICS

_KIND_OF_FORM = {
    Form.IMAGE: "reconstruction",
    Form.CONTINUOUS: "regression",
    Form.NORMAL: "normal",
    Form.CLASSES: "classes",
    Form.IMAGE_CLASS: "image_class",
    Form.VALUE: "value",
    Form.BINARY: "binary",
    Form.MASK: "classes",
}
# A domain that several kinds of data have is as Taskonomy has it.
KNOWN = {name: domain for kind in DOMAINS_OF.values() for name, domain in kind.items()} | DOMAINS


@pytest.mark.parametrize("name", CATALOGUE)
def test_every_task_fits_its_domain(name: str) -> None:
    task, domain = CATALOGUE[name], KNOWN[CATALOGUE[name].domain]
    assert task.kind == _KIND_OF_FORM[domain.form]
    assert not task.is_class or task.classes == (domain.classes or 2)
    assert task.is_class or task.channels == domain.channels


@pytest.mark.parametrize("name", CATALOGUE)
def test_content_describes_the_task_wholly(name: str) -> None:
    assert Task.from_content(CATALOGUE[name].content()) == CATALOGUE[name]


def test_content_of_another_version_is_refused() -> None:
    content = {**CATALOGUE["normal"].content(), "version": 99}
    with pytest.raises(ValueError, match="version 99"):
        Task.from_content(content)


def test_every_domain_with_a_meaning_is_a_task() -> None:
    meaningless = {"segment_unsup2d", "segment_unsup25d"}
    assert {task.domain for task in CATALOGUE.values()} == set(KNOWN) - meaningless


def test_every_metric_has_a_direction() -> None:
    known = (*METRICS.values(), *FURTHER_METRICS.values())
    assert {metric for metrics in known for metric in metrics} == set(HIGHER_IS_BETTER)
    assert set(METRICS) == set(LOSSES)


def test_depth_is_normalised_as_standley_did() -> None:
    depth = CATALOGUE["depth_zbuffer"]
    level = 2345
    assert (level / 512 - depth.offset) / depth.scale == pytest.approx((level - 1500) / 1000)


def test_the_catalogue_loads_no_torch() -> None:
    code = "import sys, specbench.tasks, specbench.nets.cost; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_settings_lie_over_the_entry_of_that_name() -> None:
    task = resolve_task("normal", {"weight": 2.0, "loss": "mse", "kind": None})
    assert (task.weight, task.loss, task.channels) == (2.0, "mse", 3)
    assert resolve_task("normal", {}) == CATALOGUE["normal"]


def test_a_task_of_another_name_takes_its_domains_entry() -> None:
    task = resolve_task("far", {"domain": "depth_zbuffer", "weight": 3})
    assert (task.name, task.scale, task.masked) == ("far", CATALOGUE["depth_zbuffer"].scale, True)


def test_a_users_domain_needs_its_kind() -> None:
    task = resolve_task("age", {"domain": "age", "kind": "regression"})
    assert (task.loss, task.channels, task.metrics) == ("l1", 1, ("l1",))
    sorts = resolve_task("sort", {"domain": "sort", "kind": "image_class", "classes": 4})
    assert (sorts.outputs, sorts.dense) == (4, False)
    with pytest.raises(ValueError, match="give its kind"):
        resolve_task("age", {"domain": "age"})


@pytest.mark.parametrize(
    ("name", "settings", "message"),
    [
        ("depth_zbuffer", {"loss": "cross_entropy"}, "cannot have loss 'cross_entropy'"),
        ("segment_semantic", {"loss": "l1"}, "cannot have loss 'l1'"),
        ("depth_zbufer", {}, "did you mean 'depth_zbuffer'"),
        ("normal", {"wieght": 1}, "did you mean 'weight'"),
        ("normal", {"metrics": ["miou"]}, "cannot be measured by 'miou'"),
        ("normal", {"kind": "regression"}, "is of kind 'normal'"),
        ("normal", {"channels": 2}, "2 channels"),
        ("normal", {"weight": 0}, "positive weight"),
        ("depth_zbuffer", {"scale": 0.0}, "positive scale"),
        ("depth_zbuffer", {"classes": 3}, "has no classes"),
        ("segment_semantic", {"classes": 1}, "classes between 2 and 255"),
        ("sort", {"domain": "sort", "kind": "classes"}, "classes between"),
        ("sort", {"domain": "sort", "kind": "clases"}, "did you mean 'classes'"),
        ("segment_unsup2d", {}, "cannot be a task"),
        ("regions", {"domain": "segment_unsup25d"}, "no meaning across images"),
    ],
)
def test_the_impossible_is_refused_in_a_sentence(
    name: str, settings: dict[str, object], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        resolve_task(name, settings)
