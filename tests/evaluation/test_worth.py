"""How the record of what edits were worth reads."""

from tlcore.evaluation.worth import Changes, Head, JudgedImage, Worth, changes_words, worth_words

IMAGE = JudgedImage(id="test/a.png", label="ant", before="bee", after="ant")


def worth(**changes) -> Worth:
    usual = {
        "split": "test",
        "before": Head(edits=0, train_images=100, epoch=3, correct=130, total=153),
        "after": Head(edits=2, train_images=98, epoch=5, correct=140, total=153),
        "mended": (IMAGE,) * 12,
        "broken": (IMAGE,) * 2,
        "p_value": 0.013,
        "learned": Changes(relabelled=10, left_out=2),
        "judged": Changes(),
        "backbone": "small_cnn",
    }
    return Worth(**usual | changes)


def test_both_accuracies_with_intervals_and_the_paired_test():
    assert worth_words(worth()) == (
        "Before the edits 85.0 % (78.5 to 89.8), after them 91.5 % (86.0 to 95.0), on the same 153 test images.",
        "12 images mended, 2 broken, p = 0.013: distinguishable with 153 images.",
    )


def test_edits_of_the_judging_images_are_told():
    told = worth_words(worth(judged=Changes(relabelled=3, left_out=1)))
    assert told[-1] == (
        "The test images themselves were edited (3 relabelled, 1 left out). Both heads are judged by the mended "
        "labels. Images that are in test only before or only after the edits count for neither."
    )


def test_edits_that_reach_no_head_are_told():
    told = worth_words(worth(learned=Changes(), mended=(), broken=(), p_value=1.0))
    assert "both heads are the same" in told[2]
    assert told[1].startswith("no image mended, none broken")


def test_without_a_test_split_the_figures_are_called_too_high():
    assert "There is no test split: the same images chose the epochs" in worth_words(worth(split="val"))[-1]


def test_changes_in_words():
    assert changes_words(Changes()) == ""
    assert changes_words(Changes(relabelled=1200, moved=1, added=2)) == "1,200 relabelled, 1 moved, 2 added"


def test_the_record_goes_to_json_and_back():
    assert Worth.model_validate_json(worth().model_dump_json()) == worth()
