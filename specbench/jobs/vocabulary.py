"""Learns word pieces from the training texts of some sets, or takes those of a pretrained model."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from specbench.errors import DataError
from specbench.jobs.context import Context


def run(context: Context) -> dict[str, Any]:
    """Write ``tokenizer.json``; the result counts its pieces."""
    from specbench.data.text.pieces import TOKENIZER, open_tokenizer, train_vocabulary

    content, where = context.content, context.ticket.where
    path = context.folder / TOKENIZER
    if "model" in content:
        source = Path(where["model"]) / TOKENIZER
        if not where["model"] or not source.is_file():
            raise DataError(
                f"{source if where['model'] else content['model']['name']}: no {TOKENIZER}",
                "give networks.model the folder of a model of Hugging Face's form",
            )
        shutil.copyfile(source, path)
        return {"pieces": open_tokenizer(context.folder, 8).get_vocab_size()}
    texts = _texts(where["sets"])
    return {"pieces": train_vocabulary(texts, content["size"], content["lowercase"], path)}


def _texts(sets: list[dict[str, Any]]) -> Iterator[str]:
    """Yield the training texts of sets that can be used."""
    from specbench.data.text.sets import read_set

    for settings in sets:
        for one in read_set(settings)["train"]:
            if not one.row.problem:
                yield from one.row.texts or (" ".join(one.row.words),)
