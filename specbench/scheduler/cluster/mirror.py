"""Keeps a results folder and a depot alike: what either has, the other gets."""

from __future__ import annotations

from collections.abc import Callable, Collection
from concurrent.futures import Future, ThreadPoolExecutor

from specbench.errors import EngineError, ResultError
from specbench.results import Results
from specbench.scheduler.cluster.depot import RESULT, Depot, fetch_result

_AT_ONCE = 8


class Mirror:
    """Fetches finished results before a run, and hands on those that the run adds, beside it."""

    def __init__(self, depot: Depot, results: Results) -> None:
        self._depot, self._results = depot, results
        self._threads = ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="mirror")
        self._there: set[str] | None = None
        self._pushes: list[tuple[str, Future[None]]] = []

    def align(self, keys: Collection[str], say: Callable[[str], None]) -> None:
        """Fetch those results of ``keys`` that are only there, hand on those that are only here."""
        if self._there is None:
            self._there = self._depot.keys(RESULT)
        here = self._results.done() & set(keys)
        wanted = sorted((self._there & set(keys)) - here)
        for key, fetched in zip(wanted, self._threads.map(self._fetch, wanted), strict=True):
            if isinstance(fetched, ResultError):
                say(f"{fetched}; done again")
                self._there.discard(key)
        for key in sorted(here):
            self.push(key)

    def push(self, key: str) -> None:
        """Hand on a result, unless it is there; it is on its way when this returns."""
        if self._there is None or key in self._there:
            return
        self._there.add(key)
        folder = self._results.folder(key)
        self._pushes.append((key, self._threads.submit(self._depot.put, RESULT, key, folder)))

    def finish(self) -> None:
        """Wait until all is there; :class:`EngineError` where something could not be put there."""
        self._threads.shutdown(wait=True)
        errors = [(key, push.exception()) for key, push in self._pushes if push.exception()]
        if errors:
            key, error = errors[0]
            raise EngineError(
                f"{len(errors)} results could not be put into the depot, such as {key}: {error}",
                "they are in the results folder; the next run tries again",
            )

    def _fetch(self, key: str) -> ResultError | None:
        try:
            fetch_result(self._depot, self._results, key)
        except ResultError as error:
            return error
        return None
