"""The data jobs of texts: word pieces, each set's texts, each task's labels, and the examples.

Tasks have texts of their own, so every task has packs and a choice of examples of its own, and what
another task reads is no part of its identity. The files are hashed when a study is planned: keys
are known before anything is packed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from specbench.data.text.sets import TEXT_VERSION, digest
from specbench.nets.cost import PRETRAINED
from specbench.nets.text.shape import Model, find_model
from specbench.plan.jobs import Job, Kind, content_key
from specbench.plan.sources import SPLITS, DataPlan, choose_examples
from specbench.results import Results
from specbench.spec.study import Condition
from specbench.spec.text import parted
from specbench.spec.text_models import TextData
from specbench.spec.transfer import sources_of
from specbench.tasks.catalogue import Task
from specbench.training.text import INPUT, PARTS

_WORK_OF_A_TEXT = 1e6
"""What packing a text is worth in multiply-adds of training."""


@dataclass(frozen=True)
class TextPlan:
    """The data of a condition of texts; see ``DataPlan``, whose face it has."""

    jobs: tuple[Job, ...]
    by_domain: Mapping[str, DataPlan]
    texts: Mapping[str, Any]
    """What a network's content says of its texts."""
    model: Model | None
    input: str = INPUT
    shape: None = None
    provisional: bool = False

    @property
    def selects(self) -> list[str]:
        """Keys of the jobs that choose examples."""
        return [plan.select for plan in self.by_domain.values()]

    def _read(self, domains: Iterable[str]) -> list[str]:
        return sorted(set(domains) - {INPUT})

    def identity(self, domains: Iterable[str]) -> Any:
        """Return what tells the data of these domains apart, by domain."""
        return {one: self.by_domain[one].fixed for one in self._read(domains)}

    def folders(self, domains: Iterable[str]) -> dict[str, str]:
        """Return the keys of packed texts, labels and chosen examples of these domains."""
        found: dict[str, str] = {}
        for one in self._read(domains):
            plan = self.by_domain[one]
            keys = (plan.packs[INPUT], plan.packs[one], plan.select)
            found |= {f"{one}/{part}": key for part, key in zip(PARTS, keys, strict=True)}
        return found

    held = folders

    def samples(self, domains: Iterable[str], most: int | None) -> int:
        """Return the training examples of these domains, each at most ``most``."""
        counts = [self.by_domain[one].images["train"] or 0 for one in self._read(domains)]
        return sum(min(count, most or count) for count in counts)

    def counted(self, network: Mapping[str, Any], domains: Iterable[str]) -> Mapping[str, Any]:
        """Return a network's description with the length that multiply-adds are counted for."""
        lengths = [self._length(one) for one in self._read(domains)]
        length = max(1, round(sum(lengths) / len(lengths)))
        return {**network, "texts": {**network["texts"], "length": length}}

    def _length(self, domain: str) -> int:
        chosen = self.by_domain[domain].chosen
        found: int = chosen["shape"][1] if chosen else self.texts["length"]
        return found


def plan_text(condition: Condition, results: Results) -> TextPlan:
    """Return the data jobs of a condition; reads the bytes of the files, no row of them."""
    data = condition.settings.data
    assert isinstance(data, TextData)
    sets = {name: _settings(data, name) for name in data.sets}
    prints = {name: digest(settings) for name, settings in sets.items()}
    networks = condition.settings.networks
    model = None
    if networks.encoder == PRETRAINED:
        model = find_model(networks.model or "", Path(data.root))
        vocabulary = _given_vocabulary(model)
    else:
        vocabulary = _vocabulary(condition, data, sets, prints)
    jobs: dict[str, Job] = {vocabulary.key: vocabulary}
    plans: dict[str, DataPlan] = {}
    for task in condition.tasks.values():
        name, column = parted(task.domain)
        pair = (
            _text_job(data, name, sets[name], prints[name], vocabulary),
            _label_job(name, column, task, sets[name], prints[name]),
        )
        fixed = content_key(
            {"texts": pair[0].key, "labels": pair[1].key, "seed": data.seed, **_limits(data)}
        )
        packs = {INPUT: pair[0], task.domain: pair[1]}
        plan = choose_examples(data.seed, packs, INPUT, _limits(data), results, fixed)
        if plan.chosen is None:
            plan = _guessed(plan, data, name)
        plans[task.domain] = plan
        jobs |= {job.key: job for job in (*pair, plan.jobs[-1])}
    size = {} if model else {"vocabulary": data.vocabulary}
    padding = _padding(model)
    texts = {"length": data.length, "pooling": networks.pooling, "padding": padding, **size}
    return TextPlan(tuple(jobs.values()), plans, texts, model)


def _guessed(plan: DataPlan, data: TextData, name: str) -> DataPlan:
    """Return the plan with as many training examples as the spec says there are."""
    import dataclasses

    told = [n for n in (data.sets[name].examples, data.train_texts) if n is not None]
    train = min(told) if told else None
    return dataclasses.replace(plan, images={**plan.images, "train": train})


def _limits(data: TextData) -> dict[str, int | None]:
    return {split: getattr(data, f"{split}_texts") for split in SPLITS}


def _padding(model: Model | None) -> int:
    if model is None or not model.folder:
        return 0
    import json

    config = json.loads((Path(model.folder) / "config.json").read_text(encoding="utf-8"))
    return int(config.get("pad_token_id") or 0)


def _settings(data: TextData, name: str) -> dict[str, Any]:
    """Return a set as plain settings, for reading its files."""
    one = data.sets[name].model_dump(mode="json", exclude={"examples"})
    return {**one, "root": data.root, "longest": data.longest, "missing": data.missing}


def _read_as(settings: Mapping[str, Any], digest_: str) -> dict[str, Any]:
    """Return what decides the rows of a set: how its files are read, and their bytes."""
    kept = {key: value for key, value in settings.items() if key not in ("root", "files", "labels")}
    splits = sorted(split for split, name in settings["files"].items() if name)
    parallel = settings["labels"] is not None
    # A row's id has its file's name.
    names = {split: Path(settings["files"][split]).name for split in splits}
    return {**kept, "files": names, "parallel": parallel, "digest": digest_ or "absent"}


def _vocabulary(
    condition: Condition,
    data: TextData,
    sets: Mapping[str, Mapping[str, Any]],
    prints: Mapping[str, str],
) -> Job:
    """Return the job that learns word pieces: by default from the sources' texts alone."""
    names = data.vocabulary_sets
    if names is None:
        transfer = condition.settings.transfer
        tasks = condition.tasks
        read = sources_of(transfer, tasks) if transfer else sorted(tasks)
        names = sorted({parted(tasks[name].domain)[0] for name in read})
    content = {
        "kind": "vocabulary",
        "version": TEXT_VERSION,
        "size": data.vocabulary,
        "lowercase": data.lowercase,
        "sets": sorted((_read_as(sets[name], prints[name]) for name in names), key=str),
    }
    where = {"sets": [dict(sets[name]) for name in names]}
    return Job(Kind.VOCABULARY, content, f"learn {data.vocabulary} word pieces", where=where)


def _given_vocabulary(model: Model) -> Job:
    content = {"kind": "vocabulary", "version": TEXT_VERSION, "model": model.content()}
    title = f"take the word pieces of {model.name}"
    return Job(Kind.VOCABULARY, content, title, where={"model": model.folder})


def _text_job(
    data: TextData, name: str, settings: Mapping[str, Any], digest_: str, vocabulary: Job
) -> Job:
    content = {
        "kind": "pack",
        "version": TEXT_VERSION,
        "domain": INPUT,
        "source": {"kind": "text", **_read_as(settings, digest_)},
        "vocabulary": vocabulary.key,
        "length": data.length,
    }
    return Job(
        Kind.PACK,
        content,
        f"pack texts of {name}",
        needs=(vocabulary.key,),
        where={"set": dict(settings), "vocabulary": vocabulary.key},
        work=(data.sets[name].examples or 1) * _WORK_OF_A_TEXT,
    )


def _label_job(
    name: str, column: str, task: Task, settings: Mapping[str, Any], digest_: str
) -> Job:
    content = {
        "kind": "pack",
        "version": TEXT_VERSION,
        "domain": task.domain,
        "source": {"kind": "text", **_read_as(settings, digest_)},
        "column": column,
        "label": task.kind,
        "classes": task.classes,
    }
    where = {"set": dict(settings)}
    return Job(Kind.PACK, content, f"pack {column} of {name}", where=where)
