import numpy as np
import pytest
import torch

from tlcore.config import DataConfig
from tlcore.data.catalog import open_dataset
from tlcore.errors import DataError
from tlcore.training.inputs import batches as loading, transport
from tlcore.training.inputs.batches import ViewDataset, ViewLoader
from tlcore.training.inputs.transport import (
    choose_pack,
    errors_in_words,
    free_shared_bytes,
    pack_piped,
    pack_shared,
    unpack,
)
from tlcore.transforms.spec import CenterCrop, GaussianBlur, Resize, TransformSpec

FIXED = TransformSpec(operations=(Resize(size=16), CenterCrop(size=16)))
KEYS = [[(0, (1,)), (1, (1,))], [(2, (1,)), (3, (1,))]]


@pytest.fixture
def views(colours) -> ViewDataset:
    dataset = open_dataset(DataConfig(source=str(colours)))
    return ViewDataset(dataset.split("train"), dataset.source, FIXED, seed=0)


def test_shared_memory_is_used_if_twice_the_prefetched_batches_fit():
    need = 2 * 100 * (3 * 2 + 1)
    assert choose_pack(100, 3, need) is pack_shared
    assert choose_pack(100, 3, need - 1) is pack_piped
    assert choose_pack(100, 3, None) is pack_shared


def test_64_mb_of_a_container_are_too_little_for_8_workers_at_224_px():
    batch_bytes = 32 * 3 * 224 * 224
    assert choose_pack(batch_bytes, 8, 64 << 20) is pack_piped
    assert choose_pack(batch_bytes, 2, 64 << 20) is pack_shared


def test_where_there_is_no_folder_for_shared_memory_its_size_is_unknown(monkeypatch, tmp_path):
    monkeypatch.setattr(transport, "_SHARED_MEMORY", str(tmp_path / "none"))
    assert free_shared_bytes() is None
    monkeypatch.setattr(transport, "_SHARED_MEMORY", str(tmp_path))
    assert free_shared_bytes() > 0


@pytest.mark.parametrize("pack", [pack_shared, pack_piped])
def test_items_are_the_same_after_the_way(pack):
    items = [(0, torch.full((2, 3, 4, 4), 7, dtype=torch.uint8)), (1, "damaged"), (2, torch.zeros(2, 3, 4, 4).byte())]
    packed = pack(items)
    assert isinstance(packed.views, np.ndarray) == (pack is pack_piped)
    again = unpack(packed)
    assert [key for key, _ in again] == [0, 1, 2]
    assert again[1][1] == "damaged"
    assert torch.equal(again[0][1], items[0][1])
    assert torch.equal(again[2][1], items[2][1])
    assert unpack(pack([(5, "gone")])) == [(5, "gone")]


def test_without_shared_memory_workers_give_the_same_batches_through_a_pipe(views, monkeypatch):
    alone = list(ViewLoader(views, 0)(KEYS))
    monkeypatch.setattr(loading, "free_shared_bytes", lambda: 257 << 10)
    monkeypatch.setattr(ViewLoader, "_batch_bytes", lambda loader, batches: 1 << 20)
    sent = list(ViewLoader(views, 2)(KEYS))
    for expected, found in zip(alone, sent, strict=True):
        for (key, view), (other_key, other) in zip(expected, found, strict=True):
            assert key == other_key
            assert torch.equal(view, other)


def test_with_hardly_any_shared_memory_no_worker_is_started(views, monkeypatch):
    monkeypatch.setattr(loading, "free_shared_bytes", lambda: 64 << 10)
    loader = ViewLoader(views, 2)
    assert len(list(loader(KEYS))) == 2
    assert loader._loader.num_workers == 0


def test_where_workers_cannot_be_started_the_loop_decodes_itself(views, monkeypatch):
    def refuse(loader):
        if loader.num_workers:
            raise OSError(28, "No space left on device")
        return begin(loader)

    begin = loading.DataLoader.__iter__
    monkeypatch.setattr(loading.DataLoader, "__iter__", refuse)
    assert len(list(ViewLoader(views, 2)(KEYS))) == 2


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("DataLoader timed out after 300 seconds", "One of 2 processes that read images did not answer for 300 s"),
        ("DataLoader worker (pid 7) is killed by signal: Killed.", "One of 2 processes that read images was ended by"),
    ],
)
def test_a_worker_that_is_gone_is_an_error_in_words(text, words):
    with pytest.raises(DataError, match=words), errors_in_words(2):
        raise RuntimeError(text)


def test_other_errors_stay_as_they_are():
    with pytest.raises(RuntimeError, match="shapes"), errors_in_words(2):
        raise RuntimeError("shapes differ")


def test_an_image_that_the_transform_cannot_work_on_has_a_reason(colours):
    dataset = open_dataset(DataConfig(source=str(colours)))
    blur = TransformSpec(operations=(Resize(size=(2, 2)), GaussianBlur(kernel_size=11)))
    views = ViewDataset(dataset.split("train"), dataset.source, blur, seed=0)
    _, reason = views[(0, (1,))]
    assert reason.startswith("the transform cannot work on 40 x 36 px: ")
