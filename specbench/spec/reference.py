"""The reference of a study file, ``docs/spec.md``, written from the models themselves.

``python -m specbench.spec.reference`` prints the page. Tables come from the models, the catalogue
of tasks, the encoders and the scores; the prose between them from ``reference_prose``.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from pydantic import BaseModel, TypeAdapter
from pydantic.fields import FieldInfo

from specbench.data.celeba import ATTRIBUTES
from specbench.nets.architecture import BUILT_IN as ENCODERS
from specbench.nets.cost import PRETRAINED
from specbench.scores.contract import Score
from specbench.scores.registry import BUILT_IN
from specbench.spec import (
    executor,
    models,
    reference_prose,
    table_models,
    text_models,
    transfer_models,
)
from specbench.spec.data import OwnData
from specbench.spec.docstrings import field_docs
from specbench.spec.fields import DATA_KINDS, is_path
from specbench.spec.methods import options_schema
from specbench.tasks.catalogue import CATALOGUE
from specbench.training.methods.catalogue import METHODS, SOLVERS

Row = tuple[str, ...]

_PARTS: dict[str, dict[str, type[BaseModel]]] = {
    "table": {
        "inputs": table_models.TableInputs,
        "split": table_models.TableSplit,
        "window": table_models.TableWindow,
    },
    "text": {"sets.NAME": text_models.TextSet, "sets.NAME.files": text_models.SplitFiles},
}
"""Tables within [data] of a kind."""
_HEAD = ("path", "type", "default", "meaning")


def page() -> str:
    """Return the whole page as Markdown."""
    parts = [
        reference_prose.INTRODUCTION,
        *_section("[study]", "study", models.StudySection),
        "## [data]",
        reference_prose.DATA,
        *(_source(kind, model) for kind, model in DATA_KINDS.items()),
        _source("NAME", OwnData),
        "## [tasks]",
        reference_prose.TASKS,
        _table(_HEAD, _rows("tasks.NAME", models.TaskSection)),
        "### Known tasks",
        reference_prose.KNOWN_TASKS,
        _table(("task", "kind", "loss", "size", "masked", "metrics"), _known_tasks()),
        *_section("[networks]", "networks", models.NetworksSection),
        _table(_HEAD, _rows("networks.decoder", models.DecoderSection)),
        _sentence(models.RandomGroups),
        _table(_HEAD, _rows("networks.groups[]", models.RandomGroups)),
        reference_prose.ENCODERS,
        _table(("encoder", "`width`", "`features`", "`decoder.width`"), _encoders()),
        *_section("[training]", "training", models.TrainingSection),
        "### Training methods",
        reference_prose.METHODS,
        _table(("method", "what it does", "combines", "source"), _methods()),
        _table(_HEAD, _method_settings()),
        reference_prose.CANDIDATES,
        *_section("[transfer]", "transfer", transfer_models.TransferSection),
        _sentence(transfer_models.SourceSet),
        _table(_HEAD, _rows("transfer.sets[]", transfer_models.SourceSet)),
        _sentence(transfer_models.FinetuneSection),
        _table(_HEAD, _rows("transfer.finetune", transfer_models.FinetuneSection)),
        *_section("[conditions]", "conditions", models.ConditionsSection),
        reference_prose.CONDITIONS,
        "## [scores]",
        reference_prose.SCORES,
        *(_score(score) for score in BUILT_IN.values()),
        *_section("[gain]", "gain", models.GainSection),
        *_section("[choose]", "choose", models.ChooseSection),
        reference_prose.CHOOSE,
        *_section("[store]", "store", models.StoreSection),
        *_section("[report]", "report", models.ReportSection),
        *_section("[executor]", "executor", executor.ExecutorSection),
        reference_prose.EXECUTOR,
        _sentence(executor.SlurmSection),
        _table(_HEAD, _rows("executor.slurm", executor.SlurmSection)),
        _sentence(executor.RaySection),
        _table(_HEAD, _rows("executor.ray", executor.RaySection)),
        reference_prose.OVERRIDES,
        reference_prose.ERRORS,
    ]
    return "\n\n".join(part.strip("\n") for part in parts) + "\n"


def _section(title: str, path: str, model: type[BaseModel]) -> Iterator[str]:
    yield f"## {title}\n\n{_sentence(model)}"
    yield _table(_HEAD, _rows(path, model))


def _source(kind: str, model: type[BaseModel]) -> str:
    rows = sorted(_rows("data", model), key=lambda row: row[0] != "`data.kind`")
    for name, part in _PARTS.get(kind, {}).items():
        rows += _rows(f"data.{name}", part)
    return f'### kind = "{kind}"\n\n{_sentence(model)}\n\n{_table(_HEAD, rows)}'


def _sentence(thing: type) -> str:
    return " ".join((thing.__doc__ or "").split())


def _rows(path: str, model: type[BaseModel]) -> Iterator[Row]:
    """Yield one row a field; ValueError for a field that nobody described."""
    schemas = model.model_json_schema()["properties"]
    for name, field in model.model_fields.items():
        if not field.description:
            raise ValueError(f"{path}.{name} has no docstring")
        kind = "path" if is_path(field) else type_of(schemas[name])
        yield f"`{path}.{name}`", kind, _default(field), " ".join(field.description.split())


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return "required"
    value = field.get_default(call_default_factory=True)
    if value is None:
        return "–"
    return "see below" if isinstance(value, BaseModel) else f"`{_toml(value)}`"


def _toml(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def type_of(schema: Mapping[str, Any]) -> str:
    """Return the type that a JSON Schema describes, in words."""
    for union in ("anyOf", "oneOf"):
        if union in schema:
            return " or ".join(type_of(one) for one in schema[union] if one.get("type") != "null")
    if "enum" in schema:
        return ", ".join(f"`{_toml(word)}`" for word in schema["enum"])
    if "const" in schema:
        return f"`{_toml(schema['const'])}`"
    # Pydantic before 2.9 wraps a reference that has a default.
    refers = "$ref" in schema or "allOf" in schema
    kind = schema.get("type", "table" if refers else "any value")
    if kind == "array":
        items = schema.get("items", {})
        kinds = [_plural(type_of(one)) for one in items.get("anyOf", items.get("oneOf", [items]))]
        return f"list of {' or '.join(kinds)}"
    if kind == "object":
        return "table"
    words = {"string": "text", "boolean": "true or false"}
    return " ".join([words.get(kind, kind), *_bounds(schema)])


def _plural(kind: str) -> str:
    first, *rest = kind.split(" ")
    numbered = {
        "integer": "integers",
        "number": "numbers",
        "text": "texts",
        "table": "tables",
        "list": "lists",
    }
    return "any values" if kind == "any value" else " ".join([numbered.get(first, first), *rest])


def _bounds(schema: Mapping[str, Any]) -> Iterator[str]:
    signs = {"minimum": "≥", "exclusiveMinimum": ">", "maximum": "≤", "exclusiveMaximum": "<"}
    # A limit that only keeps numbers within 32 bits tells a reader nothing.
    told = {key: schema[key] for key in signs if key in schema and schema[key] < 2**31 - 1}
    limits = [f"{signs[key]} {limit:g}" for key, limit in told.items()]
    if limits:
        yield " and ".join(limits)
    if "multipleOf" in schema:
        yield f"in steps of {schema['multipleOf']}"


def _known_tasks() -> Iterator[Row]:
    """Yield a row a task; the attributes of CelebA, all alike, have one together."""
    for task in CATALOGUE.values():
        if task.name in ATTRIBUTES[1:]:
            continue
        names = f"`{task.name}` and the {len(ATTRIBUTES) - 1} other attributes of CelebA"
        size = _counted(task.classes, "class", "es") if task.is_class else _counted(task.channels)
        masked = "yes" if task.masked else "no"
        metrics = ", ".join(task.metrics)
        name = names if task.name in ATTRIBUTES else f"`{task.name}`"
        yield name, task.kind, task.loss, size, masked, metrics


def _counted(number: int, word: str = "channel", ending: str = "s") -> str:
    return f"{number} {word}{'' if number == 1 else ending}"


def _encoders() -> Iterator[Row]:
    for name, known in ENCODERS.items():
        decoder = str(known.decoder_width) if known.decoder_width else "–"
        size = (
            ("its model's", "its model's") if name == PRETRAINED else (known.width, known.features)
        )
        yield f"`{name}`", *map(str, size), decoder


def _methods() -> Iterator[Row]:
    for method in METHODS.values():
        needs = f"; needs {SOLVERS}" if method.needs else ""
        yield f"`{method.name}`", method.title, f"{method.reads}{needs}", method.source


def _method_settings() -> Iterator[Row]:
    for name, method in METHODS.items():
        described = field_docs(method.options)
        for key, schema in options_schema(name).get("properties", {}).items():
            path = f"`training.method_settings.{name}.{key}`"
            default = f"`{_toml(schema['default'])}`"
            yield path, type_of(schema), default, " ".join(described[key].split())


def _score(score: Score) -> str:
    symmetric = "symmetric" if score.symmetric else "not symmetric"
    facts = f"{score.title.capitalize()}; {symmetric}; reads {score.needs.value}."
    rows = list(_settings("scores." + score.name, score.Settings))
    table = _table(_HEAD, rows) if rows else "No settings."
    return f"### {score.name}\n\n{facts} Source: {score.source}.\n\n{table}"


def _settings(path: str, settings: type) -> Iterator[Row]:
    described = field_docs(settings)
    for name, schema in TypeAdapter(settings).json_schema().get("properties", {}).items():
        if name not in described:
            raise ValueError(f"{path}.{name} has no docstring")
        default = f"`{_toml(schema['default'])}`" if "default" in schema else "required"
        yield f"`{path}.{name}`", type_of(schema), default, " ".join(described[name].split())


def _table(head: Row, rows: Iterable[Row]) -> str:
    lines = [head, tuple("---" for _ in head), *rows]
    return "\n".join("| " + " | ".join(row) + " |" for row in lines)


if __name__ == "__main__":
    sys.stdout.write(page())
