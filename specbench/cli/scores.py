"""``specbench scores``: the scores a study can name."""

from __future__ import annotations

import click


@click.command()
def scores() -> None:
    """List the scores: what they need, whether they are symmetric, where they come from."""
    from specbench.scores.registry import SCORES

    rows = [("score", "what", "family", "symmetric", "needs", "source")]
    rows += [
        (s.name, s.title, s.family, "yes" if s.symmetric else "no", s.needs.value, s.source)
        for s in SCORES.values()
    ]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        cells = [cell.ljust(width) for cell, width in zip(row, widths, strict=True)]
        click.echo("  ".join(cells).rstrip())
