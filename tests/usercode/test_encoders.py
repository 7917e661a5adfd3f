"""Encoders of the user's: capacity, keys, a training, and the public contract."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch

from specbench.errors import CodeError, SpecError
from specbench.nets.architecture import BUILT_IN, ENCODERS, Architecture, Convolution
from specbench.nets.capacity import reach
from specbench.nets.cost import encoder_macs, network_macs
from specbench.nets.encoder import Encoder
from specbench.plan.grid import Plan, expand
from specbench.plan.jobs import Kind
from specbench.results import Results
from specbench.spec.load import load
from specbench.tasks.catalogue import CATALOGUE
from specbench.testing.encoders import EncoderContract
from specbench.usercode.load import load_code, unload

CODE = """\
from specbench.nets.architecture import Architecture, Convolution
from specbench.nets.encoder import Encoder


def units(channels, features, inputs):
    (width,) = channels
    return [Convolution(inputs, width, 9, 1), Convolution(width, features, 1, 1)]


def build(channels, features, inputs):
    from torch import nn

    (width,) = channels
    return nn.Sequential(
        nn.Conv2d(inputs, width, 3, 2, 1), nn.GELU(), nn.Conv2d(width, features, 1)
    )


ENCODERS = (
    Encoder(
        "shallow",
        version=1,
        architecture=Architecture((1,), 1, units, width=8, features=8, decoder_width=4),
        build=build,
    ),
)
"""


@pytest.fixture
def spec(write: Any, tmp_path: Path, arrays_text: str, arrays: Path) -> Path:
    (tmp_path / "mine.py").write_text(CODE)
    text = arrays_text.replace("[study]", '[study]\ncode = "mine.py"')
    path: Path = write(text.replace('encoder = "conv"', 'encoder = "shallow"'))
    return path


def plan_of(path: Path, *overrides: str) -> Plan:
    study = load(path, overrides, allow_code=True)
    return expand(study, Results.at(path.parent / "results"))


def networks(plan: Plan) -> set[str]:
    return {cell.key for cell in plan.networks}


def test_its_content_and_no_other_holds_version_and_hash(spec: Path) -> None:
    plan = plan_of(spec)
    code = {"version": 1, "sha": load_code(spec.parent / "mine.py").sha}
    for job in plan.jobs.values():
        if job.kind is Kind.NETWORK:
            assert job.content["network"]["code"] == code
        else:
            assert code["sha"] not in str(job.content)
        reads = job.kind in (Kind.NETWORK, Kind.TRACE)
        reads |= job.content.get("score") in ("ias", "rsa")
        assert ("code" in job.where) == reads, job.title


def test_networks_of_other_encoders_keep_their_keys(
    spec: Path, write: Any, arrays_text: str
) -> None:
    plain = plan_of(write(arrays_text, "plain.toml"))
    assert set(plan_of(spec, "networks.encoder='conv'").jobs) == set(plain.jobs)


@pytest.mark.parametrize(("old", "new"), [("version=1", "version=2"), ("GELU", "ReLU")])
def test_version_and_hash_are_in_the_keys(spec: Path, tmp_path: Path, old: str, new: str) -> None:
    before = plan_of(spec)
    (tmp_path / "mine.py").write_text(CODE.replace(old, new))
    after = plan_of(spec)
    assert not networks(before) & networks(after)
    assert {c.key for c in before.constants} == {c.key for c in after.constants}
    assert {c.key for c in before.data} == {c.key for c in after.data}


def test_capacity_scales_it_as_it_is_now(spec: Path, tmp_path: Path) -> None:
    load(spec, allow_code=True)
    assert reach("shallow", 8, 8, 16, 0.5).channels == (4,)
    (tmp_path / "mine.py").write_text(CODE.replace("(1,), 1, units", "(2,), 1, units"))
    load(spec, allow_code=True)
    assert reach("shallow", 8, 8, 16, 0.5).channels == (8,)


def test_it_costs_what_it_is_now(spec: Path, tmp_path: Path) -> None:
    content = {"encoder": "shallow", "width": 8, "features": 8, "decoder_width": 4}
    content |= {"decoder_blocks": 2, "image_size": 16, "capacity": 1.0}
    load(spec, allow_code=True)
    head = CATALOGUE["normal"]
    encoder, decoder = encoder_macs(content), network_macs(content, [head]) - encoder_macs(content)
    assert encoder == (9 * 3 * 8 + 8 * 8) * 8**2
    (tmp_path / "mine.py").write_text(CODE.replace("(1,), 1, units", "(2,), 2, units"))
    load(spec, allow_code=True)
    assert encoder_macs(content) == (9 * 3 * 16 + 16 * 8) * 8**2
    # Two halvings to undo: the first block doubles a map of 4 pixels, not of 8.
    assert network_macs(content, [head]) - encoder_macs(content) != decoder


def test_it_is_gone_with_the_code(spec: Path, write: Any, arrays_text: str) -> None:
    load(spec, allow_code=True)
    assert "shallow" in ENCODERS
    load(write(arrays_text, "plain.toml"), allow_code=True)
    assert ENCODERS == BUILT_IN


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('"shallow"', '"conv"', "encoder 'conv' has the name of one that comes with specbench"),
        ('"shallow"', '"not one"', "letters, digits and _ only"),
        ("version=1", "version='1'", "Encoder.version = '1': it should be a int"),
        ("build=build", "build=3", "Encoder.build = 3: it should be a function"),
        ("    return [Convolution", "    return 1 or [Convolution", "units returned 1"),
        ("    return [Convolution", "    return [1, Convolution", "units holds 1"),
        ("    return [Convolution", "    return 1 / 0, [Convolution", "mine.py:7: ZeroDivisionErr"),
        ("ENCODERS = (", "ENCODERS = 1 or (", "ENCODERS = 1: it should be a tuple"),
        ("ENCODERS = (", "ENCODERS = (build, ", "which is no instance of specbench.nets.encoder"),
    ],
)
def test_an_encoder_that_cannot_be_used_is_located(
    spec: Path, tmp_path: Path, old: str, new: str, said: str
) -> None:
    (tmp_path / "mine.py").write_text(CODE.replace(old, new))
    with pytest.raises(SpecError) as caught:
        load(spec, allow_code=True)
    assert str(caught.value).startswith(f"{spec}:2: study.code: {tmp_path / 'mine.py'}")
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


def test_its_mistakes_while_planning_are_located(spec: Path, tmp_path: Path) -> None:
    body = "    (width,) = channels\n    1 / (width - 4)\n"
    (tmp_path / "mine.py").write_text(CODE.replace("    (width,) = channels\n", body, 1))
    with pytest.raises(CodeError, match=r"mine\.py:7: ZeroDivisionError: [^\n]*$"):
        plan_of(spec)


def test_its_mistakes_in_a_job_fail_that_job(spec: Path, runner: Any, inline: Any) -> None:
    broken = CODE.replace("    from torch import nn\n", "    raise OSError('no\\nweights')\n")
    (spec.parent / "mine.py").write_text(broken)
    outcome = runner(load(spec, allow_code=True), inline())
    errors = {error for _, error in outcome.failures}
    assert errors == {f"{spec.parent / 'mine.py'}:11: OSError: no weights"}
    assert outcome.done > 0


def test_a_layer_that_cannot_be_set_from_the_seed_is_refused() -> None:
    from specbench.nets.initial import initialise

    with pytest.raises(TypeError, match="no rule for the initial weights of PReLU"):
        initialise(torch.nn.PReLU(), 0)
    with pytest.raises(TypeError, match="no rule for the buffers of InstanceNorm2d"):
        initialise(torch.nn.InstanceNorm2d(3, track_running_stats=True), 0)
    norm = torch.nn.GroupNorm(1, 2)
    initialise(norm, 0)
    assert norm.weight.tolist() == [1, 1]


def _units(channels: Any, features: int, inputs: int) -> list[Convolution]:
    return [Convolution(inputs, channels[0], 9, 1), Convolution(channels[0], features, 1, 1)]


def _build(channels: Any, features: int, inputs: int) -> torch.nn.Module:
    first = torch.nn.Conv2d(inputs, channels[0], 3, 2, 1)
    return torch.nn.Sequential(first, torch.nn.GELU(), torch.nn.Conv2d(channels[0], features, 1))


class TestShallow(EncoderContract):
    architecture = Architecture((1,), 1, _units, width=8, features=8, decoder_width=4)
    encoder = Encoder("shallow", 1, architecture, _build)


def teardown_module() -> None:
    unload()
