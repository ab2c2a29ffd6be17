"""What is told while the images are read, before the first epoch."""

from tlcore.data.catalog import open_dataset
from tlcore.system.drive import drive
from tlcore.training.distributed import Processes
from tlcore.training.events import Progress
from tlcore.training.inputs.prepare import prepare_inputs
from tlcore.training.plan import plan_run
from tlcore.training.resolve import resolve


def test_features_of_both_splits_are_one_progress_that_ends_once(configure, home):
    config = configure(strategy={"name": "feature_extraction"})
    dataset = open_dataset(config.data)
    told: list[Progress] = []
    drive(prepare_inputs(plan_run(resolve(config), dataset), Processes()), told.append)
    train, val = (len(dataset.split(split)) for split in ("train", "val"))
    assert {progress.phase for progress in told} == {"features"}
    assert {progress.total for progress in told} == {train + val}
    done = [progress.done for progress in told]
    assert done == sorted(done)
    assert train in done
    assert [number for number in done if number == train + val] == done[-1:]
