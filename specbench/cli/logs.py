"""``specbench logs``: what a job printed."""

from __future__ import annotations

from pathlib import Path

import click

from specbench.cli.options import RESULTS


@click.command()
@click.argument("job")
@RESULTS
def logs(job: str, results: Path) -> None:
    """Print the log of JOB, named by its key or the beginning of it."""
    from specbench.errors import ResultError
    from specbench.results import Results
    from specbench.scheduler.cluster.standing import bring_logs

    bring_logs(Results.at(results))
    folder = Results.at(results).log("x").parent
    names = sorted(path.stem for path in folder.glob("*.log"))
    matching = [name for name in names if name.startswith(job)]
    if len(matching) != 1:
        what = "no job has a log" if not matching else f"{len(matching)} jobs have logs"
        raise ResultError(
            f"{folder}: {what} whose key starts with '{job}'", "specbench plan --json lists keys"
        )
    text = (folder / f"{matching[0]}.log").read_text(encoding="utf-8", errors="replace")
    click.echo(text, nl=False)
