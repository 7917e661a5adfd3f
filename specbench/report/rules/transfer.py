"""What is said of transfer: many sources or a few related ones, by how much, at what cost."""

from __future__ import annotations

from statistics import fmean

from specbench.report.findings import Findings
from specbench.report.numerals import counted, decimal, equation, listing, percent
from specbench.report.ranking import LEVEL
from specbench.report.transfer import ALL, NONE, OWN_GROUP, Transfer
from specbench.report.vocabulary import score_title

_SMALL = 1e-12
_ONE_SEED = "one seed, so nothing is known of the noise"


def main_of(found: Findings) -> Transfer | None:
    """Return the transfers of the condition shown first; None where the study has none."""
    if not found.transfers:
        return None
    return next(found.transfers.all())


def set_title(name: str) -> str:
    """Return the printed name of a set: ``related-2 rsa`` is ``2 related by RSA``."""
    if name.startswith("related-"):
        count, _, score = name.removeprefix("related-").partition(" ")
        return f"{count} related by {score_title(score)}"
    if name.startswith("random-"):
        count, _, draw = name.removeprefix("random-").partition(".")
        return f"{count} at random, draw {draw}"
    words = {NONE: "none", ALL: "all", OWN_GROUP: "the target's own group"}
    return words.get(name, name)


def _gained(transfer: Transfer, gain: float) -> str:
    """Return a gain in the words of its quantity."""
    return f"{transfer.amount(gain)} of the loss" if transfer.relative else transfer.amount(gain)


def headline(transfer: Transfer) -> str:
    """Return the answer to the question: many sources, or a few related ones?"""
    best, everything = transfer.best(), transfer.gain(ALL)
    related = _best_related(transfer)
    if best is None:
        return "No set of sources can be held against training without pre-training yet."
    if best == NONE or (transfer.gain(best) or 0) <= 0:
        return "No set of sources did better than training each target without pre-training."
    if everything is None or related is None:
        return f"Pre-training helped most on {set_title(best)}."
    few = transfer.gain(related) or 0.0
    brought = f"all brought {_gained(transfer, everything)}, "
    brought += f"{set_title(related)} {_gained(transfer, few)}"
    if _overlap(transfer, related):
        neither = "; neither did better than no pre-training" if max(few, everything) <= 0 else ""
        return (
            f"Many sources and a few related ones are not told apart: {brought}, and their "
            f"intervals over seeds overlap{neither}."
        )
    if (transfer.at(ALL) or {}).get("seed_low") is None:
        brought += f" ({_ONE_SEED})"
    if few >= everything:
        return f"A few related sources did at least as well as all of them: {brought}."
    return f"All sources did better than a few related ones: {brought}."


def _overlap(transfer: Transfer, related: str) -> bool:
    """Tell whether the intervals over seeds of related sources and of all have a part in common."""
    few, whole = transfer.at(related) or {}, transfer.at(ALL) or {}
    if few.get("seed_low") is None or whole.get("seed_low") is None:
        return False
    return bool(few["seed_low"] <= whole["seed_high"] and whole["seed_low"] <= few["seed_high"])


def _best_related(transfer: Transfer) -> str | None:
    known = [(gain, one) for one in transfer.related if (gain := transfer.gain(one)) is not None]
    return max(known)[1] if known else None


def best_rule(found: Findings) -> str:
    """Which set was best on average, and how sure that is."""
    transfer = main_of(found)
    best = transfer.best() if transfer else None
    if transfer is None or best in (None, NONE):
        return ""
    assert best is not None
    row = transfer.at(best) or {}
    sure = _ONE_SEED
    if row.get("seed_low") is not None:
        low, high = row["seed_low"], row["seed_high"]
        sure = f"95 % interval over seeds from {transfer.amount(low)} to {transfer.amount(high)}"
    return (
        f"The best set on average over {counted(row['n_targets'], 'target')} is {set_title(best)}: "
        f"{_gained(transfer, row['gain'])} gained over no pre-training ({sure})."
    )


def cost_rule(found: Findings) -> str:
    """What the best few cost beside all sources."""
    transfer = main_of(found)
    related = _best_related(transfer) if transfer else None
    if transfer is None or related is None:
        return ""
    few, everything = transfer.cost(related), transfer.cost(ALL)
    gain, whole = transfer.gain(related), transfer.gain(ALL)
    if not few or not everything or gain is None or whole is None:
        return ""
    share = percent(few / everything, 0, signed=False)
    unit = "multiply-adds" if transfer.in_macs else "time"
    kept = f", and keeps {percent(gain / whole, 0, signed=False)} of what all bring"
    return (
        f"Pre-training on {set_title(related)} takes {share} of the {unit} that all sources take"
        f"{kept if 0 < gain < whole else ''}.{_choosing(transfer, related, everything)}"
    )


def _choosing(transfer: Transfer, name: str, everything: float) -> str:
    """Say what choosing those sources costs, where a score chose them."""
    score = name.rpartition(" ")[2]
    macs = transfer.choosing.get(score) if name.startswith("related-") else None
    if macs is None or not transfer.in_macs:
        return ""
    if macs == 0:
        return f" {score_title(score)} itself costs nothing."
    share = percent(macs / everything, 0, signed=False)
    return (
        f" {score_title(score)} itself takes {share} of it for a target, its networks' training "
        "included."
    )


def chance_rule(found: Findings) -> str:
    """Whether related sources beat random ones."""
    transfer = main_of(found)
    said = []
    for test in transfer.tests if transfer else ():
        if test["p"] is None or transfer is None:
            continue
        better = "more" if test["difference"] > 0 else "less"
        size = _gained(transfer, abs(test["difference"])).replace("+", "")
        told = "told" if test["p"] < LEVEL else "not told"
        least = ""
        if test["p_smallest"] >= LEVEL:
            least = "; so few targets and draws cannot tell anything from chance"
        said.append(
            f"{set_title(test['related_set'])} brought {size} {better} than as many at random "
            f"(p {equation(test['p'])}, {told} from chance{least})"
        )
    return f"Relatedness against chance: {'; '.join(said)}." if said else ""


def hurt_rule(found: Findings) -> str:
    """Which sets hurt, and whom."""
    transfer = main_of(found)
    if transfer is None:
        return ""
    cells = [
        (gain, target, name)
        for target in transfer.targets
        for name in transfer.sets
        if name not in (NONE, OWN_GROUP) and (gain := transfer.gain(name, target)) is not None
    ]
    if not cells:
        return ""
    hurt = [one for one in cells if one[0] < 0]
    worst, best = min(cells), max(cells)
    return (
        f"Pre-training hurt in {len(hurt)} of {counted(len(cells), 'pair')} of a set and a target. "
        f"The most it brought was {_gained(transfer, best[0])} ({best[1]} from "
        f"{set_title(best[2])}), the least {_gained(transfer, worst[0])} ({worst[1]} from "
        f"{set_title(worst[2])})."
    )


def spread_rule(found: Findings) -> str:
    """How the spread over seeds goes with the number of sources."""
    from specbench.stats.transfer import growth

    transfer = main_of(found)
    if transfer is None:
        return ""
    rows = [transfer.at(one) for one in transfer.sets if one != OWN_GROUP]
    known = [row for row in rows if row is not None and row["spread"] is not None]
    if len(known) < 3:
        return ""
    import numpy as np

    value = growth(
        np.array([row["n_sources"] for row in known]), np.array([row["spread"] for row in known])
    )
    if value != value:
        return ""
    way = "falls" if value < 0 else "grows"
    return (
        f"The spread over seeds {way} with the number of sources (Spearman {decimal(value)} over "
        f"{counted(len(known), 'set')}; mean spread "
        f"{transfer.amount(fmean(row['spread'] for row in known), 2, signed=False)})."
    )


def constant_rule(found: Findings) -> str:
    """Whether every target is learnt at all."""
    known = [one for one in found.transfers.reached if one.beats_constant is not None]
    if not known:
        return ""
    several = len({one.condition for one in known}) > 1
    failing = [
        f"{one.target} under {one.condition}" if several else one.target
        for one in known
        if not one.beats_constant
    ]
    if not failing:
        return "With and without pre-training every target beats its best constant predictor."
    return f"The best constant predictor is not beaten by {listing(failing)}."


def others_rule(found: Findings) -> str:
    """What the answer is under the further conditions; the headline is that of the first."""
    if not found.transfers:
        return ""
    first, *others = found.transfers.all()
    if not others:
        return ""
    told = " ".join(f"Under {one.condition}: {headline(one)}" for one in others)
    return f"The answer above is that under {first.condition}. {told}"


def conditions_rule(found: Findings) -> str:
    """Which condition reaches more, target by target."""
    names = list(dict.fromkeys(one.condition for one in found.transfers.reached))
    if len(names) != 2:
        return ""
    by = {(one.target, one.condition): one for one in found.transfers.reached}
    targets = dict.fromkeys(one.target for one in found.transfers.reached)
    both = [t for t in targets if all((t, name) in by for name in names)]
    wins = dict.fromkeys(names, 0)
    for target in both:
        first, second = by[target, names[0]], by[target, names[1]]
        if first.best is None or second.best is None or first.metric != second.metric:
            continue
        ahead = first.best - second.best
        if abs(ahead) > _SMALL:
            wins[names[0] if (ahead > 0) == first.higher_is_better else names[1]] += 1
    return (
        "At its best set a target reaches more under "
        + " and under ".join(f"{name} in {wins[name]} of {len(both)}" for name in names)
        + "."
    )


def printed_rule(found: Findings) -> str:
    """Where printed means do not follow from printed cells."""
    said = [
        f"{set_title(row['source_set'])}: printed {decimal(row['printed'], 5)}, the printed cells "
        f"average {decimal(row['computed'], 5)}"
        for row in found.transfers.notes
        if row["computed"] is not None
    ]
    return f"A printed mean that its cells do not give: {'; '.join(said)}." if said else ""


RULES = (
    others_rule,
    best_rule,
    cost_rule,
    chance_rule,
    hurt_rule,
    spread_rule,
    conditions_rule,
    constant_rule,
    printed_rule,
)
