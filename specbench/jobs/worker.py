"""The process of one slot: takes tickets on standard input, runs them one after another.

It starts light and pays for torch once, at the first job that needs it. Events go out on what was
standard output; a job's own output goes to its log. When the scheduler is gone (end of input),
the process ends at once, so nobody works on a job that a new scheduler may start again.
"""

from __future__ import annotations

import json
import os
import queue
import signal
import sys
import threading
import time
import traceback
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any, TextIO

from specbench.errors import CodeError, SpecbenchError
from specbench.jobs.context import Context
from specbench.jobs.ticket import Ticket
from specbench.results import RESULT, Results

BODIES = {
    "rooms": "specbench.jobs.rooms",
    "pack": "specbench.jobs.pack",
    "select": "specbench.jobs.select",
    "figures": "specbench.jobs.figures",
    "constant": "specbench.jobs.constant",
    "network": "specbench.jobs.network",
    "trace": "specbench.jobs.trace",
    "score": "specbench.jobs.score",
}
"""The module whose ``run(context)`` does each kind of job."""

_LEAST_BETWEEN_REPORTS = 0.2


def main() -> None:
    """Serve tickets until standard input ends, which ends the process."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the scheduler decides what an interrupt means
    device = sys.argv[1] if len(sys.argv) > 1 else "cpu"
    events = os.fdopen(os.dup(1), "w", buffering=1, encoding="utf-8")
    null = os.open(os.devnull, os.O_RDWR)
    os.dup2(null, 1)
    tickets = _listen()
    while True:
        serve(Ticket.parse(tickets.get()), device, events)


def _listen() -> queue.Queue[str]:
    """Read tickets in a thread that ends the process when the scheduler is gone."""
    tickets: queue.Queue[str] = queue.Queue()

    def read() -> None:
        for line in sys.stdin:
            tickets.put(line)
        os._exit(0)

    threading.Thread(target=read, daemon=True).start()
    return tickets


def serve(ticket: Ticket, device: str, events: TextIO) -> None:
    """Run a job, and if that succeeds those that come with it; all that happens becomes events.

    Where the job fails, no word comes of the others: they were not begun.
    """
    if _serve_one(ticket, device, events):
        for other in ticket.also:
            _serve_one(other, device, events)


def _serve_one(ticket: Ticket, device: str, events: TextIO) -> bool:
    results = Results.at(ticket.results)
    send = _sender(events, ticket.key)
    try:
        log = _open_log(results, ticket)
    except OSError as error:
        send({"event": "failed", "error": f"no log can be written: {error}"}, True)
        return False
    send({"event": "started"}, True)
    done = False

    def report(news: dict[str, Any]) -> None:
        send({"event": "progress", **news}, "said" in news)

    try:
        seconds = run(ticket, results, device, report)
    except SpecbenchError as error:
        if isinstance(error, CodeError):
            traceback.print_exc()  # the way there, for whoever wrote the code
        print(f"error: {error}", flush=True)
        send({"event": "failed", "error": str(error)}, True)
    except Exception as error:
        traceback.print_exc()
        send({"event": "failed", "error": f"{type(error).__name__}: {error}"}, True)
    else:
        print(f"done in {seconds:.1f} s", flush=True)
        send({"event": "done", "seconds": seconds}, True)
        done = True
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        log.close()
    return done


def run(
    ticket: Ticket, results: Results, device: str, report: Callable[[dict[str, Any]], None]
) -> float:
    """Do a job and write its result folder; return the seconds it took."""
    started = time.perf_counter()
    with results.making(ticket.key) as folder:
        context = Context(ticket, results, folder, device, report)
        result = _result(context)
        seconds = max(0.0, time.perf_counter() - started + sum(context.charged))
        record = {
            "key": ticket.key,
            "kind": ticket.kind,
            "content": ticket.content,
            "result": result,
            "run": {"seconds": seconds, **context.machine()},
        }
        text = json.dumps(record, ensure_ascii=False, allow_nan=False)
        (folder / RESULT).write_text(text, encoding="utf-8")
    context.clean()
    return seconds


def _result(context: Context) -> dict[str, Any]:
    """Do what the ticket asks for; load the user's code where, and only where, it names it."""
    body, code = import_module(BODIES[context.ticket.kind]), context.ticket.where.get("code")
    if code is None:
        return body.run(context)  # type: ignore[no-any-return]
    from specbench.usercode.load import load_code
    from specbench.usercode.locate import located

    with located():
        load_code(Path(code["path"]), code["sha"])
        return body.run(context)  # type: ignore[no-any-return]


def _open_log(results: Results, ticket: Ticket) -> TextIO:
    path = results.log(ticket.key)
    path.parent.mkdir(parents=True, exist_ok=True)
    log = path.open("a", encoding="utf-8")
    os.dup2(log.fileno(), 1)
    os.dup2(log.fileno(), 2)
    print(f"--- {time.strftime('%Y-%m-%d %H:%M:%S')} {ticket.kind} {ticket.key}", flush=True)
    return log


def _sender(events: TextIO, key: str) -> Callable[..., None]:
    last = 0.0

    def send(event: dict[str, Any], always: bool = False) -> None:
        nonlocal last
        now = time.monotonic()
        if always or now - last >= _LEAST_BETWEEN_REPORTS:
            last = now
            events.write(json.dumps({"key": key, **event}) + "\n")
            events.flush()

    return send


if __name__ == "__main__":
    main()
