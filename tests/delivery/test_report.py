import base64
import io
import re
from html.parser import HTMLParser

import pytest
from PIL import Image

from tests.support.records import change_info
from tlcore import train
from tlcore.cli.main import main
from tlcore.delivery.charts import Line, line_chart
from tlcore.delivery.report import report_page
from tlcore.evaluation.answers import Answers, save_answers
from tlcore.evaluation.evaluate import evaluate
from tlcore.runs.folder.run import Run

NAME = '"><script>alert(1)<a href=x><img src=x onerror=alert(1)>&amp;'


class Page(HTMLParser):
    """The elements and attributes of a page, and its text."""

    def __init__(self, content: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str]] = []
        self.text = ""
        self.feed(content)

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += [(name, value or "") for name, value in attrs]

    def handle_data(self, data):
        self.text += data


@pytest.fixture
def run(evaluated) -> Run:
    return evaluated


def test_the_page_needs_no_network_and_no_script(run):
    content = report_page(run, 2)
    page = Page(content)
    assert not {"script", "link", "iframe", "object", "a", "form", "base"} & set(page.tags)
    addresses = [value for name, value in page.attributes if name in ("src", "href", "action", "data", "xlink:href")]
    assert addresses
    assert all(address.startswith("data:image/jpeg;base64,") for address in addresses)
    assert "url(" not in content
    assert "@import" not in content
    assert ("content", "default-src 'none'; img-src data:; style-src 'unsafe-inline'") in page.attributes
    assert len(content) < 400_000


def test_hostile_names_are_shown_and_never_interpreted(configure, colours):
    for split in ("train", "val", "test"):
        (colours / split / "blue").rename(colours / split / NAME)
    (colours / "test" / NAME / "000.png").rename(colours / "test" / NAME / f"{NAME}.png")
    run = train(configure(epochs=1))
    evaluate(run, device="cpu")
    page = Page(report_page(change_info(run, name=NAME, notes=[NAME]), 1))
    assert not {"script", "a", "link", "iframe"} & set(page.tags)
    assert not [name for name, _ in page.attributes if name.startswith("on")]
    assert page.tags.count("img") == 14
    assert page.text.count(f"{NAME}, taken for green") + page.text.count(f"green, taken for {NAME}") > 0
    assert f"test/{NAME}/{NAME}.png" in page.text


def test_characters_that_turn_the_text_are_marked(run):
    page = Page(report_page(change_info(run, name="a\u202eb"), 2))
    assert "\u202e" not in page.text
    assert "a\N{REPLACEMENT CHARACTER}b" in page.text


def test_curves_have_a_point_per_epoch_and_images_are_few_and_small(run):
    content = report_page(run, 2)
    curves = re.findall(r'<polyline class="(train|val|test)" points="([^"]+)"', content)
    assert {name for name, _ in curves} == {"train", "val", "test"}
    assert {len(points.split()) for name, points in curves if name == "val"} == {3}
    assert {len(points.split()) for name, points in curves if name == "train"} == {2}
    pictures = re.findall(r'src="data:image/jpeg;base64,([^"]+)"', content)
    assert len(pictures) == 14
    assert max(Image.open(io.BytesIO(base64.b64decode(picture))).size[0] for picture in pictures) <= 128


def test_worst_images_come_first_by_loss(run):
    evaluation = evaluate(run, device="cpu")
    content = report_page(run, 2)
    losses = dict(zip(evaluation.sample_ids, evaluation.losses_EN[2], strict=True))
    shown = re.findall(r"<span>([^<]+\.png)</span>", content)
    assert shown[:12] == sorted(losses, key=lambda name: -losses[name])[:12]


def test_calibration_is_drawn_before_and_after_the_temperature(run):
    assert 'class="calibrated' not in report_page(run, 2)
    save_answers(run, Answers(epoch=2, temperature=3.0, images=18))
    content = report_page(run, 2)
    assert '<polyline class="uncalibrated"' in content
    assert '<polyline class="calibrated"' in content


def test_without_its_images_a_report_has_all_but_pictures(run, photographs):
    photographs.rename(photographs.with_name("moved"))
    content = report_page(run, 2)
    assert "<img" not in content
    assert "none can be shown" in content
    assert "test images" in content


def test_the_command_does_what_is_missing_first_and_prints_the_path(configure, tmp_path, capsys):
    run = train(configure(epochs=1))
    out = tmp_path / "report.html"
    assert main(["report", run.name, "--out", str(out), "--device", "cpu"]) == 0
    assert capsys.readouterr().out.splitlines()[-1] == str(out)
    content = out.read_text(encoding="utf-8")
    assert "test images:" in content
    assert "Every image was checked" in content


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--epoch", "9"], "No checkpoint of epoch 9"),
        (["--out", "/nowhere/report.html"], "There is no folder /nowhere to write into"),
    ],
)
def test_a_mistake_is_answered_by_one_message(run, capsys, options, message):
    assert main(["report", run.name, *options]) == 1
    assert message in capsys.readouterr().err


def test_a_chart_of_one_epoch_or_of_equal_values_has_an_axis():
    assert "NaN" not in line_chart("t", "accuracy", [Line("val", ((0.0, 0.5),), ((0.5, 0.5),))])
    assert "<polyline" not in line_chart("t", "loss", [Line("val", ((0.0, float("nan")),))])
