import pytest

from tlcore.cli.main import main


@pytest.fixture
def zoo(capsys):
    def call(*words):
        status = main(["zoo", *words])
        return status, capsys.readouterr()

    return call


def test_the_list_shows_every_licence_and_marks_what_is_not_free(zoo):
    status, printed = zoo()
    assert status == 0
    assert "efficientnet_lite0" in printed.out
    assert "BSD-3-Clause" in printed.out
    assert "`zoo WORD …` searches their names" in printed.out


def test_a_search_finds_networks_of_timm_by_words_of_their_names(zoo):
    status, printed = zoo("small", "dinov2")
    assert status == 0
    assert "timm:vit_small_patch14_dinov2.lvd142m" in printed.out
    assert "224 px" in printed.out
    assert "parameters" in printed.out
    assert "21.6 M" in printed.out
    assert "resnet" not in printed.out
    assert "! dinov3-license (read its terms before commercial use)" in zoo("vit_small_patch16_dinov3")[1].out


def test_a_long_list_of_finds_is_cut_unless_all_are_asked_for(zoo, monkeypatch):
    monkeypatch.setattr("tlcore.cli.zoo.COUNT_S", 0)  # no time to count parameters
    assert "more: add a word, or --all." in zoo("test_")[1].out or len(zoo("test_")[1].out.splitlines()) < 46
    assert "more: add a word, or --all." in zoo("resnet")[1].out


def test_a_network_of_timm_is_described_by_its_whole_name(zoo):
    status, printed = zoo("timm:test_vit")
    assert status == 0
    for words in (
        "timm:test_vit: 0.37 M parameters",
        "stem",
        "blocks",
        "head",
        "Licence of pretrained: Apache-2.0",
        "CenterCrop",
    ):
        assert words in printed.out


def test_a_wrong_name_of_timm_is_answered_with_near_ones(zoo):
    status, printed = zoo("timm:resnet51")
    assert status != 0
    assert "No network of timm is named 'resnet51'" in printed.err
