"""A transfer study expanded: pre-trainings on sets of sources, and what is finetuned from each.

A pre-training is the network of its sources, a finetuning a network of one target that starts from
it. So nothing of a target enters the key of a pre-training, and sets of the same sources share one.
Which sources a score holds for related is known when the score is computed; until then those sets
are undecided, and the plan is made again after what it holds is done.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Sequence
from contextlib import suppress
from typing import Any

from specbench.errors import ResultError
from specbench.names import join
from specbench.plan.grid import Cell, Finetuned, Plan, computed, expand_networks, network_job
from specbench.plan.jobs import Job
from specbench.plan.scoring import score_jobs
from specbench.plan.sources import DataPlan
from specbench.plan.stages import Start
from specbench.results import Results
from specbench.spec.study import Condition
from specbench.spec.transfer import Chosen, source_sets, sources_of
from specbench.spec.transfer_models import TransferSection


def expand_transfer(plan: Plan, condition: Condition, data: DataPlan, results: Results) -> None:
    """Add the pre-trainings, finetunings and scores of one condition."""
    for seed in _first_seeds(plan, condition):
        _Stages(plan, condition, data, results, seed).expand()


def _transfer(condition: Condition) -> TransferSection:
    assert condition.settings.transfer is not None
    return condition.settings.transfer


def _first_seeds(plan: Plan, condition: Condition) -> list[int]:
    """Return the seeds of the first stage."""
    seed = _transfer(condition).pretrain_seed
    return list(plan.study.seeds) if seed == "each" else [seed]


class _Stages:
    """Both stages under one seed of the first."""

    def __init__(
        self, plan: Plan, condition: Condition, data: DataPlan, results: Results, seed: int
    ) -> None:
        self.plan, self.condition, self.data = plan, condition, data
        self.results, self.seed = results, seed
        self.transfer = _transfer(condition)
        self.sources = sources_of(self.transfer, condition.tasks)
        self.sets = source_sets(self.transfer, condition.tasks)
        self.seeds = plan.study.seeds if self.transfer.pretrain_seed != "each" else [seed]

    def expand(self) -> None:
        """Add everything to the plan."""
        scored = self._scores()
        for one in self.sets:
            for target in self.transfer.targets:
                members = one.sources
                if one.related:
                    found = self._related(one, target, scored)
                    if found is None:
                        names = self.plan.undecided.setdefault(self.condition.name, [])
                        names += [one.name] if one.name not in names else []
                        continue
                    members = found
                self._finetune(one.name, members, target)

    def _scores(self) -> dict[tuple[str, str], Job]:
        """Add the scores, a job a target so that a further target leaves them as they are."""
        plan, condition, found = self.plan, self.condition, {}
        for target in self.transfer.targets:
            tasks = {name: condition.tasks[name] for name in sorted([*self.sources, target])}
            one = dataclasses.replace(
                condition, tasks=tasks, groups=_within(condition.groups, tasks)
            )
            networks = self._singles(one, target)
            jobs = score_jobs(computed(plan.study), one, networks, self.data)
            for job in jobs.traces:
                plan.add(job)
            for name, job in jobs.scores.items():
                key = plan.add(job)
                found[name, target] = job
                cell = Cell(key, condition.name, self.seed, score=name, target=target)
                plan.scores.append(cell)
        return found

    def _singles(self, condition: Condition, target: str) -> dict[str, Job]:
        """Add the networks that scores read; a target's sees no more samples than finetuning."""
        few = self.transfer.finetune.samples

        def trained(group: tuple[str, ...]) -> Condition:
            own = few is not None and group == (target,)
            return _trained(condition, {"samples": few}) if own else condition

        found = expand_networks(self.plan, condition, self.seed, self.data, trained)
        self.plan.networks[:] = list(dict.fromkeys(self.plan.networks))
        return found

    def _related(
        self, one: Chosen, target: str, scored: dict[tuple[str, str], Job]
    ) -> tuple[str, ...] | None:
        """Return the sources of the highest score; None where it is not computed yet."""
        job = scored[one.score, target]
        with suppress(ResultError):
            rows = self.results.read(job.key)["result"]["rows"]
            return most_related(rows, target, one.related)
        return None

    def _finetune(self, name: str, sources: tuple[str, ...], target: str) -> None:
        """Add a set's pre-trainings and the finetunings of a target, one a rate and seed."""
        plan, condition = self.plan, self.condition
        pretrained = tuple(self._pretrain(sources)) if sources else ()
        start = Start(pretrained, self.transfer.finetune.trains)
        rates = self.transfer.finetune.learning_rates
        for seed in self.seeds:
            for rate in rates or [condition.settings.training.learning_rate]:
                second = _trained(condition, {**self._second(), "learning_rate": rate})
                job = network_job(second, (target,), 1.0, seed, self.data, start=start)
                cell = Finetuned(
                    plan.add(job),
                    condition.name,
                    seed,
                    name,
                    join(sources),
                    target,
                    rate,
                    "+".join(start.keys),
                )
                plan.transfers.append(cell)

    def _pretrain(self, sources: Sequence[str]) -> Iterable[Job]:
        """Add the pre-trainings on a set; a single one is a network of the study like any other."""
        rates = self.transfer.pretrain_rates
        for rate in rates or [self.condition.settings.training.learning_rate]:
            first = _trained(self.condition, {"learning_rate": rate})
            job = network_job(first, tuple(sources), 1.0, self.seed, self.data)
            key = self.plan.add(job)
            cell = Cell(key, self.condition.name, self.seed, join(sources), 1.0)
            if len(rates) < 2 and cell not in self.plan.networks:
                self.plan.networks.append(cell)
            yield job

    def _second(self) -> dict[str, Any]:
        """Return what the second stage is trained by where that differs from the first."""
        tuning = self.transfer.finetune
        given = {
            "epochs": tuning.epochs,
            "batch_size": tuning.batch_size,
            "stop_after": tuning.stop_after,
            "samples": tuning.samples,
        }
        return {name: value for name, value in given.items() if value is not None}


def _within(groups: Iterable[tuple[str, ...]], tasks: Iterable[str]) -> tuple[tuple[str, ...], ...]:
    """Return the groups whose tasks are all among ``tasks``."""
    return tuple(group for group in groups if set(group) <= set(tasks))


def _trained(condition: Condition, update: dict[str, Any]) -> Condition:
    """Return the condition with other settings of training."""
    settings = condition.settings
    training = settings.training.model_copy(update=update)
    settings = settings.model_copy(update={"training": training})
    return dataclasses.replace(condition, settings=settings)


def most_related(rows: Iterable[dict[str, Any]], target: str, count: int) -> tuple[str, ...]:
    """Return the ``count`` partners of the highest values, ties by name, in alphabetical order.

    Fewer where the score is not defined for so many.
    """
    values = {
        row["partner"]: row["value"]
        for row in rows
        if row["target"] == target and row["value"] is not None
    }
    ranked = sorted(values, key=lambda name: (-values[name], name))
    return tuple(sorted(ranked[:count]))
