"""The data jobs of a condition, and what its networks' keys say about the data."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from specbench.data.digits import DIGITS_VERSION
from specbench.data.kinds import FOLDERS
from specbench.data.registry import OWN
from specbench.data.rooms import ROOMS_VERSION
from specbench.data.source import Source, make_source
from specbench.data.table.source import INPUTS
from specbench.errors import DataError, ResultError
from specbench.plan.jobs import Job, Kind, content_key
from specbench.results import Results
from specbench.spec.data import DigitsData, FolderData, RoomsData, SampleData
from specbench.spec.table_models import TableData
from specbench.tasks.catalogue import Task

PACK_VERSION = 1
"""Raise it when packed arrays of unchanged files would differ."""
SELECT_VERSION = 1
"""Raise it when the choice of images of unchanged packs would differ."""
MASK = "mask_valid"
_WORK_OF_A_VIEW = 1.4e10
"""What rendering one view is worth in multiply-adds of training: 0.35 s on the same core."""
SPLITS = ("train", "val", "test")


@dataclass(frozen=True)
class DataPlan:
    """The data jobs of one condition."""

    jobs: tuple[Job, ...]
    packs: Mapping[str, str]
    """Key of the pack of every domain."""
    select: str
    """Key of the job that chooses the images."""
    input: str
    """Domain that networks see."""
    images: Mapping[str, int | None]
    """Images of each split, where known."""
    fixed: str = ""
    """Identity of rendered or drawn data, known before there is any."""
    chosen: Mapping[str, Any] | None = None
    """What the choice of images found, where it is done."""
    source: Mapping[str, Any] = field(default_factory=dict)
    """What beside the bytes decides the values, where settings or the user's code decode them."""
    shape: tuple[int, int] | None = None
    """Channels and length of a sample that is no image; a guess while the keys are provisional."""

    @property
    def provisional(self) -> bool:
        """Whether the keys of networks are not known yet, since the data is not packed."""
        return not self.fixed and self.chosen is None

    def identity(self, domains: Iterable[str]) -> str:
        """Return what a network over ``domains`` has to know of the data to be told apart.

        For rendered data a hash of the recipe; for files a hash of the chosen images and of the
        bytes of the domains that the network reads.
        """
        if self.fixed:
            return self.fixed
        if self.chosen is None:
            return f"pending {self.select}"
        read = {domain: self.chosen["fingerprints"][domain] for domain in sorted(domains)}
        own = {"source": self.source} if self.source else {}
        return content_key({"ids": self.chosen["ids"], "fingerprints": read, **own})

    texts: Mapping[str, Any] | None = None
    model: Any = None
    """Of texts only, see ``specbench.plan.text``."""

    @property
    def selects(self) -> list[str]:
        """Keys of the jobs that choose samples."""
        return [self.select]

    def held(self, domains: Iterable[str]) -> dict[str, str]:
        """Return the keys of the packs of ``domains``."""
        return {name: self.packs[name] for name in sorted(domains)}

    def samples(self, domains: Iterable[str], most: int | None) -> int:
        """Return the training samples, at most ``most``; 0 where they are not known."""
        images = self.images["train"] or 0
        return min(images, most or images)

    def counted(self, network: Mapping[str, Any], domains: Iterable[str]) -> Mapping[str, Any]:
        """Return a network's description as its multiply-adds are counted."""
        return network

    def folders(self, domains: Iterable[str]) -> dict[str, str]:
        """Return the keys of the packs of ``domains`` and of the chosen images."""
        return {**{domain: self.packs[domain] for domain in sorted(domains)}, "ids": self.select}


def domains_of(tasks: Iterable[Task], input_domain: str) -> set[str]:
    """Return the domains that networks of these tasks read."""
    tasks = list(tasks)
    masked = {MASK} if any(task.masked for task in tasks) else set()
    return {input_domain, *(task.domain for task in tasks)} | masked


def plan_data(data: SampleData, tasks: Iterable[Task], results: Results) -> DataPlan:
    """Return the data jobs of a condition; reads no file but folder times and finished choices."""
    if isinstance(data, RoomsData):
        return _plan_rooms(data, domains_of(tasks, "rgb"), results)
    if isinstance(data, DigitsData):
        return _plan_digits(data, domains_of(tasks, "rgb"), results)
    return _plan_files(data, list(tasks), results)


def buildings(data: RoomsData) -> dict[str, dict[str, int]]:
    """Return the number of views of every building of every split."""
    plan: dict[str, dict[str, int]] = {}
    for split in SPLITS:
        total, each = getattr(data, f"{split}_images"), data.views_per_building
        count = math.ceil(total / each)
        plan[split] = {
            f"{split}_{index:04d}": min(each, total - index * each) for index in range(count)
        }
    return plan


def _plan_rooms(data: RoomsData, domains: set[str], results: Results) -> DataPlan:
    plan = buildings(data)
    jobs = [
        Job(
            Kind.ROOMS,
            {
                "kind": "rooms",
                "version": ROOMS_VERSION,
                "seed": data.seed,
                "building": name,
                "views": views,
                "pixels": data.pixels,
            },
            f"render {name}",
            work=views * _WORK_OF_A_VIEW,
        )
        for split in SPLITS
        for name, views in plan[split].items()
    ]
    keys = [job.key for job in jobs]
    source = {
        "kind": "taskonomy",
        "splits": {split: list(plan[split]) for split in SPLITS},
        "missing": "refuse",
    }
    packs = [
        Job(
            Kind.PACK,
            _pack_content(domain, data.image_size, {**source, "rooms": keys}),
            f"pack {domain} at {data.image_size}",
            needs=tuple(keys),
            where={"source": source, "roots": keys},
        )
        for domain in sorted(domains)
    ]
    fixed = content_key({"rooms": keys})
    return _chosen(data, jobs, packs, "rgb", limits_of(data), results, fixed)


def _plan_digits(data: DigitsData, domains: set[str], results: Results) -> DataPlan:
    settings = source_settings(data)
    recipe = {**settings, "version": DIGITS_VERSION}
    packs = [
        Job(
            Kind.PACK,
            _pack_content(domain, data.image_size, recipe),
            f"pack {domain} at {data.image_size}",
            where={"source": settings, "roots": []},
        )
        for domain in sorted(domains)
    ]
    return _chosen(data, [], packs, "rgb", limits_of(data), results, content_key(recipe))


def _plan_files(data: Any, tasks: list[Task], results: Results) -> DataPlan:
    if isinstance(data, TableData):
        return _plan_table(data, tasks, results)
    settings = source_settings(data, tasks)
    source = _source_if_present(settings, data.root)
    own = OWN.get(data.kind)
    input_domain = own.thing.input_domain if own else source.input_domain if source else "rgb"
    decoding = _decoding(data, settings)
    domains = domains_of(tasks, input_domain)
    packs = []
    for domain in sorted(domains):
        stamps = [source.stamp(name) for name in (domain, input_domain)] if source else "absent"
        content = {
            key: value for key, value in settings.items() if key not in ("roots", "splits", "root")
        }
        if isinstance(data, FolderData):  # what the table of splits says is in the stamp
            content["options"] = {k: v for k, v in settings["options"].items() if k != "splits"}
        packs.append(
            Job(
                Kind.PACK,
                _pack_content(domain, data.image_size, {**decoding, **content, "stamps": stamps}),
                f"pack {domain} at {data.image_size}",
                where={"source": settings, "roots": []},
            )
        )
    chosen = _chosen(data, [], packs, input_domain, limits_of(data), results, "")
    return dataclasses.replace(chosen, source={"kind": data.kind, **decoding} if decoding else {})


def _decoding(data: Any, settings: dict[str, Any]) -> dict[str, Any]:
    """Return what beside the bytes of files decides their values, of kinds that have such."""
    if data.kind in OWN:
        return {"code": OWN[data.kind].origin.content(), "options": settings["options"]}
    if data.kind in FOLDERS:
        kind = FOLDERS[data.kind]
        options = {name: settings["options"][name] for name in kind.decoding}
        return {"version": kind.version, "options": options}
    return {}


def _plan_table(data: TableData, tasks: list[Task], results: Results) -> DataPlan:
    settings = source_settings(data, tasks)
    source = make_source(settings)
    decoding = {key: settings[key] for key in ("inputs", "split", "seed", "window", "standardise")}
    packs = []
    for domain in sorted(domains_of(tasks, INPUTS)):
        # What other columns hold, and are read as, changes nothing about this one.
        unread = ("standardise",) if domain == INPUTS else ("inputs",)
        content = {key: value for key, value in decoding.items() if key not in unread}
        if domain != INPUTS:
            content["target"] = list(settings["targets"][domain])
        stamps = [source.stamp(name) for name in (domain, INPUTS)]
        content |= {"kind": data.kind, "missing": data.missing, "stamps": stamps}
        packs.append(
            Job(
                Kind.PACK,
                _pack_content(domain, None, content),
                f"pack {domain}",
                where={"source": settings, "roots": []},
            )
        )
    chosen = _chosen(data, [], packs, INPUTS, limits_of(data), results, "")
    shape = tuple((chosen.chosen or {}).get("shape", data.shape_guessed()))
    return dataclasses.replace(chosen, source={"kind": data.kind, **decoding}, shape=shape)


def limits_of(data: Any) -> dict[str, int | None]:
    """Return how many samples of each split are used at most; None is all."""
    word = "rows" if isinstance(data, TableData) else "images"
    return {split: getattr(data, f"{split}_{word}") for split in SPLITS}


def source_settings(data: Any, tasks: Iterable[Task] = ()) -> dict[str, Any]:
    """Return a source, other than rooms, as the plain settings that ``make_source`` takes.

    Only a table reads its columns as the ``tasks`` say.
    """
    if isinstance(data, TableData):
        plain = data.model_dump(mode="json")
        kept = ("kind", "missing", "inputs", "split", "window", "standardise")
        # The seed decides about rows that are split by hash, and of no others.
        seed = data.seed if data.split.hashed else 0
        targets = {task.domain: (task.kind, task.classes) for task in tasks}
        fixed = {key: plain[key] for key in kept}
        return {**fixed, "roots": [data.path], "seed": seed, "targets": targets}
    if data.kind == "digits":
        return {"kind": "digits", "seed": data.seed, "images": limits_of(data)}
    settings: dict[str, Any] = {"kind": data.kind, "roots": [data.root]}
    if data.kind == "taskonomy":
        settings |= {"splits": data.splits, "split_by": data.split_by, "missing": data.missing}
    elif isinstance(data, FolderData):
        settings |= {"options": data.options(), "missing": data.missing}
    elif data.kind in OWN:
        model = OWN[data.kind].thing.Settings
        settings |= {"options": dataclasses.asdict(model(**data.options)), "missing": data.missing}
    return settings


def _source_if_present(settings: dict[str, Any], root: str) -> Source | None:
    """Return the source, or None where its folder is not there yet."""
    if not Path(root).is_dir():
        return None
    try:
        return make_source(settings)
    except DataError as error:
        raise DataError(f"data.root = '{root}': {error.message}", error.hint) from error


def _pack_content(domain: str, image_size: int | None, source: dict[str, Any]) -> dict[str, Any]:
    size = {} if image_size is None else {"image_size": image_size}
    return {"kind": "pack", "version": PACK_VERSION, "domain": domain, **size, "source": source}


def choose_examples(
    seed: int,
    packs: Mapping[str, Job],
    input_domain: str,
    limits: dict[str, int | None],
    results: Results,
    fixed: str,
) -> DataPlan:
    """Return the plan of packs given by domain, and of the job that chooses among their ids."""
    return _chosen_of(seed, [], packs, input_domain, limits, results, fixed)


def _chosen(
    data: SampleData,
    jobs: list[Job],
    packs: list[Job],
    input_domain: str,
    limits: dict[str, int | None],
    results: Results,
    fixed: str,
) -> DataPlan:
    by_domain = {job.content["domain"]: job for job in packs}
    return _chosen_of(data.seed, jobs, by_domain, input_domain, limits, results, fixed)


def _chosen_of(
    seed: int,
    jobs: list[Job],
    packs: Mapping[str, Job],
    input_domain: str,
    limits: dict[str, int | None],
    results: Results,
    fixed: str,
) -> DataPlan:
    keys = {domain: job.key for domain, job in packs.items()}
    select = Job(
        Kind.SELECT,
        {
            "kind": "select",
            "version": SELECT_VERSION,
            "packs": keys,
            "limits": limits,
            "seed": seed,
            "input": input_domain,
        },
        "choose the images that all domains have",
        needs=tuple(keys.values()),
        where={"folders": keys},
    )
    chosen = None
    images: Mapping[str, int | None] = limits
    with suppress(ResultError):  # absent, or damaged: chosen again when the study runs
        chosen = results.read(select.key)["result"]
        images = {split: chosen["splits"][split]["images"] for split in SPLITS}
    return DataPlan(
        (*jobs, *packs.values(), select), keys, select.key, input_domain, images, fixed, chosen
    )
