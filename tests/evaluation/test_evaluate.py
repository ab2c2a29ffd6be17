import os
import shutil

import numpy as np
import pytest
import torch
from PIL import Image

import tlcore
from tlcore import train
from tlcore.config import DataConfig
from tlcore.data.catalog import open_dataset
from tlcore.errors import CheckpointError, DatasetChanged, UnreadableImage
from tlcore.evaluation.predict import load_predictor
from tlcore.runs.folder.checkpoints import load_checkpoint, save_checkpoint
from tlcore.runs.folder.layout import checkpoint_path, predictions_path
from tlcore.runs.restore import restore_model
from tlcore.runs.start import prepare_run


def evaluate(run):
    """The evaluation, and how often progress was reported: never, if all was stored."""
    told = []
    return tlcore.evaluate(run, on_progress=told.append), len(told)


def written(run, epoch, split="test"):
    return predictions_path(run.path, split, epoch).stat().st_mtime_ns


@pytest.mark.parametrize("strategy", ["feature_extraction", "fine_tuning"])
def test_stored_logits_are_those_of_the_whole_network_of_each_epoch(configure, strategy):
    run = train(configure(strategy={"name": strategy}))
    evaluation, _ = evaluate(run)
    assert evaluation.split == "test"
    assert list(evaluation.predictions) == [0, 1, 2, 3]
    dataset, transform = open_dataset(run.config.data), run.config.eval_transform.build()
    images = torch.stack([transform(dataset.source.load(sample.id)) for sample in dataset.split("test")])
    for epoch, predictions in evaluation.predictions.items():
        with torch.no_grad():
            expected = restore_model(run, epoch)(images).numpy()
        np.testing.assert_allclose(predictions.logits_NC, expected, rtol=1e-4, atol=1e-5)
    assert evaluation.targets_N.tolist() == [sample.target for sample in dataset.split("test")]
    assert evaluation.predictions[0].sample_ids == tuple(sample.id for sample in dataset.split("test"))


def test_a_second_evaluation_computes_nothing(configure):
    run = train(configure())
    first, told = evaluate(run)
    stamps = [written(run, epoch) for epoch in run.epochs()]
    second, told_again = evaluate(run)
    assert told > 0
    assert told_again == 0
    assert stamps == [written(run, epoch) for epoch in run.epochs()]
    assert np.array_equal(first.logits(3), second.logits(3))


def test_only_the_epoch_whose_weights_changed_is_computed_again(configure):
    run = train(configure())
    before, _ = evaluate(run)
    stamps = {epoch: written(run, epoch) for epoch in run.epochs()}
    checkpoint = load_checkpoint(run.checkpoints, 2)
    checkpoint.model["classifier.1.bias"] += 1.0
    save_checkpoint(run.checkpoints, checkpoint)
    after, _ = evaluate(run)
    assert {epoch for epoch in run.epochs() if written(run, epoch) != stamps[epoch]} == {2}
    np.testing.assert_allclose(after.logits(2), before.logits(2) + 1.0, rtol=1e-5)


def test_an_evaluation_says_which_engine_computed_it_also_later(configure):
    run = train(configure())
    for _ in range(2):
        evaluation, _ = evaluate(run)
        assert evaluation.engines == (run.history()[-1].engine,)


def test_a_changed_test_image_is_evaluated_again_and_noted(configure, colours):
    run = train(configure())
    before, _ = evaluate(run)
    Image.new("RGB", (40, 36), "white").save(colours / "test/blue/000.png")
    after, told = evaluate(run)
    assert told > 0
    assert not np.array_equal(before.logits(3)[0], after.logits(3)[0])
    np.testing.assert_allclose(before.logits(3)[1:], after.logits(3)[1:], rtol=1e-5)
    assert any("have changed since this run was trained" in notice for notice in after.notices)


def test_damaged_logits_are_computed_again(configure):
    run = train(configure())
    before, _ = evaluate(run)
    path = predictions_path(run.path, "test", 1)
    path.write_bytes(path.read_bytes()[:99])
    after, told = evaluate(run)
    assert told > 0
    assert np.array_equal(before.logits(1), after.logits(1))


def test_val_logits_of_the_training_serve_a_run_without_test_split(configure, colours):
    shutil.rmtree(colours / "test")
    run = train(configure())
    evaluation, told = evaluate(run)
    assert evaluation.split == "val"
    assert told == 0
    assert [evaluation.accuracy(epoch).value for epoch in run.epochs()] == [
        pytest.approx(record.val_accuracy) for record in run.history()
    ]


def test_unreadable_images_are_left_out_of_the_report_and_named(configure, colours):
    (colours / "test/green/003.png").write_bytes(b"")
    run = train(configure())
    for _ in range(2):
        evaluation, _ = evaluate(run)
        assert [image.id for image in evaluation.skipped] == ["test/green/003.png"]
        assert evaluation.accuracy(3).total == 13


def test_the_kept_epoch_is_chosen_on_val(configure):
    run = train(configure(epochs=5))
    evaluation, _ = evaluate(run)
    best = min(run.history(), key=lambda record: (-record.val_accuracy, record.val_loss)).epoch
    assert evaluation.best_by_val == best
    assert evaluation.accuracy(evaluation.best_on_report).correct == max(
        evaluation.accuracy(epoch).correct for epoch in run.epochs()
    )


def test_a_damaged_checkpoint_is_left_out_and_noted(configure):
    run = train(configure())
    path = checkpoint_path(run.checkpoints, 2)
    path.write_bytes(path.read_bytes()[:100])
    evaluation, _ = evaluate(run)
    assert list(evaluation.predictions) == [0, 1, 3]
    assert any(notice.startswith("Epoch 2 is left out") for notice in evaluation.notices)


def test_a_run_without_checkpoint_says_how_to_start_it(configure):
    run = prepare_run(configure())
    with pytest.raises(CheckpointError, match="has no epoch to evaluate yet") as error:
        evaluate(run)
    assert error.value.cli == f"Start it with `resume {run.name}`."


def test_classes_other_than_the_trained_ones_are_an_error(configure, colours):
    run = train(configure())
    for split in ("train", "val", "test"):
        os.rename(colours / split / "green", colours / split / "yellow")
    with pytest.raises(DatasetChanged, match=r"was trained on the classes blue, green, but .* now has blue, yellow"):
        evaluate(run)


def test_a_split_made_here_is_the_same_after_an_image_was_added(configure, colours, make_images):
    source = make_images("unsplit", unsplit=20) / "unsplit"
    run = train(configure(data={"source": str(source)}))
    before = evaluate(run)[0].predictions[3].sample_ids
    Image.new("RGB", (40, 36)).save(source / "blue/000a.png")
    after, _ = evaluate(run)
    assert after.predictions[3].sample_ids == before
    assert before != tuple(s.id for s in open_dataset(DataConfig(source=str(source))).split("test"))


def test_prediction_uses_the_transform_of_the_run_and_the_best_epoch(configure, colours):
    run = train(configure(strategy={"name": "from_scratch"}, epochs=8))
    predictor = load_predictor(run, device="cpu")
    assert predictor.epoch == evaluate(run)[0].best_by_val
    ranking = predictor.predict(colours / "test/green/000.png")
    assert ranking[0][0] == "green"
    assert sum(probability for _, probability in ranking) == pytest.approx(1)
    with pytest.raises(UnreadableImage, match="file not found"):
        predictor.predict(colours / "nothing.png")
