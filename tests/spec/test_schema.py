"""The JSON Schema that editors read."""

from __future__ import annotations

import json
from typing import Any

from specbench.scores.registry import SCORES
from specbench.spec.models import StudySpec
from specbench.spec.schema import json_schema


def test_it_names_every_section_and_score() -> None:
    schema = json_schema()
    json.dumps(schema)
    assert set(schema["properties"]) == set(StudySpec.model_fields)
    assert set(schema["properties"]["scores"]["properties"]) == set(SCORES)


def test_every_field_is_described() -> None:
    schema = json_schema()
    parts: list[Any] = [schema, *schema["$defs"].values()]
    for name, field in (item for part in parts for item in part.get("properties", {}).items()):
        described = schema["$defs"][field["$ref"].split("/")[-1]] if "$ref" in field else field
        assert described.get("description"), name


def test_unknown_keys_are_refused_by_the_schema_too() -> None:
    schema = json_schema()
    for name, part in schema["$defs"].items():
        if part["type"] == "object":
            assert part["additionalProperties"] is False, name
