"""The sending of a node that shares no file system with the scheduler: all goes by a depot."""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from specbench.jobs.ticket import Ticket
from specbench.results import Results
from specbench.scheduler.cluster.depot import RESULT, WORK, Depot, fetch_result, fetch_work

_EVERY = 10.0
"""Seconds between checkpoints that are handed on, and between looks at the logs."""
_LONGEST_LOG = 1_000_000
"""Bytes of the end of a log that are handed on."""


class Sent:
    """See :class:`Sending`; ``root`` is the folder of this node's copies, kept for later jobs.

    A result is fetched once a node; those of the node's own jobs are there already.
    """

    def __init__(self, depot: Depot, root: Path, every: float = _EVERY) -> None:
        self._depot, self._results, self._every = depot, Results.at(root), every
        self._results.root.mkdir(parents=True, exist_ok=True)
        self._got_on: set[str] = set()  # keys of jobs that may have a new checkpoint
        self._sizes: dict[str, int] = {}  # of logs as they were last handed on
        self._last = time.monotonic()

    def fetch(self, ticket: Ticket) -> Ticket:
        """Bring what all jobs of a ticket read, and their checkpoints; return it for this node."""
        own = set(ticket.keys)
        for key in {need for job in ticket.jobs for need in job.needs} - own:
            if not self._results.is_done(key):
                fetch_result(self._depot, self._results, key)
        for key in own:
            if not self._results.is_done(key):
                fetch_work(self._depot, self._results, key)
        return self._here(ticket)

    def progressed(self, key: str) -> None:
        """Hand the checkpoint on when it is due."""
        self._got_on.add(key)

    def ended(self, key: str, done: bool) -> None:
        """Hand on the log, and the result if there is one; it is in the depot on return."""
        self._got_on.discard(key)
        self._send_log(key)
        if done:
            self._depot.put(RESULT, key, self._results.folder(key))
            self._depot.drop(WORK, key)

    def tick(self, under_way: Iterable[Ticket]) -> None:
        """Hand on checkpoints and logs, every few seconds."""
        if time.monotonic() - self._last < self._every:
            return
        for key in sorted(self._got_on):
            work = self._results.work(key)
            if work.is_dir() and any(work.iterdir()):
                self._depot.put(WORK, key, work)
        self._got_on.clear()
        for ticket in list(under_way):
            for key in ticket.keys:
                self._send_log(key)
        self._last = time.monotonic()

    def _send_log(self, key: str) -> None:
        path = self._results.log(key)
        size = path.stat().st_size if path.is_file() else 0
        if size and size != self._sizes.get(key):
            self._sizes[key] = size
            self._depot.put_log(key, path.read_bytes()[-_LONGEST_LOG:])

    def _here(self, ticket: Ticket) -> Ticket:
        also, beside = (tuple(map(self._here, inner)) for inner in (ticket.also, ticket.beside))
        return replace(ticket, results=str(self._results.root), also=also, beside=beside)
