"""Pictures of two digits: what they show, that splits share no digit, keys, and a small study."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from specbench.data.digits import DIGIT_DOMAINS
from specbench.data.digits import material as digit_material
from specbench.data.digits.compose import Pair, enlarged
from specbench.data.digits.material import all_digits, digits_of_splits
from specbench.data.digits.source import DigitsSource
from specbench.data.source import BrokenFileError, Item, Source, make_source
from specbench.errors import DataError, SpecError
from specbench.spec.load import load
from specbench.testing.sources import SourceContract

COUNTS = {"train": 12, "val": 5, "test": 5}
SPEC = """\
[data]
kind = "digits"
image_size = 16
train_images = 32
val_images = 8
test_images = 8

[tasks]
digit_left = {}
digit_right = {}
digit_sum = {}
parity_left = {}
parity_right = {}
larger = {}
reconstruct_left = {}
reconstruct_right = {}

[networks]
width = 4
features = 8
decoder.width = 4
decoder.blocks = 2
groups = ["singles", "all"]
single_capacities = [0.5]

[training]
epochs = 1

[scores.rsa]
"""


def source(seed: int = 0, **counts: int) -> DigitsSource:
    return DigitsSource(seed, {**COUNTS, **counts})


def shown(found: Source, split: str = "train") -> list[dict[str, np.ndarray]]:
    items = found.items("rgb")[split]
    return [{name: found.read(item, name) for name in DIGIT_DOMAINS} for item in items]


class TestDigits(SourceContract):
    def write(self, folder: Path) -> None:
        pass

    def open(self, folder: Path) -> Source:
        return make_source({"kind": "digits", "seed": 0, "images": COUNTS})

    def test_the_stamp_follows_the_files(self, tmp_path: Path) -> None:
        """There are no files: it follows what is asked for."""
        assert source().stamp("rgb") == source().stamp("digit_left")
        others = [source(seed=1), source(test=6)]
        assert len({source().stamp("rgb"), *(other.stamp("rgb") for other in others)}) == 3


def test_labels_say_what_the_picture_shows() -> None:
    for image in shown(source(train=60)):
        left, right = int(image["digit_left"]), int(image["digit_right"])
        assert image["digit_sum"] == left + right
        assert (image["parity_left"], image["parity_right"]) == (left % 2, right % 2)
        assert image["larger"] == (0 if left > right else 2 if right > left else 1)
        halves = [image[f"reconstruct_{side}"] for side in ("left", "right")]
        assert np.array_equal(np.rint(np.maximum(*halves) * 255), image["rgb"][..., :1])
        middles = [np.argwhere(half[..., 0] > 0).mean(axis=0) for half in halves]
        assert (middles[0] < middles[1]).all(), "one towards the top left, one bottom right"


def test_digits_overlap_and_are_moved() -> None:
    images = shown(source(train=60))
    both = [(i["reconstruct_left"] > 0) & (i["reconstruct_right"] > 0) for i in images]
    assert sum(part.any() for part in both) > 40
    corners = {tuple(np.argwhere(i["reconstruct_left"][..., 0] > 0).min(axis=0)) for i in images}
    assert len(corners) > 20


def test_every_class_occurs_and_each_digit_about_as_often() -> None:
    labels = [source(train=1000).read(item, "digit_left") for item in
              source(train=1000).items("digit_left")["train"]]  # fmt: skip
    assert np.bincount(labels, minlength=10).min() > 60


def test_no_digit_is_in_two_splits_and_all_are_used() -> None:
    splits = digits_of_splits(3)
    assert sum(len(part.classes) for part in splits.values()) == len(all_digits().classes) == 1797
    rows = np.concatenate([part.levels.reshape(-1, 64) for part in splits.values()])
    counted = {row.tobytes() for row in all_digits().levels.reshape(-1, 64)}
    assert {row.tobytes() for row in rows} == counted
    assert len(counted) == 1797, "no two are alike, so none can be in two splits"
    assert (splits["test"].classes != digits_of_splits(4)["test"].classes).any()


def test_a_picture_does_not_depend_on_how_many_there_are() -> None:
    few, many = source(), source(train=40, val=6)
    for domain in DIGIT_DOMAINS:
        for a, b in zip(few.items(domain)["train"], many.items(domain)["train"], strict=False):
            assert a.id == b.id
            assert np.array_equal(few.read(a, domain), many.read(b, domain))


def test_seeds_draw_other_pictures_and_the_same_seed_the_same() -> None:
    prints = [source(seed).fingerprint("rgb")["train"] for seed in (0, 0, 1)]
    assert prints[0] == prints[1] != prints[2]


def test_the_bytes_of_a_picture_are_pinned() -> None:
    """Raise DIGITS_VERSION if this changes."""
    found = source()
    (first, *_) = found.items("rgb")["train"]
    assert hashlib.sha256(found.read(first, "rgb").tobytes()).hexdigest()[:16] == "78218105c75d6244"


def test_enlarging_keeps_the_ink() -> None:
    assert enlarged(np.full((8, 8), 16, np.uint8))[5:-5, 5:-5].min() == 255
    assert enlarged(np.zeros((8, 8), np.uint8)).max() == 0
    levels = all_digits().levels[7]
    assert enlarged(levels).mean() / 255 == pytest.approx(levels.mean() / 16, rel=0.05)
    assert np.array_equal(enlarged(levels[:, ::-1]), enlarged(levels)[:, ::-1])


def test_a_pair_survives_being_stored() -> None:
    found = source()
    content = found.content(found.items("rgb")["val"][2])
    pair = Pair.from_bytes(content)
    assert pair.to_bytes() == content
    damaged = Item("val/0000002", Path("digits"), "val", 2)
    with pytest.raises(BrokenFileError, match="133 bytes where a pair of digits has 134"):
        found.decode(content[:-1], damaged, found.domain("rgb"))


def test_other_digits_than_the_known_ones_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(digit_material, "_SHA", "0" * 64)
    all_digits.cache_clear()
    with pytest.raises(DataError, match="not those that specbench knows"):
        all_digits()
    all_digits.cache_clear()


@pytest.mark.parametrize(
    ("override", "said"),
    [
        ("training.flip=true", "flip = true: the labels of digits are wrong for a mirrored image"),
        ("data.image_size=128", "data.image_size = 128: it should be less than or equal to 64"),
        ("data.root='x'", "unknown key 'root' in [data]"),
        ("tasks.normal={}", "reads domain 'normal', which a source of kind 'digits' does not have"),
        ("tasks.larger.classes=2", "task 'larger' has classes = 2, but domain 'larger' has 3"),
        ("scores.td={}", "score 'td' is not defined for any pair"),
    ],
)
def test_what_cannot_be_run_is_refused(write: Any, override: str, said: str) -> None:
    with pytest.raises(SpecError) as caught:
        load(write(SPEC), [override])
    assert said in str(caught.value)


def test_images_are_mirrored_where_nothing_else_is_said_but_not_digits(
    study: Any, rooms_text: str
) -> None:
    assert study(rooms_text).base.settings.training.flip is True
    assert study(SPEC).base.settings.training.flip is False
    turned = study(rooms_text, "data.kind=digits", "data.image_size=16", "tasks=['larger']",
                   "training.flip=false", "networks.groups=['singles']", "scores={}")  # fmt: skip
    assert turned.base.settings.training.flip is False


def test_keys_are_final_before_anything_is_drawn(plan_of: Any) -> None:
    plan = plan_of(SPEC)
    assert not plan.provisional
    seen = {cell.key for cell in plan.networks}
    assert {cell.key for cell in plan_of(SPEC, "training.flip=false").networks} == seen
    for changed in ("data.seed=1", "data.train_images=40", "data.test_images=9"):
        assert not seen & {cell.key for cell in plan_of(SPEC, changed).networks}


def test_a_study_runs_and_its_keys_do_not_change(study: Any, runner: Any, inline: Any) -> None:
    from specbench.plan.grid import expand

    made = study(SPEC)
    before = set(expand(made, runner.results).jobs)
    outcome = runner(made, inline())
    assert outcome.ok, outcome.failures
    assert set(expand(made, runner.results).jobs) == before
    runner(made, inline())
    assert runner.started == []
