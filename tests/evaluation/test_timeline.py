import numpy as np
import pytest

from tlcore.evaluation.timeline import kind_of, timeline_table


@pytest.mark.parametrize(
    ("marks", "kind"),
    [
        ("✓✓✓✓", "always"),
        ("✗✗✗✗", "never"),
        ("✗✗✓✓", "learned"),
        ("✗✗✗✓", "learned"),
        ("✓✓✗✗", "forgotten"),
        ("✗✓✗✗", "forgotten"),
        ("✓✗✓✓", "flickering"),
        ("✗✓✗✓", "flickering"),
        ("✓✗✓✗", "flickering"),
        ("✓", "always"),
        ("✗", "never"),
    ],
)
def test_each_image_has_one_kind_in_the_timeline(marks, kind):
    assert kind_of(np.array([mark == "✓" for mark in marks])) == kind


def test_rows_go_from_never_to_always_and_early_learned_images_come_last(evaluate_by_hand):
    # image: 0 always, 1 learned in 2, 2 never, 3 learned in 3, 4 forgotten, 5 flickering
    evaluation = evaluate_by_hand(["✗✗✗✗✗✗", "✓✗✗✗✓✓", "✓✓✗✗✗✗", "✓✓✗✓✗✓"])
    table = timeline_table(evaluation)
    assert table["kind"].tolist() == ["never", "forgotten", "flickering", "learned", "learned", "always"]
    assert table["id"].tolist() == ["2.jpg", "4.jpg", "5.jpg", "3.jpg", "1.jpg", "0.jpg"]
    assert table[[1, 2, 3]].to_numpy().tolist()[3] == [False, False, True]


def test_a_lucky_guess_of_the_untrained_head_is_neither_learned_nor_forgotten(evaluate_by_hand):
    table = timeline_table(evaluate_by_hand(["✓✗", "✗✓", "✗✓"]))
    assert dict(zip(table["id"], table["kind"], strict=True)) == {"0.jpg": "never", "1.jpg": "always"}
    assert table.loc[table["id"] == "0.jpg", 0].item()


def test_epoch_0_counts_if_there_is_no_other(evaluate_by_hand):
    assert timeline_table(evaluate_by_hand(["✓✗"]))["kind"].tolist() == ["never", "always"]
