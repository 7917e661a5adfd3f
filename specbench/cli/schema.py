"""``specbench schema``: the JSON Schema of a study, for editors."""

from __future__ import annotations

import json

import click


@click.command()
def schema() -> None:
    """Print the JSON Schema of a study file."""
    from specbench.spec.schema import json_schema

    click.echo(json.dumps(json_schema(), indent=2))
