"""What the scheduler does where no file system is shared: provides needs, fetches what was made."""

from __future__ import annotations

from specbench.jobs.ticket import Ticket
from specbench.results import Results, write_whole
from specbench.scheduler.cluster.depot import RESULT, Depot, fetch_result


class Carrier:
    """Keeps a depot and the results folder of the scheduler in step."""

    def __init__(self, depot: Depot, results: Results) -> None:
        self._depot, self._results = depot, results
        self._there: set[str] | None = None  # keys of the results in the depot

    def provide(self, ticket: Ticket) -> None:
        """Put what a ticket reads into the depot, each result once."""
        if self._there is None:
            self._there = self._depot.keys(RESULT)
        own = set(ticket.keys)
        for key in {need for job in ticket.jobs for need in job.needs} - own - self._there:
            self._depot.put(RESULT, key, self._results.folder(key))
            self._there.add(key)

    def collect(self, key: str, done: bool) -> None:
        """Fetch the log of a job that has ended, and its result if there is one."""
        log = self._depot.log(key)
        if log:
            write_whole(self._results.log(key), log)
        if done:
            if not self._results.is_done(key):
                fetch_result(self._depot, self._results, key)
            if self._there is not None:
                self._there.add(key)

    def collect_logs(self) -> None:
        """Fetch the logs of all jobs, also of those that still run."""
        for key in self._depot.logs():
            write_whole(self._results.log(key), self._depot.log(key))
