"""The rules behind the sentences: numbers in, words out."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from specbench.report import answer
from specbench.report.agreement import SHARED, Agreement, Estimate
from specbench.report.costs import Cost, Costs
from specbench.report.findings import Findings
from specbench.report.gains import Gain, GainMatrix
from specbench.report.partners import ScoreValues, choose
from specbench.report.problems import Work
from specbench.report.ranking import ranking
from specbench.report.rules import gains, scores
from specbench.report.selections import Selections
from specbench.report.skill import Skill, Skills
from specbench.report.stability import compare
from specbench.report.study import Definition, Study
from specbench.report.trust import Trust

TASKS = ("a", "b", "c")
GAINS = {("a", "b"): 0.1, ("a", "c"): -0.02, ("b", "a"): 0.03,
         ("b", "c"): 0.01, ("c", "a"): -0.01, ("c", "b"): 0.04}  # fmt: skip


def estimate(score: str, value: float | None, fit: str = "crossed", **numbers: Any) -> Estimate:
    made = Estimate(
        condition="base",
        score_condition="base",
        score=score,
        level="pairs",
        measure="pearson",
        target=None,
        fit=fit,
        value=value,
        low=None,
        high=None,
        p=None,
        p_corrected=None,
        p_smallest=None,
        ceiling=None,
        n_tasks=3,
        n_pairs=6,
        n_seeds=2,
        reason=None,
    )
    return replace(made, **numbers)


def findings(
    *estimates: Estimate,
    seeds: int = 2,
    costs: dict[str, Cost] | None = None,
    skills: tuple[Skill, ...] = (),
    values: dict[str, dict[tuple[str, str], float]] | None = None,
    conditions: tuple[str, ...] = ("base",),
) -> Findings:
    names = tuple(dict.fromkeys(one.score for one in estimates))
    study = Study("s", TASKS, conditions, tuple(range(seeds)), names, Definition())
    cells = {
        pair: Gain(*pair, tuple((seed, value + 0.001 * seed) for seed in range(seeds)))
        for pair, value in GAINS.items()
    }
    gains = {name: GainMatrix(name, TASKS, cells, "") for name in conditions}
    agreement = Agreement(estimates, "")
    scores = ScoreValues(values or {}, {}, "")
    return Findings(
        study=study,
        gains_by_condition=gains,
        agreement=agreement,
        scores=scores,
        choices=choose(scores, gains["base"]),
        costs=Costs(costs or {}, None, ""),
        skills=Skills(skills, ""),
        stability=compare(study, gains, agreement, "pearson"),
        selections=Selections((), ""),
        choosing=(),
        work=Work((), (), (), ""),
        trust=Trust((), {}, {}, ""),
    )


@pytest.mark.parametrize(
    ("estimates", "said"),
    [
        ([estimate("li", 0.6, p_corrected=0.01)], "LI predicts the gain of joint learning best"),
        ([estimate("li", 0.6, "same", p_corrected=0.01, reason=SHARED)], "runs it shares with"),
        ([estimate("li", 0.6, p_corrected=0.2)], "no score can be told from chance"),
        ([estimate("li", 0.6)], "with no test of whether that is chance"),
        ([estimate("li", -0.1, p_corrected=0.9)], "No score predicts the gain"),
        ([estimate("li", None)], "cannot be estimated"),
        ([], "helped in 4 of 6 ordered pairs"),
    ],
)
def test_headline(estimates: list[Estimate], said: str) -> None:
    assert said in answer.headline(findings(*estimates))


def test_the_best_score_is_judged_on_other_seeds_where_that_can_be_done() -> None:
    found = findings(
        estimate("li", 0.3), estimate("li", 0.9, "same", reason=SHARED), estimate("rsa", 0.5)
    )
    assert [one.score for one in ranking(found)] == ["rsa", "li"]


def test_the_best_score_comes_with_interval_ceiling_and_p() -> None:
    best = estimate("li", 0.4, low=0.1, high=0.6, ceiling=0.8, p_corrected=0.03)
    said = scores.best_rule(findings(best)).replace("\u202f", " ").replace("\u00a0", " ")
    assert said == (
        "LI reaches a Pearson correlation of 0.40 with the gain over 6 pairs, judged on runs of "
        "other seeds, 95 % interval [0.10, 0.60], 50 % of the ceiling; more than chance "
        "(corrected p = 0.030)."
    )


def test_scores_whose_interval_reaches_the_best_are_not_called_worse() -> None:
    best = estimate("li", 0.6)
    close, clear = estimate("ias", 0.4, high=0.7), estimate("td", 0.1, high=0.3)
    unsure = estimate("rsa", 0.2)
    assert scores.others_rule(findings(best, close, clear, unsure)) == (
        "The interval of IAS reaches up to LI's value, so the order among them may be chance; "
        "the interval of TD ends below LI's value; RSA has no interval."
    )
    assert scores.others_rule(findings(best)) == ""


def test_a_test_that_cannot_be_passed_is_named() -> None:
    hopeless = estimate("li", 0.9, p_corrected=0.17, p_smallest=0.17)
    assert "no score could have passed" in scores.chance_rule(findings(hopeless))
    none = estimate("li", 0.3, p_corrected=0.17, p_smallest=0.01)
    assert "None of the 1 score can" in scores.chance_rule(findings(none))
    passed = estimate("li", 0.9, p_corrected=0.01, p_smallest=0.01)
    assert "1 can be told from chance (LI)" in scores.chance_rule(findings(passed))
    assert scores.chance_rule(findings(estimate("li", 0.9))) == ""


def test_inflation_by_shared_runs_is_told() -> None:
    found = findings(estimate("li", 0.3), estimate("li", 0.7, "same", reason=SHARED))
    assert "LI would look 0.40 better (0.70 instead of 0.30)" in scores.shared_rule(found)
    once = findings(estimate("li", None), estimate("li", 0.7, "same", reason=SHARED), seeds=1)
    assert "With one run per network" in scores.shared_rule(once)
    free = findings(estimate("td", 0.3), estimate("td", 0.7, "same"))
    assert scores.shared_rule(free) == ""


def test_one_seed_is_owned_up_to() -> None:
    assert "trained once" in gains.seeds_rule(findings(seeds=1))
    assert "both seeds agree" in gains.seeds_rule(findings(seeds=2))
    assert gains.ceiling_rule(findings(estimate("li", 0.5), seeds=1)) == ""


def test_a_ceiling_that_cannot_be_estimated_is_told() -> None:
    assert "not estimable" in gains.ceiling_rule(findings(estimate("li", 0.5)))
    noisy = gains.ceiling_rule(findings(estimate("li", 0.5, ceiling=0.85)))
    assert "noisy" in noisy
    assert "0.85" in noisy
    assert "repeat well" in gains.ceiling_rule(findings(estimate("li", 0.5, ceiling=0.95)))


def test_the_choice_of_partners_counts_hits_and_losses() -> None:
    values = {"li": {pair: -gain for pair, gain in GAINS.items()}}
    said = scores.partner_rule(findings(estimate("li", 0.5), values=values))
    assert "finds the best one for 0 of 3 tasks" in said
    assert "gives away 6.3 percentage points" in said


@pytest.mark.parametrize(
    ("share", "said"),
    [
        (0.0, "no training at all"),
        (1.0, "saves nothing"),
        (0.2, "20\u202f%"),
        (0.004, "0.4\u202f%"),
    ],
)
def test_costs(share: float, said: str) -> None:
    costs = {"li": Cost("li", 1.0, 1.0, share)}
    assert said in scores.cost_rule(findings(estimate("li", 0.5), costs=costs))


def test_a_network_that_does_not_beat_the_mean_is_named() -> None:
    good, bad = Skill("a", "a", 0.5, "", 0.1, 0.2, 2), Skill("b", "a+b", 1.0, "", 0.3, 0.2, 2)
    assert "Every network beats the mean" in gains.mean_rule(findings(skills=(good,)))
    assert "In 1 of 2 cases" in gains.mean_rule(findings(skills=(good, bad)))
    assert "a+b (full capacity) on b" in gains.mean_rule(findings(skills=(good, bad)))
    unknown = Skill("a", "a", 0.5, "", 0.1, None, 2)
    assert gains.mean_rule(findings(skills=(unknown,))) == ""


def test_a_change_of_the_best_score_across_conditions_is_told() -> None:
    def elsewhere(score: str, value: float) -> Estimate:
        return replace(estimate(score, value), condition="wide", score_condition="wide")

    both = (estimate("li", 0.5), estimate("rsa", 0.2))
    turned = findings(
        *both, elsewhere("li", 0.1), elsewhere("rsa", 0.4), conditions=("base", "wide")
    )
    assert "depends on the condition: RSA under wide" in scores.conditions_rule(turned)
    held = findings(*both, elsewhere("li", 0.9), conditions=("base", "wide"))
    assert "The same score comes first under all 2 conditions" in scores.conditions_rule(held)


def test_no_sentence_repeats_the_headline() -> None:
    found = findings()
    assert answer.headline(found) not in answer.sentences(found)
