"""How long jobs are expected to take."""

from __future__ import annotations

import pytest

from specbench.plan.jobs import Job, Kind
from specbench.scheduler.forecast import USUAL_SPEED, weight
from specbench.scheduler.sizes import Sizes


def job(kind: Kind, work: float) -> Job:
    return Job(kind, {"kind": kind.value, "work": work}, "a job", work=work)


def test_before_anything_has_run_multiply_adds_tell() -> None:
    small, large = job(Kind.NETWORK, 1e12), job(Kind.NETWORK, 5e12)
    sizes = Sizes()
    assert sizes.seconds(small) == weight(small) / USUAL_SPEED
    assert sizes.seconds(large) == pytest.approx(5 * sizes.seconds(small), rel=0.01)


def test_earlier_jobs_of_the_kind_tell_the_speed() -> None:
    one = job(Kind.NETWORK, 1e12)
    sizes = Sizes([(one, 100.0)])
    assert sizes.seconds(one) == pytest.approx(100.0)
    sizes.ended(one, 300.0)
    assert sizes.seconds(one) == pytest.approx(200.0)
    pack = job(Kind.PACK, 1e12)
    assert sizes.seconds(pack) == weight(pack) / USUAL_SPEED, "of its own kind only"
    sizes.ended(pack, 0.0)
    assert sizes.seconds(pack) == weight(pack) / USUAL_SPEED, "a job done by others says nothing"
