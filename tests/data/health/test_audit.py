import numpy as np
import pandas as pd
import pytest

from tlcore.config import DataConfig
from tlcore.data.catalog import open_dataset
from tlcore.data.formats.demo import EXACT_DUPLICATES, NEAR_DUPLICATES, RARE_CLASS, UNREADABLE
from tlcore.data.health import audit as audit_module
from tlcore.data.health.audit import Finding, audit, findings_table
from tlcore.data.health.scan import scan
from tlcore.system.drive import drive

CLASSES = ("ant", "bee", "cat")


def table_of(*rows: dict) -> pd.DataFrame:
    """Sound images, three per class in train and one in val, and these images in addition."""
    sound = [{"split": "train", "class": name} for name in CLASSES for _ in range(3)]
    sound += [{"split": "val", "class": name} for name in CLASSES]
    defaults = {
        "split": "train",
        "class": "ant",
        "group": "",
        "reason": "",
        "width": 200,
        "height": 150,
        "format": "JPEG",
        "extension_agrees": True,
        "near_group": -1,
        "dark": 0.2,
        "bright": 0.8,
    }
    whole = [
        {"id": f"{number}.jpg", "digest": f"content {number}"} | defaults | row
        for number, row in enumerate([*sound, *rows], start=-len(sound))
    ]
    return pd.DataFrame(whole).astype({"split": "category", "class": "category"})


def only(table: pd.DataFrame) -> Finding:
    (finding,) = audit(table, CLASSES)
    return finding


def kinds(table: pd.DataFrame) -> list[str]:
    return [finding.kind for finding in audit(table, CLASSES)]


def test_a_sound_dataset_has_no_findings():
    assert audit(table_of(), CLASSES) == []


def test_the_same_image_in_two_splits_is_a_leak_and_not_also_a_duplicate():
    finding = only(table_of({"digest": "x"}, {"digest": "x", "split": "val"}))
    assert (finding.kind, finding.severity) == ("leak", "high")
    assert finding.title == "1 image is in more than one split"
    assert finding.groups == ((("0.jpg", "1.jpg"), "The same in train and val"),)


def test_a_group_in_two_splits_is_found_with_the_number_of_its_images():
    rows = [{"group": "cow 7"}] * 3 + [{"group": "cow 7", "split": "test"}, {"group": "cow 8"}, {"group": "cow 8"}]
    finding = audit(table_of(*rows), CLASSES)[0]
    assert (finding.kind, finding.severity, finding.images) == ("straddling_groups", "high", 4)
    assert finding.title == "1 group of images that belong together (4 images) is in more than one split"
    assert finding.groups[0].note == "'cow 7': 1 image in test and 3 images in train"
    assert finding.groups[0].ids == ("3.jpg", "0.jpg", "1.jpg", "2.jpg")  # of both splits among the first
    assert "--groups" in finding.advice


def test_a_group_of_images_that_are_the_same_is_a_leak_only():
    rows = [{"group": "x", "digest": "x"}, {"group": "x", "digest": "x", "split": "val"}]
    assert kinds(table_of(*rows)) == ["leak"]


def test_nearly_the_same_image_in_two_splits_is_a_leak_with_all_its_copies():
    finding = only(
        table_of(
            {"near_group": 0, "digest": "x"},
            {"near_group": 0, "digest": "x"},
            {"near_group": 0, "split": "val"},
            {"near_group": 1},
            {"near_group": 1, "split": "val"},
        ).query("id != '1.jpg'")
    )
    assert finding.title == "2 images are in more than one split"
    assert finding.groups[0] == (("0.jpg", "2.jpg"), "Nearly the same in train and val")


def test_copies_in_one_split_are_duplicates():
    finding = only(table_of(*[{"digest": "x", "split": "val"}] * 3))
    assert (finding.kind, finding.images) == ("duplicates", 3)
    assert finding.groups[0].note == "3 times in val"


def test_near_duplicates_in_one_split_are_told_apart_from_copies():
    assert kinds(table_of({"near_group": 0}, {"near_group": 0})) == ["near_duplicates"]


def test_one_image_under_two_classes_is_a_conflict():
    findings = audit(table_of({"digest": "x"}, {"digest": "x", "class": "bee"}), CLASSES)
    assert [finding.kind for finding in findings] == ["conflicting_labels", "duplicates"]
    assert findings[0].groups == ((("0.jpg", "1.jpg"), "Labelled 'ant' and 'bee'"),)


def test_images_of_one_colour_are_no_copies_of_each_other():
    white = {"digest": "white", "dark": 1.0, "bright": 1.0}
    finding = only(table_of(white, white | {"class": "bee", "split": "val"}))
    assert finding.kind == "plain"


def test_unreadable_files_have_one_finding_with_the_reason():
    broken = {"reason": "empty file", "digest": "", "width": 0, "height": 0, "dark": np.nan, "bright": np.nan}
    finding = only(table_of(broken, broken | {"split": "val"}))
    assert finding.kind == "unreadable"
    assert finding.title == "2 files cannot be read"
    assert finding.groups[0] == (("0.jpg",), "empty file")


def test_rare_classes_are_counted_in_train_among_readable_images():
    table = table_of(*[{"class": "bee"}] * 3, {"class": "cat", "split": "val"})
    finding = only(table)
    assert finding.kind == "rare_classes"
    assert [group.note for group in finding.groups] == [
        "ant: 3 images, and the largest class has 6",
        "cat: 3 images, and the largest class has 6",
    ]


def test_a_class_without_training_images_is_rare():
    notes = [group.note for group in only(table_of().query("`class` != 'cat'")).groups]
    assert notes == ["cat: 0 images, and the largest class has 3"]


@pytest.mark.parametrize(
    ("row", "kind", "note"),
    [
        ({"width": 40, "height": 40}, "tiny", "40 × 40 px"),
        ({"width": 620, "height": 200}, "long", "620 × 200 px"),
        ({"width": 150, "height": 460}, "long", "150 × 460 px"),
        ({"width": 5000, "height": 4000}, "huge", "5000 × 4000 px"),
        ({"dark": 0.0, "bright": 0.06}, "plain", "almost black"),
        ({"dark": 0.93, "bright": 1.0}, "plain", "almost white"),
        ({"dark": 0.5, "bright": 0.51}, "plain", "one plain colour"),
        ({"format": "PNG", "extension_agrees": False}, "wrong_extension", "PNG inside"),
    ],
)
def test_odd_images_are_found(row, kind, note):
    finding = only(table_of(row))
    assert finding.kind == kind
    assert finding.groups == ((("0.jpg",), note),)


def test_small_images_among_small_ones_are_not_odd():
    table = table_of()
    table[["width", "height"]] = 28
    assert audit(table, CLASSES) == []


def test_the_worst_comes_first_and_remarks_last():
    table = table_of({"extension_agrees": False}, {"digest": "x"}, {"digest": "x", "split": "val"}, {"reason": "x"})
    findings = audit(table, CLASSES, ["No test split.", "Ignored: 3 files."])
    assert [finding.severity for finding in findings] == ["high", "medium", "low", "low"]
    assert [group.note for group in findings[-1].groups] == ["No test split.", "Ignored: 3 files."]


def test_the_findings_table_has_a_row_per_image():
    table = table_of({"digest": "x"}, {"digest": "x", "split": "val"}, *[{"class": "bee"}] * 4)
    rows = findings_table(audit(table, CLASSES), table)
    assert rows[["finding", "group", "image", "split"]].values.tolist() == [
        ["leak", 1, "0.jpg", "train"],
        ["leak", 1, "1.jpg", "val"],
        ["rare_classes", 1, "", ""],
        ["rare_classes", 2, "", ""],
    ]
    assert findings_table([], table).empty


def test_the_findings_table_has_no_formulas():
    table = table_of({"digest": "x", "id": "=1+1.jpg"}, {"digest": "x", "id": "-2"})
    assert findings_table(audit(table, CLASSES), table)["image"].tolist()[:2] == ["'=1+1.jpg", "-2"]


def test_the_flaws_of_the_demo_are_found_and_no_others(drawn_demo):
    dataset = open_dataset(DataConfig(source="demo"))
    table = drive(scan(dataset))
    findings = {finding.kind: finding for finding in audit(table, dataset.classes)}
    pairs = {frozenset(pair) for pair in EXACT_DUPLICATES.items()} | {frozenset(p) for p in NEAR_DUPLICATES.items()}
    alike = [*findings["leak"].groups, *findings["near_duplicates"].groups]
    assert {frozenset(group.ids) for group in alike} == pairs
    assert [group.ids for group in findings["unreadable"].groups] == [(UNREADABLE,)]
    assert [group.note.partition(":")[0] for group in findings["rare_classes"].groups] == [RARE_CLASS]
    assert findings.keys() == {"leak", "near_duplicates", "unreadable", "rare_classes"}


def test_only_what_is_asked_for_is_looked_for(monkeypatch):
    def never(table, classes):
        raise AssertionError("a check that nobody asked for")

    table = table_of({"digest": "same"}, {"digest": "same", "split": "val"}, {"reason": "is not an image"})
    asked = [check if check.kind == "leak" else check._replace(find=never) for check in audit_module.CHECKS]
    monkeypatch.setattr(audit_module, "CHECKS", asked)
    assert [finding.kind for finding in audit(table, CLASSES, ["A remark."], kinds=["leak"])] == ["leak", "remarks"]
