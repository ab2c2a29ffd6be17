import json

import pytest

from tlcore import train
from tlcore.cli.main import main
from tlcore.evaluation.answers import Wish, load_answers


def test_the_wish_is_kept_and_every_epoch_told(configure, capsys):
    run = train(configure(epochs=2))
    assert main(["calibrate", run.name, "--unanswered", "20", "--epoch", "1"]) == 0
    said = capsys.readouterr().out
    assert "Wish: at most 20 % unanswered." in said
    assert "of the 14 images of test" in said
    assert "Every epoch on test, with the threshold of its val images for at most 20 % unanswered" in said
    assert load_answers(run, 1).wish == Wish(kind="unanswered", value=0.2)
    assert main(["calibrate", run.name, "--epoch", "1", "--json"]) == 0
    *_, last = map(json.loads, capsys.readouterr().out.splitlines())
    assert last["answers"] == load_answers(run, 1).model_dump(mode="json")
    assert last["answers"]["threshold"] == 0


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--right", "98"], "98 % right can only be seen among 50 answers or more, and val has 18 images"),
        (["--right", "100"], "--right is a percentage between 0 and 100"),
        (["--epoch", "9"], "There is no evaluated epoch 9. Choose one of: 0, 1."),
    ],
)
def test_what_cannot_be_met_is_said_and_nothing_is_kept(configure, capsys, options, message):
    run = train(configure(epochs=1))
    assert main(["calibrate", run.name, *options]) == 1
    assert message in capsys.readouterr().err
    assert load_answers(run, 1).images == 0
