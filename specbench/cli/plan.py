"""``specbench plan``: the grid, what is done, what would run and why."""

from __future__ import annotations

import json
from pathlib import Path

import click

from specbench.cli.options import takes_study


@click.command()
@takes_study
@click.option("--why", is_flag=True, help="List every job that would run, with the reason.")
@click.option("--json", "as_json", is_flag=True, help="Print the plan for a program.")
def plan(
    spec: Path,
    overrides: tuple[str, ...],
    allow_code: bool,
    results: Path,
    why: bool,
    as_json: bool,
) -> None:
    """Show what a run of SPEC would do, without doing it."""
    from specbench.results import Results
    from specbench.scheduler.bf16 import bf16_warning
    from specbench.scheduler.drawing import draw, reasons, to_json
    from specbench.scheduler.survey import survey
    from specbench.spec.load import load

    study = load(spec, overrides, allow_code=allow_code)
    surveyed = survey(study, Results.at(results))
    if as_json:
        click.echo(json.dumps(to_json(surveyed), indent=1, ensure_ascii=False))
        return
    click.echo(draw(surveyed))
    if (warning := bf16_warning(study)) is not None:
        click.echo(warning)
    if why:
        click.echo(reasons(surveyed))
