import pytest

from tlcore.data.intake.names import safe_name, safe_path
from tlcore.errors import DatasetInvalid


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("train/ants/1.jpg", "train/ants/1.jpg"),
        ("train\\ants\\1.jpg", "train/ants/1.jpg"),
        ("./a//b/1.jpg", "a/b/1.jpg"),
        ("what?/a:b.jpg", "what_/a_b.jpg"),
        ("dots./1.jpg ", "dots/1.jpg"),
        ("Ba\u0308r/1.jpg", "Bär/1.jpg"),
    ],
)
def test_an_honest_path_is_tidied(name, path):
    assert safe_path(name) == path


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("../evil.jpg", "leads out"),
        ("a/../../evil.jpg", "leads out"),
        ("a\\..\\..\\evil.jpg", "leads out"),
        ("a/.. /evil.jpg", "leads out"),
        ("/etc/evil.jpg", "no path inside"),
        ("\\\\server\\share\\evil.jpg", "no path inside"),
        ("C:evil.jpg", "no path inside"),
        ("c:/evil.jpg", "no path inside"),
        ("a/\x1b[2J.jpg", "no path inside"),
        ("a/\n.jpg", "no path inside"),
        ("a/\u202egpj.exe", "no path inside"),
        ("a/CON", "reserves"),
        ("nul.jpg", "reserves"),
        ("com1.tar/x.jpg", "reserves"),
        ("x" * 256 + ".jpg", "too long"),
        ("é" * 200 + ".jpg", "too long"),
        ("/".join("a" * 11) + "/x.jpg", "too deep"),
        ("", "no file name"),
        ("./.", "no file name"),
    ],
)
def test_a_hostile_path_is_refused_and_shown_safely(name, words):
    with pytest.raises(DatasetInvalid, match=words) as caught:
        safe_path(name)
    assert str(caught.value).isprintable()
    assert len(str(caught.value)) < 300


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
