"""``specbench store``: make the published store anew, or check it and all results."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from specbench.cli.options import RESULTS, WAIT, existing


@click.group()
def store() -> None:
    """Care for the store and the result folders behind it."""


@store.command()
@RESULTS
@WAIT
def rebuild(results: Path, wait: bool) -> None:
    """Make the store anew from the result folders and records of all studies."""
    from specbench.scheduler.lock import exclusive
    from specbench.scheduler.rebuild import rebuild as make_anew

    places = existing(results)
    with exclusive(places.root, "specbench store rebuild", wait=wait, say=click.echo):
        names = make_anew(places, click.echo)
    listed = f": {', '.join(names)}" if names else ""
    click.echo(f"{results / places.store.name}: made anew; studies: {len(names)}{listed}")


@store.command()
@RESULTS
@WAIT
@click.option(
    "--discard",
    is_flag=True,
    help="Move damaged result folders to .damaged/, so that the next run does their jobs again.",
)
def check(results: Path, wait: bool, discard: bool) -> None:
    """Verify the checksums of all results, and that the store says what they say.

    Reads every file. Ends with exit code 1 if something is wrong.
    """
    from specbench.scheduler.lock import exclusive
    from specbench.upkeep.check import check as look

    places = existing(results)
    with exclusive(places.root, "specbench store check", wait=wait, say=click.echo):
        found = look(places, _tell)
        for key, files in found.damaged.items():
            click.echo(f"{results / key}: damaged: {', '.join(files)}")
            if discard:
                places.discard(key)
    for line in found.store:
        click.echo(f"{places.store.name}: {line}")
    if found.damaged and discard:
        click.echo("damaged folders are now in .damaged/; run their studies again")
    elif found.damaged:
        click.echo("--discard moves damaged folders away; the next run does their jobs again")
    if found.store:
        click.echo("specbench store rebuild makes the store anew from the folders")
    if not found.ok:
        sys.exit(1)
    click.echo(f"{found.folders} result folders are as they were written; the store agrees")


def _tell(read: int, of: int) -> None:
    if sys.stderr.isatty() and (read == of or read % 20 == 0):
        click.echo(f"\r{read} of {of} folders", nl=read == of, err=True)
