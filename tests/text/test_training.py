"""Packed texts, batches, encoders and heads, and whole studies of texts."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from text_study import STUDY

from specbench.data.pack import read_manifest
from specbench.nets.cost import VERSION, encoder_macs, network_macs
from specbench.nets.network import Network
from specbench.plan.grid import expand
from specbench.spec.load import load
from specbench.tasks.catalogue import Task
from specbench.testing.macs import counted_macs
from specbench.training.settings import Settings
from specbench.training.text import Texts, TextStream, open_texts

SETTINGS = {
    "epochs": 1, "batch_size": 8, "optimizer": "adamw", "learning_rate": 0.1, "weight_decay": 0.0,
    "schedule": "constant", "warmup_steps": 0, "precision": "fp32", "channels_last": False,
    "flip": False, "reduction": "pooled", "method": "equal",
}  # fmt: skip


def opened(ran: Any, split: str = "train") -> Texts:
    _, plan, results = ran
    condition = plan.study.base
    from specbench.plan.text import plan_text

    data = plan_text(condition, results)
    domains = [task.domain for task in condition.tasks.values()]
    folders = {name: results.folder(key) for name, key in data.folders(domains).items()}
    return Texts(open_texts(condition.tasks, folders, split))


def test_every_kind_of_task_is_learnt_and_measured(ran: Any) -> None:
    from specbench.store.database import open_published

    with open_published(ran[2]) as connection:
        rows = connection.execute(
            "SELECT target, metric, value FROM transfers WHERE split = 'test' AND metric <> 'loss' "
            "AND source_set = 'all'"
        ).fetchall()
        own = connection.execute("SELECT DISTINCT target, metric FROM metrics").fetchall()
        constants = connection.execute("SELECT count(*) FROM constants WHERE loss > 0").fetchone()
    assert {row[:2] for row in rows} == {
        ("shops", "accuracy"), ("upos", "f1_span"), ("upos", "f1_macro"), ("upos", "accuracy"),
        ("asked", "squad_f1"), ("asked", "exact_match"),
    }  # fmt: skip
    assert {("films", "matthews"), ("alike", "pearson"), ("notes", "accuracy")} <= set(own)
    assert all(0 <= row[2] <= 1 for row in rows)
    assert constants == (12,)


def test_words_carry_their_label_at_the_first_piece(ran: Any) -> None:
    texts = opened(ran)
    one = texts.tasks["upos"]
    batch = texts.batch([("upos", 0), ("films", 0), ("upos", 1)])
    label = batch.labels["upos"]
    for place, row in ((0, 0), (2, 1)):
        words = one.pieces(row)["words"]
        assert label.valid[place].nonzero()[:, 0].tolist() == np.flatnonzero(words >= 0).tolist()
        assert label.value[place][label.valid[place]].tolist() == one.tags(row).tolist()
        assert [one.names[tag] for tag in one.tags(row)] == ["DET", "ADJ", "NOUN", "VERB"]
    assert not label.valid[1].any(), "another task's text has none"


def test_an_answer_is_found_at_the_pieces_that_cover_it(ran: Any) -> None:
    texts = opened(ran)
    one = texts.tasks["asked"]
    batch = texts.batch([("asked", row) for row in range(8)])
    value, valid = batch.labels["asked"]
    assert valid.all()
    for row in range(8):
        pieces, (first, last, number) = one.pieces(row), value[row].tolist()
        assert number == row + 1
        answer = one.contexts[row][pieces["starts"][first] : pieces["ends"][last]]
        assert answer == one.answers[row][0]


def test_a_pair_has_two_segments_and_padding_is_marked(ran: Any) -> None:
    batch = opened(ran).batch([("alike", 0), ("films", 0)])
    tokens, segments, there = batch.images.unbind(1)
    assert segments[0].max() == 1
    assert segments[1].max() == 0
    assert (tokens[there == 0] == 0).all()
    assert batch.labels["alike"].valid.tolist() == [True, False]


def test_an_epoch_is_every_text_once_in_batches_of_like_length(ran: Any) -> None:
    texts = opened(ran)
    stream = TextStream(texts, Settings.from_content(SETTINGS), seed=3)
    drawn = Counter(stream._drawn(0))
    assert set(drawn.values()) == {1}
    assert len(drawn) == len(texts)
    batches = list(stream.epoch(0))
    assert len(batches) == stream.steps
    assert all(len(batch.images) == 8 for batch in batches)
    again = list(TextStream(texts, Settings.from_content(SETTINGS), seed=3).epoch(0))
    assert all(torch.equal(a.images, b.images) for a, b in zip(batches, again, strict=True))
    other = list(stream.epoch(1))
    assert not all(
        a.images.shape == b.images.shape and torch.equal(a.images, b.images)
        for a, b in zip(batches, other, strict=True)
    )
    padded = sum(int((batch.images[:, 2] == 0).sum()) for batch in batches)
    mixed = [stream._drawn(0)[at : at + 8] for at in range(0, len(drawn) - 7, 8)]
    unsorted = sum(int((texts.batch(chosen).images[:, 2] == 0).sum()) for chosen in mixed)
    assert padded < unsorted


def test_temperature_evens_out_how_often_tasks_are_drawn(ran: Any) -> None:
    texts = opened(ran)
    texts.counts = {**texts.counts, "films": 4}
    share = {}
    for temperature in (1.0, 100.0):
        settings = Settings.from_content({**SETTINGS, "temperature": temperature})
        drawn = [task for e in range(20) for task, _ in TextStream(texts, settings, 0)._drawn(e)]
        share[temperature] = drawn.count("films") / len(drawn)
    assert share[1.0] == pytest.approx(4 / len(texts))
    assert share[100.0] == pytest.approx(1 / 6, abs=0.03)


def test_evaluation_sees_every_text_once(ran: Any) -> None:
    texts = opened(ran, "test")
    seen = Counter()  # type: ignore[var-annotated]
    for batch in texts.batches(4):
        for name, label in batch.labels.items():
            seen[name] += int(label.valid.flatten(1).any(1).sum() if label.valid.dim() > 1
                              else label.valid.sum())  # fmt: skip
    assert seen == Counter({name: len(one) for name, one in texts.tasks.items()})


CONTENT = {
    "version": VERSION, "encoder": "transformer", "width": 64, "features": 32, "capacity": 1.0,
    "texts": {"length": 12, "vocabulary": 50, "pooling": "mean"},
}  # fmt: skip
HEADS = {
    "a": Task("a", "a", "image_class", "cross_entropy", classes=3),
    "s": Task("s", "s", "span", "span", channels=2),
    "w": Task("w", "w", "tags", "cross_entropy", classes=5),
}


def pieces(batch: int, length: int, there: int) -> torch.Tensor:
    generator = torch.Generator().manual_seed(length)
    found = torch.zeros(batch, 3, length, dtype=torch.long)
    found[:, 0, :there] = torch.randint(1, 50, (batch, there), generator=generator)
    found[:, 2, :there] = 1
    return found


@pytest.mark.parametrize("pooling", ["first", "mean"])
def test_padding_changes_nothing(pooling: str) -> None:
    network = Network({**CONTENT, "texts": {**CONTENT["texts"], "pooling": pooling}}, HEADS, 0)
    short = pieces(2, 6, 6)
    padded = torch.cat([short, torch.zeros(2, 3, 5, dtype=torch.long)], 2)
    one, two = network(short), network(padded)
    torch.testing.assert_close(one["a"], two["a"])
    torch.testing.assert_close(one["w"], two["w"][:, :, :6])
    torch.testing.assert_close(one["s"].softmax(2), two["s"].softmax(2)[:, :, :6])


@pytest.mark.parametrize("capacity", [1.0, 0.5])
def test_multiply_adds_are_those_of_the_layers(capacity: float) -> None:
    content = {**CONTENT, "width": 256, "capacity": capacity}
    network = Network(content, HEADS, 0)
    linear = counted_macs(network, pieces(1, 12, 12))
    attention = 4 * 2 * 12 * 12 * 32
    assert linear + attention == network_macs(content, HEADS.values())
    whole = encoder_macs({**content, "capacity": 1.0})
    assert encoder_macs(content) == pytest.approx(capacity * whole, rel=0.02)


def test_equal_seeds_start_equal_whatever_the_heads() -> None:
    one, two = Network(CONTENT, HEADS, 0), Network(CONTENT, {"a": HEADS["a"]}, 0)
    other = Network(CONTENT, HEADS, 1)
    for name, value in two.state_dict().items():
        assert torch.equal(value, one.state_dict()[name])
    assert not torch.equal(other.encoder.tokens.weight, one.encoder.tokens.weight)


def test_texts_change_what_they_are_part_of(texts: Path, study: Any, tmp_path: Path) -> None:
    from specbench.results import Results

    results = Results.at(tmp_path / "results")
    before = expand(study(STUDY), results)
    assert not before.provisional
    path = texts / "shops.txt"
    path.write_text(path.read_text() + "a further one\n")
    (texts / "shops_labels.txt").write_text((texts / "shops_labels.txt").read_text() + "1\n")
    after = expand(study(STUDY), results)
    first = {cell.pretrained for cell in before.transfers}
    assert first == {cell.pretrained for cell in after.transfers}, "a target is in no pre-training"
    changed = {c.target for c in after.transfers if c.key not in before.jobs}
    assert changed == {"shops"}


def test_rows_that_cannot_be_used_stop_the_study_or_are_counted(
    texts: Path, study: Any, runner: Any, inline: Any
) -> None:
    path = texts / "shops.txt"
    lines = path.read_text().splitlines()
    lines[3], lines[5] = "", "x" * 100_000
    path.write_text("".join(f"{line}\n" for line in lines))
    labels = (texts / "shops_labels.txt").read_text().splitlines()
    labels[7] = ""
    (texts / "shops_labels.txt").write_text("".join(f"{label}\n" for label in labels))
    outcome = runner(study(STUDY), inline(fails=lambda ticket: ticket.kind == "network"))
    errors = [error for _, error in outcome.failures if "shops" in error]
    assert any(f"{path}:4: an empty text" in error for error in errors)
    left = STUDY.replace("length = 24", 'length = 24\nmissing = "leave_out"')
    one = study(left)
    runner(one, inline(fails=lambda ticket: ticket.kind == "network"))
    plan = expand(one, runner.results)
    found = Counter()  # type: ignore[var-annotated]
    for cell in plan.data:
        for split in runner.results.read(cell.key)["result"]["splits"].values():
            found.update(split["excluded"])
    assert found["shops.label: an empty text"] == 1
    assert found["shops.label: a text of … characters, longest = …"] == 1
    assert found["shops.label: column … is empty"] == 1


def test_a_number_too_large_to_hold_is_no_label(
    texts: Path, study: Any, runner: Any, inline: Any
) -> None:
    path = next(texts.glob("pairs*"))
    head, first, *rest = path.read_text().splitlines(keepends=True)
    cells = first.rstrip("\n").split("\t")
    at = head.rstrip("\n").split("\t").index("alike")
    cells[at] = "1e999"
    path.write_text("".join([head, "\t".join(cells) + "\n", *rest]))
    outcome = runner(study(STUDY), inline(fails=lambda ticket: ticket.kind == "network"))
    errors = [error for _, error in outcome.failures]
    assert any(f"{path}:2: alike = '1e999' is not a number" in error for error in errors)


def plant(texts: Path, label: str) -> None:
    """Put the first text of the target among the source's, under a label."""
    first = (texts / "shops.txt").read_text().splitlines()[0]
    path = texts / "films.txt"
    path.write_bytes(path.read_bytes() + f"{label} {first.upper()}\n".encode("latin-1") * 12)


def test_an_example_of_a_target_planted_in_a_source_is_refused(
    texts: Path, study: Any, runner: Any, inline: Any
) -> None:
    plant(texts, (texts / "shops_labels.txt").read_text().split("\n")[0])
    small = STUDY.replace('targets = ["shops", "upos", "asked"]', 'targets = ["shops"]')
    small = small.replace("[transfer]\n", '[transfer]\nsources = ["films"]\n')
    outcome = runner(study(small), inline())
    assert outcome.failures
    for _, error in outcome.failures:
        assert "an example of source 'films' that is shops.txt:1 of target 'shops'" in error
        assert "may reach no pre-training" in error
    counted = study(small.replace("length = 24", 'length = 24\noverlap = "count"'))
    assert runner(counted, inline(), retry_failed=True).ok


def test_texts_that_sources_and_tests_share_are_counted(
    texts: Path, study: Any, runner: Any, inline: Any
) -> None:
    from specbench.store.database import open_published

    labels = (texts / "shops_labels.txt").read_text().split()
    said = (texts / "shops.txt").read_text().splitlines()
    path = texts / "films.txt"
    planted = "".join(
        f"{1 - int(label)} {text}\n" for label, text in zip(labels, said, strict=True)
    )
    path.write_bytes(path.read_bytes() + planted.encode("latin-1"))
    small = STUDY.replace('targets = ["shops", "upos", "asked"]', 'targets = ["shops"]')
    small = small.replace("[transfer]\n", '[transfer]\nsources = ["films", "notes"]\n')
    assert runner(study(small), inline()).ok, "another label makes another example"
    with open_published(runner.results) as connection:
        rows = connection.execute(
            "SELECT source, target, test, duplicates, same_label FROM duplicates ORDER BY source"
        ).fetchall()
    (films, notes) = rows
    assert films[:2] == ("films", "shops")
    assert 0 < films[3] <= films[2]
    assert films[4] == 0
    assert notes[3] == 0


def test_classes_are_told_by_name_and_too_many_are_refused(ran: Any) -> None:
    _, plan, results = ran
    packs = [job for job in plan.jobs.values() if job.content.get("column") == "kind"]
    assert read_manifest(results.folder(packs[0].key))["names"] == ["no", "yes"]


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('"pairs.alike"', '"pair.alike"', "data.sets has not; the nearest is 'pairs'"),
        ('domain = "words.upos"', 'domain = "words.upo"', "CoNLL-U has no column 'upo'"),
        ('text = ["one", "two"]\n', "", "name the column of the texts"),
        ('encoder = "transformer"', 'encoder = "conv"', "encoder 'conv' takes images and is given"),
        ('encoder = "transformer"', 'encoder = "hf"', "encoder 'hf' needs a model"),
        ('encoder = "transformer"', 'encoder = "hf"\nmodel = "no-such"', "no model 'no-such'"),
        ("features = 32", "features = 33", "a transformer needs a multiple of 32"),
        ('domain = "notes.kind"\nkind = "image_class"', 'domain = "notes.kind"\nkind = "tags"',
         "its kind is one of image_class, binary, value"),
        ("[transfer]\n", "[scores.rsa]\n[transfer]\n", "'rsa' compares tasks on common samples"),
    ],
)  # fmt: skip
def test_mistakes_of_a_study_are_told(
    texts: Path, tmp_path: Path, old: str, new: str, message: str
) -> None:
    from specbench.errors import SpecError

    assert old in STUDY
    path = tmp_path / "study.toml"
    path.write_text(STUDY.replace(old, new, 1))
    with pytest.raises(SpecError, match=r"study\.toml:") as caught:
        load(path)
    assert message in str(caught.value)


def test_a_pretrained_encoder_of_hugging_faces_form_is_finetuned(
    texts: Path, study: Any, runner: Any, inline: Any
) -> None:
    transformers = pytest.importorskip("transformers")
    from specbench.data.text.pieces import train_vocabulary

    folder = texts / "model"
    folder.mkdir()
    said = (texts / "shops.txt").read_text().splitlines()
    size = train_vocabulary(said, 120, True, folder / "tokenizer.json")
    config = transformers.BertConfig(
        vocab_size=size, hidden_size=32, num_hidden_layers=2, num_attention_heads=2,
        intermediate_size=48, max_position_embeddings=32,
    )  # fmt: skip
    torch.manual_seed(0)
    transformers.BertModel(config).save_pretrained(folder)
    text = STUDY.replace('encoder = "transformer"\nwidth = 64\nfeatures = 32',
                         'encoder = "hf"\nmodel = "model"')  # fmt: skip
    text = text.replace('targets = ["shops", "upos", "asked"]', 'targets = ["upos"]')
    text = text.replace("[transfer]\n", '[transfer]\nsources = ["films", "alike"]\n')
    one = study(text)
    outcome = runner(one, inline())
    assert outcome.ok, outcome.failures
    plan = expand(one, runner.results)
    (cell,) = [cell for cell in plan.transfers if cell.source_set == "all"]
    network = plan.jobs[cell.key].content["network"]
    assert (network["model"]["layers"], network["features"]) == (2, 32)
    assert str(texts) not in str(plan.jobs[cell.key].content), "where it lies decides nothing"
    kept = torch.load(runner.results.folder(cell.pretrained) / "weights.pt", weights_only=True)
    fresh = transformers.BertModel.from_pretrained(folder).state_dict()
    name = "encoder.layer.1.output.dense.weight"
    moved = (kept[f"encoder.model.{name}"] - fresh[name]).abs().max()
    assert 0 < moved < 0.1, "it started from the model's weights"
