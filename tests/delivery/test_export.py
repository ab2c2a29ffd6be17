import csv
import io
import json
import subprocess
import sys

import pytest
import torch
from PIL import Image
from safetensors import safe_open

from tests.support.records import change_info, write_run
from tlcore import train
from tlcore.config import parse_config
from tlcore.delivery.export import FORMATS, Format, file_name, find_format, keeps_optimizer
from tlcore.errors import CheckpointError, ConfigError
from tlcore.evaluation.answers import Answers, save_answers
from tlcore.evaluation.evaluate import evaluate_run
from tlcore.evaluation.predict import load_predictor
from tlcore.models.zoo import ZOO
from tlcore.runs.folder.checkpoints import load_checkpoint
from tlcore.runs.folder.run import Run
from tlcore.runs.restore import restore_model
from tlcore.training.history import best_epoch
from tlcore.training.resolve import resolve

SMALL = {"operations": [{"op": "Resize", "size": 40}, {"op": "CenterCrop", "size": 32}]}


@pytest.fixture
def run(configure) -> Run:
    """A run of two epochs of a torchvision network from random values, on images of 32 px."""
    model = {"backbone": "shufflenet_v2_x1_0", "weights": "none"}
    return train(configure(model=model, strategy={"name": "from_scratch"}, eval_transform=SMALL, epochs=2))


def rows(content: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(content.decode())))


def test_the_state_dict_loads_into_torchvisions_own_class_and_predicts_the_same(run, colours):
    from torchvision.models import shufflenet_v2_x1_0

    network = shufflenet_v2_x1_0(num_classes=2)
    state = torch.load(io.BytesIO(FORMATS["pth"].build(run, 2)), weights_only=True)
    network.load_state_dict(state)
    images = torch.rand(3, 3, 32, 32)
    with torch.no_grad():
        torch.testing.assert_close(network.eval()(images), restore_model(run, 2)(images))


@pytest.mark.parametrize("keep", ["last_and_best", "all"])
def test_which_epochs_keep_the_optimisers_state_is_known_without_reading_them(configure, keep):
    run = train(configure(epochs=4, optimizer={"name": "adam", "learning_rate": 0.1}, keep_optimizer_state=keep))
    kept = [epoch for epoch in run.epochs() if load_checkpoint(run.checkpoints, epoch).optimizer is not None]
    assert [epoch for epoch in run.epochs() if keeps_optimizer(run, epoch)] == kept
    assert set(kept) == (set(run.epochs()) if keep == "all" else {4, best_epoch(run.history())})


def test_the_frozen_part_is_exported_too_and_in_plain_memory_order(configure):
    frozen = train(configure(epochs=1))
    state = torch.load(io.BytesIO(FORMATS["pth"].build(frozen, 1)), weights_only=True)
    assert state.keys() == restore_model(frozen, 1).state_dict().keys()
    assert all(value.is_contiguous() for value in state.values())


def test_safetensors_hold_the_same_values_and_what_they_are_for(run, tmp_path):
    path = tmp_path / "weights.safetensors"
    path.write_bytes(FORMATS["safetensors"].build(run, 1))
    state = torch.load(io.BytesIO(FORMATS["pth"].build(run, 1)), weights_only=True)
    with safe_open(path, "pt") as file:
        assert set(file.keys()) == set(state)
        assert all(torch.equal(file.get_tensor(name), state[name]) for name in state)
        metadata = file.metadata()
    assert json.loads(metadata["classes"]) == ["blue", "green"]
    assert metadata["backbone"] == "shufflenet_v2_x1_0"
    assert (metadata["temperature"], metadata["threshold"]) == ("1.0", "0.0")
    assert json.loads(metadata["transform"])["operations"][1]["op"] == "CenterCrop"


def test_the_snippet_works_when_pasted(run, tmp_path, colours):
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    image = Image.open(colours / "test/green/001.png")
    image.save(folder / "photo.jpg", "PNG")
    (folder / file_name(run, 2, "pth")).write_bytes(FORMATS["pth"].build(run, 2))
    save_answers(run, Answers(epoch=2, temperature=2.5, threshold=0.99))
    snippet = FORMATS["python"].build(run, 2).decode() + 'print(answer("photo.jpg"))\n'
    assert "tlcore" not in snippet
    result = subprocess.run([sys.executable, "-"], input=snippet, cwd=folder, capture_output=True, text=True)
    assert result.stderr == ""
    expected = load_predictor(run, 2, device="cpu").predict(folder / "photo.jpg")
    *ranking, answer = result.stdout.splitlines()
    printed = eval("".join(ranking))
    assert answer == "not sure"
    assert [name for name, _ in printed] == [name for name, _ in expected]
    assert printed[0][1] == pytest.approx(expected[0][1], abs=1e-5)


def test_the_snippet_of_a_network_of_our_own_says_where_it_comes_from(configure):
    snippet = FORMATS["python"].build(train(configure(epochs=1)), 1).decode()
    assert "this network is not in torchvision" in snippet
    assert "ZOO['small_cnn'].builder(num_classes=2)" in snippet


def test_a_class_name_cannot_become_code(run):
    name = 'x\'];\nimport os\nprint(\'"""{hacked}'
    scope: dict[str, object] = {}
    body = FORMATS["python"].build(change_info(run, classes=["blue", name]), 1).decode().split("\nmodel = ")[0]
    exec(body, scope)
    assert scope["CLASSES"] == ["blue", name]
    assert "os" not in scope


@pytest.mark.parametrize("weights", ["none", "imagenet"])
@pytest.mark.parametrize("backbone", [name for name, entry in ZOO.items() if getattr(entry, "builder", None) is None])
def test_the_network_of_the_snippet_has_the_same_names_and_shapes(backbone, weights, tmp_path):
    import timm
    from torchvision.models import get_model

    entry, folder = ZOO[backbone], tmp_path / "run"
    asked = {"data": {"source": "x"}, "model": {"backbone": backbone, "weights": weights}, "eval_transform": SMALL}
    config = resolve(parse_config(asked)).model_dump(mode="json")
    made = write_run(folder, classes=["a", "b", "c"], config=config)
    snippet = FORMATS["python"].build(made, 1).decode()
    call = next(line for line in snippet.splitlines() if line.startswith("model = ")).removeprefix("model = ")
    with torch.device("meta"):
        theirs = eval(call, {"get_model": get_model, "timm": timm})
    ours = entry.outline(3, pretrained=weights != "none")
    assert {n: v.shape for n, v in theirs.state_dict().items()} == {n: v.shape for n, v in ours.state_dict().items()}
    assert getattr(theirs, "transform_input", None) == getattr(ours, "transform_input", None)


def test_predictions_are_a_table_with_a_row_per_image(run):
    with pytest.raises(CheckpointError, match="Epoch 2 of run .* is not evaluated yet. Do it with `evaluate "):
        FORMATS["predictions"].build(run, 2)
    for _ in evaluate_run(run):
        pass
    table = rows(FORMATS["predictions"].build(run, 2))
    assert len(table) == 14
    assert table[0]["id"] == "test/blue/000.png"
    assert float(table[0]["p(blue)"]) + float(table[0]["p(green)"]) == pytest.approx(1)
    assert table[0]["target"] == "blue"


def test_epochs_are_a_table_with_a_row_per_epoch(run):
    table = rows(FORMATS["epochs"].build(run, 0))
    assert [row["epoch"] for row in table] == ["0", "1", "2"]
    assert table[1]["test_accuracy"] == ""
    assert float(table[1]["val_accuracy"]) == pytest.approx(run.history()[1].val_accuracy)


def test_the_epoch_to_export_is_the_one_chosen_on_val(run):
    assert run.chosen_epoch() == min(run.history(), key=lambda r: (-r.val_accuracy, r.val_loss)).epoch
    (run.path / "metrics.jsonl").unlink()
    with pytest.raises(CheckpointError, match="has no epoch yet"):
        run.chosen_epoch()


def test_a_missing_epoch_is_an_error_that_lists_the_existing_ones(run):
    with pytest.raises(CheckpointError, match="No checkpoint of epoch 9 .* Epochs there: 0, 1, 2"):
        FORMATS["pth"].build(run, 9)


def test_an_unknown_format_lists_the_known_ones():
    with pytest.raises(ConfigError, match="No format named 'safetensor'. Did you mean 'safetensors'?"):
        find_format("safetensor")


def test_a_run_without_a_test_split_gives_its_predictions_for_val_at_once(configure, make_images):
    run = train(configure(data={"source": str(make_images("no_test", train=8, val=4))}, epochs=1))
    table = rows(FORMATS["predictions"].build(run, 1))
    assert len(table) == 8
    assert all(row["id"].startswith("val/") for row in table)


def test_every_format_has_words_and_an_ending_of_its_own():
    assert all(entry.label and entry.words and not entry.words.endswith(".") for entry in FORMATS.values())
    assert len({entry.suffix for entry in FORMATS.values()}) == len(FORMATS)


def test_an_added_format_is_offered_by_the_command_line(configure, monkeypatch, tmp_path, capsys):
    from tlcore.cli.main import main

    entry = Format(
        "Names", "The classes, a line each", "-names.txt", lambda run, epoch: "\n".join(run.classes).encode()
    )
    monkeypatch.setitem(FORMATS, "names", entry)
    run = train(configure(epochs=1))
    assert main(["export", run.name, "--format", "names", "--out", str(tmp_path)]) == 0
    assert (tmp_path / file_name(run, run.chosen_epoch(), "names")).read_text() == "blue\ngreen"
    with pytest.raises(SystemExit):
        main(["export", "--help"])
    assert "names: The classes, a line each" in " ".join(capsys.readouterr().out.split())
