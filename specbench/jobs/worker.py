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
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import Any, TextIO

from specbench.errors import CodeError, SpecbenchError
from specbench.jobs.context import Context
from specbench.jobs.ticket import Ticket
from specbench.results import RESULT, Results

Body = Callable[[Context], dict[str, Any]]

BODIES = {
    "rooms": "specbench.jobs.rooms",
    "vocabulary": "specbench.jobs.vocabulary",
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

    Networks beside it are trained with it. Where a job fails, no word comes of those that come with
    it: they were not begun.
    """
    bodies = _train_beside(ticket, device, events) if ticket.beside else {}
    for head in ticket.heads:
        if _serve_one(head, device, events, bodies.get(head.key)):
            for other in head.also:
                _serve_one(other, device, events)


def _train_beside(ticket: Ticket, device: str, events: TextIO) -> dict[str, Body]:
    """Train the networks of a ticket side by side; return what is left to do for each.

    What the trainings print goes to the log of the first.
    """
    from specbench.jobs.network import train_beside

    results = Results.at(ticket.results)
    contexts = []
    heads = [head for head in ticket.heads if not results.is_done(head.key)]
    for head in heads:
        send = _sender(events, head.key)
        send({"event": "started"}, True)
        report = _progress(send)
        contexts.append(Context(head, results, results.work(head.key), device, report))
    try:
        with _log(results, ticket), _code(ticket):
            print(f"side by side: {', '.join(each.key for each in heads)}", flush=True)
            bodies = train_beside(contexts) if contexts else []
    except Exception as error:
        failed = error

        def fail(context: Context) -> dict[str, Any]:
            raise failed

        return {head.key: fail for head in heads}
    return {head.key: body for head, body in zip(heads, bodies, strict=True)}


def _serve_one(ticket: Ticket, device: str, events: TextIO, body: Body | None = None) -> bool:
    results = Results.at(ticket.results)
    send = _sender(events, ticket.key)
    try:
        log = _open_log(results, ticket)
    except OSError as error:
        send({"event": "failed", "error": f"no log can be written: {error}"}, True)
        return False
    send({"event": "started"}, True)
    if body is None and results.is_done(ticket.key):
        print("done already, by another process", flush=True)
        log.close()
        send({"event": "done", "seconds": 0.0}, True)
        return True
    done = False
    try:
        seconds = run(ticket, results, device, _progress(send), body)
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
    ticket: Ticket,
    results: Results,
    device: str,
    report: Callable[[dict[str, Any]], None],
    body: Body | None = None,
) -> float:
    """Do a job and write its result folder; return the seconds it took.

    ``body`` is what is left to do of a job that was begun beside others.
    """
    started = time.perf_counter()
    with results.making(ticket.key) as folder:
        context = Context(ticket, results, folder, device, report)
        with _code(ticket):
            do = body or import_module(BODIES[ticket.kind]).run
            result = do(context)
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


@contextmanager
def _code(ticket: Ticket) -> Iterator[None]:
    """Load the user's code where, and only where, the ticket names it."""
    code = ticket.where.get("code")
    if code is None:
        yield
        return
    from specbench.usercode.load import load_code
    from specbench.usercode.locate import located

    with located():
        load_code(Path(code["path"]), code["sha"])
        yield


@contextmanager
def _log(results: Results, ticket: Ticket) -> Iterator[None]:
    """Let what is printed go to the ticket's log."""
    log = _open_log(results, ticket)
    try:
        yield
    except Exception:
        traceback.print_exc()
        raise
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        log.close()


def _open_log(results: Results, ticket: Ticket) -> TextIO:
    path = results.log(ticket.key)
    path.parent.mkdir(parents=True, exist_ok=True)
    log = path.open("a", encoding="utf-8")
    os.dup2(log.fileno(), 1)
    os.dup2(log.fileno(), 2)
    print(f"--- {time.strftime('%Y-%m-%d %H:%M:%S')} {ticket.kind} {ticket.key}", flush=True)
    return log


def _progress(send: Callable[..., None]) -> Callable[[dict[str, Any]], None]:
    return lambda news: send({"event": "progress", **news}, "said" in news)


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
