"""Who is who: the signature of a visitor, and the space that it opens."""

import stat

import pytest

from tlcore.hosting.spaces.visitors import (
    KEY_FILE,
    last_visit,
    list_spaces,
    new_visitor,
    sign,
    space_of,
    touch,
    visitor_of,
    visitor_of_account,
)
from tlcore.system.home import as_host, host_dir, in_space


def test_a_signed_visitor_is_known_again():
    visitor = new_visitor()
    assert visitor_of(sign(visitor)) == visitor
    assert new_visitor() != visitor


@pytest.mark.parametrize(
    "forge",
    [
        lambda signed, other: None,
        lambda signed, other: "",
        lambda signed, other: signed.partition(".")[0],
        lambda signed, other: signed.partition(".")[0] + ".",
        lambda signed, other: other.partition(".")[0] + "." + signed.partition(".")[2],
        lambda signed, other: signed[:-1] + ("0" if signed[-1] != "0" else "1"),
        lambda signed, other: signed.upper(),
        lambda signed, other: "../../x." + signed.partition(".")[2],
        lambda signed, other: signed + "é",
    ],
)
def test_a_forged_signature_is_nobody(forge):
    assert visitor_of(forge(sign(new_visitor()), sign(new_visitor()))) is None


def test_the_key_of_another_host_signs_nothing_here(home, tmp_path, monkeypatch):
    signed = sign(new_visitor())
    monkeypatch.setenv("TLCORE_HOME", str(tmp_path / "elsewhere"))
    assert visitor_of(signed) is None


def test_the_key_is_kept_and_only_its_owner_reads_it(home):
    sign(new_visitor())
    assert stat.S_IMODE((home / KEY_FILE).stat().st_mode) == 0o600
    assert sorted(path.name for path in home.iterdir()) == [KEY_FILE]


def test_an_account_is_the_same_visitor_everywhere():
    assert visitor_of_account("https://a.example", "ann") == visitor_of_account("https://a.example", "ann")
    assert visitor_of_account("https://a.example", "ann") != visitor_of_account("https://b.example", "ann")
    assert visitor_of(sign(visitor_of_account("https://a.example", "ann")))


@pytest.mark.parametrize("visitor", ["..", "x" * 32, "A" * 32, "", "0" * 31, "0" * 32 + "/.."])
def test_what_is_no_visitor_has_no_space(visitor):
    with pytest.raises(ValueError, match="is no visitor"):
        space_of(visitor)


def test_each_visitor_has_a_home_of_its_own_below_the_host(home):
    a, b = space_of(new_visitor()), space_of(new_visitor())
    assert a.home != b.home
    assert a.home.parent == b.home.parent == home / "spaces"
    with in_space(a):
        assert host_dir() == home
    with as_host():
        assert host_dir() == home


def test_a_visit_is_remembered_and_makes_the_space(home):
    space = space_of(new_visitor())
    assert (last_visit(space), list(list_spaces())) == (0.0, [])
    touch(space)
    assert last_visit(space) > 0
    assert list(list_spaces()) == [space]
