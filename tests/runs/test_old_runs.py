"""A run whose backbone is gone: what is stored shows, and what needs the network says so in one sentence."""

import os

import pytest

from tests.support.old_runs import NAME, write_old_run
from tlcore import evaluate, load_predictor
from tlcore.cli.main import main
from tlcore.delivery.export import FORMATS
from tlcore.errors import TlcoreError, UnknownBackbone
from tlcore.evaluation.stored import load_stored
from tlcore.evaluation.tables import epochs_table
from tlcore.runs.folder.run import Run, find_run, split_readable
from tlcore.runs.restore import plan_to_resume
from tlcore.runs.settings import settings_of

GONE = "The backbone small_resnet, which had learned from drawings, is gone: .* make a new run with efficientnet_lite0."
NEEDS_NO_NETWORK = ("report", "card", "predictions", "epochs")


@pytest.fixture
def old(home, colours) -> Run:
    write_old_run(home, colours)
    return find_run(NAME)


def test_it_is_listed_with_its_settings_and_curves(old):
    assert split_readable([old])[1] == {}
    values = {setting.label: setting.value for setting in settings_of(old.config)}
    assert (values["Backbone"], values["Weights"]) == ("small_resnet", "builtin")
    assert len(old.curves()) > 0
    assert old.problems() == []


def test_its_stored_logits_are_its_evaluation(old):
    assert not load_stored(old).missing
    evaluation = evaluate(old)
    assert [round(evaluation.accuracy(epoch).value, 2) for epoch in (0, 1, 2)] == [0.29, 0.57, 0.79]
    assert epochs_table(old, evaluation)["epoch"].tolist() == [0, 1, 2]


@pytest.mark.parametrize("name", FORMATS)
def test_what_an_export_needs_decides_whether_it_is_there(old, name):
    if name in NEEDS_NO_NETWORK:
        assert FORMATS[name].unavailable(old, 2) == ""
        assert FORMATS[name].build(old, 2)
    else:
        assert "is gone" in FORMATS[name].unavailable(old, 2)
        with pytest.raises(TlcoreError, match="is gone|keeps no optimiser state"):
            FORMATS[name].build(old, 2)


def test_to_predict_evaluate_anew_or_resume_says_that_the_backbone_is_gone(old):
    with pytest.raises(UnknownBackbone, match=GONE):
        load_predictor(old)
    with pytest.raises(UnknownBackbone, match=GONE):
        plan_to_resume(old)
    checkpoint = old.checkpoints / "epoch-002.pt"
    os.utime(checkpoint, ns=(1, 1))  # another file: its logits are not the stored ones
    with pytest.raises(UnknownBackbone, match=GONE):
        evaluate(old)


def test_the_command_line_says_it_in_one_line(old, colours, capsys):
    assert main(["predict", NAME, str(colours / "test/blue/000.png")]) == 1
    printed = capsys.readouterr().err
    assert "error: The backbone small_resnet, which had learned from drawings, is gone" in " ".join(printed.split())
    assert main(["evaluate", NAME]) == 0
