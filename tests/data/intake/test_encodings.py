import pytest

from tlcore.data.intake.encodings import find_encoding


@pytest.mark.parametrize(
    ("encoding", "names", "words"),
    [
        ("gbk", ["\u8682\u8681/1.jpg", "\u871c\u8702/2.jpg"], "GBK (Chinese)"),
        ("gbk", ["\u5586/1.jpg"], "GBK (Chinese)"),
        ("shift_jis", ["\u30a2\u30ea/0.jpg", "\u30cf\u30c1/1.jpg"], "Shift-JIS (Japanese)"),
        ("shift_jis", ["\u87fb/0.jpg", "\u8702/1.jpg"], "Shift-JIS (Japanese)"),
        ("cp850", ["K\u00e4fer/1.jpg", "M\u00f6we/1.jpg", "Gr\u00f6\u00dfe/x.jpg"], "a code page of Western Europe"),
        ("cp850", ["\u00c5lborg/2.jpg", "a\u00e7\u00e3o.jpg"], "a code page of Western Europe"),
        ("cp866", ["\u041c\u0443\u0440\u0430\u0432\u044c\u0438/1.jpg"], "the Cyrillic code page"),
        ("utf-8", ["K\u00e4fer/1.jpg", "\u871c\u8702/2.jpg"], ""),
        ("ascii", ["ants/1.jpg"], ""),
    ],
)
def test_names_are_read_as_they_were_written(encoding, names, words):
    raw = [name.encode(encoding) for name in names]
    found, said = find_encoding(raw)
    assert [name.decode(found) for name in raw] == names
    assert said == words


def test_any_bytes_have_an_encoding():
    raw = bytes(range(1, 256))
    assert raw.decode(find_encoding([raw])[0], errors="replace")
