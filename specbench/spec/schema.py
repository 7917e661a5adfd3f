"""The JSON Schema of a study: completion and checking while a spec is written."""

from __future__ import annotations

import dataclasses
from typing import Any

from pydantic import TypeAdapter

from specbench.scores.registry import BUILT_IN
from specbench.spec.methods import options_schema
from specbench.spec.models import StudySpec
from specbench.training.methods.catalogue import METHODS


def json_schema() -> dict[str, Any]:
    """Return the schema of a study file, every score's settings included."""
    schema = StudySpec.model_json_schema()
    schema["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    schema["title"] = "specbench study"
    schema["properties"]["scores"] = {
        "type": "object",
        "description": "Scores to compute, a table each.",
        "additionalProperties": False,
        "properties": {name: _settings_schema(name) for name in BUILT_IN},
    }
    _add_methods(schema["$defs"]["TrainingSection"]["properties"])
    return schema


def _add_methods(training: dict[str, Any]) -> None:
    """Say which training methods there are and what each can be told."""
    training["method"]["enum"] = list(METHODS)
    told = [name for name, method in METHODS.items() if dataclasses.fields(method.options)]
    training["method_settings"]["properties"] = {name: options_schema(name) for name in told}


def _settings_schema(name: str) -> dict[str, Any]:
    score = BUILT_IN[name]
    schema = TypeAdapter(score.Settings).json_schema()
    schema["additionalProperties"] = False
    schema["description"] = f"{score.title}: {score.source}"
    assert dataclasses.is_dataclass(score.Settings)
    return schema
