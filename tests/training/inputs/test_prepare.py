"""What is told while the images are read, before the first epoch."""

import pytest

from tlcore.data.catalog import open_dataset
from tlcore.data.pixels.sources import FileSource
from tlcore.system.drive import drive
from tlcore.training.distributed import Processes
from tlcore.training.events import Progress
from tlcore.training.inputs.prepare import prepare_inputs
from tlcore.training.plan import plan_run
from tlcore.training.resolve import resolve
from tlcore.transforms.spec import RandomResizedCrop, TransformSpec

CROPS = TransformSpec(operations=(RandomResizedCrop(size=28),), decode="reduced")


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


@pytest.mark.parametrize("strategy", ["feature_extraction", "from_scratch"])
def test_images_are_unpacked_for_the_transform_of_their_split(configure, colours, monkeypatch, strategy):
    config = resolve(configure(strategy={"name": strategy}, train_transform=CROPS.model_dump()))
    asked = set()
    load = FileSource.load
    monkeypatch.setattr(
        FileSource,
        "load",
        lambda self, sample_id, transform=None: (
            asked.add((sample_id.split("/")[0], transform)) or load(self, sample_id)
        ),
    )
    drive(prepare_inputs(plan_run(config, open_dataset(config.data)), Processes()))
    assert asked == {("train", CROPS), ("val", config.eval_transform)}
    assert config.eval_transform.decode == "reduced"
