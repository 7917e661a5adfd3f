"""Whether the system killed a process for memory: the control group's own count says so."""

from __future__ import annotations

from pathlib import Path

_GROUPS = Path("/proc/self/cgroup")
_MOUNT = Path("/sys/fs/cgroup")


def memory_kills(groups: Path = _GROUPS, mount: Path = _MOUNT) -> int | None:
    """Return how many processes of this control group were killed for memory so far.

    Version 2 counts them in ``memory.events``, version 1 in ``memory.oom_control``. None where
    neither can be read, as in the root group.
    """
    for path in _counters(groups, mount):
        try:
            lines = path.read_text().splitlines()
        except OSError:
            continue
        for line in lines:
            name, _, value = line.partition(" ")
            if name == "oom_kill" and value.isdigit():
                return int(value)
    return None


def _counters(groups: Path, mount: Path) -> list[Path]:
    """Return the files that may hold the count, the process's own group before its mount's root."""
    found: list[Path] = []
    try:
        lines = groups.read_text().splitlines()
    except OSError:
        lines = []
    for line in lines:
        number, controllers, group = [*line.split(":", 2), "", ""][:3]
        inner = group.strip("/")
        if number == "0" and not controllers:
            found += [mount / inner / "memory.events", mount / "memory.events"]
        elif "memory" in controllers.split(","):
            of_memory = mount / "memory"
            found += [of_memory / inner / "memory.oom_control", of_memory / "memory.oom_control"]
    return found
