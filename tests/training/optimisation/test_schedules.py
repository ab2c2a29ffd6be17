import pytest
import torch

from tlcore.config import ScheduleConfig
from tlcore.errors import ConfigError
from tlcore.training.optimisation.schedules import SCHEDULES, Schedule

EPOCHS, STEPS = 12, 5


def factors(name: str, steps: int = STEPS, epochs: int = EPOCHS, **settings: float) -> list[float]:
    schedule = Schedule(ScheduleConfig(name=name, **settings), epochs, steps)
    return [schedule.factor(step / steps) for step in range(epochs * steps)]


def torch_factors(build, steps: int = STEPS, epochs: int = EPOCHS) -> list[float]:
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=1.0)
    scheduler = build(optimizer)
    values = []
    for _ in range(epochs * steps):
        values.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        scheduler.step()
    return values


def test_step_is_torchs_step_schedule():
    theirs = torch_factors(lambda o: torch.optim.lr_scheduler.StepLR(o, 7 * STEPS, 0.1))
    assert factors("step", step_epochs=7, gamma=0.1) == pytest.approx(theirs)


def test_cosine_is_torchs_cosine_annealing():
    theirs = torch_factors(lambda o: torch.optim.lr_scheduler.CosineAnnealingLR(o, EPOCHS * STEPS))
    assert factors("cosine") == pytest.approx(theirs, abs=1e-9)


@pytest.mark.parametrize(("epochs", "steps"), [(25, 61), (13, 8), (3, 8), (1, 8), (2, 2), (1, 4), (12, 1)])
def test_one_cycle_is_torchs_one_cycle(epochs, steps):
    theirs = torch_factors(
        lambda o: torch.optim.lr_scheduler.OneCycleLR(o, 1.0, total_steps=epochs * steps), steps, epochs
    )
    assert factors("one_cycle", steps, epochs) == pytest.approx(theirs, abs=1e-9)


@pytest.mark.parametrize("epochs", [1, 2, 3])
def test_one_cycle_can_be_as_short_as_a_training_can_be(epochs):
    found = factors("one_cycle", 1, epochs)
    assert all(0 < factor <= 1 for factor in found)
    assert found[-1] < 0.5 or epochs == 1


@pytest.mark.parametrize("name", SCHEDULES)
def test_every_schedule_warms_up_in_a_line_and_then_runs_over_the_rest(name):
    schedule = Schedule(ScheduleConfig(name=name, warmup_epochs=2), EPOCHS, steps_per_epoch=2)
    assert [schedule.factor(epoch) for epoch in (0, 0.5, 1, 1.5)] == [0.25, 0.5, 0.75, 1.0]
    after = Schedule(ScheduleConfig(name=name), EPOCHS - 2, steps_per_epoch=2)
    assert schedule.factor(2 + 3.5) == pytest.approx(after.factor(3.5))


@pytest.mark.parametrize("warmup", [0.01, 0.3, 1.0, 2.5])
def test_the_first_step_of_a_warm_up_learns_something(warmup):
    schedule = Schedule(ScheduleConfig(warmup_epochs=warmup), EPOCHS, STEPS)
    assert 0 < schedule.factor(0) <= 1


def test_a_preview_without_steps_is_the_limit_of_many_steps():
    smooth = Schedule(ScheduleConfig(name="one_cycle", warmup_epochs=1), EPOCHS)
    stepped = Schedule(ScheduleConfig(name="one_cycle", warmup_epochs=1), EPOCHS, 10_000)
    for done in (0.5, 2, 5.5, 11):
        assert smooth.factor(done) == pytest.approx(stepped.factor(done), abs=1e-3)


def test_every_schedule_says_what_people_read_and_which_settings_it_uses():
    for entry in SCHEDULES.values():
        assert entry.label
        assert set(entry.fields) <= set(ScheduleConfig.model_fields) - {"name"}
        assert isinstance(entry.words(ScheduleConfig()), str)


def test_plateau_reduces_where_torchs_does():
    losses = [1.0, 0.9, 0.9, 0.9, 0.95, 0.8, 0.8, 0.8, 0.8, 0.8, 0.8, 0.8]
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=1.0)
    theirs = torch.optim.lr_scheduler.ReduceLROnPlateau(optimizer, factor=0.5, patience=2)
    ours = Schedule(ScheduleConfig(name="plateau", gamma=0.5, patience=2), EPOCHS)
    for loss in losses:
        theirs.step(loss)
        ours.end_epoch(loss)
        assert ours.factor(5) == pytest.approx(optimizer.param_groups[0]["lr"])
    assert ours.factor(5) == 0.125


def test_plateau_continues_from_its_state():
    schedule = Schedule(ScheduleConfig(name="plateau", patience=0), EPOCHS)
    for loss in (1.0, 1.0):
        schedule.end_epoch(loss)
    copy = Schedule(ScheduleConfig(name="plateau", patience=0), EPOCHS)
    copy.load_state_dict(schedule.state_dict())
    assert copy.factor(1) == schedule.factor(1) == pytest.approx(0.1)


def test_unknown_schedule_and_too_long_warmup_say_what_to_do():
    with pytest.raises(
        ConfigError, match=r"No schedule named 'cosin'. Did you mean 'cosine'\? Choose one of: constant"
    ):
        Schedule(ScheduleConfig(name="cosin"), EPOCHS)
    with pytest.raises(ConfigError, match="A warm-up of 12 epochs leaves nothing of 12"):
        Schedule(ScheduleConfig(warmup_epochs=12), EPOCHS)


def test_a_schedule_begins_after_the_epochs_of_the_head():
    config = ScheduleConfig(name="one_cycle", warmup_epochs=1)
    late, alone = Schedule(config, EPOCHS + 3, STEPS, head_epochs=3), Schedule(config, EPOCHS, STEPS)
    assert [late.factor(done) for done in (0, 1.5, 2.9)] == [1.0] * 3
    steps = [step / STEPS for step in range(EPOCHS * STEPS)]
    assert [late.factor(3 + done) for done in steps] == pytest.approx([alone.factor(done) for done in steps])


def test_epochs_of_the_head_must_leave_some_for_the_other_layers():
    with pytest.raises(ConfigError, match="12 epochs of the head alone leave nothing of 12 for the other layers"):
        Schedule(ScheduleConfig(), 12, head_epochs=12)
    with pytest.raises(ConfigError, match=r"A warm-up of 2 epochs leaves nothing of 2\. Shorten it"):
        Schedule(ScheduleConfig(warmup_epochs=2), 12, head_epochs=10)
