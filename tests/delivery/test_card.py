import json

import pytest
import yaml
from markdown_it import MarkdownIt

from tests.support.records import change_info
from tlcore import train
from tlcore.config import parse_config
from tlcore.data.edits import open_edits
from tlcore.delivery.card import model_card
from tlcore.delivery.facts import gather_facts
from tlcore.errors import CheckpointError
from tlcore.evaluation.answers import Answers, Wish, probabilities, save_answers
from tlcore.evaluation.evaluate import evaluate
from tlcore.runs.folder.label import save_label
from tlcore.runs.folder.layout import RUN_FILE
from tlcore.runs.folder.run import Run
from tlcore.runs.folder.status import write_status

NAME = 'x: "y"\n---\n# <script>alert(1)</script> [a](javascript:b) | `c` http://evil.example'


@pytest.fixture
def run(evaluated) -> Run:
    return evaluated


def head(card: str) -> dict:
    assert card.startswith("---\n")
    return yaml.safe_load(card.split("\n---\n")[0])


def test_the_head_is_what_the_hub_reads(run):
    found = head(model_card(run, 2))
    assert found["license"] == "unknown"
    assert found["pipeline_tag"] == "image-classification"
    assert {"image-classification", "small_cnn"} <= set(found["tags"])
    (entry,) = found["model-index"]
    result = entry["results"][0]
    assert result["dataset"] == {"name": "photographs", "type": "imagefolder", "split": "test"}
    accuracy = next(metric for metric in result["metrics"] if metric["type"] == "accuracy")
    measured = evaluate(run, device="cpu").accuracy(2)
    assert accuracy["value"] == pytest.approx(measured.value, abs=1e-4)
    assert accuracy["args"] == {
        "images": 14,
        "low": pytest.approx(measured.low, abs=1e-4),
        "high": pytest.approx(measured.high, abs=1e-4),
    }


def test_the_licence_is_that_of_the_weights_or_says_that_it_is_another(run):
    def card_with(backbone: str, weights: str) -> dict:
        info = json.loads((run.path / RUN_FILE).read_text())
        info["config"]["model"] = {"backbone": backbone, "weights": weights}
        (run.path / RUN_FILE).write_text(json.dumps(info))
        return head(model_card(Run(run.path), 2))

    assert card_with("efficientnet_lite0", "imagenet")["license"] == "apache-2.0"
    assert card_with("resnet18", "imagenet")["license"] == "bsd-3-clause"
    assert card_with("small_cnn", "/home/somebody/weights.pth")["license"] == "unknown"
    assert "somebody" not in model_card(Run(run.path), 2)


def test_the_card_tells_what_was_measured_and_how_the_epoch_was_chosen(run):
    facts = gather_facts(run, 2)
    text = model_card(run, 2)
    found = facts.measured.accuracy
    assert f"Right on {found.correct} of 14 test images" in text
    other = next(epoch for epoch in run.epochs() if epoch != facts.chosen)
    assert f"Epoch {facts.chosen} of 3 saved epochs was chosen on val" in model_card(run, facts.chosen)
    assert f"by request. Val would choose epoch {facts.chosen}." in model_card(run, other)
    assert run.info.dataset.fingerprint in text


def test_a_run_that_was_not_evaluated_says_so_and_gives_no_figures(configure):
    card = model_card(train(configure(epochs=1)), 1)
    assert "It was not measured on the images that are kept for that yet" in card
    assert "model-index" not in head(card)


def test_a_missing_epoch_is_an_error_that_lists_the_existing_ones(run):
    with pytest.raises(CheckpointError, match="No checkpoint of epoch 9 in run .* Epochs there: 0, 1, 2."):
        model_card(run, 9)


def test_hostile_names_are_neither_yaml_nor_markdown_nor_html(run):
    hostile = change_info(run, classes=[NAME, "green"], name=NAME, notes=[NAME])
    card = model_card(hostile, 2)
    found = head(card)
    assert set(found) == {"license", "metrics", "pipeline_tag", "tags", "model-index"}
    assert found["model-index"][0]["results"][0]["dataset"]["name"].startswith('x: "y" --- #')
    body = card.split("\n---\n", 1)[1]
    shown = MarkdownIt("commonmark", {"html": True}).enable("table").render(body)
    assert "<script" not in shown
    assert "<a " not in shown
    assert "<h1>" in shown
    assert shown.count("<h1>") == 1
    assert "http://evil" not in body
    tables = shown.split("<table>")[1:]
    assert all(len({row.count("<t") for row in table.split("<tr>")[2:]}) == 1 for table in tables if "<tr>" in table)


def test_the_kept_temperature_and_threshold_are_told_with_what_they_do(run):
    assert "It has no threshold" in model_card(run, 2)
    wish = Wish(kind="unanswered", value=0.1)
    save_answers(run, Answers(epoch=2, temperature=2.5, images=18, threshold=0.7, wish=wish))
    card, facts = model_card(run, 2), gather_facts(run, 2)
    logits_NC = evaluate(run, device="cpu").logits(2)
    sure_N = probabilities(logits_NC, facts.answers).max(1) >= 0.7
    assert facts.measured.answered.correct == sure_N.sum()
    assert "divided by the temperature 2.5, fitted on 18 val images" in card
    assert "Below a probability of 70.0 % its answer is “not sure”" in card
    assert "at most 10.0 % unanswered" in card
    assert facts.measured.calibrated.error != facts.measured.calibration.error


def test_a_name_a_note_and_an_unfinished_training_are_told(run):
    save_label(run.path, "# <b>Mine</b>", "a | note")
    write_status(run.path, "stopped", epochs=5)
    card = model_card(run, 2)
    assert "Its name: # &lt;b&gt;Mine&lt;/b&gt;" in card.replace("\\#", "#")
    assert "Note: a &#124; note" in card
    assert "The training is not at its end: stopped, 2 epochs planned." in card


def test_edits_and_their_reasons_are_told(configure, colours):
    edits = open_edits(str(colours))
    edits.exclude(["train/blue/000.png"], why="<b>blurred</b>")
    text = model_card(train(configure(epochs=1)), 1)
    assert "1 edit of the dataset was in effect" in text
    assert "1 image left out (&lt;b&gt;blurred&lt;/b&gt;)" in text


def test_findings_come_from_a_scan_that_is_there_already(run):
    from tlcore.data.catalog import open_dataset
    from tlcore.data.health.scan import scan

    assert "The images were not checked one by one." in model_card(run, 2)
    for _ in scan(open_dataset(run.config.data)):
        pass
    evaluate(run, device="cpu")  # takes note of twins
    card = model_card(run, 2)
    assert "Every image was checked" in card
    assert "No test image has a twin in train" in card


def test_images_that_are_gone_cost_only_what_needs_them(run, photographs):
    photographs.rename(photographs.with_name("moved"))
    card = model_card(run, 2)
    assert "The images are not where they were" in card
    assert str(photographs.parent) not in card


def test_the_settings_repeat_the_run_and_have_no_path_of_this_machine(run, photographs, monkeypatch):
    facts = gather_facts(run, 2)
    assert str(photographs.parent) not in facts.config
    monkeypatch.chdir(photographs.parent)
    again = train(parse_config(json.loads(facts.config)))
    assert again.info.dataset.fingerprint == run.info.dataset.fingerprint
    assert [r.val_loss for r in again.history()] == [r.val_loss for r in run.history()]


def test_usage_of_the_files_beside_it_comes_after_the_title(run):
    assert "epoch 2\n\n## Use\n\nLike this.\n\n## In short" in model_card(run, 2, "## Use\n\nLike this.")
