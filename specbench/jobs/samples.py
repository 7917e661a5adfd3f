"""Pictures of a few test images: what went in, what was asked for, what a network said.

Where networks are fed anything but images there are none.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from specbench.data.dataset import Dataset
from specbench.data.domains import Domain, Form
from specbench.data.ids import read_ids
from specbench.data.pack import read_manifest
from specbench.data.pictures import limits_of, picture, png
from specbench.jobs.context import Context
from specbench.tasks.catalogue import Task

if TYPE_CHECKING:
    from specbench.data.source import Array
    from specbench.nets.network import Network

IMAGES = 4
"""Pictures a task and network: the first test images in the order of the study."""
SPLIT = "test"


def write_inputs(context: Context, domain: str) -> list[dict[str, str]]:
    """Draw the input images; a row of `samples` for each, with no target."""
    if not _shown(context, domain):
        return []
    ids = read_ids(context.folder / f"{SPLIT}.ids")[:IMAGES]
    folder = context.folders()[domain]
    values = Dataset.open({domain: folder}, SPLIT, ids).take(domain, slice(None))
    return _write(context, "", ids, values, _domain(folder, domain), values)


def write_labels(context: Context, task: Task) -> list[dict[str, str]]:
    """Draw the labels of a task."""
    if not _shown(context, context.ticket.where["input"]):
        return []
    ids, labels, domain = _labels(context, task)
    return _write(context, task.name, ids, labels, domain, labels)


def write_predictions(context: Context, network: Network) -> list[dict[str, str]]:
    """Draw a network's predictions for every task it learns, in the range of the labels."""
    from specbench.training.predict import predict
    from specbench.training.weights import tasks_of

    folders, source = context.folders(), context.content["data"]["input"]
    if not _shown(context, source):
        return []
    tasks = tasks_of(context.content)
    ids = read_ids(folders["ids"] / f"{SPLIT}.ids")[:IMAGES]
    packed = Dataset.open({source: folders[source]}, SPLIT, ids).take(source, slice(None))
    rows = []
    for name, values in predict(network, tasks, packed).items():
        _, labels, domain = _labels(context, tasks[name])
        if domain.form is Form.IMAGE:
            values = values * 255
        rows += _write(context, name, ids, values, domain, labels)
    return rows


def _shown(context: Context, domain: str) -> bool:
    if domain == "text":
        return False
    return _domain(context.folders()[domain], domain).form is Form.IMAGE


def _labels(context: Context, task: Task) -> tuple[list[str], Array, Domain]:
    folders = context.folders()
    ids = read_ids(folders["ids"] / f"{SPLIT}.ids")[:IMAGES]
    folder = folders[task.domain]
    labels = Dataset.open({task.domain: folder}, SPLIT, ids).take(task.domain, slice(None))
    return ids, labels, _domain(folder, task.domain)


def _domain(folder: Path, name: str) -> Domain:
    manifest = read_manifest(folder)
    return Domain(name, Form(manifest["form"]), manifest["channels"], manifest["classes"])


def _write(
    context: Context, target: str, ids: list[str], values: Array, domain: Domain, labels: Array
) -> list[dict[str, str]]:
    """Write one picture an image; a label and its predictions have the same range of colours."""
    folder = context.folder / "samples"
    folder.mkdir(exist_ok=True)
    rows = []
    already = len(list(folder.iterdir()))
    for place, image in enumerate(ids):
        name = f"{already + place:04d}.png"
        limits = limits_of(labels[place]) if domain.form is Form.CONTINUOUS else None
        (folder / name).write_bytes(png(picture(values[place], domain, limits)))
        rows.append({"target": target, "image": image, "path": f"samples/{name}"})
    return rows
