"""``specbench status``: how the studies of a results folder stand."""

from __future__ import annotations

from pathlib import Path

import click

from specbench.cli.options import RESULTS


@click.command()
@click.argument("study", required=False)
@RESULTS
def status(study: str | None, results: Path) -> None:
    """Show jobs by state, of all studies or of STUDY, and what failed."""
    from specbench.errors import StoreError
    from specbench.results import Results
    from specbench.scheduler.cluster.standing import elsewhere
    from specbench.store.database import open_published
    from specbench.store.printing import table_text

    with open_published(Results.at(results)) as connection:
        known = [n for (n,) in connection.execute("SELECT DISTINCT study FROM jobs").fetchall()]
        if study is not None and study not in known:
            raise StoreError(
                f"study '{study}' is not in the store", f"it holds: {', '.join(known)}"
            )
        counts = connection.execute(
            "SELECT study, kind, count(*) FILTER (state = 'done') AS done, "
            "count(*) FILTER (state = 'running') AS running, "
            "count(*) FILTER (state = 'waiting') AS waiting, "
            "count(*) FILTER (state = 'failed') AS failed, "
            "count(*) FILTER (state = 'blocked') AS blocked "
            "FROM jobs WHERE study = coalesce($1, study) GROUP BY ALL ORDER BY study, kind",
            [study],
        )
        click.echo(table_text(counts))
        failed = connection.execute(
            "SELECT key, error FROM jobs WHERE study = coalesce($1, study) AND state = 'failed' "
            "ORDER BY key",
            [study],
        ).fetchall()
    for line in elsewhere(Results.at(results)):
        click.echo(line)
    for key, error in failed:
        click.echo(f"failed {key}: {error}")
