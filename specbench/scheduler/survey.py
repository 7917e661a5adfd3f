"""A study's plan and where each of its jobs stands: the same look a run takes before it starts."""

from __future__ import annotations

from dataclasses import dataclass

from specbench.plan.grid import Plan, expand
from specbench.results import Results
from specbench.scheduler import journal
from specbench.scheduler.records import changes_since
from specbench.scheduler.state import Standing, State, standings
from specbench.spec.study import Study


@dataclass(frozen=True)
class Survey:
    """A plan and the standing of its jobs."""

    plan: Plan
    standing: dict[str, Standing]

    def count(self, keys: list[str], *states: State) -> int:
        """Return how many of ``keys`` are in one of ``states``."""
        return sum(self.standing[key].state in states for key in keys)


def survey(study: Study, results: Results, *, retry_failed: bool = False) -> Survey:
    """Return the plan of ``study`` against what the results folder holds; changes nothing."""
    plan = expand(study, results)
    return Survey(
        plan,
        standings(
            plan.needs(),
            results,
            journal.read(results.study(study.name)),
            done=results.done() & set(plan.jobs),
            retry_failed=retry_failed,
            changes=changes_since(plan, results),
        ),
    )
