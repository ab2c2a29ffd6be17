import pytest

from tlcore.data.formats.names import is_harmless, listed, shown


@pytest.mark.parametrize(
    "name",
    [
        "10.32.07\u202fAM",
        "v\u00a010",
        "\u06af\u0631\u0628\u0647\u200c\u0647\u0627",
        "\U0001f469\u200d\U0001f33e",
        "soft\u00adhyphen",
        "it's <b>",
    ],
)
def test_text_in_any_script_is_harmless(name):
    assert is_harmless(name)


@pytest.mark.parametrize(
    "name", ["a\nb", "Icon\r", "\x1b[2J", "nul\0", "evil\u202egpj", "a\u2066b", "a\u2028b", "\udcff"]
)
def test_control_characters_and_directional_overrides_are_not(name):
    assert not is_harmless(name)
    assert shown(name).isprintable()


def test_of_many_names_the_first_few_are_listed():
    assert listed(f"{number}" for number in range(7)) == "'0', '1', '2', '3', '4' and 2 more"
