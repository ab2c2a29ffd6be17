import numpy as np
import pytest

from tlcore.figures.augment import plot_coverage, plot_kept_area, plot_ratio
from tlcore.transforms.crops import coverage, sample_crops

RATIO = (3 / 4, 4 / 3)


def crops(height, width, scale):
    return sample_crops(np.array([height]), np.array([width]), scale, RATIO, draws=2000, seed=0)


@pytest.mark.parametrize("plot", [lambda table: plot_kept_area(table, (0.2, 1.0)), lambda t: plot_ratio(t, RATIO)])
def test_bars_are_shares_of_all_draws(plot):
    fitted, centre, asked = plot(crops(375, 500, (0.2, 1.0))).data
    assert fitted.y.sum() + centre.y.sum() == pytest.approx(1)
    assert asked.y[::2].sum() == pytest.approx(1)


def test_draws_that_fell_back_are_a_trace_of_their_own():
    fitted, centre, _ = plot_kept_area(crops(100, 300, (0.8, 1.0)), (0.8, 1.0)).data
    assert fitted.y.sum() == 0
    assert centre.y.sum() == 1
    assert centre.x[centre.y.argmax()] == pytest.approx(133 / 300, abs=0.02)


def test_a_range_of_one_value_can_be_drawn():
    asked = plot_kept_area(crops(100, 100, (0.5, 0.5)), (0.5, 0.5)).data[2]
    assert asked.y[::2].sum() == pytest.approx(1)
    asked = plot_ratio(crops(100, 100, (0.5, 0.5)), (1.0, 1.0)).data[2]
    assert asked.y[::2].sum() == pytest.approx(1)


def test_ratios_are_named_on_the_axis():
    names = plot_ratio(crops(375, 500, (0.2, 1.0)), RATIO).layout.xaxis.ticktext
    assert {"3:4", "1:1", "4:3"} <= set(names)


def test_coverage_has_its_top_at_the_top():
    seen = coverage(crops(100, 300, (0.8, 1.0)), cells=6)
    figure = plot_coverage(seen)
    np.testing.assert_array_equal(figure.data[0].z, seen)
    assert figure.layout.yaxis.autorange == "reversed"
