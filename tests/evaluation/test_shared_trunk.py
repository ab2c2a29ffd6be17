"""Runs whose networks differ in their heads alone share the rest, and nothing else."""

import pytest
import torch

from tlcore import train
from tlcore.errors import CheckpointError
from tlcore.evaluation.predict import load_predictor
from tlcore.evaluation.shared_trunk import prepare_trunk
from tlcore.models.zoo import find_architecture
from tlcore.runs.folder.layout import frozen_path
from tlcore.runs.restore import restore_model
from tlcore.system.device import choose_device
from tlcore.training.resolve import resolve


def image(seed: int) -> torch.Tensor:
    return torch.randint(0, 256, (3, 40, 50), dtype=torch.uint8, generator=torch.Generator().manual_seed(seed))


def expected(run, epoch: int, image_CHW: torch.Tensor) -> torch.Tensor:
    """By the whole network of the run alone."""
    with torch.inference_mode():
        return restore_model(run, epoch)(run.config.eval_transform.build()(image_CHW)[None])


def test_two_frozen_runs_share_a_trunk_and_each_answers_with_its_own_head(configure, make_images):
    more = make_images("more", classes=4, train=8, val=4, test=4)
    runs = [train(configure(epochs=2)), train(configure(epochs=2, data={"source": str(more)}))]
    predictors = [load_predictor(run, 2, device="cpu") for run in runs]
    assert predictors[0].shared is predictors[1].shared is not None
    for run, predictor in zip(runs, predictors, strict=True):
        for seed in range(3):
            found_NC = predictor.logits([image(seed)])
            torch.testing.assert_close(found_NC, expected(run, 2, image(seed)), rtol=1e-4, atol=1e-5)
            assert found_NC.shape == (1, len(run.classes))
    first, second = (predictor.model.state_dict() for predictor in predictors)
    (name,) = [name for name in first if first[name].data_ptr() == second[name].data_ptr()][:1]
    assert first[name].numel()  # the same values, not equal ones


def test_epochs_of_a_run_share_a_trunk_and_keep_their_heads(configure):
    run = train(configure(epochs=2))
    one, two = (load_predictor(run, epoch, device="cpu") for epoch in (1, 2))
    assert one.shared is two.shared is not None
    for epoch, predictor in ((1, one), (2, two)):
        torch.testing.assert_close(predictor.logits([image(0)]), expected(run, epoch, image(0)), rtol=1e-4, atol=1e-5)


def test_a_run_that_trained_the_whole_network_shares_nothing(configure):
    run = train(configure(strategy={"name": "fine_tuning"}, epochs=1))
    predictor = load_predictor(run, 1, device="cpu")
    assert predictor.shared is None
    torch.testing.assert_close(predictor.logits([image(0)]), expected(run, 1, image(0)), rtol=1e-4, atol=1e-5)


def test_frozen_weights_that_were_changed_answer_nobody(configure):
    run = train(configure(epochs=1, seed=123))
    path = frozen_path(run.checkpoints)
    changed = torch.load(path, weights_only=True)
    name = next(name for name, value in changed.items() if value.is_floating_point() and value.ndim == 4)
    torch.save({**changed, name: changed[name] + 1}, path)
    with pytest.raises(CheckpointError, match="not those that its epochs were trained with"):
        load_predictor(run, 1, device="cpu")


def test_a_trunk_that_was_prepared_serves_the_runs_with_its_weights(configure):
    config = configure(epochs=1, device="auto", precision="auto")
    resolved = resolve(config)
    prepared = prepare_trunk(find_architecture("small_cnn"), "none", choose_device(resolved.device, resolved.precision))
    assert load_predictor(train(config), 1).shared is prepared
