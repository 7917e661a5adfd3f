"""``specbench sql``: a query over the views."""

from __future__ import annotations

from pathlib import Path

import click

from specbench.cli.options import RESULTS


@click.command()
@click.argument("query")
@RESULTS
@click.option(
    "--format",
    "form",
    type=click.Choice(["table", "csv", "json"]),
    default="table",
    show_default=True,
    help="How the rows are printed.",
)
def sql(query: str, results: Path, form: str) -> None:
    """Run QUERY on the published store, which it cannot change, and print the rows."""
    import duckdb

    from specbench.errors import StoreError
    from specbench.results import Results
    from specbench.store.database import open_published
    from specbench.store.printing import csv_text, json_text, table_text

    with open_published(Results.at(results)) as connection:
        try:
            found = connection.execute(query)
            text = {"table": table_text, "csv": csv_text, "json": json_text}[form](found)
        except duckdb.Error as error:
            raise StoreError(f"the query failed: {error}") from error
    click.echo(text, nl=not text.endswith("\n"))
