"""Optimiser states exchanged with other scripts, which identify a parameter by its position."""

import pytest
import torch
from torch import nn

from tlcore.config import OptimizerConfig
from tlcore.errors import CheckpointError
from tlcore.training.optimisation.optimizer_state import adopted, exchangeable


def network() -> nn.Sequential:
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4), nn.Linear(4, 2))


SGD = OptimizerConfig(name="sgd", momentum=0.9)
ADAM = OptimizerConfig(name="adam")
# our groups, in an order from the head down, which is not the order of the model
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
    mine.load_state_dict(adopted(foreign, mine.state_dict(), GROUPS, dict(model.named_parameters()), SGD))
    for parameter in model.parameters():
        assert torch.equal(mine.state[parameter]["momentum_buffer"], parameter.grad)
    assert [group["lr"] for group in mine.param_groups] == [0.1, 0.01]  # from the run's settings, not from the file


def test_a_state_of_the_head_alone_fits_where_the_head_alone_is_trained():
    model = network()
    foreign = stepped(torch.optim.SGD(model[2].parameters(), lr=0.5, momentum=0.9), model).state_dict()
    mine = torch.optim.SGD([{"params": list(model[2].parameters()), "name": "head", "base_lr": 1.0}], lr=1.0)
    state = adopted(foreign, mine.state_dict(), GROUPS[:1], dict(model.named_parameters()), SGD)
    assert torch.equal(state["state"][0]["momentum_buffer"], model[2].weight.grad)


def refused(foreign: object, optimizer: OptimizerConfig = SGD) -> str:
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


def adam_state() -> dict:
    model = network()
    return stepped(torch.optim.Adam(model.parameters()), model).state_dict()


def with_groups(**changes) -> dict:
    state = adam_state()
    return {**state, "param_groups": [{**state["param_groups"][0], **changes}]}


def with_value(key: str, value: object) -> dict:
    state = adam_state()
    state["state"][0][key] = value
    return state


def without(key: str) -> dict:
    state = adam_state()
    del state["state"][0][key]
    return state


COUNT = range(6)
SHAPE = (4, 3)  # shape of the first parameter
NONSENSE = {
    "places twice": (lambda: with_groups(params=[0, 0, 1, 2, 3, 4]), "does not number the parameters"),
    "places that have no hash": (lambda: with_groups(params=[[] for _ in COUNT]), "does not number the parameters"),
    "places in words": (lambda: with_groups(params=list("abcdef")), "does not number the parameters"),
    "places that are no numbers": (lambda: with_groups(params=[float("nan")] * 6), "does not number the parameters"),
    "names twice": (lambda: with_groups(params=[0, 1], param_names=["2.bias"] * 2), "is for 2 parameters"),
    "names that are no list": (lambda: with_groups(params=[0], param_names=3), "is for 1 parameters"),
    "a word for a tensor": (lambda: with_value("exp_avg", "word"), "a exp_avg for 0.weight that is no plain tensor"),
    "a number for a tensor": (lambda: with_value("exp_avg", 1.0), "that is no plain tensor (float)"),
    "a list for the step": (lambda: with_value("step", [1]), "a step for 0.weight that is no plain tensor (list)"),
    "a word for the step": (lambda: with_value("step", "1"), "a step for 0.weight that is no plain tensor (str)"),
    "NaN": (lambda: with_value("exp_avg", torch.full(SHAPE, torch.nan)), "in exp_avg for 0.weight that are no numbers"),
    "NaN for the step": (lambda: with_value("step", float("nan")), "values in step for 0.weight that are no numbers"),
    "another shape": (lambda: with_value("exp_avg", torch.zeros(3)), "exp_avg of shape (3,) for 0.weight, whose shape"),
    "one number": (lambda: with_value("exp_avg", torch.tensor(1.0)), "exp_avg of shape () for 0.weight"),
    "sparse": (lambda: with_value("exp_avg", torch.zeros(SHAPE).to_sparse()), "torch.sparse_coo"),
    "meta": (lambda: with_value("exp_avg", torch.zeros(SHAPE, device="meta")), "no plain tensor (torch.float32, "),
    "complex": (lambda: with_value("exp_avg", torch.zeros(SHAPE, dtype=torch.complex64)), "complex64"),
    "something missing": (lambda: without("exp_avg_sq"), "lacks exp_avg_sq for 0.weight, which adam needs"),
    "something more": (lambda: with_value("other", torch.zeros(SHAPE)), "exp_avg_sq, other for 0.weight, which is not"),
    "a list of values": (lambda: {**adam_state(), "state": {key: [1] for key in COUNT}}, "keeps list for"),
    "no state": (lambda: {**adam_state(), "state": []}, "is not the state_dict of an optimiser of torch"),
}


@pytest.mark.parametrize("case", NONSENSE)
def test_a_state_of_nonsense_is_refused_in_one_sentence(case):
    make, words = NONSENSE[case]
    message = refused(make(), ADAM)
    assert words in message
    assert message.startswith("its optimizer_state_dict ")
    assert len(message) < 400


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float64])
def test_a_state_in_another_precision_becomes_float32(dtype):
    foreign, model = adam_state(), network()
    for kept in foreign["state"].values():
        kept |= {key: value.to(dtype) for key, value in kept.items()}
    foreign["state"][1]["step"] = 1  # as torch stored it before 1.12
    template = torch.optim.Adam([{"params": list(model.parameters())}]).state_dict()
    parameters = dict(model.named_parameters())
    state = adopted(foreign, template, [tuple(parameters)], parameters, ADAM)
    assert {value.dtype for kept in state["state"].values() for value in kept.values()} == {torch.float32}
    assert state["state"][1]["step"] == 1


def test_parameters_without_a_step_get_no_state():
    foreign = {**adam_state(), "state": {0: {}, 1: {"exp_avg": None}}}
    model = network()
    template = torch.optim.Adam([{"params": list(model.parameters())}]).state_dict()
    parameters = dict(model.named_parameters())
    assert adopted(foreign, template, [tuple(parameters)], parameters, ADAM)["state"] == {}
