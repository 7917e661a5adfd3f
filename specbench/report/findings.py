"""Everything a report says about one study, read once and shared by the page, LaTeX and tests."""

from __future__ import annotations

from dataclasses import dataclass, field

import duckdb

from specbench.report.agreement import Agreement, read_agreement
from specbench.report.choosing import ChoosingCosts, read_choosing
from specbench.report.costs import Costs, read_costs
from specbench.report.gains import GainMatrix, read_gains
from specbench.report.methods import Methods, read_methods
from specbench.report.partners import Choice, ScoreValues, choose, read_scores
from specbench.report.problems import Work, read_work
from specbench.report.selections import Selections, read_selections
from specbench.report.skill import Skills, read_skills
from specbench.report.stability import Stability, compare
from specbench.report.study import Study, read_study
from specbench.report.transfer import Transfers, read_transfers
from specbench.report.trust import Trust, read_trust


@dataclass(frozen=True)
class Findings:
    """The numbers of one study; single-condition parts belong to its main condition."""

    study: Study
    gains_by_condition: dict[str, GainMatrix]
    agreement: Agreement
    scores: ScoreValues
    choices: dict[tuple[str, str], Choice]
    costs: Costs
    skills: Skills
    stability: Stability
    trust: Trust
    selections: Selections
    choosing: tuple[ChoosingCosts, ...]
    work: Work
    methods: Methods = field(default_factory=Methods)
    transfers: Transfers = field(default_factory=Transfers)

    @property
    def gains(self) -> GainMatrix:
        """Gains of the main condition."""
        return self.gains_by_condition[self.study.main]


def find(connection: duckdb.DuckDBPyConnection, name: str) -> Findings:
    """Read all findings of study ``name``; StoreError if the store does not hold it."""
    study = read_study(connection, name)
    main = study.main
    conditions = study.conditions or (main,)  # none, before the first network is trained
    gains = {one: read_gains(connection, study, one) for one in conditions}
    agreement = read_agreement(connection, study)
    scores = read_scores(connection, study, main)
    costs, selections = (
        read_costs(connection, study, main),
        read_selections(connection, study, main),
    )
    return Findings(
        study=study,
        gains_by_condition=gains,
        agreement=agreement,
        scores=scores,
        choices=choose(scores, gains[main]),
        costs=costs,
        skills=read_skills(connection, study, main),
        stability=compare(study, gains, agreement, "pearson"),
        trust=read_trust(connection, study),
        selections=selections,
        choosing=read_choosing(connection, study, main, selections, costs),
        work=read_work(connection, study),
        methods=read_methods(connection, study, gains, agreement),
        transfers=read_transfers(connection, study),
    )
