import json

from tlcore import train
from tlcore.cli.main import main
from tlcore.evaluation.likeness import load_likeness

QUICK = ["--backbone", "small_cnn", "--weights", "none", "--device", "cpu", "--precision", "fp32", "--workers", "0"]
BLUE, GREEN = "test/blue/000.png", "val/green/001.png"


def test_the_most_similar_images_are_listed_with_label_and_split(colours, capsys):
    assert main(["neighbours", BLUE, GREEN, "--data", str(colours), *QUICK, "--count", "3"]) == 0
    out = capsys.readouterr().out
    assert f"Most like {BLUE} (blue)" in out
    assert f"Most like {GREEN} (green)" in out
    assert out.count("│ blue  │") + out.count("│ green │") == 6


def test_as_json_they_come_with_the_key_of_what_was_kept(colours, capsys):
    assert main(["neighbours", BLUE, "--data", str(colours), *QUICK, "--json"]) == 0
    line = json.loads(capsys.readouterr().out.splitlines()[-1])
    near = line["neighbours"][BLUE]
    assert len(near) == 8
    assert sum(row["label"] == "blue" for row in near) >= 7
    assert near[0]["similarity"] >= near[-1]["similarity"]
    likeness = load_likeness(line["likeness"])
    assert [other.id for other in likeness.most_like([BLUE], 8)[0]] == [row["id"] for row in near]


def test_a_fine_tuned_run_has_features_of_its_own(configure, capsys, colours):
    keys = []
    for name in ("feature_extraction", "fine_tuning"):
        run = train(configure(strategy={"name": name}, epochs=1))
        assert main(["neighbours", "--run", run.name, "--json"]) == 0
        keys.append(json.loads(capsys.readouterr().out.splitlines()[-1])["likeness"])
    assert keys[0] != keys[1]
    assert all(len(load_likeness(key).ids) == 74 for key in keys)


def test_an_unknown_image_is_an_error_in_words(colours, capsys):
    assert main(["neighbours", "no.png", "--data", str(colours), *QUICK]) == 1
    assert "has no image 'no.png'" in capsys.readouterr().err


def test_a_damaged_or_missing_file_is_computed_again(colours, capsys, home):
    options = ["neighbours", "--data", str(colours), *QUICK, "--json"]
    assert main(options) == 0
    (path,) = (home / "cache/likeness").glob("*.npy")
    path.write_bytes(b"nothing")
    assert load_likeness(path.stem) is None
    assert load_likeness("00") is None
    assert main(options) == 0
    assert load_likeness(path.stem) is not None
