"""Imported weights as an additional epoch of a run."""

import pytest
import torch
from safetensors.torch import save_file

from tlcore.cli.main import main
from tlcore.data.catalog import open_dataset
from tlcore.errors import ConfigError, RunBusy, WeightsError
from tlcore.evaluation.evaluate import evaluate_run
from tlcore.evaluation.imported import import_epoch
from tlcore.evaluation.stored import load_stored
from tlcore.evaluation.tables import epochs_table
from tlcore.models.build import build_model
from tlcore.runs.folder.checkpoints import load_checkpoint
from tlcore.runs.folder.lock import only_writer
from tlcore.runs.folder.run import Run
from tlcore.runs.restore import load_whole_state, plan_to_resume, restore_model
from tlcore.runs.start import prepare_run
from tlcore.runs.work.execute import execute
from tlcore.system.drive import drive
from tlcore.transforms.spec import CenterCrop, Resize, TransformSpec


def train(config, until: int | None = None) -> Run:
    run = prepare_run(config)
    drive(execute(run, plan_to_resume(run), should_stop=lambda: until is not None and len(run.epochs()) > until))
    return run


@pytest.fixture
def other(tmp_path):
    """A file of another small_cnn, as a training script saves it."""
    path = tmp_path / "other.pth"
    torch.save({"model_state_dict": build_model("small_cnn", "none", 2, seed=99).state_dict()}, path)
    return path


@pytest.mark.parametrize("strategy", ["feature_extraction", "fine_tuning"])
def test_an_imported_epoch_is_evaluated_with_its_own_trunk_beside_the_others(configure, other, strategy):
    run = train(configure(strategy={"name": strategy}))
    before = drive(evaluate_run(run)).logits(3)
    assert drive(import_epoch(run, other)) == 4
    assert load_stored(run).missing == (4,)

    evaluation = drive(evaluate_run(run))
    assert evaluation.epochs == (0, 1, 2, 3, 4)
    assert (evaluation.logits(3) == before).all()
    dataset = open_dataset(run.config.data)
    images = [dataset.source.load(sample.id) for sample in dataset.split("test")]
    model = build_model("small_cnn", "none", 2, seed=99).eval()
    with torch.inference_mode():
        expected = model(torch.stack([run.config.eval_transform.build()(image) for image in images]))
    torch.testing.assert_close(torch.from_numpy(evaluation.logits(4)), expected, rtol=1e-4, atol=1e-5)
    state = restore_model(run, 4).state_dict()
    assert all(torch.equal(state[name], value) for name, value in model.state_dict().items())


def test_its_record_says_where_it_came_from(configure, other):
    run = train(configure())
    drive(import_epoch(run, other, name="from a friend.pth"))
    record = run.history()[-1]
    assert (record.epoch, record.imported, record.train_loss) == (4, "from a friend.pth", None)
    table = epochs_table(run, drive(evaluate_run(run)))
    assert list(table["imported"]) == ["", "", "", "", "from a friend.pth"]
    assert table["test_accuracy"].notna().all()


def test_a_file_whose_images_were_prepared_otherwise_is_imported_with_a_word_about_it(configure, tmp_path):
    run, told = train(configure()), []
    state = {name: value.contiguous() for name, value in load_whole_state(run, 1).items()}
    for size_px, name in ((32, "other"), (None, "same")):
        spec = run.config.eval_transform
        if size_px:
            spec = TransformSpec(operations=(Resize(size=size_px), CenterCrop(size=size_px)))
        save_file(state, tmp_path / f"{name}.safetensors", {"transform": spec.model_dump_json()})
        drive(import_epoch(run, tmp_path / f"{name}.safetensors", tell=told.append))
    (sentence,) = told
    assert sentence.startswith("other.safetensors says that its images were prepared otherwise (")
    assert sentence.endswith("). The run's own view is used, as for all its epochs.")


def test_an_epoch_with_the_runs_trunk_is_stored_without_it(configure, tmp_path):
    run = train(configure())
    torch.save(load_whole_state(run, 1), tmp_path / "one.pth")
    drive(import_epoch(run, tmp_path / "one.pth"))
    assert load_checkpoint(run.checkpoints, 4).model.keys() == load_checkpoint(run.checkpoints, 1).model.keys()
    evaluation = drive(evaluate_run(run))
    assert (evaluation.logits(4) == evaluation.logits(1)).all()


def test_a_run_that_is_resumed_trains_as_if_nothing_had_been_imported(configure, other):
    whole = train(configure())
    run = train(configure(), until=1)
    assert run.status().state == "stopped"
    assert drive(import_epoch(run, other)) == 4
    for _ in execute(run, plan_to_resume(run)):
        pass
    assert run.status().state == "finished"
    losses = [[record.val_loss for record in each.history()] for each in (whole, run)]
    assert losses[1][:-1] == losses[0]
    assert [record.imported for record in run.history()] == ["", "", "", "", "other.pth"]


def test_several_can_be_imported_under_numbers_of_their_own(configure, other):
    run = train(configure())
    assert drive(import_epoch(run, other, epoch=50)) == 50
    assert drive(import_epoch(run, other)) == 51
    for taken in (2, 50):
        with pytest.raises(ConfigError, match=rf"Epoch {taken} of run .* is taken.*The next that is free is 52"):
            drive(import_epoch(run, other, epoch=taken))


def test_weights_that_do_not_fit_are_refused_and_leave_the_run_unchanged(configure, tmp_path):
    run = train(configure())
    before = (run.path / "metrics.jsonl").read_bytes()
    torch.save(build_model("small_cnn", "none", 7).state_dict(), tmp_path / "seven.pth")
    (tmp_path / "text.pth").write_text("no weights")
    with pytest.raises(WeightsError, match=r"seven.pth do not fit small_cnn with 2 classes"):
        drive(import_epoch(run, tmp_path / "seven.pth"))
    with pytest.raises(WeightsError, match="damaged or no PyTorch file"):
        drive(import_epoch(run, tmp_path / "text.pth"))
    assert run.epochs() == [0, 1, 2, 3]
    assert (run.path / "metrics.jsonl").read_bytes() == before


def test_nothing_is_imported_into_a_run_that_trains(configure, other):
    run = train(configure())
    with only_writer(run.path), pytest.raises(RunBusy):
        drive(import_epoch(run, other))
    assert run.epochs() == [0, 1, 2, 3]


def test_the_command_imports_a_file_that_was_saved_on_a_gpu(configure, other, capsys, on_a_gpu):
    on_a_gpu(other)
    run = train(configure())
    assert main(["import", run.name, str(other), "--device", "cpu"]) == 0
    printed = capsys.readouterr().out.splitlines()
    assert printed[-1] == "4"
    assert f"other.pth is epoch 4 of run {run.name}:" in printed[-2]
    assert main(["evaluate", run.name]) == 0
    assert "imported" in capsys.readouterr().out


@pytest.mark.parametrize("strategy", ["feature_extraction", "from_scratch"])
def test_a_checkpoint_out_of_a_run_folder_is_imported_with_its_frozen_part(configure, strategy):
    first = train(configure(strategy={"name": strategy}, seed=1))
    other = train(configure(strategy={"name": strategy}))
    file = first.checkpoints / "epoch-002.pt"
    number = drive(import_epoch(other, file))
    theirs, ours = restore_model(first, 2).state_dict(), restore_model(other, number).state_dict()
    assert all(torch.equal(theirs[name], value) for name, value in ours.items())


def test_a_frozen_part_that_is_not_there_is_named(configure, tmp_path):
    first = train(configure())
    alone = tmp_path / "epoch-002.pt"
    alone.write_bytes((first.checkpoints / "epoch-002.pt").read_bytes())
    with pytest.raises(WeightsError, match=r"keeps what it does not train in frozen.pt.*or a whole one"):
        drive(import_epoch(first, alone))


def test_classes_in_another_order_are_reordered_and_that_is_noted(configure, tmp_path, capsys):
    run = train(configure())
    drive(evaluate_run(run))
    state = load_whole_state(run, 3)
    swapped = {name: value.flip(0) if name.startswith("classifier.1.") else value for name, value in state.items()}
    torch.save({"model": swapped, "class_to_idx": {"blue": 1, "green": 0}}, tmp_path / "swapped.pth")
    assert main(["import", run.name, str(tmp_path / "swapped.pth"), "--device", "cpu"]) == 0
    said = capsys.readouterr().out.splitlines()
    assert said[0].endswith(
        "swapped.pth has the classes in another order: its head was put into the order of this run."
    )
    evaluation = drive(evaluate_run(run))
    assert (evaluation.logits(4) == evaluation.logits(3)).all()
    torch.save({"model": swapped, "classes": ["blue", "red"]}, tmp_path / "others.pth")
    with pytest.raises(WeightsError, match=r"is for the classes blue, red, and the run has blue, green"):
        drive(import_epoch(run, tmp_path / "others.pth"))
    assert run.epochs() == [0, 1, 2, 3, 4]


def test_weights_that_are_not_finite_are_refused_before_anything_is_written(configure, tmp_path):
    run = train(configure())
    state = load_whole_state(run, 3)
    state["classifier.1.bias"] = torch.tensor([float("nan"), 0.0])
    torch.save(state, tmp_path / "nan.pth")
    with pytest.raises(WeightsError, match=r"classifier.1.bias holds values that are no numbers"):
        drive(import_epoch(run, tmp_path / "nan.pth"))
    assert run.epochs() == [0, 1, 2, 3]


def test_the_command_promises_no_unbiased_images_if_there_are_none(configure, make_images, other, capsys):
    run = train(configure(data={"source": str(make_images("no_test", train=8, val=4))}))
    assert main(["import", run.name, str(other), "--device", "cpu"]) == 0
    captured = capsys.readouterr()
    assert "On the images of val, beside the others" in captured.err
    assert "chose nothing" not in captured.err
