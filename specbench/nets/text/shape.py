"""What is known of pretrained encoders of texts, before they are loaded or even there; light."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

HEAD_WIDTH = 32
"""Features that one head of its attention reads."""
PACKAGE = "package:"


@dataclass(frozen=True)
class Model:
    """A pretrained encoder: its shape, and the hash of its files, '' where they are not there."""

    name: str
    layers: int
    features: int
    hidden: int
    sha: str = ""
    folder: str = ""

    def content(self) -> dict[str, Any]:
        """Return what decides results: not where the files lie, nor under what name."""
        plain = asdict(self)
        del plain["folder"]
        return plain if not self.sha else {**plain, "name": ""}


_KNOWN = {
    "xlm-roberta-base": (12, 768, 3072),
    "xlm-roberta-large": (24, 1024, 4096),
    "roberta-base": (12, 768, 3072),
    "bert-base-uncased": (12, 768, 3072),
    "bert-base-cased": (12, 768, 3072),
    "distilbert-base-uncased": (6, 768, 3072),
    "sentence-transformers/all-MiniLM-L6-v2": (6, 384, 1536),
}
"""Shapes of encoders that a study may name before their files are there."""


def find_model(name: str, base: Path | None = None) -> Model:
    """Return what is known of a model: a folder, ``package:NAME/FOLDER``, or a name on the Hub.

    A folder counts from ``base``. A name is looked up among what Hugging Face's library has
    downloaded. ValueError, in one sentence, where nothing is known of it.
    """
    folder = _folder(name, base)
    if folder is None:
        short = name.removeprefix("FacebookAI/")
        if short in _KNOWN:
            return Model(name, *_KNOWN[short])
        raise ValueError(
            f"no model '{name}': neither a folder with config.json, nor a package's, nor one that "
            "has been downloaded"
        )
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    try:
        layers, features, hidden = (_value(config, names) for names in _SHAPE)
    except KeyError as error:
        raise ValueError(f"model '{name}': its config.json lacks {error.args[0]}") from error
    return Model(name, layers, features, hidden, _sha(folder), str(folder))


_SHAPE = (
    ("num_hidden_layers", "n_layers"),
    ("hidden_size", "dim"),
    ("intermediate_size", "hidden_dim"),
)


def _value(config: Mapping[str, Any], names: Sequence[str]) -> int:
    for name in names:
        if name in config:
            return int(config[name])
    raise KeyError(names[0])


def _folder(name: str, base: Path | None) -> Path | None:
    """Return the folder of a model's files; None where there is none."""
    if name.startswith(PACKAGE):
        package, _, inner = name.removeprefix(PACKAGE).partition("/")
        found = find_spec(package) if package.isidentifier() else None
        places = (
            [Path(p) / inner for p in (found.submodule_search_locations or ())] if found else []
        )
    else:
        places = [(base or Path()) / name, *_downloaded(name)]
    return next((place for place in places if (place / "config.json").is_file()), None)


def _downloaded(name: str) -> list[Path]:
    """Return the snapshots of a name that Hugging Face's library keeps, newest first."""
    import os

    home = Path(os.environ.get("HF_HOME", "~/.cache/huggingface")).expanduser()
    hub = Path(os.environ.get("HF_HUB_CACHE", home / "hub"))
    names = [name] if "/" in name else [name, f"FacebookAI/{name}"]
    found = [
        place
        for one in names
        for place in (hub / f"models--{one.replace('/', '--')}" / "snapshots").glob("*")
    ]
    return sorted(found, key=lambda place: -place.stat().st_mtime)


WEIGHTS = ("model.safetensors", "pytorch_model.bin")


def _sha(folder: Path) -> str:
    files = [folder / name for name in ("config.json", "tokenizer.json", *WEIGHTS)]
    there = [path for path in files if path.is_file()]
    stats = tuple((path.stat().st_mtime_ns, path.stat().st_size) for path in there)
    return _hashed(tuple(there), stats)


@lru_cache(maxsize=16)
def _hashed(paths: tuple[Path, ...], stats: tuple[tuple[int, int], ...]) -> str:
    """Return the hash of files, which is kept while their times and sizes stay."""
    running = hashlib.sha256()
    for path in paths:
        running.update(path.name.encode())
        with path.open("rb") as file:
            running.update(hashlib.file_digest(file, "sha256").digest())
    return running.hexdigest()


PLACES: dict[str, str] = {}
"""Folders of the models that this process may read, by hash; a job tells where they lie."""
