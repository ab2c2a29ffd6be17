import copy
import math
import random
from itertools import pairwise

import pytest
import torch

from tests.support.fastai_valley import fastai_valley
from tlcore.data.catalog import open_dataset
from tlcore.errors import ConfigError
from tlcore.training.plan import plan_run
from tlcore.training.preview.lr_finder import RatePoint, find_learning_rate, suggest
from tlcore.training.resolve import resolve


def make_plan(config):
    return plan_run(resolve(config), open_dataset(config.data))


def points_of(plan, **options):
    return [event for event in find_learning_rate(plan, **options) if isinstance(event, RatePoint)]


def curve(losses):
    return [RatePoint(10.0 ** (index - len(losses)), loss, loss) for index, loss in enumerate(losses)]


def test_the_rate_climbs_by_a_constant_factor_from_start_to_end(configure):
    points = points_of(make_plan(configure()), start=1e-4, end=1e-2, steps=21)
    rates = [point.learning_rate for point in points]
    assert rates[0] == pytest.approx(1e-4)
    assert rates[-1] == pytest.approx(1e-2)
    assert [late / early for early, late in pairwise(rates)] == pytest.approx([10**0.1] * 20)


def test_the_model_of_the_plan_stays_as_it_is(configure):
    plan = make_plan(configure(strategy={"name": "from_scratch"}))
    before = copy.deepcopy(plan.model.state_dict())
    points_of(plan, start=1e-3, end=1, steps=12)
    after = plan.model.state_dict()
    assert all(torch.equal(before[name], after[name]) for name in before)


@pytest.mark.parametrize("strategy", ["feature_extraction", "from_scratch"])
def test_the_same_plan_gives_the_same_points(configure, strategy):
    plan = make_plan(configure(strategy={"name": strategy}))
    assert points_of(plan, steps=12) == points_of(plan, steps=12)


def test_it_ends_when_the_loss_diverges(configure):
    plan = make_plan(configure(strategy={"name": "from_scratch"}, optimizer={"name": "sgd"}))
    points = points_of(plan, start=1e-3, end=1e9, steps=400)
    assert len(points) < 400
    assert all(math.isfinite(point.loss) for point in points)


def test_in_fine_tuning_the_head_learns_first_as_in_the_run(configure):
    settings = {"name": "fine_tuning", "head_epochs": 2, "head_learning_rate": 0.05}
    trained = points_of(make_plan(configure(strategy=settings)), steps=3)
    fresh = points_of(make_plan(configure(strategy={**settings, "head_epochs": 0})), steps=3)
    assert trained[0].loss < 0.8 * fresh[0].loss


def test_groups_keep_their_proportion_to_the_head(configure):
    """A group that is frozen in the plan stays frozen in the test."""
    plan = make_plan(configure(strategy={"name": "fine_tuning", "learning_rates": {"block1": 0.0}}))
    still = make_plan(configure(strategy={"name": "fine_tuning", "freeze_up_to": None}))
    assert points_of(plan, steps=12) != points_of(still, steps=12)


def test_a_suggestion_is_where_the_loss_falls_before_the_minimum(configure):
    plan = make_plan(configure(strategy={"name": "from_scratch"}))
    points = points_of(plan)
    suggestion = suggest(points)
    lowest = min(points, key=lambda point: point.smoothed_loss)
    assert suggestion.learning_rate is not None
    assert 1e-5 < suggestion.learning_rate < lowest.learning_rate


@pytest.mark.parametrize("seed", range(4))
def test_the_suggestion_is_where_most_of_the_fall_is_done_whatever_the_noise(seed):
    noise = random.Random(seed)
    fall = [*[1.0] * 40, *(1 - 0.02 * step for step in range(40)), *[0.2] * 20]
    points = curve([loss + noise.uniform(-0.05, 0.05) for loss in fall])
    suggested = suggest(points).learning_rate
    place = next(index for index, point in enumerate(points) if point.learning_rate == suggested)
    assert 66 <= place <= 74  # 70 % of the way from 1 to 0.2 is 0.44, 28 steps into the fall that begins at 40


def test_a_diverging_end_does_not_move_the_suggestion():
    fall = [*[1.0] * 40, *(1 - 0.02 * step for step in range(40)), *[0.2] * 20]
    rates = [suggest(curve([*fall, *end])).learning_rate for end in ([0.5, 3.0], [50.0, 1e30])]
    assert rates[0] == rates[1]


def test_the_suggestion_is_never_below_fastais_valley():
    late = [*[1.0] * 10, *[0.3] * 20, *(0.3 - 0.004 * step for step in range(60)), *[0.06] * 10]
    points = curve(late)
    rates, losses = [point.learning_rate for point in points], [point.smoothed_loss for point in points]
    theirs = fastai_valley(rates, losses)
    assert suggest(points).learning_rate == theirs > points[40].learning_rate


@pytest.mark.parametrize(
    ("losses", "reason"),
    [
        ([1.0] * 5, "Only 5 steps before the loss diverged"),
        ([1.0] * 30, "never falls clearly"),
        ([1 + 0.1 * step for step in range(30)], "never falls clearly"),
        ([1 - 0.001 * step for step in range(30)], "never falls clearly"),
    ],
)
def test_an_unclear_curve_gives_no_suggestion(losses, reason):
    suggestion = suggest(curve(losses))
    assert suggestion.learning_rate is None
    assert reason in suggestion.reason


def test_an_empty_range_is_refused(configure):
    with pytest.raises(ConfigError, match="The range test climbs from 1 to 0.1"):
        points_of(make_plan(configure()), start=1, end=0.1)
    standing = configure(strategy={"name": "fine_tuning", "learning_rates": {"head": 0}})
    with pytest.raises(ConfigError, match="with the head at 0"):
        points_of(make_plan(standing))
