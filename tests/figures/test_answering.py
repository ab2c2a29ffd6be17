import numpy as np

from tlcore.evaluation.answering import answering_table
from tlcore.figures.answering import MOST_POINTS, plot_answering


def table_of(images, seed=0):
    draw = np.random.default_rng(seed)
    sure = draw.uniform(0.5, 1, images)
    return answering_table(sure, draw.random(images) < sure)


def test_the_line_the_band_and_the_diamond_at_the_threshold():
    table = table_of(60)
    threshold = float(table["threshold"][40])
    band, of_val, line, diamond = plot_answering(table, "test", threshold, on_val=table_of(50, 1)).data
    assert (of_val.name, line.name, diamond.name) == ("val", "test", "the threshold")
    assert line.x.tolist() == table["share"].tolist()
    assert line.y.tolist() == table["accuracy"].tolist()
    assert band.y[:60].tolist() == table["high"].tolist()
    assert (diamond.x[0], diamond.y[0]) == (table["share"][40], table["accuracy"][40])


def test_thousands_of_images_are_thinned_and_without_a_threshold_all_are_answered():
    table = table_of(3000)
    _, line, diamond = plot_answering(table, "test").data
    assert len(line.x) == MOST_POINTS
    assert line.x[-1] == diamond.x[0] == 1
    assert diamond.name == "every image"
