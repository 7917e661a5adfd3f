"""``specbench gc``: remove what no study of a results folder needs."""

from __future__ import annotations

from pathlib import Path

import click

from specbench.cli.options import RESULTS, WAIT, existing


@click.command()
@RESULTS
@WAIT
@click.option("--yes", is_flag=True, help="Remove without asking.")
def gc(results: Path, wait: bool, yes: bool) -> None:
    """List what no study in the results folder needs, and remove it if you say so."""
    from specbench.scheduler.lock import exclusive
    from specbench.upkeep.waste import find_waste, remove

    places = existing(results)
    with exclusive(places.root, "specbench gc", wait=wait, say=click.echo):
        found = find_waste(places)
        for item in found:
            path = results / item.path.relative_to(places.root)
            click.echo(f"{_shown(item.size):>9}  {path}  ({item.what})")
        total = _shown(sum(item.size for item in found)).strip()
        if not found:
            click.echo("nothing to remove")
        elif yes or _agreed(f"remove {len(found)} items, {total}?"):
            remove(places, found)
            click.echo(f"removed {len(found)} items, {total}")
        else:
            click.echo("nothing removed")


def _agreed(question: str) -> bool:
    """Ask; no answer is no."""
    try:
        return click.confirm(question)
    except click.Abort:
        click.echo()
        return False


def _shown(size: float) -> str:
    """Return a number of bytes in a unit that suits it."""
    for unit in ("B", "kB", "MB", "GB"):
        if size < 1000:
            return f"{size:.0f} {unit}" if unit == "B" else f"{size:.1f} {unit}"
        size /= 1000
    return f"{size:.1f} TB"
