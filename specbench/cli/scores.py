"""``specbench scores``: the scores a study can name."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from specbench.scores.contract import Score

COSTS = """
Costs are those of all pairs of n tasks, in trainings of one half-capacity single net, without the
passes over probe images. E and D are the multiply-adds of the whole encoder and of one decoder, so
that such a net costs ½E + D. Measuring every gain of pairs takes n + 2·C(n,2) = n² of them."""


@click.command()
@click.argument("name", required=False)
def scores(name: str | None) -> None:
    """List the scores: family, symmetry, what they need and cost, and where they come from.

    With NAME, say what one score computes and which settings it has.
    """
    from specbench.scores.registry import BUILT_IN

    if name is None:
        _print_all(BUILT_IN.values())
    elif name in BUILT_IN:
        _print_one(BUILT_IN[name])
    else:
        from specbench.spec.fields import nearest

        raise click.BadParameter(f"no score '{name}'; the nearest is '{nearest(name, BUILT_IN)}'")


def _print_all(listed: Iterable[Score]) -> None:
    rows = [("score", "what", "family", "symmetric", "needs", "cost", "source")]
    rows += [
        (s.name, s.title, s.family, _yes(s.symmetric), s.needs.value, s.cost, s.source)
        for s in listed
    ]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        cells = [cell.ljust(width) for cell, width in zip(row, widths, strict=True)]
        click.echo("  ".join(cells).rstrip())
    click.echo(COSTS)


def _print_one(score: Score) -> None:
    from dataclasses import fields
    from inspect import getdoc

    from specbench.spec.docstrings import field_docs

    click.echo(f"{score.name}: {score.title} ({score.source})\n")
    click.echo(getdoc(type(score)))
    click.echo(f"\nsymmetric: {_yes(score.symmetric)}; needs: {score.needs.value}")
    click.echo(f"form: {score.form}; cost: {score.cost}; version {score.version}")
    described = field_docs(score.Settings)
    for field in fields(score.Settings):
        text = " ".join(described.get(field.name, "").split())
        click.echo(f"  scores.{score.name}.{field.name} = {field.default!r}  {text}")


def _yes(symmetric: bool) -> str:
    return "yes" if symmetric else "no"
