import pytest

from specbench.training.schedule import Schedule
from specbench.training.settings import Settings


def _schedule(steps: int = 10, **settings: object) -> Schedule:
    content = {
        "epochs": 4,
        "batch_size": 8,
        "optimizer": "sgd",
        "learning_rate": 1.0,
        "momentum": 0.9,
        "weight_decay": 0.0,
        "schedule": "constant",
        "warmup_steps": 0,
        "precision": "fp32",
        "channels_last": True,
        "flip": True,
        "reduction": "sum",
        "method": "equal",
        "patience": 3,
        **settings,
    }
    return Schedule(Settings.from_content(content), steps)


def test_constant() -> None:
    assert {_schedule(schedule="constant").rate(step) for step in range(40)} == {1.0}


def test_cosine_falls_from_the_rate_to_nothing() -> None:
    rates = [_schedule(schedule="cosine").rate(step) for step in range(40)]
    assert rates[0] == 1.0
    assert rates[20] == pytest.approx(0.5)
    assert 0 < rates[-1] < 0.01
    assert rates == sorted(rates, reverse=True)


def test_step_multiplies_every_so_many_epochs() -> None:
    schedule = _schedule(schedule="step", step_epochs=2, step_factor=0.1)
    assert [schedule.rate(step) for step in (0, 19, 20, 39)] == pytest.approx([1, 1, 0.1, 0.1])


def test_plateau_halves_after_epochs_without_a_better_loss() -> None:
    schedule = _schedule(schedule="plateau", patience=2)
    rates = []
    for loss in (3.0, 2.0, 2.0, 2.5, 1.0, 1.1, 1.2, 1.3, 1.4):
        schedule.end_epoch(loss)
        rates.append(schedule.rate(0))
    assert rates == [1, 1, 1, 0.5, 0.5, 0.5, 0.25, 0.25, 0.125]


def test_plateau_goes_on_from_its_state() -> None:
    one, other = (_schedule(schedule="plateau", patience=2) for _ in range(2))
    for loss in (1.0, 2.0):
        one.end_epoch(loss)
    other.restore(one.state())
    for schedule in (one, other):
        schedule.end_epoch(3.0)
    assert one.rate(0) == other.rate(0) == 0.5


@pytest.mark.parametrize("schedule", ["constant", "cosine", "plateau"])
def test_warm_up_rises_evenly_to_the_rate(schedule: str) -> None:
    rates = [_schedule(schedule=schedule, warmup_steps=3).rate(step) for step in range(4)]
    plain = [_schedule(schedule=schedule).rate(step) for step in range(4)]
    assert rates == pytest.approx([p * f for p, f in zip(plain, (0.25, 0.5, 0.75, 1), strict=True)])


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"optimizer": "adam"}, "optimizer is 'adam', not one of sgd, adamw"),
        ({"schedule": "linear"}, "schedule is 'linear'"),
        ({"precision": "fp16"}, "precision is 'fp16'"),
        ({"method": "pcgrd"}, "method is 'pcgrd'"),
        ({"epochs": 0}, "epochs must be at least 1"),
        ({"learning_rate": 0.0}, "learning_rate must be positive"),
        ({"epoch": 3}, "unknown training setting 'epoch'"),
    ],
)
def test_what_cannot_be_trained_is_refused(changed: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        _schedule(**changed)
