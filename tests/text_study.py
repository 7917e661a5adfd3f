"""Small sets of texts of every format, and a study of transfer between them."""

from __future__ import annotations

import json
import random
from pathlib import Path

GOOD, BAD = ("good", "fine", "lovely", "nice"), ("bad", "awful", "poor", "dull")
NOUNS, VERBS = ("cat", "dog", "house", "tree"), ("sees", "likes", "eats", "finds")
STUDY = """
[study]
seeds = [0]

[data]
kind = "text"
root = "texts"
length = 24
vocabulary = 120

[data.sets.films]
format = "lines"
encoding = "latin-1"
files = { train = "films.txt" }

[data.sets.shops]
format = "lines"
files = { train = "shops.txt" }
labels = { train = "shops_labels.txt" }

[data.sets.pairs]
format = "tsv"
text = ["one", "two"]
files = { train = "pairs.tsv" }

[data.sets.words]
format = "conllu"
files = { train = "words.conllu" }

[data.sets.asked]
format = "squad"
files = { train = "asked.json" }

[data.sets.notes]
format = "jsonl"
text = ["body"]
files = { train = "notes.jsonl" }

[tasks.films]
kind = "image_class"
classes = 2
metrics = ["f1_macro", "matthews", "accuracy"]
[tasks.shops]
kind = "image_class"
classes = 2
[tasks.alike]
domain = "pairs.alike"
kind = "value"
metrics = ["pearson", "mae"]
[tasks.upos]
domain = "words.upos"
classes = 4
metrics = ["f1_span", "f1_macro", "accuracy"]
[tasks.asked]
[tasks.notes]
domain = "notes.kind"
kind = "image_class"
classes = 2

[networks]
encoder = "transformer"
width = 64
features = 32

[training]
epochs = 2
batch_size = 8
learning_rate = 0.003

[transfer]
targets = ["shops", "upos", "asked"]
sets = ["none", "all"]
quantity = "metric"
"""


def write_texts(folder: Path, count: int = 60) -> Path:
    """Write files of every format whose labels can be told from the words."""
    rng = random.Random(0)
    folder.mkdir(parents=True, exist_ok=True)

    def sentence(words: tuple[str, ...]) -> str:
        return (
            f"the {rng.choice(words)} {rng.choice(NOUNS)} {rng.choice(VERBS)} {rng.randrange(999)}"
        )

    kinds = [rng.randrange(2) for _ in range(count)]
    said = [sentence((BAD, GOOD)[kind]) for kind in kinds]
    films = "".join(f"{kind} {text} caf\xe9\n" for kind, text in zip(kinds, said, strict=True))
    (folder / "films.txt").write_bytes(films.encode("latin-1"))
    again = [sentence((BAD, GOOD)[kind]) for kind in kinds]
    (folder / "shops.txt").write_text("".join(f"{text}\n" for text in again))
    (folder / "shops_labels.txt").write_text("".join(f"{kind}\n" for kind in kinds))
    rows = ["one\ttwo\talike\n"]
    for kind in kinds:
        one = sentence(GOOD)
        rows.append(f"{one}\t{one if kind else sentence(BAD)}\t{kind + 0.5}\n")
    (folder / "pairs.tsv").write_text("".join(rows))
    sentences = []
    for _ in range(count):
        words = [("the", "DET"), (rng.choice(GOOD), "ADJ"), (rng.choice(NOUNS), "NOUN"),
                 (rng.choice(VERBS), "VERB")]  # fmt: skip
        lines = [f"{n}\t{w}\t_\t{tag}\t_\t_\t0\t_\t_\t_" for n, (w, tag) in enumerate(words, 1)]
        sentences.append("# a remark\n" + "\n".join(lines) + "\n\n")
    (folder / "words.conllu").write_text("".join(sentences))
    paragraphs = []
    for number in range(count):
        who = rng.choice(NOUNS)
        context = f"In year {number} the {who} {rng.choice(VERBS)} it."
        answers = [{"text": f"the {who}", "answer_start": context.index("the")}]
        question = {"id": str(number), "question": "Who does it?", "answers": answers}
        paragraphs.append({"context": context, "qas": [question]})
    (folder / "asked.json").write_text(json.dumps({"data": [{"paragraphs": paragraphs}]}))
    notes = [{"body": sentence((BAD, GOOD)[kind]), "kind": ("no", "yes")[kind]} for kind in kinds]
    (folder / "notes.jsonl").write_text("".join(json.dumps(note) + "\n" for note in notes))
    return folder
