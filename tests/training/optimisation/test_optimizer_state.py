"""Optimiser states that are exchanged with scripts of others: a parameter is known by its place there."""

import pytest
import torch
from torch import nn

from tlcore.errors import CheckpointError
from tlcore.training.optimisation.optimizer_state import adopted, exchangeable


def network() -> nn.Sequential:
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4), nn.Linear(4, 2))


# our groups, from the head down here: not the order of the model
GROUPS = (("2.weight", "2.bias"), ("0.weight", "0.bias", "1.weight", "1.bias"))
ORDER = [name for name, _ in network().named_parameters()]


def stepped(optimizer: torch.optim.Optimizer, model: nn.Module) -> torch.optim.Optimizer:
    model(torch.linspace(-1, 1, 12).reshape(4, 3)).square().sum().backward()
    optimizer.step()
    return optimizer


def ours(model: nn.Module, *rates: float) -> torch.optim.Optimizer:
    parameters = dict(model.named_parameters())
    return torch.optim.SGD(
        [
            {"params": [parameters[name] for name in names], "name": names[0], "lr": rate, "base_lr": rate}
            for names, rate in zip(GROUPS, rates, strict=True)
        ],
        momentum=0.9,
    )


def test_groups_that_learn_alike_load_into_the_optimiser_of_a_plain_script():
    model = network()
    state = exchangeable(stepped(ours(model, 0.1, 0.1), model).state_dict(), GROUPS, ORDER)
    plain = torch.optim.SGD(model.parameters(), lr=0.5, momentum=0.1)
    plain.load_state_dict(state)
    assert plain.param_groups[0]["lr"] == 0.1
    assert plain.param_groups[0]["momentum"] == 0.9
    for parameter in model.parameters():
        assert torch.equal(plain.state[parameter]["momentum_buffer"], parameter.grad)


def test_groups_with_rates_of_their_own_stay_apart_and_name_their_parameters():
    model = network()
    state = exchangeable(stepped(ours(model, 0.1, 0.01), model).state_dict(), GROUPS, ORDER)
    assert [group["param_names"] for group in state["param_groups"]] == [list(names) for names in GROUPS]
    assert [group["lr"] for group in state["param_groups"]] == [0.1, 0.01]


@pytest.mark.parametrize("named", [True, False])
def test_the_state_of_a_plain_script_is_taken_over_parameter_by_parameter(named):
    model = network()
    parameters = list(model.named_parameters()) if named else model.parameters()
    foreign = stepped(torch.optim.SGD(parameters, lr=0.5, momentum=0.9), model).state_dict()
    mine = ours(model, 0.1, 0.01)
    mine.load_state_dict(adopted(foreign, mine.state_dict(), GROUPS, dict(model.named_parameters()), "sgd"))
    for parameter in model.parameters():
        assert torch.equal(mine.state[parameter]["momentum_buffer"], parameter.grad)
    assert [group["lr"] for group in mine.param_groups] == [0.1, 0.01]  # the run's settings, not the file's


def test_a_state_of_the_head_alone_fits_where_the_head_alone_is_trained():
    model = network()
    foreign = stepped(torch.optim.SGD(model[2].parameters(), lr=0.5, momentum=0.9), model).state_dict()
    mine = torch.optim.SGD([{"params": list(model[2].parameters()), "name": "head", "base_lr": 1.0}], lr=1.0)
    state = adopted(foreign, mine.state_dict(), GROUPS[:1], dict(model.named_parameters()), "sgd")
    assert torch.equal(state["state"][0]["momentum_buffer"], model[2].weight.grad)


def refused(foreign: object, optimizer: str = "sgd") -> str:
    model = network()
    with pytest.raises(CheckpointError) as error:
        adopted(foreign, ours(model, 0.1, 0.1).state_dict(), GROUPS, dict(model.named_parameters()), optimizer)
    return str(error.value)


def test_a_state_that_does_not_belong_here_is_refused_with_the_reason():
    model = network()
    adam = stepped(torch.optim.Adam(model.parameters()), model).state_dict()
    assert "keeps step, exp_avg, exp_avg_sq for 2.weight, which is not sgd's" in refused(adam)
    one = stepped(torch.optim.SGD([model[0].weight], lr=0.1, momentum=0.9), model).state_dict()
    assert "is for 1 parameters, and this run trains 6 of the model's 6" in refused(one)
    mixed = stepped(torch.optim.SGD(list(model.parameters())[::-1], lr=0.1, momentum=0.9), model).state_dict()
    assert "its parameters are in another order, or of another model" in refused(mixed)
    for nonsense in (None, [], {"state": {}, "param_groups": [{"params": 3}]}):
        assert "not the state_dict of an optimiser of torch" in refused(nonsense)
