"""``specbench run``: do what a study lacks."""

from __future__ import annotations

import signal
import sys
import time
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, NoReturn

import click

from specbench.cli.options import WAIT, takes_study

if TYPE_CHECKING:
    from specbench.scheduler.executor import Executor
    from specbench.spec.executor import Engine


@click.command()
@takes_study
@click.option("--workers", type=click.IntRange(min=1), help="Processes: per machine, or per GPU.")
@click.option(
    "--executor",
    type=click.Choice(["local", "slurm", "ray"]),
    help="What runs the jobs; by default what [executor] says, or this machine.",
)
@click.option(
    "--device",
    type=click.Choice(["auto", "cpu", "cuda"]),
    default="auto",
    show_default=True,
    help="Where networks are trained.",
)
@click.option(
    "--side-by-side",
    type=click.IntRange(min=1),
    default=1,
    show_default=True,
    help="Networks that a process trains at once, on one stream of batches.",
)
@click.option("--retry-failed", is_flag=True, help="Run jobs again that failed before.")
@click.option("--fail-fast", is_flag=True, help="Stop at the first failure.")
@click.option(
    "--job-timeout",
    type=click.FloatRange(min=0, min_open=True),
    metavar="SECONDS",
    help="End a job that takes longer; it fails, the others go on.",
)
@WAIT
def run(
    spec: Path,
    overrides: tuple[str, ...],
    allow_code: bool,
    results: Path,
    workers: int | None,
    executor: Engine | None,
    device: str,
    side_by_side: int,
    retry_failed: bool,
    fail_fast: bool,
    job_timeout: float | None,
    wait: bool,
) -> None:
    """Run the study SPEC: only what is not done, resuming what was cut short."""
    from specbench.results import Results
    from specbench.scheduler.cluster.cluster import Cluster, refuse_elsewhere
    from specbench.scheduler.cluster.mirror import Mirror
    from specbench.scheduler.cluster.url_depot import UrlDepot
    from specbench.scheduler.devices import slots
    from specbench.scheduler.display import Display
    from specbench.scheduler.local import LocalExecutor
    from specbench.scheduler.lock import exclusive
    from specbench.scheduler.run import run_study
    from specbench.spec.executor_settings import executor_settings
    from specbench.spec.load import load, load_name, require_data

    started = time.monotonic()
    study = load(spec, overrides, allow_code=allow_code)
    require_data(study)
    places = Results.at(results)
    settings = executor_settings(study.spec.executor, executor)
    remote = settings.kind != "local"
    available = slots("cpu" if remote else device, workers)
    signal.signal(signal.SIGTERM, _as_interrupt)
    display = Display()
    with exclusive(places.root, f"study '{study.name}'", wait=wait, say=click.echo):
        cluster = Cluster(places, settings, job_timeout, side_by_side) if remote else None
        if cluster is None:
            refuse_elsewhere(places)

        def here() -> Executor:
            return LocalExecutor(available, job_timeout, side_by_side)

        try:
            outcome = run_study(
                study,
                places,
                here if cluster is None else lambda: cluster.start(here),
                display,
                retry_failed=retry_failed,
                fail_fast=fail_fast,
                leaves=(lambda: False) if cluster is None else _leaves,
                mirror=Mirror(UrlDepot(settings.depot), places) if settings.depot else None,
            )
        finally:
            if cluster is not None:
                cluster.end()
    seconds = time.monotonic() - started
    click.echo(
        f"{study.name}: {outcome.done} jobs done ({outcome.ran} in this run), "
        f"{outcome.failed} failed, {outcome.blocked} blocked, {seconds:.1f} s"
    )
    for key, error in outcome.failures:
        click.echo(f"  failed: {error.splitlines()[0] if error else '?'} (specbench logs {key})")
    named = spec if load_name(spec) == study.name else study.name
    click.echo(f"store: {results / 'specbench.duckdb'}; next: specbench report {named}")
    if not outcome.ok:
        if outcome.failed and not retry_failed:
            click.echo("failed jobs run again with --retry-failed", err=True)
        sys.exit(1)


def _leaves() -> bool:
    """Tell whether jobs elsewhere go on when this process ends; whoever does not answer says yes.

    Asked of a person only, after Ctrl-C.
    """
    if not isinstance(sys.exc_info()[1], KeyboardInterrupt) or not sys.stdin.isatty():
        return True
    try:
        answer = click.prompt(
            "jobs are queued or running: [l]eave them for the next run to take over, or [c]ancel",
            type=click.Choice(["l", "c"]),
            default="l",
        )
    except (click.Abort, KeyboardInterrupt):
        return True
    return str(answer) == "l"


def _as_interrupt(signum: int, frame: FrameType | None) -> NoReturn:
    raise KeyboardInterrupt
