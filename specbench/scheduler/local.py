"""The local executor: one worker process per slot, one job at a time in each."""

from __future__ import annotations

import json
import queue
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Container, Iterator, Sequence
from contextlib import contextmanager, suppress

from specbench.jobs.ticket import Ticket
from specbench.scheduler.devices import Slot
from specbench.scheduler.executor import Event
from specbench.scheduler.memory import memory_kills

WORKER = ("-m", "specbench.jobs.worker")
"""What Python runs as the process of a slot."""


class LocalExecutor:
    """Runs tickets in processes of their own; the contract that other executors share.

    ``free(on_device)`` tells whether a ticket can start now, ``submit`` starts it, ``next`` returns
    the next event or None after a while. A process that dies is an event `failed` of its job, and
    its slot gets a new process with the next ticket. A ticket that does several jobs gives each of
    them its own `done` or `failed`; where a network fails, none of its traces. ``close`` ends all
    processes.

    A job that takes longer than ``limit`` seconds, if given, has its process killed and fails;
    networks that are trained side by side have the time of all of them.
    """

    queues = False

    def __init__(
        self, slots: Sequence[Slot], limit: float | None = None, side_by_side: int = 1
    ) -> None:
        self.limit, self.side_by_side = limit, side_by_side
        self._workers = [_Worker(slot, self) for slot in slots]
        # Of C: an interrupt amid a call of the other sort may leave it locked for good.
        self.events: queue.SimpleQueue[Event] = queue.SimpleQueue()
        self._has_devices = any(slot.device != "cpu" for slot in slots)

    def free(self, on_device: bool) -> bool:
        """Tell whether a slot of the right sort is idle."""
        return self._idle(on_device) is not None

    def submit(self, ticket: Ticket, on_device: bool) -> None:
        """Start a ticket on an idle slot."""
        worker = self._idle(on_device)
        if worker is None:
            raise RuntimeError("no idle slot: ask free() first")
        worker.start(ticket)

    def next(self, timeout: float) -> Event | None:
        """Return the next event, or None after ``timeout`` seconds without one."""
        for worker in self._workers:
            worker.end_if_overdue()
        try:
            return self.events.get(timeout=timeout)
        except queue.Empty:
            return None

    def close(self) -> None:
        """End all worker processes, running jobs with them."""
        for worker in self._workers:
            worker.stop()

    def leave(self) -> None:
        """End everything too: processes of this machine do not outlive their scheduler."""
        self.close()

    def adopt(self, keys: Container[str]) -> list[Ticket]:
        """Return nothing, for the same reason."""
        return []

    def expect(self, seconds: float) -> None:
        """Make nothing of how much work there is: the slots are what they are."""

    def describe(self) -> str:
        """Return nothing: there is no engine."""
        return ""

    def processes(self) -> list[int]:
        """Return the ids of the processes; takes no lock."""
        return [worker.process for worker in self._workers if worker.process]

    def _idle(self, on_device: bool) -> _Worker | None:
        wanted = "cuda" if on_device and self._has_devices else "cpu"
        return next((w for w in self._workers if w.idle and w.slot.device == wanted), None)


@contextmanager
def _interrupts_held() -> Iterator[None]:
    """Hold Ctrl-C back for a moment; threads and processes made meanwhile never get any.

    In a terminal it goes to the workers too, and one that is only starting would die of it aloud.
    """
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


class _Worker:
    def __init__(self, slot: Slot, executor: LocalExecutor) -> None:
        self.slot = slot
        self._executor = executor
        self._process: subprocess.Popen[str] | None = None
        self._listener: threading.Thread | None = None
        self._heads: dict[
            str, str
        ] = {}  # by job of the ticket: the network it belongs to, or itself
        self._keys: tuple[str, ...] = ()  # of the ticket's jobs that have not ended
        self._since = 0.0  # when the job under way was begun, by the monotonic clock
        self._overdue = False
        self._memory_kills: int | None = None  # of the control group when the ticket started
        self._lock = threading.Lock()  # between the scheduler's thread and the listener's

    @property
    def idle(self) -> bool:
        return not self._keys

    @property
    def process(self) -> int | None:
        process = self._process
        return None if process is None else process.pid

    def start(self, ticket: Ticket) -> None:
        with self._lock:
            if self._process is None or self._process.poll() is not None:
                self._spawn()
            process, self._keys = self._process, ticket.keys
            self._heads = {each.key: h.key for h in ticket.heads for each in (h, *h.also)}
            self._since, self._overdue = time.monotonic(), False
            self._memory_kills = memory_kills()
        assert process is not None
        assert process.stdin is not None
        # A process that has died meanwhile is reported by its listener, which may close its input.
        with suppress(OSError, ValueError):
            process.stdin.write(ticket.line())
            process.stdin.flush()

    def end_if_overdue(self) -> None:
        """Kill the process if its job has taken longer than the limit; the listener reports it."""
        limit = self._executor.limit
        with self._lock:
            if limit is None or self._process is None or not self._keys:
                return
            together = len({self._heads[key] for key in self._keys} & set(self._keys))
            if time.monotonic() - self._since > limit * max(1, together):
                self._overdue = True
                self._process.kill()

    def stop(self) -> None:
        with self._lock:
            process, listener = self._process, self._listener
            self._process, self._keys = None, ()
        if process is None or listener is None:
            return
        process.kill()
        listener.join()

    def _spawn(self) -> None:
        with _interrupts_held():
            process = subprocess.Popen(
                [sys.executable, *WORKER, self.slot.device],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
                encoding="utf-8",
                env=self.slot.environment(),
            )
            self._process = process
            self._listener = threading.Thread(target=self._listen, args=(process,), daemon=True)
            self._listener.start()

    def _listen(self, process: subprocess.Popen[str]) -> None:
        """Turn the lines of one process into events until it ends."""
        assert process.stdout is not None
        with process.stdout as lines:
            for line in lines:
                self._heard(process, line)
        code = process.wait()
        with suppress(OSError):
            assert process.stdin is not None
            process.stdin.close()
        # All under the lock: without its keys the slot is idle, and another ticket may come.
        with self._lock:
            if self._process is not process:
                return
            error = self._overdue_error() if self._overdue else self._death(code)
            # The traces of a network that was not trained have not begun.
            ended = set(self._heads) - set(self._keys)
            failed = [each for each in self._keys if self._heads[each] in {each, *ended}]
            self._process, self._keys = None, ()
        for key in failed:
            self._executor.events.put(Event(key, "failed", {"error": error, "died": True}))

    def _overdue_error(self) -> str:
        return (
            f"it took longer than {self._executor.limit:g} s and was killed; a training goes on "
            "from its last checkpoint with --retry-failed and a longer --job-timeout"
        )

    def _death(self, code: int) -> str:
        if code == -signal.SIGKILL and self._memory_kills is not None:
            now = memory_kills()
            if now is not None and now > self._memory_kills:
                return (
                    "out of memory: the system killed the worker process (signal 9); use fewer "
                    "--workers or a smaller training.batch_size, then --retry-failed"
                )
        if code < 0:
            return f"the worker process was killed by signal {-code} ({signal.Signals(-code).name})"
        return f"the worker process ended with exit status {code}"

    def _heard(self, process: subprocess.Popen[str], line: str) -> None:
        try:
            message = json.loads(line)
            event = Event(message.pop("key"), message.pop("event"), message)
        except (ValueError, KeyError, AttributeError):  # cut off by the death of the process
            return
        if event.word in ("done", "failed"):
            with self._lock:
                if self._process is process:
                    self._forget(event)
        self._executor.events.put(event)

    def _forget(self, event: Event) -> None:
        """Take a job as ended, and where it has failed those that belong to it."""
        self._since = time.monotonic()
        gone = {event.key}
        if event.word == "failed":
            gone |= {key for key, head in self._heads.items() if head == event.key}
        self._keys = tuple(key for key in self._keys if key not in gone)
