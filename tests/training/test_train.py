from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
import torch
from traced import Cut, cut_after, quiet

from specbench.errors import TrainingError
from specbench.tasks import resolve_task
from specbench.training.checkpoint import NAME, load_checkpoint
from specbench.training.constant import constant_losses
from specbench.training.images import open_split
from specbench.training.predict import predict
from specbench.training.train import SPLITS, Trained, Training, train
from specbench.training.weights import load_network, save_weights, tasks_of

NAMES = ("depth_zbuffer", "edge_texture", "normal", "segment_semantic")
Describe = Callable[..., dict[str, Any]]
Folders = dict[str, Path]


def _same(one: Trained, other: Trained) -> bool:
    ours, theirs = (
        {key: value for key, value in trained.result.items() if key != "images_per_second"}
        for trained in (one, other)
    )
    states = one.best_state, other.best_state
    return ours == theirs and _equal(*states)


def _equal(one: Mapping[str, torch.Tensor], other: Mapping[str, torch.Tensor]) -> bool:
    return one.keys() == other.keys() and all(torch.equal(one[key], other[key]) for key in one)


@pytest.mark.parametrize(
    "changed",
    [
        {"schedule": "plateau", "learning_rate": 1.0},
        {"optimizer": "adamw", "learning_rate": 0.01, "schedule": "cosine"},
        {
            "precision": "bf16",
            "schedule": "step",
            "step_epochs": 2,
            "step_factor": 0.5,
            "channels_last": False,
            "warmup_steps": 3,
        },
    ],
    ids=["sgd", "adamw", "bf16"],
)
def test_a_resumed_training_equals_an_uninterrupted_one_bit_for_bit(
    describe: Describe, folders: Folders, tmp_path: Path, changed: dict[str, Any]
) -> None:
    content = describe("normal", "segment_semantic", **changed)
    whole = train(content, folders, tmp_path / "whole", "cpu", quiet)
    for epoch in (1, 2):
        with pytest.raises(Cut):
            train(content, folders, tmp_path / "cut", "cpu", cut_after(epoch))
    assert _same(train(content, folders, tmp_path / "cut", "cpu", quiet), whole)


def test_a_finished_checkpoint_is_only_tested_again(
    describe: Describe, folders: Folders, tmp_path: Path
) -> None:
    first = train(describe("normal"), folders, tmp_path, "cpu", quiet)
    second = train(describe("normal"), folders, tmp_path, "cpu", cut_after(3))
    assert _same(first, second)


@pytest.mark.parametrize("damage", ["torn", "noise", "a bit", "of another content"])
def test_a_useless_checkpoint_is_ignored(
    describe: Describe, folders: Folders, tmp_path: Path, damage: str
) -> None:
    content = describe("edge_texture", epochs=2)
    whole = train(content, folders, tmp_path, "cpu", quiet)
    path = tmp_path / NAME
    if damage == "torn":
        path.write_bytes(path.read_bytes()[:-1000])
    elif damage == "noise":
        path.write_bytes(b"not a checkpoint")
    elif damage == "a bit":  # of a weight: tensors alone would be read without complaint
        state = load_checkpoint(tmp_path, content)
        assert state is not None
        weights = next(iter(state["record"]["best_state"].values())).numpy().tobytes()
        data = path.read_bytes()
        path.write_bytes(data.replace(weights, bytes([weights[0] ^ 1]) + weights[1:]))
    else:
        train(describe("edge_texture", epochs=2, seed=5), folders, tmp_path, "cpu", quiet)
    assert _same(train(content, folders, tmp_path, "cpu", quiet), whole)


def test_nothing_but_the_checkpoint_is_left(
    describe: Describe, folders: Folders, tmp_path: Path
) -> None:
    train(describe(epochs=1), folders, tmp_path, "cpu", quiet)
    assert [path.name for path in tmp_path.iterdir()] == [NAME]


class Watched:
    """A data set that notes which images are asked for."""

    def __init__(self, data: Any) -> None:
        self.data, self.seen = data, list[list[int]]()

    def __len__(self) -> int:
        return len(self.data)

    def take(self, domain: str, indices: npt.NDArray[np.intp]) -> npt.NDArray[Any]:
        if domain == "rgb":
            self.seen.append(indices.tolist())
        taken: npt.NDArray[Any] = self.data.take(domain, indices)
        return taken


def _order(content: dict[str, Any], folders: Folders, work: Path) -> list[list[int]]:
    tasks = tasks_of(content)
    data = {split: Watched(open_split(tasks, folders, split)) for split in SPLITS}
    Training(content, data, work, "cpu", quiet).run()
    return data["train"].seen


def test_the_order_of_images_depends_on_the_seed_alone(
    describe: Describe, folders: Folders, tmp_path: Path
) -> None:
    one = _order(describe("normal", epochs=2), folders, tmp_path / "1")
    other = _order(describe("edge_texture", "segment_semantic", epochs=2), folders, tmp_path / "2")
    assert one == other
    assert len({index for batch in one[:5] for index in batch}) == 40
    assert one[:5] != one[5:]
    assert _order(describe("normal", seed=1, epochs=2), folders, tmp_path / "3") != one


def test_the_order_of_tasks_changes_nothing(
    describe: Describe, folders: Folders, tmp_path: Path
) -> None:
    one = describe("normal", "edge_texture", epochs=1)
    other = describe("edge_texture", "normal", epochs=1)
    runs = [train(c, folders, tmp_path / str(i), "cpu", quiet) for i, c in enumerate((one, other))]
    assert _same(*runs)


def test_a_last_small_batch_is_left_out_unless_it_is_the_only_one(
    describe: Describe, folders: Folders, tmp_path: Path
) -> None:
    sizes = {}
    for batch_size in (12, 64):
        content = describe("normal", epochs=1, batch_size=batch_size)
        seen = _order(content, folders, tmp_path / str(batch_size))
        sizes[batch_size] = [len(batch) for batch in seen]
    assert sizes == {12: [12, 12, 12], 64: [40]}


def test_a_network_learns_what_can_be_learnt(
    describe: Describe, more_folders: Folders, tmp_path: Path
) -> None:
    # No flips: here a colour tells the normal, so that a mirrored image would contradict its label.
    content = describe(
        *NAMES, epochs=8, optimizer="adamw", learning_rate=0.01, schedule="cosine", flip=False
    )
    content["network"].update(width=16, features=64, decoder_width=32)
    trained = train(content, more_folders, tmp_path, "cpu", quiet)
    constants = {
        (row["target"], row["split"]): row["loss"]
        for row in constant_losses(tasks_of(content), more_folders)
    }
    most = {"depth_zbuffer": 0.6, "edge_texture": 0.6, "normal": 0.95, "segment_semantic": 1.0}
    for row in trained.result["losses"]:
        if row["split"] != "train":
            constant = constants[row["target"], row["split"]]
            assert row["loss"] < most[row["target"]] * constant, row


def test_the_result_holds_the_best_epochs_losses(
    describe: Describe, folders: Folders, tmp_path: Path
) -> None:
    content = describe("normal", "segment_semantic", epochs=4, learning_rate=0.2)
    result = train(content, folders, tmp_path, "cpu", quiet).result
    sums = [
        sum(r["loss"] for r in result["curves"] if (r["split"], r["epoch"]) == ("val", epoch))
        for epoch in range(4)
    ]
    assert result["best_epoch"] == int(np.argmin(sums))
    rows = {(row["target"], row["split"]): row["loss"] for row in result["losses"]}
    for row in result["curves"]:
        if row["epoch"] == result["best_epoch"]:
            assert rows[row["target"], row["split"]] == pytest.approx(row["loss"], rel=1e-6)
    assert {split for _, split in rows} == {"train", "val", "test"}
    kinds = {(r["target"], r["metric"], r["higher_is_better"]) for r in result["metrics"]}
    assert ("segment_semantic", "miou", True) in kinds
    assert ("normal", "median_angle", False) in kinds
    assert result["macs"] > result["encoder_macs"] > 0
    assert result["training_macs"] == 3 * result["macs"] * 4 * 40
    assert result["images_per_second"] > 0


def test_a_loss_that_is_not_finite_names_epoch_and_task(
    describe: Describe, folders: Folders, tmp_path: Path
) -> None:
    content = describe("edge_texture", "normal", learning_rate=1e30, epochs=2)
    with pytest.raises(TrainingError, match=r"of task edge_texture is \S+ in epoch 0"):
        train(content, folders, tmp_path, "cpu", quiet)


def test_progress_is_reported(describe: Describe, folders: Folders, tmp_path: Path) -> None:
    news: list[dict[str, Any]] = []
    train(describe("normal", epochs=2), folders, tmp_path, "cpu", news.append)
    ends = [item for item in news if "losses" in item]
    assert [(item["epoch"], item["epochs"], item["images"]) for item in ends] == [
        (1, 2, 40),
        (2, 2, 80),
    ]
    assert all(set(item["losses"]) == {"normal"} for item in ends)


def test_training_leaves_the_global_random_states_alone(
    describe: Describe, folders: Folders, tmp_path: Path
) -> None:
    torch_state, numpy_state = torch.get_rng_state(), np.random.get_state()[1].copy()  # noqa: NPY002
    train(describe("normal", epochs=1), folders, tmp_path, "cpu", quiet)
    assert torch.equal(torch_state, torch.get_rng_state())
    assert np.array_equal(numpy_state, np.random.get_state()[1])  # noqa: NPY002


def test_mean_reduction_is_the_sum_at_a_lower_rate(
    describe: Describe, folders: Folders, tmp_path: Path
) -> None:
    plain = {"epochs": 1, "weight_decay": 0.0, "momentum": 0.0}
    summed = describe("normal", "edge_texture", **plain, learning_rate=0.05)
    meant = describe("normal", "edge_texture", **plain, learning_rate=0.1, reduction="mean")
    states = [
        train(c, folders, tmp_path / str(i), "cpu", quiet).best_state
        for i, c in enumerate((summed, meant))
    ]
    for name in states[0]:
        torch.testing.assert_close(states[0][name], states[1][name], rtol=1e-4, atol=1e-5)


def test_weights_of_tasks_count_in_training_only(
    describe: Describe, folders: Folders, tmp_path: Path
) -> None:
    plain = {"epochs": 1, "weight_decay": 0.0, "momentum": 0.0}
    light = describe("normal", **plain, learning_rate=0.1)
    heavy = describe("normal", **plain, learning_rate=0.05)
    heavy["tasks"]["normal"] = resolve_task("normal", {"weight": 2.0}).content()
    one, other = (
        train(c, folders, tmp_path / str(i), "cpu", quiet) for i, c in enumerate((light, heavy))
    )
    pairs = zip(one.result["losses"], other.result["losses"], strict=True)
    assert all(ours["loss"] == pytest.approx(theirs["loss"], rel=1e-4) for ours, theirs in pairs)


def test_a_network_read_back_predicts_in_the_units_of_its_domains(
    describe: Describe, folders: Folders, tmp_path: Path
) -> None:
    content = describe(*NAMES, epochs=1)
    trained = train(content, folders, tmp_path, "cpu", quiet)
    save_weights(tmp_path / "weights.pt", trained.best_state)
    network = load_network(content, tmp_path / "weights.pt")
    assert not network.training
    assert _equal(network.state_dict(), trained.best_state)
    packed = np.load(folders["rgb"] / "test.npy")[:3]
    found = predict(network, tasks_of(content), packed)
    assert found["segment_semantic"].shape == (3, 16, 16)
    assert found["depth_zbuffer"].shape == (3, 1, 16, 16)
    assert np.linalg.norm(found["normal"], axis=1) == pytest.approx(1, abs=1e-5)
    with torch.inference_mode():
        images = torch.from_numpy(packed).float() / 255 * 4 - 2
        output = network(images)["depth_zbuffer"].numpy()
    assert found["depth_zbuffer"] == pytest.approx(output * 1000 / 512 + 1500 / 512, rel=1e-4)
