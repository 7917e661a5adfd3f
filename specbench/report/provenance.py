"""How a study was made: spec, definitions in force, data, versions, hardware."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import duckdb

from specbench.report.query import Row, ask, equals
from specbench.report.study import Study, parse
from specbench.report.vocabulary import score_title


@dataclass(frozen=True)
class Provenance:
    """What the store says of a study's making."""

    created: str
    passed: str
    resolved: str
    versions: tuple[tuple[str, str], ...]
    hardware: tuple[tuple[str, str], ...]
    data: tuple[Row, ...]
    definitions: tuple[tuple[str, str], ...]
    sql: str


def read_provenance(connection: duckdb.DuckDBPyConnection, study: Study) -> Provenance:
    """Read the study's row of ``studies`` and its rows of ``data``."""
    sql = f"SELECT * FROM studies WHERE {equals(study=study.name)}"
    row = ask(connection, sql).rows[0]
    data = (
        f"SELECT * FROM data WHERE {study.where()}\n"
        "ORDER BY condition <> 'base', condition, list_position(['train', 'val', 'test'], split)"
    )
    return Provenance(
        created=str(row["created"] or "").split(".")[0],
        passed=pretty(row["spec_passed"]),
        resolved=pretty(row["spec_resolved"]),
        versions=flat(parse(row["versions"])),
        hardware=flat(parse(row["hardware"])),
        data=ask(connection, data).rows,
        definitions=tuple(_definitions(study)),
        sql=f"{sql};\n\n{data}",
    )


def pretty(text: str | None) -> str:
    """Return a spec for reading: a text as it was written, an object as indented JSON."""
    try:
        value = json.loads(text or "null")
    except ValueError:
        return text or ""
    if isinstance(value, str):
        return value
    if isinstance(value, dict) and any(_long(entry) for entry in value.values()):
        return "\n\n".join(f"# {name}\n{_entry(entry)}" for name, entry in value.items() if entry)
    return "" if value is None else json.dumps(value, indent=2, ensure_ascii=False)


def flat(value: dict[str, Any], prefix: str = "") -> tuple[tuple[str, str], ...]:
    """Return nested settings as (dotted name, text) pairs."""
    pairs: list[tuple[str, str]] = []
    for name, entry in value.items():
        if isinstance(entry, dict):
            pairs.extend(flat(entry, f"{prefix}{name}."))
        else:
            shown = ", ".join(map(str, entry)) if isinstance(entry, list) else str(entry)
            pairs.append((f"{prefix}{name}", shown))
    return tuple(pairs)


def _long(entry: object) -> bool:
    return isinstance(entry, str) and "\n" in entry


def _entry(entry: object) -> str:
    return entry if isinstance(entry, str) else json.dumps(entry, indent=2, ensure_ascii=False)


def _definitions(study: Study) -> list[tuple[str, str]]:
    one = study.definition
    sign = " (single − joint)" if one.quantity == "loss" else ", signed so that more is better"
    said = [
        (
            "gain",
            f"{one.quantity}{sign}, divided by that of the {one.denominator} network, against the "
            f"{one.baseline}-capacity single network, on the {one.split} split; one value a seed",
        ),
        ("beats the mean", "better than the best constant fitted on the training labels"),
    ]
    judging = [
        (
            "agreement",
            "a score of one seed is held against the gain averaged over the other seeds, averaged "
            "over seeds (crossed); the value on the same runs is given beside it",
        ),
        (
            "p value",
            "two-sided, by permuting tasks (rows and columns together), crossed ones on one fixed "
            "split of the seeds; corrected over the study's scores by max-T (Westfall–Young)",
        ),
        ("noise ceiling", "square root of the reliability of the mean gain, from its seeds"),
        ("interval", "95 %, dyadic bootstrap over tasks"),
        ("ties", "Kendall is tau-b; tied best partners share, the gain lost is their mean"),
    ]
    return said + (judging if study.scores else []) + _settings(study)


def _settings(study: Study) -> list[tuple[str, str]]:
    """Return what the spec says of reduction, precision and every score's probe data."""
    said = []
    data, training = study.spec.get("data"), study.spec.get("training")
    if isinstance(data, dict) and data.get("kind") == "published":
        said += [(f"published {name}", text) for name, text in _figures(data)]
    elif isinstance(training, dict):
        for name in ("reduction", "precision", "method"):
            if name in training:
                said.append((f"training {name}", str(training[name])))
    scores = study.spec.get("scores")
    if isinstance(scores, dict):
        for score, settings in scores.items():
            if isinstance(settings, dict) and settings:
                shown = ", ".join(f"{name} = {text}" for name, text in flat(settings))
                said.append((f"score {score_title(score)}", shown))
    return said


def _figures(data: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield the files that were read, and what scores were multiplied by."""
    for name in ("losses", "gains", "scores"):
        if data.get(name):
            yield name, f"read from {str(data[name]).replace(chr(92), '/').rpartition('/')[2]}"
    scale = data.get("scale")
    if isinstance(scale, dict) and scale:
        factors = ", ".join(f"{score} × {factor:g}" for score, factor in scale.items())
        yield "scores, in their unit", factors
