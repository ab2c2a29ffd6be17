from tlcore.data.catalog import open_dataset
from tlcore.training.plan import outline_run, plan_run
from tlcore.training.preview.group_table import group_rows
from tlcore.training.resolve import resolve


def rows_of(config):
    return group_rows(outline_run(resolve(config), open_dataset(config.data)))


def test_a_frozen_group_has_no_learning_rate_and_keeps_its_statistics(configure):
    rows = rows_of(configure())
    assert [row.name for row in rows] == ["block1", "block2", "block3", "head"]
    assert [row.trained for row in rows] == ["frozen", "frozen", "frozen", "trained"]
    assert [row.learning_rate for row in rows] == [None, None, None, 3e-3]
    assert [row.batchnorm for row in rows] == ["stored", "stored", "stored", ""]


def test_groups_that_join_later_say_from_which_epoch(configure):
    rows = rows_of(configure(strategy={"name": "fine_tuning", "unfreeze_every": 2, "freeze_up_to": "block1"}))
    assert [row.trained for row in rows] == ["frozen", "from epoch 5", "from epoch 3", "trained"]
    assert [row.batchnorm for row in rows] == ["stored", "stored, then batch", "stored, then batch", ""]


def test_after_the_epochs_of_the_head_all_groups_join_and_kept_statistics_stay(configure):
    strategy = {"name": "fine_tuning", "head_epochs": 2, "batch_norm": "keep", "freeze_up_to": "block1"}
    rows = rows_of(configure(strategy=strategy))
    assert [row.trained for row in rows] == ["frozen", "from epoch 3", "from epoch 3", "trained"]
    assert [row.batchnorm for row in rows] == ["stored", "stored", "stored", ""]


def test_an_outline_plans_the_same_as_a_plan_without_reading_weights(configure, tmp_path):
    config = configure(strategy={"name": "fine_tuning", "learning_rate_decay": 0.5})
    dataset = open_dataset(config.data)
    plan, outline = plan_run(resolve(config), dataset), outline_run(resolve(config), dataset)
    assert outline.config == plan.config
    assert group_rows(outline) == group_rows(plan)
    assert (outline.uses_features, outline.notices, outline.choice) == (plan.uses_features, plan.notices, plan.choice)
    missing = configure(model={"backbone": "small_cnn", "weights": str(tmp_path / "missing.pth")})
    assert outline_run(resolve(missing), dataset).model.get_submodule("classifier.1").weight.is_meta
