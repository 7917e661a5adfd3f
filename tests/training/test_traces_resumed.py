"""Traces change nothing of the training that they look at, and are resumed with it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from traced import NAMES, PROBES, Cut, Snapshots, cut_after, equal, quiet, trained

from specbench.errors import TrainingError
from specbench.training.checkpoint import NAME, load_checkpoint
from specbench.training.images import Batch
from specbench.training.observe import Guarded, Moment
from specbench.training.traces.kept import FOLDER, KeepEpochs, kept_epochs, size_of
from specbench.training.traces.probe import Probe
from specbench.training.traces.tracer import CHECKPOINT, Tracer
from specbench.training.train import train
from specbench.training.weights import make_network

Describe = Callable[..., dict[str, Any]]
Folders = Mapping[str, Path]


@pytest.mark.parametrize("probe", PROBES.values(), ids=PROBES)
@pytest.mark.parametrize("precision", ["fp32", "bf16"])
def test_a_trace_changes_nothing(
    describe: Describe, folders: Folders, tmp_path: Path, probe: Probe, precision: str
) -> None:
    content = describe(*NAMES, "edge_texture", epochs=2, precision=precision, optimizer="adamw")
    random = torch.get_rng_state(), np.random.get_state()[1].copy()  # noqa: NPY002
    plain, _ = trained(content, folders, tmp_path / "plain")
    looked, tracer = trained(content, folders, tmp_path / "looked", probe)
    assert equal(plain, looked), "weights, batch statistics, optimiser, losses, curves"
    assert tracer is not None
    assert len(tracer.rows) >= 2
    assert torch.equal(random[0], torch.get_rng_state())
    assert np.array_equal(random[1], np.random.get_state()[1])  # noqa: NPY002


@pytest.mark.parametrize("name", ["steps", "epochs, own"])
def test_a_resumed_trace_is_that_of_one_pass(
    describe: Describe, folders: Folders, tmp_path: Path, name: str
) -> None:
    content, probe = describe(*NAMES), PROBES[name]
    _, whole = trained(content, folders, tmp_path / "whole", probe)
    for epoch in (1, 2):
        tracer = Tracer(content, probe, folders, tmp_path / "trace", "cpu")
        with pytest.raises(Cut):
            train(content, folders, tmp_path, "cpu", cut_after(epoch), [tracer])
    tracer = Tracer(content, probe, folders, tmp_path / "trace", "cpu")
    train(content, folders, tmp_path, "cpu", quiet, [tracer])
    assert tracer.finished
    assert whole is not None
    assert equal(tracer.rows.state(), whole.rows.state())
    again = Tracer(content, probe, folders, tmp_path / "trace", "cpu")
    assert again.finished
    assert equal(again.rows.state(), whole.rows.state())


def test_a_trace_ahead_of_its_training_is_cut_back(
    describe: Describe, folders: Folders, tmp_path: Path
) -> None:
    content, probe = describe(*NAMES), PROBES["steps"]
    _, whole = trained(content, folders, tmp_path, probe)
    assert whole is not None
    rows = whole.rows.state()
    (tmp_path / NAME).unlink()
    tracer = Tracer(content, probe, folders, tmp_path / "trace", "cpu")
    train(content, folders, tmp_path, "cpu", quiet, [tracer])
    assert equal(tracer.rows.state(), rows)


def test_a_trace_without_its_past_is_dropped_and_the_training_goes_on(
    describe: Describe, folders: Folders, tmp_path: Path
) -> None:
    content, probe = describe(*NAMES), PROBES["steps"]
    plain, _ = trained(content, folders, tmp_path / "plain")
    with pytest.raises(Cut):
        train(content, folders, tmp_path, "cpu", cut_after(1), [])
    tracer = Tracer(content, probe, folders, tmp_path / "trace", "cpu")
    with pytest.raises(TrainingError, match="seen 0 of the 1 epochs"):
        train(content, folders, tmp_path, "cpu", quiet, [tracer])
    train(content, folders, tmp_path, "cpu", quiet, [Guarded(lambda: tracer)])
    assert not (tmp_path / "trace" / CHECKPOINT).exists()
    state = load_checkpoint(tmp_path, content)
    assert state is not None
    state["record"].pop("seconds")
    assert equal(state, plain)


def test_an_observer_that_fails_is_dropped_and_timed(
    describe: Describe, folders: Folders, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    class Broken(Snapshots):
        def before_step(self, moment: Moment, batch: Batch) -> None:
            raise ValueError("no reason")

    made: list[Broken] = []

    def make() -> Broken:
        made.append(Broken(PROBES["steps"]))
        return made[0]

    guarded = Guarded(make)
    train(describe(epochs=1), folders, tmp_path, "cpu", quiet, [guarded])
    assert "no reason" in capsys.readouterr().err
    assert guarded.seconds > 0
    impossible = Guarded(lambda: 1 / 0)  # type: ignore[arg-type, return-value]
    train(describe(epochs=1), folders, tmp_path / "2", "cpu", quiet, [impossible])


def test_weights_of_every_epoch_are_kept_whole(
    describe: Describe, folders: Folders, tmp_path: Path
) -> None:
    content = describe(*NAMES)
    snapshots = Snapshots(PROBES["epochs"])
    keeper = KeepEpochs(tmp_path)
    with pytest.raises(Cut):
        train(content, folders, tmp_path, "cpu", cut_after(2), [keeper, snapshots])
    assert kept_epochs(tmp_path / FOLDER, 3) is None
    train(content, folders, tmp_path, "cpu", quiet, [keeper, snapshots])
    # A result that is not finished, for its maker is killed, leaves them for the next.
    for name in ("killed", "result"):
        (tmp_path / name).mkdir()
        keeper.hand_over(tmp_path / name, 3)
    kept = kept_epochs(tmp_path / "result" / FOLDER, 3)
    assert kept is not None
    for epoch, (moment, _) in zip(kept, snapshots.seen, strict=True):
        assert (epoch.epoch, epoch.step, epoch.rate) == moment[:3]
        assert equal(epoch.state, dict(moment.network.state_dict()))
    sizes = [path.stat().st_size for path in (tmp_path / "result" / FOLDER).iterdir()]
    assert sum(sizes) == pytest.approx(size_of(make_network(content), 3), rel=0.3)
