from urllib.parse import urlsplit

import pytest
import torch

from tlcore.errors import ConfigError, UnknownBackbone, WeightsError
from tlcore.models.weights import weights_file
from tlcore.models.zoo import ZOO
from tlcore.race.candidates import (
    GOOD,
    Candidate,
    candidates_at_hand,
    check_reachable,
    parse_candidates,
    usual_candidates,
)


@pytest.fixture
def put_weights():
    """Writes a file where the weights of a backbone are looked for."""

    def put(name):
        file = weights_file(ZOO[name], "imagenet")
        file.parent.mkdir(parents=True, exist_ok=True)
        torch.save({}, file)

    return put


def test_candidates_are_named_with_or_without_weights():
    assert parse_candidates("mobilenet_v2, resnet18=none,mobilenet_v2,") == (
        Candidate(backbone="mobilenet_v2"),
        Candidate(backbone="resnet18", weights="none"),
    )


def test_a_wrong_name_or_none_is_refused_at_once():
    with pytest.raises(UnknownBackbone, match="Did you mean 'resnet18'"):
        parse_candidates("mobilenet_v2,resnet81")
    with pytest.raises(ConfigError, match="name one at least"):
        parse_candidates(" , ")


@pytest.mark.parametrize(
    ("weights", "label"),
    [
        (None, "mobilenet_v2"),
        ("imagenet:IMAGENET1K_V2", "mobilenet_v2 (IMAGENET1K_V2)"),
        ("none", "mobilenet_v2 (none)"),
        ("/home/me/mine.pth", "mobilenet_v2 (mine.pth)"),
    ],
)
def test_a_label_names_other_weights_than_the_usual_ones(weights, label):
    assert Candidate(backbone="mobilenet_v2", weights=weights).label == label


def test_backbones_with_weights_on_this_machine_take_part_without_a_network(put_weights):
    before = candidates_at_hand()
    put_weights("squeezenet1_1")
    added = {candidate.backbone for candidate in candidates_at_hand()} - {candidate.backbone for candidate in before}
    assert added == {"squeezenet1_1"}
    assert usual_candidates(lambda address: False) == candidates_at_hand()


def test_with_a_network_some_good_ones_join_and_each_server_is_asked_once(put_weights):
    put_weights(GOOD[0])
    asked = []

    def reach(address):
        asked.append(address)
        return True

    names = [candidate.backbone for candidate in usual_candidates(reach)]
    assert set(GOOD) <= set(names)
    assert len(names) == len(set(names))
    assert len(asked) == len({urlsplit(address).netloc for address in asked})


def test_weights_that_cannot_be_fetched_are_refused_without_waiting(put_weights):
    candidate = Candidate(backbone="squeezenet1_1")
    with pytest.raises(
        WeightsError, match=r"squeezenet1_1 are not on this machine, and there is no network .* https://"
    ):
        check_reachable(candidate, lambda address: False)
    check_reachable(candidate, lambda address: True)
    put_weights("squeezenet1_1")
    check_reachable(candidate, lambda address: False)
