"""Sources of the user's: settings, keys, packing, and the public contract."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from specbench.data.arrays import ArraysSource
from specbench.data.registry import KINDS
from specbench.data.source import Source, make_source
from specbench.errors import CodeError, SpecError
from specbench.plan.data_check import data_differences
from specbench.plan.grid import Plan, expand
from specbench.plan.jobs import Kind
from specbench.results import Results
from specbench.spec.fields import DATA_KINDS
from specbench.spec.load import load
from specbench.testing.sources import SourceContract
from specbench.usercode.load import load_code, unload

CODE = """\
import io
from dataclasses import dataclass

import numpy as np

from specbench.data.domains import Domain, Form
from specbench.data.own import OwnSource
from specbench.data.source import SPLITS, Item


@dataclass(frozen=True)
class Settings:
    ending: str = "npy"
    raise_by: float = 0.0


class Loose(OwnSource):
    name = "loose"
    version = 1
    input_domain = "photo"
    Settings = Settings
    has = {
        "photo": Domain("photo", Form.IMAGE, 3),
        "height": Domain("height", Form.CONTINUOUS, 1, units="m"),
    }

    def items(self, domain):
        found = {}
        for split in SPLITS:
            folder = self.root / split / domain
            paths = sorted(folder.glob("*." + self.settings.ending))
            found[split] = [Item(f"{split}/{path.stem}", folder, path.name) for path in paths]
        return found

    def decode(self, content, item, domain):
        values = np.load(io.BytesIO(content))
        return values if domain.form is Form.IMAGE else values + np.float32(self.settings.raise_by)


SOURCES = (Loose,)
"""

SPEC = """\
[study]
code = "mine.py"

[data]
kind = "loose"
root = "files"
image_size = 16

[tasks.height]
domain = "height"
kind = "regression"

[tasks.rough]
domain = "height"
kind = "regression"
loss = "mse"

[networks]
encoder = "conv"
width = 4
features = 8
decoder.width = 4

[training]
epochs = 1
batch_size = 2

[scores.ias]
"""


TASKS = SPEC[SPEC.index("[tasks.height]") : SPEC.index("[networks]")]


def write_files(root: Path) -> None:
    rng = np.random.default_rng(0)
    for split, count in {"train": 4, "val": 3, "test": 3}.items():
        for domain in ("photo", "height"):
            (root / split / domain).mkdir(parents=True)
        for name in range(count):
            photo = rng.integers(0, 256, (16, 16, 3)).astype(np.uint8)
            np.save(root / split / "photo" / f"{name}.npy", photo)
            height = rng.normal(size=(16, 16, 1)).astype(np.float32)
            np.save(root / split / "height" / f"{name}.npy", height)


@pytest.fixture(autouse=True)
def _clean() -> Iterator[None]:
    yield
    unload()


@pytest.fixture
def spec(write: Any, tmp_path: Path) -> Path:
    (tmp_path / "mine.py").write_text(CODE)
    write_files(tmp_path / "files")
    path: Path = write(SPEC)
    return path


def plan_of(path: Path, *overrides: str) -> Plan:
    study = load(path, overrides, allow_code=True)
    return expand(study, Results.at(path.parent / "results"))


def packs(plan: Plan) -> dict[str, str]:
    return {job.title: key for key, job in plan.jobs.items() if job.kind is Kind.PACK}


def packed(path: Path, runner: Any, inline: Any, *overrides: str) -> Plan:
    """Pack for real and return the plan with its final keys."""
    study = load(path, overrides, allow_code=True)
    executor = inline()
    executor.fails = lambda ticket: ticket.kind in ("network", "constant", "score")
    runner(study, executor, retry_failed=True)
    plan = expand(study, runner.results)
    assert not plan.provisional
    return plan


def test_packs_hold_version_hash_and_all_options(spec: Path) -> None:
    plan = plan_of(spec)
    sha = load_code(spec.parent / "mine.py").sha
    for job in plan.jobs.values():
        assert ("code" in job.where) == (job.kind is Kind.PACK), job.title
        if job.kind is Kind.PACK:
            source = job.content["source"]
            assert source["code"] == {"version": 1, "sha": sha}
            assert source["options"] == {"ending": "npy", "raise_by": 0.0}


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("version = 1", "version = 2"),
        ("", "# a remark\n"),
        ("raise_by: float = 0", "raise_by: float = 1"),
    ],
)
def test_what_decodes_is_in_all_keys(
    spec: Path, runner: Any, inline: Any, old: str, new: str
) -> None:
    before = packed(spec, runner, inline)
    (spec.parent / "mine.py").write_text(CODE.replace(old, new, 1))
    after = packed(spec, runner, inline)
    assert not set(packs(before).values()) & set(packs(after).values())
    for cells in ("networks", "constants"):
        keys = [{cell.key for cell in getattr(plan, cells)} for plan in (before, after)]
        assert not keys[0] & keys[1]


def test_options_are_in_the_keys(spec: Path, runner: Any, inline: Any) -> None:
    before = packed(spec, runner, inline)
    after = packed(spec, runner, inline, "data.options.raise_by=1.0")
    assert not {c.key for c in before.networks} & {c.key for c in after.networks}
    written = packed(spec, runner, inline, "data.options={raise_by=0.0, ending='npy'}")
    assert set(written.jobs) == set(before.jobs)


def test_the_jobs_after_packing_need_no_code(spec: Path, runner: Any, inline: Any) -> None:
    assert runner(load(spec, allow_code=True), inline()).ok
    assert {t.kind for t in runner.started if "code" in t.where} == {"pack"}


def test_its_data_can_be_checked(spec: Path, runner: Any, inline: Any) -> None:
    packed(spec, runner, inline)
    study, told = load(spec, allow_code=True), list[str]()
    assert data_differences(study, runner.results, told.append) == []
    assert told == ["height: as packed", "photo: as packed"]


def test_data_that_is_not_there_yet_can_be_planned(spec: Path) -> None:
    plan = plan_of(spec, "data.root='elsewhere'")
    assert plan.provisional
    assert set(packs(plan)) == {"pack height at 16", "pack photo at 16"}


@pytest.mark.parametrize(
    ("override", "said"),
    [
        ("data.kind='loos'", "data.kind = 'loos' is none of rooms, taskonomy, arrays, table, text, "
         "digits, celeba, nyuv2, cityscapes, rgbd, published, loose; the nearest is 'loose'"),
        ("data.options.endin='x'", "unknown key 'endin' in [data.options]; the nearest valid name "
         "is 'ending'"),
        ("data.options.raise_by='x'", "data.options.raise_by = 'x': Input should be a valid numb"),
        ("data.rot='x'", "unknown key 'rot' in [data]; the nearest valid name is 'root'"),
        ("data.missing='skip'", "data.missing = 'skip' is none of refuse, leave_out"),
    ],
)  # fmt: skip
def test_wrong_settings_are_located(spec: Path, override: str, said: str) -> None:
    with pytest.raises(SpecError) as caught:
        load(spec, [override], allow_code=True)
    assert str(caught.value).startswith(f"--set {override}: {said}")


def test_a_kind_can_be_set_and_options_be_an_axis(spec: Path, write: Any, rooms_text: str) -> None:
    text = rooms_text.replace("[study]", '[study]\ncode = "mine.py"')
    text = text.replace("[tasks.depth_zbuffer]\n[tasks.edge_texture]\n[tasks.normal]", TASKS)
    text = text.replace("[scores.td]\n", "")
    text += '[conditions.axes]\n"data.options.ending" = ["npy", "np"]\n'
    given = ["data.kind=loose", f"data.root={spec.parent / 'files'}", "data.options.ending=npy"]
    study = load(write(text, "moved.toml"), given, allow_code=True)
    assert [condition.name for condition in study.conditions] == [
        "base",
        "data.options.ending=np",
    ]


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('"loose"', '"rooms"', "source 'rooms' has the name of one that comes with specbench"),
        ("(Loose,)", "(Loose, Loose)", "source 'loose' stands in SOURCES twice"),
        ("(Loose,)", "(Loose(None, None),)", "which is no subclass of specbench.data.own"),
        ("def decode", "def decod", "Loose lacks decode"),
        ('"photo": Domain("photo"', '"photo": Domain("foto"', "a Domain of that name expected"),
        ("    Settings = Settings", "    Settings = dict", "Loose.Settings should be a dataclass"),
        ("version = 1", "version = None", "Loose.version = None: it should be a int"),
    ],
)
def test_a_source_that_cannot_be_used_is_located(spec: Path, old: str, new: str, said: str) -> None:
    mine = spec.parent / "mine.py"
    mine.write_text(CODE.replace(old, new))
    with pytest.raises(SpecError) as caught:
        load(spec, allow_code=True)
    assert str(caught.value).startswith(f"{spec}:2: study.code: {mine}: ")
    assert said in str(caught.value)


def test_its_mistakes_are_located(spec: Path, runner: Any, inline: Any) -> None:
    mine = spec.parent / "mine.py"
    mine.write_text(CODE.replace("        found = {}", "        found = {}[domain]"))
    with pytest.raises(CodeError, match=r"mine\.py:28: KeyError: 'height'$"):
        plan_of(spec)
    mine.write_text(CODE.replace("        values = np.load", "        values = np.lod"))
    outcome = runner(load(spec, allow_code=True), inline())
    said = "AttributeError: module 'numpy' has no attribute 'lod'"
    assert {error for _, error in outcome.failures} == {f"{mine}:36: {said}"}


def test_built_in_kinds_are_those_of_the_models() -> None:
    assert tuple(DATA_KINDS) == KINDS


def test_the_schema_tells_the_kinds_apart(spec: Path) -> None:
    from specbench.spec.schema import json_schema

    kind = json_schema()["$defs"]["OwnData"]["properties"]["kind"]
    assert kind["not"] == {"enum": list(KINDS)}
    json.dumps(kind)


class TestLoose(SourceContract):
    def write(self, folder: Path) -> None:
        write_files(folder)

    def open(self, folder: Path) -> Source:
        (folder.parent / "mine.py").write_text(CODE)
        load_code(folder.parent / "mine.py")
        return make_source({"kind": "loose", "roots": [folder]})


class TestArrays(SourceContract):
    @pytest.fixture(autouse=True)
    def _writer(self, make_arrays: Any) -> None:
        self.make = make_arrays

    def write(self, folder: Path) -> None:
        folder.rmdir()
        self.make(folder)

    def open(self, folder: Path) -> Source:
        return ArraysSource(folder)
