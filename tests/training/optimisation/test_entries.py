"""Adding an optimiser or a schedule takes one table entry: then it trains, and every list offers and explains it."""

import argparse

import pytest
import torch

from tlcore.cli.options import OPTIONS, add_config_options, config_from
from tlcore.config import OptimizerConfig, ScheduleConfig
from tlcore.data.catalog import open_dataset
from tlcore.errors import ConfigError
from tlcore.recipes.lesson import lesson
from tlcore.recipes.recipe import Recipe
from tlcore.training.defaults import default_learning_rate
from tlcore.training.events import EpochDone
from tlcore.training.fit import fit
from tlcore.training.optimisation.optimizers import OPTIMIZERS, OptimizerEntry, build_optimizer, check_optimizer
from tlcore.training.optimisation.schedules import SCHEDULES, ScheduleEntry
from tlcore.training.plan import plan_run
from tlcore.training.resolve import resolve


@pytest.fixture
def added(monkeypatch):
    """An optimiser and a schedule that tlcore does not have."""
    adamax = OptimizerEntry(
        label="Adamax",
        fields=("learning_rate", "weight_decay"),
        words=lambda config: "scales each step by the largest gradient of late",
        learning_rates={"feature_extraction": 2e-3, "fine_tuning": 2e-4, "from_scratch": 2e-3},
        state=("step", "exp_avg", "exp_inf"),
        build=lambda groups, config: torch.optim.Adamax(groups, weight_decay=config.weight_decay),
    )
    halving = ScheduleEntry(
        label="Halving",
        fields=("warmup_epochs",),
        words=lambda config: "The rate is half of what it was in the epoch before.",
        factor=lambda config, at: 0.5 ** int(at.done + 1e-9),
    )
    monkeypatch.setitem(OPTIMIZERS, "adamax", adamax)
    monkeypatch.setitem(SCHEDULES, "halving", halving)


def test_an_added_entry_of_each_trains(added, configure):
    parser = argparse.ArgumentParser()
    add_config_options(parser)
    asked = config_from(parser.parse_args(["--optimizer", "adamax", "--schedule", "halving"]))
    config = configure(
        strategy={"name": "from_scratch"},
        optimizer=asked.optimizer.model_dump(),
        schedule=asked.schedule.model_dump(),
    )
    plan = plan_run(resolve(config), open_dataset(config.data))
    assert plan.config.optimizer.learning_rate == 2e-3
    events = [event for event in fit(plan) if isinstance(event, EpochDone)]
    records = [event.record for event in events]
    assert records[-1].train_loss < records[1].train_loss
    assert [record.learning_rates["head"] for record in records[1:]] == [2e-3, 1e-3, 5e-4]
    assert "exp_inf" in events[-1].checkpoint.optimizer["state"][0]


def test_an_added_entry_of_each_is_explained(added, configure):
    config = configure(optimizer={"name": "adamax"}, schedule={"name": "halving"})
    sections = {section.title: section.text for section in lesson(Recipe(name="mine", title="Mine", config=config))}
    assert sections["The steps"].startswith(
        "Adamax with a learning rate of 0.002 scales each step by the largest gradient of late."
    )
    assert sections["A learning rate that changes"] == "The rate is half of what it was in the epoch before."


def test_the_options_list_every_optimiser_and_schedule():
    words = {option.flag: option.help for option in OPTIONS}
    assert all(name in words["--optimizer"] for name in OPTIMIZERS)
    assert all(name in words["--schedule"] for name in SCHEDULES)
    assert words["--momentum"] == "sgd or rmsprop: momentum"
    assert words["--patience"].startswith("plateau: ")


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_the_fields_and_the_state_of_an_entry_are_those_that_torchs_optimiser_has(name):
    entry = OPTIMIZERS[name]
    assert set(entry.fields) <= set(OptimizerConfig.model_fields) - {"name"}
    weight = torch.nn.Parameter(torch.ones(2))
    optimizer = build_optimizer(
        OptimizerConfig(name=name, weight_decay=0.1, momentum=0.5), {"head": [weight]}, {"head": 1.0}
    )
    (group,) = optimizer.param_groups
    assert group["weight_decay"] == 0.1
    assert (group.get("momentum") == 0.5) == ("momentum" in entry.fields)
    weight.sum().backward()
    optimizer.step()
    assert set(optimizer.state[weight]) == set(entry.state)
    assert sum(value.numel() > 1 for value in optimizer.state[weight].values()) == entry.state_values


def test_rmsprop_with_its_momentum_moves_about_as_far_as_adam_by_default(configure):

    rates = {name: default_learning_rate("from_scratch", name) for name in ("adam", "rmsprop")}
    assert rates == {"adam": 1e-3, "rmsprop": pytest.approx(1e-4)}
    moved = {}
    for name, rate in rates.items():
        weight = torch.nn.Parameter(torch.zeros(1))
        optimizer = build_optimizer(OptimizerConfig(name=name), {"head": [weight]}, {"head": rate})
        weight.grad = torch.ones(1)  # a constant gradient
        for _ in range(500):
            optimizer.step()
        before = weight.detach().clone()
        optimizer.step()
        moved[name] = float((before - weight.detach()).abs())
    assert moved["rmsprop"] == pytest.approx(moved["adam"], rel=0.05)


def test_nesterov_is_refused_where_the_optimiser_has_none(configure):
    check_optimizer(OptimizerConfig(name="sgd", nesterov=True))
    config = configure(optimizer={"name": "adam", "nesterov": True})
    with pytest.raises(ConfigError, match="adam has no Nesterov momentum: choose sgd, or leave nesterov out"):
        plan_run(resolve(config), open_dataset(config.data))
    with pytest.raises(ConfigError, match=r"No optimiser named 'adm'. Did you mean 'adam'\?"):
        check_optimizer(OptimizerConfig(name="adm", nesterov=True))


def test_a_schedule_that_is_no_entry_is_refused(configure):
    config = configure(schedule=ScheduleConfig(name="cosin").model_dump())
    with pytest.raises(ConfigError, match=r"No schedule named 'cosin'. Did you mean 'cosine'\?"):
        plan_run(resolve(config), open_dataset(config.data))
