import pytest

from specbench.plan.jobs import Job, Kind
from specbench.scheduler.forecast import Forecast, weight


def _job(kind: Kind, number: int, work: float) -> Job:
    return Job(kind, {"kind": kind.value, "number": number}, f"{kind} {number}", work=work)


def test_each_kind_goes_on_at_the_speed_it_has_shown() -> None:
    packs = [_job(Kind.PACK, n, 0.0) for n in range(2)]
    nets = [_job(Kind.NETWORK, n, 1e12) for n in range(4)]
    forecast = Forecast.of([*packs, *nets])
    for pack in packs:  # slow for their weight, which says nothing about networks
        forecast.ended(pack, 60.0)
    forecast.ended(nets[0], 10.0)
    assert forecast.left([]) == pytest.approx(30.0)


def test_work_under_way_counts_by_its_epochs() -> None:
    nets = [_job(Kind.NETWORK, n, 1e12) for n in range(2)]
    forecast = Forecast.of(nets)
    assert forecast.left([(nets[0], 5.0, {})]) is None
    running = [(net, 5.0, {"epoch": 1, "epochs": 4}) for net in nets]
    assert forecast.left(running) == pytest.approx(15.0)


def test_every_job_weighs_something() -> None:
    assert weight(_job(Kind.SCORE, 0, 0.0)) > 0
