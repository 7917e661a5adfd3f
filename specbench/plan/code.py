"""Which jobs have to load the user's code before they can run."""

from __future__ import annotations

import json
from collections.abc import Mapping

from specbench.plan.jobs import Job, Kind
from specbench.usercode.load import loaded

_READS_NETWORKS = (Kind.TRACE, Kind.SCORE)


def name_code(jobs: Mapping[str, Job]) -> None:
    """Tell every job that uses a definition of the user's where the file lies and what its hash is.

    Such a job has the hash in its content; a trace or a score that reads such a network needs the
    file too. ``jobs`` are in the order in which they need each other.
    """
    code = loaded()
    if code is None:
        return
    named: set[str] = set()
    for key, job in jobs.items():
        networks = job.needs if job.kind in _READS_NETWORKS else ()
        if code.sha in json.dumps(job.content) or not named.isdisjoint(networks):
            job.where["code"] = code.where()
            if job.kind is Kind.NETWORK:
                named.add(key)
