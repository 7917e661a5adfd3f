"""Texts as word pieces: a vocabulary of one's own, or that of a pretrained encoder."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from specbench.data.text.rows import Row
from specbench.errors import DataError

if TYPE_CHECKING:
    from tokenizers import Encoding, Tokenizer

TOKENIZER = "tokenizer.json"
SPECIAL = ("[PAD]", "[UNK]", "[CLS]", "[SEP]")
EXTRA = "specbench[text]"


class Pieces(NamedTuple):
    """One text cut up: pieces, which text each is of, and where it comes from.

    ``words`` holds, at the first piece of a word, the word's number, else −1. ``starts`` and
    ``ends`` are the characters of the last text that a piece covers, −1 elsewhere.
    """

    tokens: list[int]
    segments: list[int]
    words: list[int]
    starts: list[int]
    ends: list[int]


def _library() -> Any:
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")  # one thread a process
    try:
        import tokenizers
    except ImportError as error:
        raise DataError("texts need the package tokenizers", f"pip install '{EXTRA}'") from error
    return tokenizers


def train_vocabulary(texts: Iterable[str], size: int, lowercase: bool, path: Path) -> int:
    """Train word pieces on ``texts`` and write them to ``path``; return how many there are."""
    library = _library()
    tokenizer = library.Tokenizer(library.models.WordPiece(unk_token="[UNK]"))
    tokenizer.normalizer = library.normalizers.BertNormalizer(lowercase=lowercase)
    tokenizer.pre_tokenizer = library.pre_tokenizers.BertPreTokenizer()
    trainer = library.trainers.WordPieceTrainer(
        vocab_size=size, special_tokens=list(SPECIAL), show_progress=False
    )
    tokenizer.train_from_iterator(texts, trainer)
    begin, end = (tokenizer.token_to_id(token) for token in ("[CLS]", "[SEP]"))
    tokenizer.post_processor = library.processors.TemplateProcessing(
        single="[CLS] $A [SEP]",
        pair="[CLS] $A [SEP] $B:1 [SEP]:1",
        special_tokens=[("[CLS]", begin), ("[SEP]", end)],
    )
    tokenizer.save(str(path))
    return int(tokenizer.get_vocab_size())


def open_tokenizer(folder: Path, length: int, *, keep_first: bool = False) -> Tokenizer:
    """Return the tokenizer of a folder, cutting texts to ``length`` pieces.

    ``keep_first``: of two texts only the second is cut, as where an answer stands in it.
    """
    path = folder / TOKENIZER
    if not path.is_file():
        raise DataError(f"{path}: no such file", "a fast tokenizer of Hugging Face's form")
    tokenizer: Tokenizer = _library().Tokenizer.from_file(str(path))
    tokenizer.no_padding()
    strategy = "only_second" if keep_first else "longest_first"
    tokenizer.enable_truncation(length, strategy=strategy)
    return tokenizer


def cut(tokenizer: Tokenizer, rows: Sequence[Row]) -> list[Pieces]:
    """Return the pieces of rows, in order."""
    if not rows:
        return []
    if rows[0].words:
        found = tokenizer.encode_batch([list(row.words) for row in rows], is_pretokenized=True)
        return [_pieces(one, 0, words=True) for one in found]
    pairs = len(rows[0].texts) > 1
    given = [row.texts[:2] if pairs else row.texts[0] for row in rows]
    last = 1 if pairs else 0
    return [_pieces(one, last, words=False) for one in tokenizer.encode_batch(given)]


def _pieces(one: Encoding, last: int, *, words: bool) -> Pieces:
    numbers, seen = [], -1
    for word in one.word_ids if words else ():
        first = word is not None and word != seen
        numbers.append(word if first and word is not None else -1)
        seen = word if word is not None else seen
    inside = [sequence == last for sequence in one.sequence_ids]
    starts = [start if of else -1 for (start, _), of in zip(one.offsets, inside, strict=True)]
    ends = [end if of else -1 for (_, end), of in zip(one.offsets, inside, strict=True)]
    return Pieces(one.ids, one.type_ids, numbers or [-1] * len(one.ids), starts, ends)
