"""``specbench check``: is a spec right, and is the data what it was?"""

from __future__ import annotations

from pathlib import Path

import click

from specbench.cli.options import takes_study


@click.command()
@takes_study
@click.option("--data", "with_data", is_flag=True, help="Hash the data's files again and compare.")
def check(
    spec: Path, overrides: tuple[str, ...], allow_code: bool, results: Path, with_data: bool
) -> None:
    """Validate SPEC without running anything."""
    from specbench.plan.data_check import data_differences
    from specbench.results import Results
    from specbench.scheduler.bf16 import bf16_warning
    from specbench.scores.registry import SCORES
    from specbench.spec.load import load
    from specbench.spec.shared import notes

    study = load(spec, overrides, allow_code=allow_code)
    click.echo(
        f"{spec}: study '{study.name}' is valid; tasks: {len(study.base.tasks)}, "
        f"seeds: {len(study.seeds)}, conditions: {len(study.conditions)}, "
        f"scores: {len(study.scores)}"
    )
    for note in notes(study, SCORES):
        click.echo(note)
    if (warning := bf16_warning(study)) is not None:
        click.echo(warning)
    if with_data:
        differences = data_differences(study, Results.at(results), click.echo)
        for line in differences:
            click.echo(line)
        if differences:
            raise SystemExit(1)
