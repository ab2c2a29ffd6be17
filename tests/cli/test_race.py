import json
import shlex

import pytest

from tlcore.cli.main import main
from tlcore.race import race as contest
from tlcore.race.standing import Standing
from tlcore.runs.folder.run import list_runs

QUICK = ["--device", "cpu", "--precision", "fp32", "--workers", "0", "--offline"]
HEAD = ["--epochs", "8", "--lr", "0.02", "--batch-size", "8"]
NAMES = "small_cnn=none,cifar_cnn=none"


@pytest.fixture
def race(colours, capsys):
    def call(*options, backbones=NAMES):
        status = main(["race", "--data", str(colours), *QUICK, *HEAD, "--backbones", backbones, *options])
        said = capsys.readouterr()
        return status, said.out, said.err

    return call


def test_race_prints_a_table_how_it_was_measured_and_how_to_train_the_winner(race, colours, home):
    status, out, _ = race()
    assert status == 0
    lines = out.splitlines()
    assert "Backbones, the most accurate first" in lines
    assert any("small_cnn (none) *" in line and " M " in line for line in lines)
    assert "of the 60 images of train and val, and tested on that part. The test images were not looked at." in out
    assert "McNemar's exact test" in out
    assert "on this machine (cpu" in out
    assert "Suggestion: small_cnn (none), which has the fewest parameters" in out
    assert not (home / "runs").exists()


def test_the_command_that_it_prints_trains_the_winner(race, capsys):
    _, out, _ = race()
    words = shlex.split(out.splitlines()[-1].partition("Train it: ")[2])
    assert words[:4] == ["python", "-m", "tlcore", "train"]
    assert main(words[3:]) == 0
    (run,) = list_runs()
    assert (run.config.model.backbone, run.config.model.weights) == ("small_cnn", "none")
    settings = run.config
    assert (settings.device, settings.epochs, settings.batch_size) == ("cpu", 8, 8)
    assert settings.optimizer.learning_rate == 0.02


def test_a_candidate_that_cannot_run_is_named_with_the_reason(race):
    status, out, _ = race(backbones="mobilenet_v2,small_cnn=none")
    assert status == 0
    assert "mobilenet_v2  failed: The weights of mobilenet_v2 are not on this machine" in out
    assert "left out  mobilenet_v2: The weights of mobilenet_v2 are not on this machine" in out
    assert "small_cnn (none) is the only one that finished." in out


def test_unreadable_images_are_named(race, colours):
    (colours / "train/blue/002.png").write_bytes(b"nothing")
    _, _, err = race()
    assert "1 image left out:" in err
    assert "train/blue/002.png" in err


def test_a_name_that_does_not_exist_ends_it_before_it_begins(race):
    status, out, err = race(backbones="small_cnn=none,resnet81")
    assert (status, out) == (1, "")
    assert "No backbone named 'resnet81'. Did you mean 'resnet18'?" in err


def test_lines_of_json_have_steps_and_a_standing_after_each_candidate(race):
    status, out, _ = race("--json")
    lines = [json.loads(line) for line in out.splitlines()]
    assert status == 0
    assert lines[0] == {"candidates": ["small_cnn (none)", "cifar_cnn (none)"]}
    steps = [line["step"] for line in lines if "step" in line]
    assert steps[0] == {
        "candidate": "small_cnn (none)", "number": 1, "of": 2, "phase": "prepare", "done": 0, "total": 0,
        "remaining_s": None,
    }  # fmt: skip
    assert steps[-1]["remaining_s"] >= 0
    standings = [Standing.model_validate(line["standing"]) for line in lines if "standing" in line]
    assert [len(standing.rows) for standing in standings] == [1, 2]
    assert "standing" in lines[-1]


def test_ctrl_c_shows_what_is_done_and_the_same_command_goes_on(race, monkeypatch):
    predict = contest._predict

    def stop_at_the_second(course, plan, *others):
        if plan.architecture.name == "cifar_cnn":
            raise KeyboardInterrupt
        return predict(course, plan, *others)

    with monkeypatch.context() as patch:
        patch.setattr(contest, "_predict", stop_at_the_second)
        status, out, err = race()
    assert status == 130
    assert "small_cnn (none) *" in out
    assert "Stopped. The same command goes on: what is done is kept." in err
    status, out, _ = race()
    assert status == 0
    assert "cifar_cnn (none)" in out
