"""Traces against closed forms, plain recomputations, and the training that they look at."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from specbench.errors import TrainingError
from specbench.nets.network import Decoders, Network
from specbench.tasks import Task
from specbench.tasks.labels import Label
from specbench.tasks.losses import loss_sum
from specbench.testing.traces import TRAINING
from specbench.training.checkpoint import NAME, load_checkpoint
from specbench.training.images import Batch, Images, open_split
from specbench.training.observe import Guarded, Moment
from specbench.training.settings import Settings
from specbench.training.traces.cost import gradient_macs, look_ahead_macs
from specbench.training.traces.kept import FOLDER, KeepEpochs, kept_epochs, size_of
from specbench.training.traces.look_ahead import inner_products, step_ahead
from specbench.training.traces.probe import LookAhead, Probe, When, joined
from specbench.training.traces.shadow import Shadow
from specbench.training.traces.tracer import CHECKPOINT, Tracer
from specbench.training.train import train
from specbench.training.weights import make_network, tasks_of

Describe = Callable[..., dict[str, Any]]
Folders = Mapping[str, Path]

BOTH = (LookAhead.OWN, LookAhead.SGD)
PROBES = {
    "steps": Probe(When.STEPS, every=2, look_aheads=(LookAhead.SGD,)),
    "steps, own, groups": Probe(When.STEPS, every=3, look_aheads=BOTH, groups=True),
    "epochs": Probe(When.EPOCHS, split="val", images=8, look_aheads=(LookAhead.SGD,)),
    "epochs, own": Probe(When.EPOCHS, split="train", images=50, look_aheads=BOTH),
    "gradients": Probe(When.STEPS, every=1),
}
NAMES = ("normal", "segment_semantic")
PLAIN = Settings.from_content(TRAINING)


def quiet(news: dict[str, Any]) -> None:
    pass


class Cut(Exception):  # noqa: N818
    pass


def cut_after(epoch: int) -> Callable[[dict[str, Any]], None]:
    def report(news: dict[str, Any]) -> None:
        if "losses" in news and news["epoch"] == epoch:
            raise Cut

    return report


def equal(one: Any, other: Any) -> bool:
    """Tell whether nested values are the same, tensors bit for bit."""
    if isinstance(one, Tensor):
        nan = one.isnan() if one.is_floating_point() else torch.zeros_like(one, dtype=torch.bool)
        return one.shape == other.shape and bool(((one == other) | (nan & (other != other))).all())
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(equal(one[key], other[key]) for key in one)
    if isinstance(one, list | tuple):
        return len(one) == len(other) and all(map(equal, one, other))
    return bool(one == other)


def trained(
    content: dict[str, Any], folders: Folders, work: Path, probe: Probe | None = None
) -> tuple[dict[str, Any], Tracer | None]:
    """Train; return the last checkpoint without its clock, and the trace."""
    tracer = Tracer(content, probe, folders, work / "trace", "cpu") if probe else None
    train(content, folders, work, "cpu", quiet, [tracer] if tracer else [])
    state = load_checkpoint(work, content)
    assert state is not None
    state["record"].pop("seconds")
    return state, tracer


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


class Linear(Network):
    """Features θx at every pixel, and fixed decoders that read them by a vector."""

    def __init__(self, theta: Tensor, readers: dict[str, Tensor]) -> None:
        nn.Module.__init__(self)
        self.encoder = nn.Conv2d(theta.shape[1], theta.shape[0], 1, bias=False)
        self.encoder.weight.data = theta[:, :, None, None].clone()
        decoders = {}
        for name, reader in readers.items():
            decoders[name] = nn.Conv2d(len(reader), 1, 1, bias=False)
            decoders[name].weight.data = reader[None, :, None, None].clone()
        self.decoders = Decoders(decoders)


def linear_case(seed: int = 0) -> tuple[dict[str, Task], Batch, Tensor, dict[str, Tensor]]:
    rng = torch.Generator().manual_seed(seed)
    theta = torch.randn(4, 3, generator=rng)
    readers = {name: torch.randn(4, generator=rng) for name in ("a", "b")}
    images = torch.randn(5, 3, 2, 2, generator=rng)
    valid = torch.rand(5, 2, 2, generator=rng) < 0.7
    labels = {
        name: Label(torch.randn(5, 1, 2, 2, generator=rng), valid if name == "a" else ~valid)
        for name in readers
    }
    tasks = {name: Task(name, name, "regression", "mse") for name in readers}
    return tasks, Batch(images, labels), theta, readers


def test_two_linear_tasks_in_closed_form() -> None:
    """L = mean (v·θx − y)², so that ∂L/∂θ = 2 mean (v·θx − y) v xᵀ, and steps are exact."""
    tasks, batch, theta, readers = linear_case()
    network = Linear(theta, readers)
    shadow = Shadow(network, tasks, training=True)
    measured = shadow.measure([batch])

    def pixels(name: str) -> tuple[np.ndarray, np.ndarray]:
        label = batch.labels[name]
        valid = label.valid.numpy()
        return batch.images.numpy().transpose(0, 2, 3, 1)[valid], label.value[:, 0].numpy()[valid]

    def loss(name: str, at: np.ndarray) -> float:
        x, y = pixels(name)
        return float(np.mean((x @ at.T @ readers[name].numpy() - y) ** 2))

    def gradient(name: str) -> np.ndarray:
        (x, y), v = pixels(name), readers[name].numpy()
        error = x @ theta.numpy().T @ v - y
        return 2 * np.outer(v, (error[:, None] * x).mean(0))

    plain = {name: gradient(name) for name in tasks}
    inner, weights = inner_products(measured.gradients)
    assert torch.equal(inner, weights), "a convolution's weights have rank 4"
    for i, one in enumerate(tasks):
        assert float(measured.losses[i]) == pytest.approx(loss(one, theta.numpy()), rel=1e-5)
        for j, two in enumerate(tasks):
            assert float(inner[i, j]) == pytest.approx((plain[one] * plain[two]).sum(), rel=1e-4)
    moment = Moment(0, 0, 0.05, network, None)
    settings = PLAIN
    step_ahead(shadow, LookAhead.SGD, measured.gradients[1], moment, settings)
    after = shadow.losses([batch], [0])
    moved = theta.numpy() - 0.05 * plain["b"]
    assert float(after[0]) == pytest.approx(loss("a", moved), rel=1e-5)
    assert after[1].isnan()
    assert torch.equal(network.shared_parameters()[0].detach()[:, :, 0, 0], theta)


def test_a_step_along_several_batches_is_that_of_all_at_once() -> None:
    tasks, batch, theta, readers = linear_case()
    shadow = Shadow(Linear(theta, readers), tasks, training=False)
    parts = [
        Batch(
            batch.images[piece],
            {n: Label(label.value[piece], label.valid[piece]) for n, label in batch.labels.items()},
        )
        for piece in (slice(0, 2), slice(2, 5))
    ]
    whole, pieces = shadow.measure([batch]), shadow.measure(parts)
    torch.testing.assert_close(whole.losses, pieces.losses)
    torch.testing.assert_close(whole.gradients, pieces.gradients)
    torch.testing.assert_close(shadow.losses(parts, [0, 1]), whole.losses)


def test_equal_tasks_agree_and_a_negated_gradient_is_opposite() -> None:
    tasks, batch, theta, readers = linear_case()
    same = dict.fromkeys(tasks, readers["a"])
    l1 = {name: Task(name, name, "regression", "l1") for name in tasks}
    low = Label(torch.full((5, 1, 2, 2), -100.0), batch.labels["a"].valid)
    high = Label(torch.full((5, 1, 2, 2), 100.0), batch.labels["a"].valid)
    for label, expected in ((low, 1.0), (high, -1.0)):
        case = Batch(batch.images, {"a": low, "b": label})
        measured = Shadow(Linear(theta, same), l1, training=True).measure([case])
        inner, _ = inner_products(measured.gradients)
        cosine = inner[0, 1] / (inner[0, 0] * inner[1, 1]).sqrt()
        assert float(cosine) == pytest.approx(expected, abs=1e-6)


def test_a_task_without_valid_pixels_has_no_loss() -> None:
    tasks, batch, theta, readers = linear_case()
    nothing = torch.zeros(5, 2, 2, dtype=torch.bool)
    labels = {**batch.labels, "b": Label(batch.labels["b"].value, nothing)}
    measured = Shadow(Linear(theta, readers), tasks, training=True).measure(
        [Batch(batch.images, labels)]
    )
    assert measured.losses[0].isfinite()
    assert measured.losses[1].isnan()
    assert measured.gradients[1][0].abs().max() == 0


class Snapshots:
    """Keeps what a trace has looked at, to be looked at again in another way."""

    def __init__(self, probe: Probe) -> None:
        self.probe = probe
        self.seen: list[tuple[Moment, Batch | None]] = []

    def resume(self, epoch: int) -> None:
        pass

    def before_step(self, moment: Moment, batch: Batch) -> None:
        if self.probe.when is When.STEPS and moment.step % self.probe.every == 0:
            self.seen.append((copy.deepcopy(moment), batch))

    def after_epoch(self, moment: Moment) -> None:
        if self.probe.when is When.EPOCHS:
            self.seen.append((copy.deepcopy(moment), None))


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


def test_losses_add_up_in_float64_as_in_float32() -> None:
    tasks, batch, *_ = linear_case()
    output = torch.randn(5, 1, 2, 2, generator=torch.Generator().manual_seed(3))
    one = loss_sum(tasks["a"], output, batch.labels["a"])
    two = loss_sum(tasks["a"], output, batch.labels["a"], torch.float64)
    assert float(one.total) == pytest.approx(float(two.total), rel=1e-6)
    assert two.total.dtype is torch.float64
