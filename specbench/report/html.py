"""One study as one HTML file that needs nothing beside it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from statistics import fmean
from typing import Any

import duckdb
import jinja2
from markupsafe import Markup, escape

from specbench.report import numerals, vocabulary
from specbench.report.agreement import CROSSED
from specbench.report.answer import headline, sentences
from specbench.report.figures.drawn import Drawn
from specbench.report.figures.style import marker
from specbench.report.findings import Findings
from specbench.report.locate import loader
from specbench.report.promise import promises
from specbench.report.provenance import read_provenance
from specbench.report.rules.transfer import set_title
from specbench.report.samples import read_samples
from specbench.report.scoreboard import best_of, grids, lines, reasons
from specbench.report.tables import read_tables
from specbench.report.transfer import Transfer
from specbench.report.trust import PARTS

MATRIX_TASKS = 24  # beyond that a printed matrix is no longer read, it is drawn


@dataclass(frozen=True)
class PartnerSum:
    """What following one score finds and loses over all targets."""

    hits: float
    targets: int
    lost: float


def render(
    connection: duckdb.DuckDBPyConnection,
    found: Findings,
    drawn: Drawn,
    templates: Path | None = None,
    results: Path | None = None,
    csv: bool = True,
) -> str:
    """Return the page; ``csv`` says whether the views lie beside it as ``data/<view>.csv``."""
    page = environment(templates).get_template("report.html.jinja")
    return page.render(
        found=found,
        study=found.study,
        headline=headline(found),
        sentences=sentences(found),
        matrix_tasks=MATRIX_TASKS,
        largest=max((one.largest for one in found.gains_by_condition.values()), default=0.0),
        tables=read_tables(connection, found.study),
        tables_note="Every view of the store for this study.",
        samples=read_samples(connection, found.study, found.gains, results),
        made=read_provenance(connection, found.study),
        promises=promises(found.work),
        constants={one.target: one.constant for one in found.skills.compared},
        csv=csv,
        trust_parts=PARTS,
        **_pictures(drawn),
        **_scores(found),
        **_partners(found),
    )


def environment(templates: Path | None = None) -> jinja2.Environment:
    """Return the templates' environment: everything escaped, an unknown name is an error."""
    made = jinja2.Environment(
        loader=loader(templates),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    made.filters.update(_FILTERS)
    made.globals.update(
        interval=numerals.interval, marker=marker, transfer_largest=_transfer_largest
    )
    return made


def _transfer_largest(transfer: Transfer) -> float:
    """Return the largest gain or loss of any set, for the shades of a table."""
    return max((abs(row["gain"]) for row in transfer.rows if row["gain"] is not None), default=0.0)


def _pictures(drawn: Drawn) -> dict[str, Any]:
    return {
        "heat": drawn.heat,
        "forest": drawn.forest,
        "scatters": drawn.scatters,
        "quality": drawn.quality,
        "courses": drawn.courses,
        "budgets": drawn.budgets,
        "choices": drawn.choices,
        "transfer_pictures": drawn.transfers,
    }


def _scores(found: Findings) -> dict[str, Any]:
    shown = lines(found)
    groups = [one for one in lines(found, "groups") if one.judged or one.kendall]
    crossed = any(one.crossed and one.crossed.value is not None for one in shown)
    fits = [one.crossed if crossed else one.same for one in shown]
    first = [one.value if one is not None else None for one in fits]
    judged = [one.judged for one in shown if one.judged is not None]
    return {
        "lines": shown,
        "group_lines": groups,
        "best_lines": best_of([first], 2),
        "estimable": any(one.value is not None for one in judged),
        "crossed_known": crossed,
        "ceiling_known": any(one.ceiling is not None for one in judged),
        "marked": any(one.same and one.same.marked and one.same.value is not None for one in shown),
        "seeds_known": any(one.over_seeds and one.over_seeds["low"] is not None for one in shown),
        "costs_known": any(one.cost and one.cost.macs is not None for one in shown),
        "line_reasons": reasons(
            one for line in shown for one in (line.crossed, line.same, line.kendall)
        ),
        "grids": grids(found),
    }


def _partners(found: Findings) -> dict[str, Any]:
    def best_partner(target: str) -> str:
        row = found.gains.row(target)
        if not row:
            return numerals.NOTHING
        return max(row, key=lambda cell: cell.mean).partner

    lost = [one.lost for one in lines(found)]
    return {
        "partners": {score: _sum(found, score) for score in found.study.scores},
        "partners_crossed": any(one is not None and one.fit == CROSSED for one in lost),
        "best_partner": best_partner,
    }


def _sum(found: Findings, score: str) -> PartnerSum | None:
    chosen = [one for (name, _), one in found.choices.items() if name == score]
    if not chosen:
        return None
    lost = fmean(one.lost for one in chosen)
    return PartnerSum(sum(one.hit for one in chosen), len(chosen), lost)


def _breakable(text: str) -> Markup:
    """Let a long name break after an underscore, a plus sign, a comma, the dot of a path."""
    return Markup(re.sub(r"([_+,=/]|\.(?=[^\W\d]))", r"\1<wbr>", str(escape(text))))


def _mean(values: Sequence[float]) -> float | None:
    return fmean(values) if values else None


def _last_line(text: str) -> str:
    rows = [row.strip() for row in text.strip().splitlines() if row.strip()]
    return rows[-1] if rows else ""


def _share_of(hits: float, targets: int) -> str:
    whole = abs(hits - round(hits)) < 1e-9
    return f"{hits:.0f} of {targets}" if whole else f"{numerals.decimal(hits, 1)} of {targets}"


def _cost_digits(share: float) -> int:
    return 0 if share == 0 or share >= 0.1 else 1


_FILTERS = {
    "decimal": numerals.decimal,
    "signed": partial(numerals.decimal, signed=True),
    "percent": numerals.percent,
    "points": numerals.points,
    "probability": numerals.probability,
    "large": numerals.large,
    "duration": numerals.duration,
    "listing": numerals.listing,
    "counted": numerals.counted,
    "score_title": vocabulary.score_title,
    "method_title": vocabulary.method_title,
    "set_title": set_title,
    "breakable": _breakable,
    "mean": _mean,
    "lastline": _last_line,
    "share_of": _share_of,
    "costdigits": _cost_digits,
}
