import pytest
from markdown_it import MarkdownIt

from tlcore.delivery.escaping import code_block, in_html, in_markdown, visible

HOSTILE = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "[click](javascript:alert(1))",
    "![x](http://evil.example/x.png)",
    "**bold** _em_ `code` ~~gone~~ $x^2$",
    "a | b",
    "# heading",
    "- item",
    "1. item",
    "> quote",
    "&lt;b&gt;",
    "back\\slash \\<b>",
    "line\nbreak\n\n# heading",
    "`</code><b>`",
    "<!-- comment",
    "~~~",
]


def rendered(markdown: str) -> str:
    return MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"]).render(markdown)


@pytest.mark.parametrize("text", HOSTILE)
def test_markdown_shows_a_hostile_text_as_it_is_and_interprets_nothing(text):
    shown = rendered(in_markdown(text)).replace("\N{ZERO WIDTH SPACE}", "")
    assert shown == f"<p>{in_html(text).replace('&#x27;', chr(39))}</p>\n"


@pytest.mark.parametrize("text", HOSTILE)
def test_a_hostile_text_stays_in_its_cell_of_a_table(text):
    shown = rendered(f"| a | b |\n| --- | --- |\n| {in_markdown(text)} | next |")
    assert shown.count("<td>") == 2
    assert "<td>next</td>" in shown


@pytest.mark.parametrize("text", ["http://evil.example", "www.evil.example", "someone@evil.example"])
def test_an_address_is_broken_so_that_no_renderer_makes_a_link_of_it(text):
    assert "\N{ZERO WIDTH SPACE}" in in_markdown(text)
    assert in_markdown(text).replace("\N{ZERO WIDTH SPACE}", "") == text


@pytest.mark.parametrize("text", ["image_01.jpg", "95.4 % (90.9–97.8)", "12:26:49", "Ants, bees"])
def test_a_usual_text_stays_readable(text):
    assert in_markdown(text) == text


def test_characters_that_cannot_be_seen_or_turn_the_text_are_marked():
    assert visible("a\u202eb\x00c\u200bd") == "a�b�c�d"
    assert visible("a" * 400).endswith("…")


def test_html_of_a_name_closes_no_attribute_and_opens_no_element():
    assert in_html("\"><b>'") == "&quot;&gt;&lt;b&gt;&#x27;"


def test_the_fence_of_a_block_is_longer_than_any_in_its_text():
    text = "a\n````\n<b>"
    assert rendered(code_block(text)) == "<pre><code>a\n````\n&lt;b&gt;\n</code></pre>\n"
