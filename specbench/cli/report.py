"""``specbench report``: HTML, LaTeX, CSV and Parquet from the store."""

from __future__ import annotations

from pathlib import Path

import click

from specbench.cli.options import RESULTS

FORMATS = ("html", "latex", "csv", "parquet")


@click.command()
@click.argument("specs", nargs=-1, metavar="[SPEC]...", type=click.Path(path_type=Path))
@RESULTS
@click.option(
    "--out",
    default="reports",
    show_default=True,
    type=click.Path(file_okay=False, path_type=Path),
    help="Folder that the reports go to, one folder a study.",
)
@click.option(
    "--formats",
    default="html,latex",
    show_default=True,
    help=f"Any of {','.join(FORMATS)}, joined by commas.",
)
@click.option(
    "--templates",
    type=click.Path(file_okay=False, exists=True, path_type=Path),
    help="Folder of your own templates, taken before those that come with specbench.",
)
def report(
    specs: tuple[Path, ...], results: Path, out: Path, formats: str, templates: Path | None
) -> None:
    """Render the report of each study SPEC (or of every study in the store)."""
    from specbench.report.build import build
    from specbench.results import Results
    from specbench.store.database import open_published
    from specbench.store.studies import names_of

    wanted = {word.strip() for word in formats.split(",") if word.strip()}
    unknown = wanted - set(FORMATS)
    if unknown or not wanted:
        raise click.BadParameter(f"formats are {', '.join(FORMATS)}", param_hint="--formats")
    places = Results.at(results)
    with open_published(places, out) as connection:
        for path in build(
            connection,
            names_of(connection, specs),
            out,
            wanted,
            templates,
            results=places.root,
        ):
            if path.suffix in (".html", ".tex"):
                click.echo(path)
