"""The command line: one file a command. Nothing heavy is imported before a command runs."""

from __future__ import annotations

import os
import sys
from enum import IntEnum

import click

from specbench import __version__
from specbench.cli.cancel import cancel
from specbench.cli.check import check
from specbench.cli.gc import gc
from specbench.cli.logs import logs
from specbench.cli.plan import plan
from specbench.cli.report import report
from specbench.cli.run import run
from specbench.cli.schema import schema
from specbench.cli.scores import scores
from specbench.cli.sql import sql
from specbench.cli.status import status
from specbench.cli.store import store
from specbench.cli.verify import verify
from specbench.errors import SpecbenchError


class Exit(IntEnum):
    """Exit codes."""

    DONE = 0
    FAILED = 1
    BAD_SPEC = 2
    BUSY = 3
    INTERRUPTED = 130


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="specbench")
def group() -> None:
    """Which tasks should a network learn together, and can a cheap score tell beforehand?

    A study is a TOML file. `specbench run STUDY.toml` trains what it asks for into a DuckDB store
    under results/, `specbench report` renders what was found.
    """


for _command in (
    check, plan, run, status, logs, cancel, report, sql, scores, schema, store, gc, verify
):  # fmt: skip
    group.add_command(_command)


_INTERRUPTED_QUERY = "Query interrupted"
"""What DuckDB makes of a KeyboardInterrupt that comes while it works."""


def main() -> None:
    """Run the command line; an error the tool can explain is printed without a traceback."""
    try:
        code = group.main(standalone_mode=False)
    except SpecbenchError as error:
        print(error, file=sys.stderr)
        code = error.exit_code
    except click.ClickException as error:
        error.show()
        code = error.exit_code
    except (click.Abort, KeyboardInterrupt):
        code = Exit.INTERRUPTED
    except RuntimeError as error:
        if str(error) != _INTERRUPTED_QUERY:
            raise
        code = Exit.INTERRUPTED
    except BrokenPipeError:  # whoever read the output has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = Exit.DONE
    except OSError as error:
        print(f"{error.filename or 'specbench'}: {error.strerror or error}", file=sys.stderr)
        code = Exit.FAILED
    sys.exit(code if isinstance(code, int) else Exit.DONE)
