"""Tensor files of unknown content: errors say what the file is, and its size is known before it is loaded."""

import argparse
import io
import json
import pickle
import struct
import zipfile

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from tlcore.errors import WeightsError
from tlcore.models import tensor_files
from tlcore.models.tensor_files import read_tensor_file

STATE = {"weight": torch.ones(2, 3)}


@pytest.fixture
def never_loaded(monkeypatch):
    """Nothing is loaded before its size is checked."""

    def fail(*_, **__):
        raise AssertionError("the file was loaded")

    monkeypatch.setattr(torch, "load", fail)
    monkeypatch.setattr(tensor_files, "load_file", fail)


def refused(path) -> str:
    with pytest.raises(WeightsError) as error:
        read_tensor_file(path)
    message = str(error.value)
    assert str(path) in message
    assert len(message) < 600
    return message


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "is empty"),
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n", "is a pointer of Git LFS"),
        (b"<!DOCTYPE html><title>Quota exceeded</title>", "is a web page in place of the weights"),
        (b"\n  <HTML><body>404", "is a web page in place of the weights"),
        (b"\x1f\x8b\x08\x00 packed", "is packed with gzip. Unpack it first"),
        (b"\x89HDF\r\n\x1a\n", "is a file of Keras or HDF5"),
        (b"a poem", "is damaged or no"),
    ],
)
@pytest.mark.parametrize("ending", [".pth", ".ckpt", ".bin", ".safetensors"])
def test_other_content_than_weights_is_named(tmp_path, content, words, ending):
    path = tmp_path / f"weights{ending}"
    path.write_bytes(content)
    assert words in refused(path)


def test_a_truncated_file_is_reported_as_incomplete(tmp_path):
    torch.save(STATE, tmp_path / "whole.pth")
    whole = (tmp_path / "whole.pth").read_bytes()
    (tmp_path / "cut.pth").write_bytes(whole[: len(whole) // 2])
    assert "its end is missing. Copy or download it again" in refused(tmp_path / "cut.pth")
    save_file(STATE, tmp_path / "whole.safetensors")
    whole = (tmp_path / "whole.safetensors").read_bytes()
    (tmp_path / "cut.safetensors").write_bytes(whole[:-5])
    assert "is damaged or no safetensors file" in refused(tmp_path / "cut.safetensors")


@pytest.mark.parametrize("ending", [".pth", ".pt", ".tar", ".ckpt", ".bin", ".pkl"])
def test_a_file_is_read_by_its_content_whatever_its_ending(tmp_path, ending):
    torch.save(STATE, tmp_path / f"one{ending}")
    save_file(STATE, tmp_path / f"two{ending}", {"classes": "[]"})
    torch.save(STATE, tmp_path / f"old{ending}", _use_new_zipfile_serialization=False)
    for name in ("one", "two", "old"):
        assert torch.equal(read_tensor_file(tmp_path / f"{name}{ending}").content["weight"], STATE["weight"])
    assert read_tensor_file(tmp_path / f"two{ending}").metadata == {"classes": "[]"}


def test_options_and_numbers_that_a_script_saves_beside_its_weights_are_read(tmp_path):
    values = {"loss": np.float64(0.5), "correct": np.int64(3), "best": np.float32(0.25), "done": np.bool_(True)}
    torch.save({"model": STATE, "args": argparse.Namespace(lr=0.1), **values}, tmp_path / "script.pth")
    content = read_tensor_file(tmp_path / "script.pth").content
    assert content["args"] == argparse.Namespace(lr=0.1)
    assert {name: content[name] for name in values} == values


class _RunsCode:
    def __reduce__(self):
        return (print, ("code was run",))


@pytest.mark.parametrize("make", [lambda: _RunsCode(), lambda: argparse.Namespace(lr=_RunsCode())])
def test_pickles_that_could_run_code_are_refused_even_inside_options(tmp_path, make, capsys):
    torch.save({"model": STATE, "args": make()}, tmp_path / "hostile.pth")
    assert "holds more than tensors (builtins.print" in refused(tmp_path / "hostile.pth")
    (tmp_path / "hostile.pkl").write_bytes(pickle.dumps({"model": make()}))
    refused(tmp_path / "hostile.pkl")
    assert "code was run" not in capsys.readouterr().out


def archive(path, members: dict[str, bytes], compression=zipfile.ZIP_STORED):
    with zipfile.ZipFile(path, "w", compression) as file:
        for name, content in members.items():
            file.writestr(name, content)
    return path


def test_a_compressed_archive_is_refused_before_it_is_unpacked(tmp_path, never_loaded):
    bomb = archive(tmp_path / "bomb.pth", {"a/data.pkl": b"", "a/data/0": bytes(5_000_000)}, zipfile.ZIP_DEFLATED)
    message = refused(bomb)
    assert "is compressed: " in message
    assert "that unpack to 5.0 MB" in message


def test_too_many_tensors_are_refused_before_they_are_loaded(tmp_path, never_loaded, monkeypatch):
    monkeypatch.setattr(tensor_files, "MAX_TENSORS", 100)
    members = {"a/data.pkl": b"", **{f"a/data/{number}": b"" for number in range(101)}}
    assert "holds 102 tensors or more, and at most 100 are read" in refused(archive(tmp_path / "many.pth", members))
    save_file({str(number): torch.zeros(1) for number in range(101)}, tmp_path / "many.safetensors")
    assert "holds 101 tensors or more" in refused(tmp_path / "many.safetensors")


def test_an_archive_that_lies_about_its_number_of_members_is_counted(tmp_path, never_loaded, monkeypatch):
    monkeypatch.setattr(tensor_files, "MAX_INDEX_BYTES", 10_000)
    path = archive(tmp_path / "many.pth", {f"a/data/{number}": b"" for number in range(500)})
    content = bytearray(path.read_bytes())
    end = content.rfind(b"PK\x05\x06")
    content[end + 8 : end + 12] = struct.pack("<HH", 1, 1)
    path.write_bytes(content)
    assert "the list of its tensors takes" in refused(path)


def test_a_long_list_of_tensors_is_refused_before_it_is_read(tmp_path, never_loaded, monkeypatch):
    monkeypatch.setattr(tensor_files, "MAX_INDEX_BYTES", 10_000)
    long = archive(tmp_path / "long.pth", {"a/data.pkl": bytes(10_001)})
    assert "the list of its tensors takes 10 kB, and at most 10 kB are read" in refused(long)
    header = json.dumps({"__metadata__": {"a": "x" * 20_000}}).encode()
    (tmp_path / "long.safetensors").write_bytes(struct.pack("<Q", len(header)) + header)
    assert "the list of its tensors takes 20 kB" in refused(tmp_path / "long.safetensors")


def test_a_long_pickle_in_the_old_format_is_refused_before_it_is_read(tmp_path, never_loaded, monkeypatch):
    monkeypatch.setattr(tensor_files, "MAX_INSTRUCTIONS", 1000)
    torch.save({str(number): torch.zeros(1) for number in range(200)}, tmp_path / "old.pth",
               _use_new_zipfile_serialization=False)  # fmt: skip
    assert "its index has over 1,000 instructions" in refused(tmp_path / "old.pth")
    (tmp_path / "plain.pkl").write_bytes(pickle.dumps(list(range(5000)), protocol=2))
    assert "its index has over 1,000 instructions" in refused(tmp_path / "plain.pkl")


def test_a_large_file_is_refused_by_its_size(tmp_path, never_loaded):
    path = tmp_path / "large.pth"
    with path.open("wb") as file:
        file.truncate(tensor_files.MAX_BYTES + 1)  # a sparse file, which takes no space
    assert "is too large: 8.0 GB, and at most 8.0 GB are read as weights" in refused(path)


@pytest.mark.parametrize(
    "header", [b"[" * 5000 + b"]" * 5000, b'{"a":' * 5000, b"[]", b'{"__metadata__": 3}', b'{"a": {"dtype": "F32"}}']
)
def test_a_header_of_nonsense_is_refused(tmp_path, header):
    path = tmp_path / "nonsense.safetensors"
    path.write_bytes(struct.pack("<Q", len(header)) + header)
    assert "is damaged or no safetensors file" in refused(path)
    path.write_bytes(struct.pack("<Q", 2**63) + header)
    assert "is damaged or no safetensors file" in refused(path)


def test_archives_that_are_not_weights_are_named(tmp_path):
    assert "is a zip archive, but not one of PyTorch's" in refused(archive(tmp_path / "photos.pth", {"a.jpg": b""}))
    buffer = io.BytesIO()
    torch.save(STATE, buffer)
    script = archive(tmp_path / "script.pt", {"a/data.pkl": b"", "a/code/__torch__.py": b""})
    assert "is a TorchScript archive, which holds code" in refused(script)
