"""The name and the note of a run."""

import json

import pytest

from tlcore.errors import ConfigError
from tlcore.runs.folder.label import LONGEST_NAME, RunLabel, load_label, save_label
from tlcore.runs.folder.layout import LABEL_FILE


def test_a_run_has_no_name_until_somebody_gives_one(tmp_path):
    assert load_label(tmp_path) == RunLabel()
    save_label(tmp_path, "  high \n rate ", "second try")
    assert load_label(tmp_path) == RunLabel(name="high rate", note="second try")


def test_a_name_that_is_too_long_is_refused_and_the_old_one_stays(tmp_path):
    save_label(tmp_path, "short")
    with pytest.raises(ConfigError, match=f"at most {LONGEST_NAME} characters"):
        save_label(tmp_path, "x" * (LONGEST_NAME + 1))
    assert load_label(tmp_path).name == "short"


@pytest.mark.parametrize("content", ["", "{", "[]", '{"name": 3}', json.dumps({"name": "x" * 10_000})])
def test_a_damaged_file_is_no_name(tmp_path, content):
    (tmp_path / LABEL_FILE).write_text(content)
    assert load_label(tmp_path) == RunLabel()
