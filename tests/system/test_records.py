"""One reader for all JSON records: for any file content the result is a value or one clear error."""

import json
import os

import pytest
from pydantic import BaseModel

from tlcore.errors import ConfigError, RecordError
from tlcore.system.records import MAX_DEPTH, parse_json, read_json, read_record, shown


class Card(BaseModel):
    name: str
    count: int = 0
    inner: dict[str, float] = {}


@pytest.fixture
def write(tmp_path):
    def put(content):
        path = tmp_path / "card.json"
        path.write_bytes(content)
        return path

    return put


def refused(path, kind=Card):
    with pytest.raises(RecordError) as failure:
        read_record(path, kind, "a card")
    return str(failure.value)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32", "utf-16-le"])
def test_a_record_is_read_in_every_encoding_that_json_has(write, encoding):
    path = write(json.dumps({"name": "Käfer"}, ensure_ascii=False).encode(encoding))
    assert read_record(path, Card, "a card") == Card(name="Käfer")


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"", "is not a card: it cannot be read as JSON"),
        (b"{", "it cannot be read as JSON"),
        (b"\xff\xff{}", "it is not text in UTF-8"),
        (b"null", "the whole: Input should be a valid"),
        (b"[]", "(given: a list)"),
        (b"{}", "name: Field required"),
        (b'{"name": 3}', "name: Input should be a valid string (given: 3)"),
        (b'{"name": "a", "count": "many"}', "count: Input should be a valid integer"),
        (b'{"name": "a", "count": ' + b"9" * 5000 + b"}", "is too large"),
        (b'{"name": "a", "count": 1e999}', "is too large"),
        (b'{"name": "a", "count": NaN}', "NaN is not a number"),
        (b'{"name": "a", "inner": {"b": -Infinity}}', "-Infinity is not a number"),
        (b'{"name": "a", "inner": {"b": [1]}}', "inner.b: Input should be a valid number (given: a list)"),
        (b'{"name": "\\ud800"}', "text that is not valid Unicode"),
        (b'{"\\udfff": 1}', "text that is not valid Unicode"),
        (b"[" * 100_000, "nested too deeply"),
        (b"[" * 200 + b"]" * 200, f"nested more than {MAX_DEPTH} levels deep"),
        (b'{"a":' * 3000 + b"1" + b"}" * 3000, "nested"),
    ],
)
def test_a_file_that_is_no_record_is_refused_with_the_reason(write, content, problem):
    message = refused(write(content))
    assert problem in message
    assert "card.json is not a card" in message
    assert len(message) < 1000


def test_a_message_lists_so_many_problems_and_no_value_whole(write):
    message = refused(write(json.dumps({"name": "a", "inner": {f"k{n}": "x" * 10_000 for n in range(100)}}).encode()))
    assert "inner.k0: " in message
    assert message.endswith("and 80 more")
    assert len(message) < 6000


def test_a_file_is_read_up_to_its_bound(write):
    with pytest.raises(RecordError, match=r"is larger than 1 MiB, so it is not a card\."):
        read_record(write(b" " * ((1 << 20) + 1)), Card, "a card", max_bytes=1 << 20)


def test_a_folder_or_a_pipe_in_place_of_a_file_is_an_error(tmp_path):
    assert "is a folder, so it is not a card" in refused(tmp_path)
    if hasattr(os, "mkfifo"):
        os.mkfifo(tmp_path / "pipe.json")
        assert "is not a file" in refused(tmp_path / "pipe.json")


def test_a_name_that_no_file_can_have_is_an_error(tmp_path):
    assert "Cannot read" in refused(tmp_path / ("x" * 5000))
    assert "Cannot read" in refused(tmp_path / "a\0b")


def test_a_missing_file_is_for_the_caller_to_judge(tmp_path):
    with pytest.raises(FileNotFoundError):
        read_json(tmp_path / "none.json", "a card")


def test_the_error_is_of_the_kind_that_the_caller_promises(write):
    with pytest.raises(ConfigError):
        read_record(write(b"{"), Card, "a card", error=ConfigError)


def test_numbers_up_to_64_bits_are_kept_exactly():
    assert parse_json(b"[9223372036854775807, -9223372036854775808, 0.1]", "a list", "it") == [2**63 - 1, -(2**63), 0.1]


@pytest.mark.parametrize(
    ("value", "words"), [("x" * 100, "'" + "x" * 59 + "…'"), (1.5, "1.5"), (None, "None"), ({}, "an object")]
)
def test_a_value_of_any_size_fits_into_a_message(value, words):
    assert shown(value) == words
