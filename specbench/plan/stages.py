"""What a network's training starts from: nothing, or the encoder of networks trained before."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from specbench.names import join
from specbench.plan.jobs import Job
from specbench.plan.sources import DataPlan


@dataclass(frozen=True)
class Start:
    """The networks whose encoder a network starts from, of which the best will be taken."""

    networks: tuple[Job, ...] = ()
    trains: str = "whole"
    """`whole`, or `head`: the encoder stays as it is."""

    @property
    def keys(self) -> tuple[str, ...]:
        """Keys of the networks."""
        return tuple(sorted(job.key for job in self.networks))

    @property
    def head_only(self) -> bool:
        """Whether the encoder stays as it is."""
        return self.trains == "head"

    @property
    def words(self) -> str:
        """The start, in a job's title."""
        if not self.networks:
            return ""
        return f", from {join(self.networks[0].content['tasks'])}"

    def content(self) -> dict[str, Any]:
        """Return the part of a network's content; nothing for one that is trained as ever."""
        if not self.networks and not self.head_only:
            return {}
        return {"start": {"networks": list(self.keys), "trains": self.trains}}

    def sources(self, data: DataPlan) -> dict[str, str]:
        """Return the packs of the labels that the networks were trained on, by domain."""
        tasks = [task for job in self.networks for task in job.content["tasks"].values()]
        return data.held({task["domain"] for task in tasks})
