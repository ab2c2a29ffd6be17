import numpy as np
import torch

from tlcore.data.catalog import open_dataset
from tlcore.system.drive import drive
from tlcore.training.distributed import Processes
from tlcore.training.inputs.prepare import features_at_hand, features_of
from tlcore.training.inputs.whole import dataset_features, plan_features, split_requests
from tlcore.training.plan import plan_run, trunk_of
from tlcore.training.resolve import resolve


def test_every_readable_image_of_all_splits_has_a_row_in_the_order_of_the_dataset(configure, colours):
    (colours / "val/green/broken.png").write_bytes(b"nothing")
    config = configure()
    dataset, told = open_dataset(config.data), []
    plan = plan_run(resolve(config), dataset)
    whole = drive(plan_features(plan), told.append)
    assert [sample.id for sample in whole.samples] == [
        sample.id for sample in dataset.samples if sample.id != "val/green/broken.png"
    ]
    assert [image.id for image in whole.skipped] == ["val/green/broken.png"]
    assert whole.values_ND.dtype == np.float32
    assert len(whole.values_ND) == len(whole.samples)
    assert told[-1].done == told[-1].total == len(dataset.samples)
    train = drive(features_of(plan, dataset.split("train"), plan.config.eval_transform, 1, Processes()))
    np.testing.assert_array_equal(whole.values_ND[:42], train.values_VND[0].float())


def test_a_run_finds_these_features_and_they_are_not_computed_twice(configure):
    config = configure()
    dataset = open_dataset(config.data)
    drive(dataset_features(config, dataset))
    assert features_at_hand(plan_run(resolve(config), dataset))
    told = []
    drive(dataset_features(config, dataset), told.append)
    assert not told


def test_a_feature_map_is_averaged_over_its_places(configure):
    config = configure(model={"backbone": "squeezenet1_0", "weights": "none"})
    dataset = open_dataset(config.data)
    plan = plan_run(resolve(config), dataset)
    whole = drive(plan_features(plan))
    request = split_requests(plan, ["train"])[0]
    image = request.transform.build()(dataset.source.load(request.samples[0].id))[None]
    expected = trunk_of(plan).forward(image)
    assert expected.dim() == 4
    torch.testing.assert_close(torch.from_numpy(whole.values_ND[0]), expected.mean((2, 3))[0], rtol=1e-3, atol=1e-4)
