import re
from pathlib import Path

import pytest

from specbench.errors import SpecError
from specbench.scores.contract import ProbeSettings
from specbench.scores.registry import SCORES
from specbench.spec import models, reference, reference_prose
from specbench.spec.docstrings import field_docs
from specbench.spec.load import load

DOCS = Path(__file__).parents[2] / "docs"
SECTIONS = {
    name: model
    for name, model in vars(models).items()
    if isinstance(model, type) and issubclass(model, models.Section)
}


def test_the_page_in_docs_is_what_the_models_say() -> None:
    assert (DOCS / "spec.md").read_text(encoding="utf-8") == reference.page(), "run: make docs"


@pytest.mark.parametrize("model", SECTIONS.values(), ids=SECTIONS)
def test_every_field_says_what_it_means(model: type[models.Section]) -> None:
    for name, field in model.model_fields.items():
        assert field.description, f"{model.__name__}.{name} has no docstring"


def test_every_setting_of_a_score_says_what_it_means() -> None:
    for score in SCORES.values():
        described = field_docs(score.Settings)
        assert set(described) == set(score.Settings.__dataclass_fields__), score.name


def test_docstrings_of_fields_come_with_those_of_bases() -> None:
    class More(ProbeSettings):
        steps: int = 10
        """Steps between probes."""
        silent: int = 0

    found = field_docs(More)
    assert found["steps"] == "Steps between probes."
    assert found["split"].startswith("Split they are taken from")
    assert "silent" not in found


def test_the_page_names_every_path_a_study_can_have() -> None:
    page = reference.page()
    for name, field in models.StudySpec.model_fields.items():
        assert f"## [{name}]" in page
        assert field.description
    for name in models.TrainingSection.model_fields:
        assert f"`training.{name}`" in page
    for kind in reference.DATA_KINDS.values():
        assert all(f"`data.{name}`" in page for name in kind.model_fields)


@pytest.mark.parametrize(
    ("schema", "words"),
    [
        ({"type": "integer", "minimum": 1}, "integer ≥ 1"),
        ({"type": "array", "items": {"type": "number"}}, "list of numbers"),
        ({"anyOf": [{"type": "string"}, {"type": "null"}]}, "text"),
        ({"enum": ["a", 2]}, '`"a"`, `2`'),
        ({"$ref": "#/$defs/Other"}, "table"),
        ({}, "any value"),
    ],
)
def test_types_in_words(schema: dict[str, object], words: str) -> None:
    assert reference.type_of(schema) == words


def test_the_example_errors_are_what_a_reader_gets(tmp_path: Path) -> None:
    refused = re.search(r"```toml refused\n(.*?)```", reference_prose.ERRORS, re.DOTALL)
    shown = re.search(r"```text\n(study.toml.*?)```", reference_prose.ERRORS, re.DOTALL)
    assert refused is not None
    assert shown is not None
    spec = tmp_path / "study.toml"
    spec.write_text(refused[1])
    with pytest.raises(SpecError) as caught:
        load(spec)
    assert str(caught.value).replace(f"{tmp_path}/", "").strip() == shown[1].strip()
