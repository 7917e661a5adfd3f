"""``specbench verify``: run finished jobs again and compare."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from specbench.cli.options import takes_study


@click.command()
@takes_study
@click.option(
    "--sample",
    "number",
    type=click.IntRange(min=1),
    default=3,
    show_default=True,
    help="How many jobs are run again.",
)
@click.option("--seed", type=int, default=0, show_default=True, help="Draws other jobs.")
@click.option("--workers", type=click.IntRange(min=1), help="Processes, as for run.")
@click.option(
    "--device",
    type=click.Choice(["auto", "cpu", "cuda"]),
    default="auto",
    show_default=True,
    help="Where networks are trained.",
)
@click.option(
    "--tolerance",
    type=click.FloatRange(min=0),
    default=0.0,
    show_default=True,
    help="Largest relative difference that passes; for results of GPUs, which sum in any order.",
)
def verify(
    spec: Path,
    overrides: tuple[str, ...],
    allow_code: bool,
    results: Path,
    number: int,
    seed: int,
    workers: int | None,
    device: str,
    tolerance: float,
) -> None:
    """Run finished jobs of SPEC again, in a scratch folder, and compare with what is stored.

    On a CPU results have to be equal to the bit. Ends with exit code 1 if any differs.
    """
    from tempfile import TemporaryDirectory

    from specbench.results import Results
    from specbench.scheduler.devices import slots
    from specbench.scheduler.local import LocalExecutor
    from specbench.spec.load import load, require_data
    from specbench.upkeep.verify import sample
    from specbench.upkeep.verify import verify as run_again

    study = load(spec, overrides, allow_code=allow_code)
    require_data(study)
    places = Results.at(results)
    jobs = sample(study, places, number, seed)
    available = slots(device, workers)
    wrong = 0
    with TemporaryDirectory(prefix="specbench-verify-") as scratch:
        verdicts = run_again(
            jobs, places, Path(scratch), lambda: LocalExecutor(available), tolerance
        )
        for verdict in verdicts:
            wrong += bool(verdict.differences)
            word = "DIFFERS" if verdict.differences else "equal"
            click.echo(f"{word}  {verdict.job.key}  {verdict.job.kind.words}: {verdict.job.title}")
            for line in verdict.differences[:5]:
                click.echo(f"  {line}")
            if len(verdict.differences) > 5:
                click.echo(f"  and {len(verdict.differences) - 5} more")
            if verdict.differences and verdict.device != "cpu" and not tolerance:
                click.echo(f"  it was computed on {verdict.device}; see --tolerance")
    click.echo(f"{len(jobs) - wrong} of {len(jobs)} jobs came out as they are stored")
    if wrong:
        sys.exit(1)
