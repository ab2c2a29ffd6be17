import pytest

from tlcore.errors import ConfigError
from tlcore.transforms.presets import AUGMENTATIONS
from tlcore.transforms.saved import (
    damaged_transforms,
    delete_transform,
    list_transforms,
    load_transform,
    save_transform,
)
from tlcore.transforms.spec import TransformSpec

STRONG = TransformSpec(operations=AUGMENTATIONS["strong"](224, "bicubic"), mean=(0.5, 0.5, 0.5))
GENTLE = TransformSpec(operations=AUGMENTATIONS["gentle"](224, "bilinear"))


def test_a_saved_transform_comes_back_under_its_name():
    assert list_transforms() == []
    save_transform("für Käfer 2.0", STRONG)
    save_transform("a", GENTLE)
    assert list_transforms() == ["a", "für Käfer 2.0"]
    assert load_transform("für Käfer 2.0") == STRONG


def test_another_transform_of_the_same_name_is_replaced_only_on_request():
    save_transform("mine", STRONG)
    save_transform("mine", STRONG)
    with pytest.raises(ConfigError, match="There is another transform named 'mine'. Replace it, or choose another"):
        save_transform("mine", GENTLE)
    assert load_transform("mine") == STRONG
    save_transform("mine", GENTLE, replace=True)
    assert load_transform("mine") == GENTLE


@pytest.mark.parametrize(
    "name", ["", ".", "..", "../x", "a/b", "a\\b", " a", "a ", "a\0", "a\n", "x" * 61, ".h", "a:b"]
)
def test_a_name_that_could_lead_elsewhere_is_refused(name, home):
    for action in (lambda: save_transform(name, GENTLE), lambda: load_transform(name), lambda: delete_transform(name)):
        with pytest.raises(ConfigError, match="cannot be the name of a transform: use 1 to 60 letters"):
            action()
    assert not home.exists()


def test_an_unknown_name_lists_the_known_ones():
    with pytest.raises(ConfigError, match="No transform saved as 'mine'. None is saved yet."):
        load_transform("mine")
    save_transform("mind", GENTLE)
    with pytest.raises(ConfigError, match="Did you mean 'mind'. Choose one of: mind."):
        load_transform("mine")


@pytest.mark.parametrize("content", [b"", b"{}", b"\xff", b'{"operations": [{"op": "Explode"}]}', b"[" * 100_000])
def test_a_damaged_file_is_reported(content, home):
    save_transform("mine", GENTLE)
    (home / "transforms" / "mine.json").write_bytes(content)
    with pytest.raises(ConfigError, match=r"mine.json is not a saved transform"):
        load_transform("mine")
    assert list_transforms() == list(damaged_transforms()) == ["mine"]
    assert "mine.json is not a saved transform" in damaged_transforms()["mine"]


def test_a_deleted_transform_is_gone():
    save_transform("mine", GENTLE)
    delete_transform("mine")
    delete_transform("mine")
    assert list_transforms() == []
