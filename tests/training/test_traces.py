"""Traces against plain recomputations."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from traced import BOTH, NAMES, PROBES, Snapshots, quiet, trained

from specbench.nets.network import Network
from specbench.tasks import Task
from specbench.tasks.labels import Label
from specbench.testing.traces import TRAINING
from specbench.training.images import Batch, Images, open_split
from specbench.training.observe import Moment
from specbench.training.settings import Settings
from specbench.training.traces.cost import gradient_macs, look_ahead_macs
from specbench.training.traces.look_ahead import inner_products, step_ahead
from specbench.training.traces.probe import LookAhead, Probe, When, joined
from specbench.training.traces.shadow import Shadow
from specbench.training.traces.tracer import Tracer
from specbench.training.train import train
from specbench.training.weights import make_network, tasks_of

Describe = Callable[..., dict[str, Any]]
Folders = Mapping[str, Path]

PLAIN = Settings.from_content(TRAINING)


def loss_of(network: Network, tasks: dict[str, Task], name: str, batch: Batch) -> Tensor:
    """Return one task's mean loss in whatever type the network has."""
    output, label = network(batch.images)[name], batch.labels[name]
    if tasks[name].loss == "cross_entropy":
        target = torch.where(label.valid, label.value, -100)
        return nn.functional.cross_entropy(output, target, ignore_index=-100)
    difference = (output - label.value).abs().mean(1)
    return difference[label.valid].mean()


def plainly(
    moment: Moment, tasks: dict[str, Task], batch: Batch, kind: LookAhead, settings: Settings
) -> dict[tuple[str, str], float]:
    """Return 1 − L_a after a step on b / before by one copy of the network a partner, float64."""
    network, found = moment.network, {}
    for partner in tasks:
        moved = copy.deepcopy(network)
        shared = list(moved.encoder.parameters())
        loss_of(moved, tasks, partner, batch).backward()
        if kind is LookAhead.SGD:
            torch.optim.SGD(shared, lr=moment.rate).step()
        else:
            own = torch.optim.SGD(
                shared, moment.rate, settings.momentum, weight_decay=settings.weight_decay
            )
            assert moment.optimiser is not None
            for mine, theirs in zip(shared, network.encoder.parameters(), strict=True):
                state = moment.optimiser.state.get(theirs, {})
                own.state[mine] = {name: value.to(mine.dtype) for name, value in state.items()}
            own.step()
        for target in tasks:
            before = loss_of(copy.deepcopy(network), tasks, target, batch)
            after = loss_of(moved, tasks, target, batch)
            found[target, partner] = float((1 - after / before).detach())
    return found


def as_double(moment: Moment, batch: Batch) -> tuple[Moment, Batch]:
    labels = {
        name: Label(
            label.value.double() if label.value.is_floating_point() else label.value, label.valid
        )
        for name, label in batch.labels.items()
    }
    twin = copy.deepcopy(moment)
    twin.network.double()
    return twin, Batch(batch.images.double(), labels)


@pytest.mark.parametrize("precision", ["fp32", "bf16"])
@pytest.mark.parametrize("kind", BOTH)
def test_transference_is_that_of_a_plain_recomputation_in_float64(
    describe: Describe, folders: Folders, tmp_path: Path, precision: str, kind: LookAhead
) -> None:
    probe = Probe(When.STEPS, every=2, look_aheads=(kind,))
    content = describe(*NAMES, epochs=2, precision=precision, schedule="cosine")
    tasks, settings = tasks_of(content), Settings.from_content(content["training"])
    tracer = Tracer(content, probe, folders, tmp_path / "trace", "cpu")
    snapshots = Snapshots(probe)
    train(content, folders, tmp_path, "cpu", quiet, [tracer, snapshots])
    columns, names = tracer.rows.arrays(), list(tasks)
    found: dict[tuple[str, str], list[float]] = {}
    plain: dict[tuple[str, str], list[float]] = {}
    assert len(snapshots.seen) == len(tracer.rows) == 5
    for row, (moment, batch) in enumerate(snapshots.seen):
        assert batch is not None
        doubled, images = as_double(moment, batch)
        exact = plainly(doubled, tasks, images, kind, settings)
        for i, a in enumerate(names):
            for j, b in enumerate(names):
                if a != b:
                    after = columns[f"after_{kind.value}"][row, j, i]
                    found.setdefault((a, b), []).append(1 - after / columns["loss"][row, i])
                    plain.setdefault((a, b), []).append(exact[a, b])
    for pair in found:
        assert np.mean(found[pair]) == pytest.approx(np.mean(plain[pair]), rel=0.05)
        assert found[pair] == pytest.approx(plain[pair], rel=0.02, abs=1e-6)


def test_gradients_are_slopes(describe: Describe, folders: Folders, tmp_path: Path) -> None:
    """(L_a(θ − ε g_b) − L_a(θ + ε g_b)) / 2ε is −⟨g_a, g_b⟩, in evaluation mode."""
    content = describe(*NAMES)
    tasks, network = tasks_of(content), make_network(content)
    batch = Images(open_split(tasks, folders, "val"), tasks).batch(np.arange(6))
    shadow = Shadow(network, tasks, training=False)
    measured = shadow.measure([batch])
    inner, _ = inner_products(measured.gradients)
    small, settings = 1e-3, PLAIN
    for j in range(len(tasks)):
        losses = []
        for sign in (1, -1):
            moment = Moment(0, 0, sign * small, network, None)
            step_ahead(shadow, LookAhead.SGD, measured.gradients[j], moment, settings)
            losses.append(shadow.losses([batch], range(len(tasks))))
        slopes = (losses[1] - losses[0]) / (2 * small)
        for i in range(len(tasks)):
            assert float(slopes[i]) == pytest.approx(float(inner[i, j]), rel=0.05, abs=1e-3)


def test_epoch_ends_are_looked_at_in_evaluation_mode_over_all_probe_images(
    describe: Describe, folders: Folders, tmp_path: Path
) -> None:
    probe = Probe(When.EPOCHS, split="val", images=9, look_aheads=(LookAhead.SGD,))
    content = describe(*NAMES, epochs=2)
    tracer = Tracer(content, probe, folders, tmp_path / "trace", "cpu")
    snapshots = Snapshots(probe)
    train(content, folders, tmp_path, "cpu", quiet, [tracer, snapshots])
    tasks, columns = tasks_of(content), tracer.rows.arrays()
    batch = Images(open_split(tasks, folders, "val"), tasks).batch(np.arange(9))
    for row, (moment, _) in enumerate(snapshots.seen):
        network = moment.network.eval()
        exact, doubled = as_double(moment._replace(network=network), batch)
        plain = plainly(exact, tasks, doubled, LookAhead.SGD, PLAIN)
        for i, a in enumerate(tasks):
            j = 1 - i
            value = 1 - columns["after_sgd"][row, j, i] / columns["loss"][row, i]
            assert value == pytest.approx(plain[a, [*tasks][j]], rel=0.01, abs=1e-7)
    assert columns["rate"] == pytest.approx([moment.rate for moment, _ in snapshots.seen])


def test_groups_are_stepped_along_together(
    describe: Describe, folders: Folders, tmp_path: Path
) -> None:
    single = Probe(When.STEPS, every=2, look_aheads=(LookAhead.SGD,))
    content = describe(*NAMES, "edge_texture", epochs=1)
    _, alone = trained(content, folders, tmp_path / "1", single)
    grouped = single.joined(Probe(When.STEPS, every=2, groups=True))
    _, both = trained(content, folders, tmp_path / "2", grouped)
    assert alone is not None
    assert both is not None
    one, all_ = alone.rows.arrays(), both.rows.arrays()
    assert all_["after_sgd"].shape[1:] == (7, 3)
    off = ~np.eye(3, dtype=bool)
    assert np.array_equal(one["after_sgd"][:, off], all_["after_sgd"][:, :3][:, off])
    assert np.isfinite(all_["after_sgd"]).all()
    assert np.array_equal(one["inner"], all_["inner"])


def test_probes_that_look_at_one_place_are_joined() -> None:
    gradients, steps = Probe(When.STEPS, every=2), PROBES["steps"]
    grouped = Probe(When.STEPS, every=2, look_aheads=(LookAhead.OWN,), groups=True)
    (found,) = joined([gradients, grouped, steps, gradients])
    assert found == Probe(When.STEPS, every=2, look_aheads=BOTH, groups=True)
    assert len(joined([*PROBES.values()])) == 5
    for probe in PROBES.values():
        assert Probe.from_content(probe.content()) == probe
    assert grouped.sets(3) == [(0,), (1,), (2,), (0, 1), (0, 2), (1, 2), (0, 1, 2)]


def test_costs_count_what_is_computed(describe: Describe, folders: Folders) -> None:
    """Hooks count the passes of the encoder and of the decoders."""
    content = describe(*NAMES, "edge_texture")
    tasks = tasks_of(content)
    network, probe = make_network(content), PROBES["steps"]
    shadow = Shadow(network, tasks, training=True)
    passes = {"encoder": 0, "decoder": 0}

    def count(name: str) -> Any:
        def hook(*_: Any) -> None:
            passes[name] += 1

        return hook

    shadow.network.encoder.register_forward_hook(count("encoder"))
    for name in tasks:
        shadow.network.decoders[name].register_forward_hook(count("decoder"))
    batch = Images(open_split(tasks, folders, "val"), tasks).batch(np.arange(4))
    gradients = shadow.measure([batch]).gradients
    assert passes == {"encoder": 1, "decoder": 3}
    moment, settings = Moment(0, 0, 0.1, network, None), PLAIN
    for number in range(3):
        step_ahead(shadow, LookAhead.SGD, gradients[number], moment, settings)
        shadow.losses([batch], [n for n in range(3) if n != number])
    assert passes == {"encoder": 4, "decoder": 9}
    encoder = gradient_macs(content["network"], [])
    decoders = (gradient_macs(content["network"], [*tasks.values()]) - 7 * encoder) / 2
    assert (
        look_ahead_macs(content["network"], [*tasks.values()], probe) == 3 * encoder + 2 * decoders
    )


def test_the_losses_of_a_trace_are_those_of_the_evaluation(
    describe: Describe, folders: Folders, tmp_path: Path
) -> None:
    content = describe(*NAMES, epochs=2)
    probe = Probe(When.EPOCHS, split="val", images=1000)
    state, tracer = trained(content, folders, tmp_path, probe)
    assert tracer is not None
    for row in state["record"]["curves"]:
        if row["split"] == "val":
            i = [*tracer.tasks].index(row["target"])
            loss = tracer.rows.arrays()["loss"][row["epoch"], i]
            assert loss == pytest.approx(row["loss"], rel=1e-5)
