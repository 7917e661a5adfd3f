"""``specbench cancel``: end what is queued or running on a cluster."""

from __future__ import annotations

from pathlib import Path

import click

from specbench.cli.options import RESULTS, existing


@click.command()
@RESULTS
def cancel(results: Path) -> None:
    """End all jobs of a results folder that are queued or running on Slurm or Ray.

    Finished jobs stay, and so do checkpoints: the next run goes on from there.
    """
    from specbench.scheduler.cluster.cluster import Cluster, noted

    places = existing(results)
    settings = noted(places)
    if settings is None:
        click.echo(f"{results}: nothing is queued or running elsewhere")
        return
    cluster = Cluster(places, settings)
    jobs = len(cluster.mailbox.posted().names)
    allocations = cluster.engine.allocations() or {}
    cluster.cancel()
    click.echo(f"{settings.kind}: cancelled {jobs} tickets in {len(allocations)} allocations")
