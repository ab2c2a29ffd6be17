import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest

from tlcore import evaluate, train
from tlcore.evaluation.evaluate import evaluate_run
from tlcore.evaluation.stored import load_stored, stored_version
from tlcore.runs.folder.checkpoints import load_checkpoint, save_checkpoint
from tlcore.runs.folder.layout import checkpoint_path, predictions_path
from tlcore.runs.folder.run import Run


@pytest.fixture
def evaluated(configure) -> Run:
    run = train(configure())
    evaluate(run)
    return run


def test_before_the_first_evaluation_every_epoch_is_missing(configure):
    run = train(configure())
    stored = load_stored(run)
    assert stored.evaluation is None
    assert stored.missing == (0, 1, 2, 3)


def test_stored_evaluations_are_read_back_unchanged(evaluated):
    stored = load_stored(evaluated)
    assert stored.missing == ()
    assert stored.evaluation is not None
    assert stored.evaluation.epochs == (0, 1, 2, 3)
    work = evaluate_run(evaluated)
    with pytest.raises(StopIteration) as finished:
        next(work)
    again = finished.value.value
    assert np.array_equal(stored.evaluation.logits(3), again.logits(3))
    assert stored.evaluation.best_by_val == again.best_by_val


def test_reading_back_needs_neither_torch_nor_the_images(evaluated, colours):
    (colours / "test").rename(colours / "gone")
    code = (
        "import sys; from pathlib import Path; from tlcore.runs.folder.run import Run; "
        "from tlcore.evaluation.stored import load_stored; from tlcore.evaluation.tables import epochs_table; "
        "from tlcore.evaluation.timeline import timeline_table; from tlcore.evaluation.selection import select_epoch; "
        "run = Run(Path(sys.argv[1])); found = load_stored(run).evaluation; "
        "epochs_table(run, found); timeline_table(found); select_epoch(found); "
        "assert 'torch' not in sys.modules and 'streamlit' not in sys.modules; print(*found.epochs)"
    )
    result = subprocess.run([sys.executable, "-c", code, str(evaluated.path)], capture_output=True, text=True)
    assert result.stdout.strip() == "0 1 2 3", result.stderr


def test_an_epoch_whose_checkpoint_was_replaced_is_missing(evaluated):
    checkpoint = load_checkpoint(evaluated.checkpoints, 2)
    before = stored_version(evaluated)
    checkpoint.model["classifier.1.bias"] += 1.0
    save_checkpoint(evaluated.checkpoints, checkpoint)
    stored = load_stored(evaluated)
    assert stored.missing == (2,)
    assert stored.evaluation is not None
    assert stored.evaluation.epochs == (0, 1, 3)
    assert stored_version(evaluated) != before


def test_a_new_epoch_is_missing_and_the_others_are_there(evaluated):
    checkpoint = load_checkpoint(evaluated.checkpoints, 3)
    save_checkpoint(evaluated.checkpoints, replace(checkpoint, epoch=4))
    assert load_stored(evaluated).missing == (4,)


def test_logits_that_are_damaged_or_were_made_from_something_else_are_missing(evaluated):
    path = predictions_path(evaluated.path, "test", 1)
    path.write_bytes(path.read_bytes()[:99])
    predictions_path(evaluated.path, "test", 2).write_bytes(predictions_path(evaluated.path, "val", 2).read_bytes())
    assert load_stored(evaluated).missing == (1, 2)


@pytest.mark.parametrize("content", [b"", b"[]", b'{"epochs": {"0": {"stamp": [1]}}}', b"\xff\xfe"])
def test_a_damaged_index_costs_another_evaluation_and_no_more(evaluated, content):
    (evaluated.path / "predictions/test/index.json").write_bytes(content)
    assert load_stored(evaluated).missing == (0, 1, 2, 3)
    evaluate(evaluated)
    assert load_stored(evaluated).missing == ()


def test_a_damaged_checkpoint_is_reported_and_not_missing(evaluated):
    path = checkpoint_path(evaluated.checkpoints, 2)
    path.write_bytes(path.read_bytes()[:100])
    assert load_stored(evaluated).missing == (2,)
    evaluate(evaluated)
    stored = load_stored(evaluated)
    assert stored.missing == ()
    assert stored.evaluation is not None
    assert any(notice.startswith("Epoch 2 is left out: ") for notice in stored.evaluation.notices)


def test_left_out_images_and_notices_are_read_back(configure, colours):
    run = train(configure())
    (colours / "test/green/003.png").write_bytes(b"")
    evaluate(run)
    evaluation = load_stored(run).evaluation
    assert evaluation is not None
    assert [image.id for image in evaluation.skipped] == ["test/green/003.png"]
    assert any("have changed since this run was trained" in notice for notice in evaluation.notices)


def test_the_version_stays_while_nothing_changes_and_changes_with_a_new_epoch(evaluated):
    before = stored_version(evaluated)
    assert stored_version(evaluated) == before
    with (evaluated.path / "metrics.jsonl").open("a") as file:
        file.write('{"epoch": 4')
    assert stored_version(evaluated) != before


def test_a_cancelled_evaluation_keeps_the_epochs_that_it_computed(configure):
    run = train(configure(strategy={"name": "fine_tuning"}))
    work = evaluate_run(run)
    while not predictions_path(run.path, "test", 1).exists():
        next(work)
    work.close()
    stamp = predictions_path(run.path, "test", 0).stat().st_mtime_ns
    evaluate(run)
    assert predictions_path(run.path, "test", 0).stat().st_mtime_ns == stamp
    assert load_stored(run).missing == ()
