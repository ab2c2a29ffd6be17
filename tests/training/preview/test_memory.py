"""The estimate of a run's memory. benchmarks/memory.py compares it with what runs take."""

from copy import deepcopy
from dataclasses import replace

import pytest

from tlcore.config import parse_config
from tlcore.data.catalog import open_dataset
from tlcore.training.plan import outline_run
from tlcore.training.preview.memory import estimate_memory, smaller_batch
from tlcore.training.resolve import resolve


def plan(colours, **fields):
    asked = {
        "data": {"source": str(colours)},
        "model": {"backbone": "resnet18", "weights": "none"},
        "strategy": {"name": "fine_tuning"},
        "device": "cpu",
        "precision": "fp32",
    }
    config = resolve(parse_config({**asked, **fields}))
    return outline_run(config, open_dataset(config.data))


def test_the_parts_of_the_estimate_are_those_of_the_network(colours):
    found = estimate_memory(plan(colours))
    parameters = 11_177_538  # resnet18 for two classes
    assert found.training == pytest.approx(3 * 4 * parameters, rel=0.01)  # gradients, and two states of AdamW
    assert found.network == pytest.approx(2 * 4 * parameters, rel=0.01)
    # 22.2 MB of an image are kept for the backward pass, as counted on a CPU, and four times its two largest maps
    assert found.activations == pytest.approx(32 * (22.2e6 + 4 * 2 * 3.21e6), rel=0.02)
    assert found.total == sum(vars(found).values())


def test_half_precision_and_a_smaller_batch_take_less(colours):
    whole = plan(colours)
    half = replace(whole, choice=replace(whole.choice, precision="bf16"))
    assert estimate_memory(half).activations == estimate_memory(whole).activations // 2
    assert estimate_memory(plan(colours, batch_size=16)).activations == estimate_memory(whole).activations // 2


def test_a_frozen_network_takes_less_than_one_that_trains(colours):
    frozen = plan(colours, strategy={"name": "feature_extraction"})
    assert frozen.uses_features
    assert estimate_memory(frozen).activations < estimate_memory(plan(colours)).activations / 5
    assert estimate_memory(frozen).features > 0
    fresh = plan(colours, strategy={"name": "feature_extraction"}, cached_views=0)
    assert estimate_memory(fresh).training == estimate_memory(frozen).training


def test_the_plan_stays_as_it_is(colours):
    planned = plan(colours, strategy={"name": "feature_extraction"})
    before = [(p.requires_grad, p.is_meta) for p in planned.model.parameters()], planned.model.training
    estimate_memory(planned)
    assert ([(p.requires_grad, p.is_meta) for p in planned.model.parameters()], planned.model.training) == before


def test_a_batch_size_that_fits_is_found_by_halving(colours):
    planned = plan(colours)
    limit = estimate_memory(plan(colours, batch_size=8)).total
    assert smaller_batch(planned, limit) == 8
    assert smaller_batch(planned, limit - 1) == 4
    assert smaller_batch(planned, 1) is None


def test_a_network_that_decides_by_values_is_estimated_too(colours):
    usual = estimate_memory(plan(colours))
    planned = replace(plan(colours), model=deepcopy(plan(colours).model))  # the outline itself is shared
    planned.model.register_forward_pre_hook(lambda module, given: None if given[0].sum().item() >= 0 else given)
    assert estimate_memory(planned).activations == pytest.approx(usual.activations, rel=0.01)


def test_plans_of_equal_networks_share_their_outline(colours):
    assert plan(colours).model is plan(colours, batch_size=8, epochs=3).model
    assert plan(colours).model is not plan(colours, model={"backbone": "resnet34", "weights": "none"}).model
