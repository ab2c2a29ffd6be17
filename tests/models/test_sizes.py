"""Numbers of parameters in lists: counted once, in the time that there is."""

import pytest

from tlcore.models.sizes import count_parameters, parameters_words
from tlcore.models.timm_network import TimmNetwork

NAMES = ("small_cnn", "timm:test_vit.r160_in1k", "timm:deit_tiny_distilled_patch16_224")


def test_a_network_of_timm_is_counted_once_and_not_without_time(home, monkeypatch):
    ours, *others = count_parameters(NAMES, 0)
    assert (parameters_words(ours), others) == ("0.3 M", [None, None])
    counted = count_parameters(NAMES, 600)
    assert counted == (ours, 370_000 + counted[1] % 10_000, None)  # the last has two heads
    monkeypatch.setattr(TimmNetwork, "num_parameters", property(lambda network: pytest.fail("built again")))
    assert count_parameters(NAMES, 600) == counted


def test_a_damaged_entry_is_counted_anew(home):
    (number,) = count_parameters(NAMES[1:2], 600)
    (entry,) = (home / "cache" / "parameters").rglob("*.json")
    for text in ("true", "-3", '"many"', "", "[" * 200):
        entry.write_text(text)
        assert count_parameters(NAMES[1:2], 600) == (number,)
