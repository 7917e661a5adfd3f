"""The training methods there are: what each is called, reads and can be told.

Light: planning a study reads this file and loads no torch. What a method does stands in the other
files of this folder.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Mapping
from dataclasses import MISSING, dataclass, fields
from enum import StrEnum
from typing import Any

from specbench.training.methods import options

EQUAL = "equal"
"""The method of a study that names none, and of every network of one task."""
IT_MTL = "it_mtl"
SOLVERS = "specbench[solvers]"
"""The optional packages that some methods need to solve a small problem at every step."""


class Reads(StrEnum):
    """What a method combines."""

    LOSSES = "losses"
    """One backward pass of their weighted sum."""
    GRADIENTS = "gradients"
    """The tasks' gradients of the shared parameters, a backward pass each."""
    STEPS = "steps"
    """Candidate steps of the shared parameters, made of the tasks' gradients."""


@dataclass(frozen=True)
class Described:
    """What is known of a method without running it."""

    name: str
    title: str
    source: str
    reads: Reads
    options: type[Any] = options.Nothing
    version: int = 1
    """Raise it when the method would take other steps with unchanged options."""
    needs: tuple[str, ...] = ()
    """Packages beside those that specbench always has."""
    random: bool = False
    """Whether its steps depend on random numbers beside those of every training."""

    def missing(self) -> list[str]:
        """Return the packages that it needs and that are not installed."""
        return [name for name in self.needs if importlib.util.find_spec(name) is None]

    def with_defaults(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """Return the options with every default filled in, as JSON values; none is unknown."""
        filled = {}
        for field in fields(self.options):
            default = field.default
            if field.default_factory is not MISSING:
                default = field.default_factory()
            filled[field.name] = given.get(field.name, default)
        return filled


_SOLVED = ("cvxpy", "clarabel")
_PROJECTED = ("qpsolvers", "quadprog")
_LIST = (
    Described(EQUAL, "the weighted sum of the losses", "none", Reads.LOSSES),
    Described(
        "uncertainty",
        "losses weighted by learnt uncertainty",
        "Kendall et al. 2018, arXiv 1705.07115",
        Reads.LOSSES,
    ),
    Described(
        "dwa",
        "dynamic weight average: losses weighted by how slowly they fall",
        "Liu, Johns and Davison 2019, arXiv 1803.10704",
        Reads.LOSSES,
        options.Dwa,
    ),
    Described(
        "imtl_l",
        "losses brought to one scale by learnt factors",
        "Liu et al. 2021, Towards Impartial Multi-task Learning, ICLR",
        Reads.LOSSES,
    ),
    Described(
        "famo",
        "losses weighted so that all fall at one rate",
        "Liu et al. 2023, arXiv 2306.03792",
        Reads.LOSSES,
        options.Famo,
    ),
    Described(
        "geometric_mean",
        "the geometric mean of the losses",
        "Chennupati et al. 2019, arXiv 1904.08492",
        Reads.LOSSES,
    ),
    Described(
        "random",
        "losses weighted at random, anew at every step",
        "Lin et al. 2022, arXiv 2111.10603",
        Reads.LOSSES,
        random=True,
    ),
    Described(
        "gradnorm",
        "losses weighted so that their gradients have one size",
        "Chen et al. 2018, arXiv 1711.02257",
        Reads.LOSSES,
        options.GradNorm,
    ),
    Described(
        "pcgrad",
        "gradients projected off those they conflict with",
        "Yu et al. 2020, arXiv 2001.06782",
        Reads.GRADIENTS,
        random=True,
    ),
    Described(
        "gradvac",
        "gradients turned until they are as similar as they use to be",
        "Wang et al. 2021, arXiv 2010.05874",
        Reads.GRADIENTS,
        options.GradVac,
        random=True,
    ),
    Described(
        "graddrop",
        "the sign of every gradient's entry drawn by how much of it agrees",
        "Chen et al. 2020, arXiv 2010.06808",
        Reads.GRADIENTS,
        options.GradDrop,
        random=True,
    ),
    Described(
        "cagrad",
        "the best step for the worst task within a ball around the mean",
        "Liu et al. 2021, arXiv 2110.14048",
        Reads.GRADIENTS,
        options.CaGrad,
        needs=_SOLVED,
    ),
    Described(
        "mgda",
        "the shortest convex combination of the gradients",
        "Désidéri 2012; Sener and Koltun 2018, arXiv 1810.04650",
        Reads.GRADIENTS,
        options.Mgda,
    ),
    Described(
        "nash_mtl",
        "the Nash bargaining solution between the tasks",
        "Navon et al. 2022, arXiv 2202.01017",
        Reads.GRADIENTS,
        options.NashMtl,
        needs=("cvxpy", "ecos"),
    ),
    Described(
        "fairgrad",
        "alpha-fair progress of the tasks",
        "Ban and Ji 2024, arXiv 2402.15638",
        Reads.GRADIENTS,
        options.FairGrad,
    ),
    Described(
        "imtl_g",
        "a step that goes equally far along every gradient",
        "Liu et al. 2021, Towards Impartial Multi-task Learning, ICLR",
        Reads.GRADIENTS,
    ),
    Described(
        "aligned_mtl",
        "gradients brought to orthogonal ones of one length",
        "Senushkin et al. 2023, CVPR",
        Reads.GRADIENTS,
        options.AlignedMtl,
    ),
    Described(
        "config",
        "a step of equal cosine with every gradient",
        "Liu, Chu and Thuerey 2025, arXiv 2408.11104",
        Reads.GRADIENTS,
    ),
    Described(
        "upgrad",
        "every gradient projected onto the cone that conflicts with none",
        "Quinton and Rey 2024, arXiv 2406.16232",
        Reads.GRADIENTS,
        needs=_PROJECTED,
    ),
    Described(
        "dualproj",
        "the mean gradient projected onto the cone that conflicts with none",
        "Lopez-Paz and Ranzato 2017, arXiv 1706.08840",
        Reads.GRADIENTS,
        needs=_PROJECTED,
    ),
    Described(
        IT_MTL,
        "of several steps the one that helps all tasks most",
        "Fifty et al. 2020, arXiv 2010.15413",
        Reads.STEPS,
        options.ItMtl,
    ),
)
METHODS: dict[str, Described] = {method.name: method for method in _LIST}
"""Every method by name, in the order in which documents list them."""
