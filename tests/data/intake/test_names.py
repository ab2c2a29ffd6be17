import pytest

from tlcore.data.intake.names import path_parts, safe_name, safe_part


@pytest.mark.parametrize(
    ("name", "parts"),
    [
        ("train/ants/1.jpg", ["train", "ants", "1.jpg"]),
        ("train\\ants\\1.jpg", ["train", "ants", "1.jpg"]),
        ("./a//b/1.jpg", ["a", "b", "1.jpg"]),
        ("/home/me/1.jpg", ["home", "me", "1.jpg"]),
        ("C:\\data\\1.jpg", ["data", "1.jpg"]),
        ("\\\\server\\share\\1.jpg", ["server", "share", "1.jpg"]),
        ("a/10.32.07\u202fAM.png", ["a", "10.32.07\u202fAM.png"]),
    ],
)
def test_a_path_from_an_archive_is_taken_apart(name, parts):
    assert path_parts(name) == parts


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("../evil.jpg", "the name leads out of the archive"),
        ("a/../../evil.jpg", "the name leads out of the archive"),
        ("a\\..\\..\\evil.jpg", "the name leads out of the archive"),
        ("a/.. /evil.jpg", "the name leads out of the archive"),
        ("a/.../evil.jpg", "the name leads out of the archive"),
        ("a/\x1b[2J.jpg", "the name holds control characters"),
        ("a/\n.jpg", "the name holds control characters"),
        ("a/\u202egpj.exe", "the name holds control characters"),
        ("", "it has no name"),
        ("./.", "it has no name"),
    ],
)
def test_an_invalid_path_has_a_reason(name, reason):
    assert path_parts(name) == reason


@pytest.mark.parametrize(
    ("name", "part"),
    [
        ("1.jpg", "1.jpg"),
        ("what?", "what_"),
        ("a:b.jpg", "a_b.jpg"),
        ("dots.", "dots"),
        ("1.jpg ", "1.jpg"),
        ("Ba\u0308r", "B\u00e4r"),
        ("CON", "_CON"),
        ("nul.jpg", "_nul.jpg"),
        ("com1.tar", "_com1.tar"),
        ("x" * 300 + ".jpg", "x" * 116 + ".jpg"),
    ],
)
def test_a_name_becomes_one_that_every_system_takes(name, part):
    assert safe_part(name) == part


def test_a_long_name_of_wide_letters_fits_too():
    name = safe_part("\u864e" * 200 + ".jpeg")
    assert len(name.encode()) <= 240
    assert name.endswith(".jpeg")


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Flowers 2024", "Flowers 2024"),
        ("../../etc/passwd", "etc_passwd"),
        ("a/b\\c:d", "a_b_c_d"),
        ("  spaces\t and \n lines ", "spaces and lines"),
        (".hidden", "hidden"),
        ("con", "_con"),
        ("LPT1.txt", "_LPT1.txt"),
        ("<b>bold</b>", "b_bold__b"),
        ("Käfer", "Käfer"),
        ("虫", "虫"),
        ("...", "dataset"),
        ("", "dataset"),
        ("x" * 500, "x" * 60),
    ],
)
def test_any_text_becomes_a_name(text, name):
    assert safe_name(text) == name
