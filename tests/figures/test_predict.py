import pandas as pd

from tlcore.figures.predict import plot_top_classes


def table(*rows):
    return pd.DataFrame(rows, columns=["title", "label", "probability"])


def test_the_first_class_stands_at_the_top():
    figure = plot_top_classes(table(("epoch 3", "bee", 0.9), ("epoch 3", "ant", 0.1)))
    assert figure.layout.yaxis.ticktext == ("bee", "ant")
    assert figure.data[0].y.tolist() == [0, 1]
    assert figure.layout.yaxis.autorange == "reversed"
    assert not figure.layout.showlegend


def test_two_epochs_stand_beside_each_other():
    figure = plot_top_classes(
        table(("epoch 3", "bee", 0.9), ("epoch 3", "ant", 0.1), ("epoch 0", "bee", 0.4), ("epoch 0", "ant", 0.6))
    )
    assert [trace.name for trace in figure.data] == ["epoch 3", "epoch 0"]
    assert figure.layout.showlegend


def test_a_class_name_is_no_html():
    figure = plot_top_classes(table(("epoch 3", "<b>bee</b>", 0.9), ("epoch 3", "x" * 99, 0.1)))
    assert figure.layout.yaxis.ticktext[0] == "&lt;b&gt;bee&lt;/b&gt;"
    assert len(figure.layout.yaxis.ticktext[1]) < 40
