import copy
import itertools

import pytest
import torch
import torch.nn.functional as F

from tlcore.data.catalog import open_dataset
from tlcore.errors import DatasetInvalid, TrainingDiverged
from tlcore.models.engines.frozen import FrozenTrunk
from tlcore.models.groups import group_of
from tlcore.training.events import EpochDone, ImagesSkipped, Progress
from tlcore.training.fit import fit
from tlcore.training.plan import plan_run
from tlcore.training.resolve import resolve
from tlcore.transforms.spec import CenterCrop, RandomHorizontalFlip, RandomResizedCrop, Resize, TransformSpec

FINE_TUNING = {"name": "fine_tuning"}
QUICK = {"name": "adam", "learning_rate": 0.05}
RANDOM = TransformSpec(operations=(RandomResizedCrop(size=32), RandomHorizontalFlip())).model_dump()
SMALL = TransformSpec(operations=(Resize(size=64), CenterCrop(size=64))).model_dump()
NO_DROPOUT = {"backbone": "shufflenet_v2_x1_0", "weights": "none"}


def make_plan(config):
    return plan_run(resolve(config), open_dataset(config.data))


def run(plan, **settings):
    """Records and checkpoints of a run, with tensors copied as a recorder does."""
    records, checkpoints = [], []
    for event in fit(plan, **settings):
        if isinstance(event, EpochDone):
            records.append(event.record)
            checkpoints.append(copy.deepcopy(event.checkpoint))
    return records, checkpoints


def test_epoch_0_is_the_untrained_head_and_training_learns(configure):
    records, _ = run(make_plan(configure(strategy={"name": "from_scratch"}, epochs=12)))
    assert [record.epoch for record in records] == list(range(13))
    assert records[0].train_loss is None
    assert records[0].val_loss == pytest.approx(0.7, abs=0.3)
    assert records[-1].val_accuracy == 1.0
    assert records[-1].val_loss < 0.5 * records[0].val_loss


@pytest.mark.parametrize("views", [4, 0])
def test_frozen_backbone_is_unchanged_after_training(configure, views):
    plan = make_plan(configure(train_transform=RANDOM, cached_views=views))
    assert plan.uses_features == (views > 0)
    before = copy.deepcopy(plan.model.state_dict())
    run(plan)
    after = plan.model.state_dict()
    changed = {group_of(plan.architecture, name) for name in before if not torch.equal(before[name], after[name])}
    assert changed == {"head"}


def test_fine_tuning_changes_everything_above_the_frozen_groups(configure):
    plan = make_plan(configure(strategy={**FINE_TUNING, "freeze_up_to": "block1"}))
    before = copy.deepcopy(plan.model.state_dict())
    run(plan)
    after = plan.model.state_dict()
    changed = {group_of(plan.architecture, name) for name in before if not torch.equal(before[name], after[name])}
    assert changed == {"block2", "block3", "head"}


def test_gradual_unfreezing_adds_a_group_every_few_epochs(configure):
    plan = make_plan(configure(strategy={**FINE_TUNING, "unfreeze_every": 2}, epochs=5))
    _, checkpoints = run(plan)
    changed = []
    for before, after in itertools.pairwise(checkpoints):
        states = before.model, after.model
        names = {name for name in states[0] if not torch.equal(states[0][name], states[1][name])}
        changed.append(sorted({group_of(plan.architecture, name) for name in names}))
    assert changed == [["head"]] * 2 + [["block3", "head"]] * 2 + [["block2", "block3", "head"]]


HEAD_FIRST = {**FINE_TUNING, "head_epochs": 2, "head_learning_rate": 0.02}


def test_in_its_epochs_the_head_learns_alone_as_in_feature_extraction_and_then_all_layers_join(configure):
    tuned, checkpoints = run(make_plan(configure(strategy=HEAD_FIRST, train_transform=RANDOM, epochs=4)))
    frozen, _ = run(make_plan(configure(optimizer={"learning_rate": 0.02}, epochs=2)))
    assert [record.val_loss for record in tuned[:3]] == [record.val_loss for record in frozen]
    assert [record.train_loss for record in tuned[1:3]] == [record.train_loss for record in frozen[1:]]
    groups = make_plan(configure()).architecture.group_names
    for before, after in itertools.pairwise(checkpoints):
        changed = {name for name in before.model if not torch.equal(before.model[name], after.model[name])}
        moved = {group_of(make_plan(configure()).architecture, name) for name in changed}
        assert moved == ({"head"} if after.epoch <= 2 else set(groups))


def test_the_head_has_its_own_rate_before_the_schedule_begins(configure):
    settings = {"strategy": HEAD_FIRST, "schedule": {"name": "cosine"}, "optimizer": {"learning_rate": 1e-3}}
    records, _ = run(make_plan(configure(**settings, epochs=4)))
    rates = [record.learning_rates["head"] for record in records[1:]]
    assert rates[:2] == [0.02, 0.02]
    assert 1e-3 > rates[2] > rates[3] > 0


def test_features_that_do_not_fit_are_computed_anew_in_each_epoch_of_the_head(configure, monkeypatch):
    settings = {"model": NO_DROPOUT, "eval_transform": SMALL, "strategy": HEAD_FIRST, "epochs": 3}
    kept, _ = run(make_plan(configure(**settings)))
    monkeypatch.setenv("TLCORE_CACHE_GB", "0")
    anew, _ = run(make_plan(configure(**settings)))
    losses = [[record.val_loss for record in records[:3]] for records in (anew, kept)]
    assert losses[0] == pytest.approx(losses[1], rel=1e-4)


def test_images_are_not_mixed_while_the_head_learns_alone(configure):
    plain, _ = run(make_plan(configure(strategy=HEAD_FIRST, epochs=3)))
    mixed, _ = run(make_plan(configure(strategy=HEAD_FIRST, epochs=3, mix={"name": "mixup", "alpha": 1.0})))
    losses = [[record.train_loss for record in records[1:]] for records in (plain, mixed)]
    assert losses[0][:2] == losses[1][:2]
    assert losses[0][2] != losses[1][2]


@pytest.mark.parametrize("stopped_after", [1, 2, 3])
def test_a_run_with_head_epochs_continues_as_if_it_had_not_stopped(configure, stopped_after):
    config = configure(strategy=HEAD_FIRST, train_transform=RANDOM, epochs=4)
    whole, checkpoints = run(make_plan(config))
    plan, checkpoint = make_plan(config), checkpoints[stopped_after]
    plan.model.load_state_dict(checkpoint.model)  # as a restored run has it
    rest, after = run(plan, resume_from=checkpoint, history=whole[: stopped_after + 1])
    assert [record.val_loss for record in rest] == [record.val_loss for record in whole[stopped_after + 1 :]]
    assert all(torch.equal(after[-1].model[name], value) for name, value in checkpoints[-1].model.items())


@pytest.mark.parametrize("batch_norm", ["keep", "update"])
def test_kept_statistics_of_batchnorm_do_not_change_and_its_weights_learn(configure, batch_norm):
    plan = make_plan(configure(model=NO_DROPOUT, strategy={**FINE_TUNING, "batch_norm": batch_norm}, epochs=1))
    before = copy.deepcopy(plan.model.state_dict())
    run(plan)
    changed = {name for name, value in plan.model.state_dict().items() if not torch.equal(before[name], value)}
    assert any(name.endswith("running_mean") for name in changed) == (batch_norm == "update")
    assert "conv1.1.weight" in changed


def test_as_many_cached_views_as_epochs_are_fresh_augmentation_exactly(configure):
    settings = {"model": NO_DROPOUT, "train_transform": SMALL | RANDOM, "eval_transform": SMALL, "epochs": 3}
    cached, _ = run(make_plan(configure(**settings, cached_views=3)))
    fresh, _ = run(make_plan(configure(**settings, cached_views=0)))
    assert [record.train_loss for record in cached[1:]] == pytest.approx([r.train_loss for r in fresh[1:]], rel=1e-4)
    assert [record.val_loss for record in cached] == pytest.approx([record.val_loss for record in fresh], rel=1e-4)


def test_train_loss_averages_over_images_not_over_batches(configure):
    strategy = {"name": "feature_extraction", "learning_rates": {"head": 0.0}}
    plan = make_plan(configure(model=NO_DROPOUT, strategy=strategy, eval_transform=SMALL, batch_size=32, epochs=1))
    records, _ = run(plan)
    samples, transform = plan.dataset.split("train"), plan.config.eval_transform.build()
    images = torch.stack([transform(plan.dataset.source.load(sample.id)) for sample in samples])
    with torch.no_grad():
        loss = F.cross_entropy(plan.model.eval()(images), torch.tensor([sample.target for sample in samples]))
    assert records[1].train_loss == pytest.approx(float(loss), rel=1e-4)


def test_evaluated_weights_are_the_average_where_there_is_one(configure):
    _, checkpoints = run(make_plan(configure(ema_decay=0.5)))
    last = checkpoints[-1]
    assert not torch.equal(last.model["classifier.1.weight"], last.training_model["classifier.1.weight"])
    _, plain = run(make_plan(configure()))
    torch.testing.assert_close(last.training_model["classifier.1.weight"], plain[-1].model["classifier.1.weight"])


@pytest.mark.parametrize("name", ["sgd", "adam", "adamw", "rmsprop"])
def test_every_optimiser_lowers_the_loss(configure, name):
    records, _ = run(make_plan(configure(strategy={"name": "from_scratch"}, optimizer={"name": name}, epochs=6)))
    assert records[-1].val_loss < records[0].val_loss


@pytest.mark.parametrize("mix", ["mixup", "cutmix", "mixup_or_cutmix"])
def test_mixing_trains_on_images_and_says_that_features_cannot_be_kept(configure, mix):
    loss = {"class_weights": "balanced", "label_smoothing": 0.1}
    plan = make_plan(configure(mix={"name": mix, "alpha": 1.0}, loss=loss, optimizer=QUICK))
    assert not plan.uses_features
    assert any("no features are kept" in notice for notice in plan.notices)
    mixed, _ = run(plan)
    unmixed, _ = run(make_plan(configure(loss=loss, optimizer=QUICK)))
    assert mixed[0].val_loss == pytest.approx(unmixed[0].val_loss, rel=1e-5)
    differences = [abs(a.train_loss - b.train_loss) for a, b in zip(mixed[1:], unmixed[1:], strict=True)]
    assert max(differences) > 1e-3, differences  # without mixing they are 0
    assert mixed[-1].val_loss < mixed[0].val_loss


@pytest.mark.parametrize(("backbone", "size"), [("googlenet", 80), ("inception_v3", 299)])
def test_auxiliary_heads_are_trained_with_the_trunk(configure, make_images, backbone, size):
    spec = TransformSpec(operations=(Resize(size=size), CenterCrop(size=size))).model_dump()
    plan = make_plan(
        configure(
            data={"source": str(make_images("few", train=2, val=1))},
            model={"backbone": backbone, "weights": "none"},
            strategy={"name": "from_scratch"},
            train_transform=spec,
            eval_transform=spec,
            epochs=1,
        )
    )
    path = plan.architecture.aux[0]
    before = plan.model.get_submodule(path).weight.clone()
    assert before.shape[0] == 2
    run(plan)
    assert not torch.equal(before, plan.model.get_submodule(path).weight)


def test_early_stopping_ends_after_its_patience_without_gain(configure):
    strategy = {"name": "feature_extraction", "learning_rates": {"head": 0.0}}
    records, _ = run(make_plan(configure(strategy=strategy, epochs=10, early_stopping=2)))
    assert [record.epoch for record in records] == [0, 1, 2]


def test_gradient_clipping_bounds_the_step(configure):
    plan = make_plan(configure(optimizer={"name": "sgd", "learning_rate": 1.0, "momentum": 0.0}, gradient_clip=1e-3))
    before = plan.model.get_submodule("classifier.1").weight.clone()
    run(plan)
    steps = 3 * 6
    assert 0 < torch.linalg.norm(plan.model.get_submodule("classifier.1").weight - before) <= steps * 1e-3


def test_a_loss_that_is_no_number_ends_the_run_with_advice(configure):
    plan = make_plan(configure(optimizer={"name": "sgd", "learning_rate": 1e38}))
    with pytest.raises(TrainingDiverged, match=r"training loss of epoch 1 is no longer a number\. Lower"):
        run(plan)


@pytest.mark.parametrize("strategy", ["feature_extraction", "fine_tuning"])
def test_unreadable_images_are_reported_once_and_left_out(configure, colours, strategy):
    (colours / "train/blue/000.png").write_bytes(b"")
    (colours / "val/blue/000.png").write_bytes(b"GIF89a")
    told = [e for e in fit(make_plan(configure(strategy={"name": strategy}))) if isinstance(e, ImagesSkipped)]
    assert [[image.id for image in event.images] for event in told] == [["train/blue/000.png", "val/blue/000.png"]]
    assert told[0].images[0].reason == "empty file"


def test_a_class_without_one_readable_training_image_is_an_error(configure, colours):
    for path in colours.glob("train/green/*"):
        path.write_bytes(b"")
    with pytest.raises(DatasetInvalid, match="Not one training image of class 'green' can be read"):
        run(make_plan(configure()))


@pytest.mark.parametrize("strategy", ["feature_extraction", "fine_tuning"])
def test_progress_counts_images_up_to_the_whole_split(configure, strategy):
    events = [e for e in fit(make_plan(configure(strategy={"name": strategy}))) if isinstance(e, Progress)]
    last_train = [event for event in events if event.phase == "train" and event.epoch == 3][-1]
    assert (last_train.done, last_train.total) == (42, 42)
    assert last_train.loss is not None
    assert 0 <= last_train.accuracy <= 1


@pytest.mark.parametrize("strategy", ["feature_extraction", "fine_tuning"])
def test_an_epoch_says_which_engine_it_was_validated_with(configure, strategy):
    plan = make_plan(configure(strategy={"name": strategy}, epochs=1))
    assert {record.engine for record in run(plan)[0]} == {f"PyTorch with folded BatchNorm, {plan.choice.precision}"}


@pytest.mark.parametrize("mix", ["none", "mixup"])
def test_the_frozen_trunk_of_a_run_on_images_is_run_by_an_engine(configure, mix, monkeypatch):
    trained = []
    forward = FrozenTrunk.forward

    def counted(network, images_NCHW):
        trained.append(len(images_NCHW))
        return forward(network, images_NCHW)

    monkeypatch.setattr(FrozenTrunk, "forward", counted)
    plan = make_plan(configure(train_transform=RANDOM, cached_views=0, epochs=2, mix={"name": mix}))
    assert not plan.uses_features
    before = copy.deepcopy(plan.model.state_dict())
    run(plan)
    assert sum(trained) == 2 * 42
    changed = {name for name, value in plan.model.state_dict().items() if not torch.equal(value, before[name])}
    assert {group_of(plan.architecture, name) for name in changed} == {"head"}


def test_stopping_ends_after_the_epoch_that_is_under_way(configure):
    records = []
    for event in fit(make_plan(configure(epochs=50)), should_stop=lambda: len(records) >= 3):
        if isinstance(event, EpochDone):
            records.append(event.record)
    assert [record.epoch for record in records] == [0, 1, 2]
