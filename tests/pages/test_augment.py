import base64
import io

import numpy as np
import pytest
import torch
from PIL import Image

from tests.support.pages import components_of, open_page as open_any_page, run, text_of
from tests.support.photographs import jpeg, photograph
from tests.support.visitors import visit
from tlcore.data.pixels.sources import FileSource
from tlcore.data.pixels.tensors import to_tensor
from tlcore.models.zoo import ZOO
from tlcore.system.home import as_host, in_space
from tlcore.transforms.draws import draw_views
from tlcore.transforms.presets import AUGMENTATIONS
from tlcore.transforms.saved import list_transforms, load_transform, save_transform
from tlcore.transforms.spec import CenterCrop, GaussianBlur, RandomErasing, RandomHorizontalFlip, TransformSpec

SIZE_PX = ZOO["small_cnn"].input_px
pytestmark = pytest.mark.usefixtures("fresh")


@pytest.fixture
def photos(home):
    """A dataset under the data root: photographs of 90 x 60 px; those in `wide` are three times as wide as high."""

    def make(name="photos", size=(90, 60)):
        draw = np.random.default_rng(0)
        for split in ("train", "val"):
            for label in ("ant", "bee"):
                folder = home / "datasets" / name / split / label
                folder.mkdir(parents=True)
                for number in range(3):
                    pixels = draw.integers(0, 256, (6, 9, 3), dtype=np.uint8)
                    Image.fromarray(pixels).resize(size).save(folder / f"{number}.png")
        return home / "datasets" / name

    return make


def open_page(source="demo", **params):
    page = open_any_page("augment", dataset=str(source), **params)
    page.selectbox("augment_backbone").set_value("small_cnn")
    return run(page)


def grid(page):
    """The data for the browser: the draws with their images, regions and words."""
    return next(data for data in components_of(page) if "draws" in data)["draws"]


def images(page):
    return [draw["image"] for draw in grid(page)]


def code(page):
    page.session_state["augment_tab"] = "python"
    (block,) = run(page).code
    return block.value


def control(page, field, index=0):
    """Key of a control of one step."""
    return f"augment_{page.session_state['augment_steps'][index]['id']}_{field}"


def action(page, name, index):
    """Key of a button of one step."""
    return f"augment_{name}_{page.session_state['augment_steps'][index]['id']}"


def operations(page):
    return [entry["op"] for entry in page.session_state["augment_steps"]]


def test_the_page_shows_twelve_draws_of_the_first_image_with_what_was_sampled(photos):
    page = open_page(photos())
    draws = grid(page)
    assert [draw["seed"] for draw in draws] == list(range(12))
    assert [name for name, _ in draws[0]["steps"]] == ["RandomResizedCrop", "RandomHorizontalFlip"]
    assert len(draws[0]["region"]) == 4
    assert "train/ant/0.png · ant · train · 90 × 60 px · 1 of 12" in text_of(page).replace("**", "")


def test_the_draws_are_those_of_the_library(photos):
    source = photos()
    page = open_page(source, image="val/bee/2.png")
    spec = TransformSpec(operations=AUGMENTATIONS["standard"](SIZE_PX, "bilinear"))
    expected = draw_views(spec, to_tensor(Image.open(source / "val/bee/2.png").convert("RGB")), range(12))
    for shown, draw in zip(grid(page), expected, strict=True):
        assert [tuple(words) for words in shown["steps"]] == list(draw.steps)
        assert shown["region"] == np.round(draw.region, 1).tolist()
        pixels = np.asarray(Image.open(io.BytesIO(base64.b64decode(shown["image"].partition(",")[2]))))
        assert np.abs(pixels.astype(int) - draw.image_HWC).mean() < 12  # JPEG


def test_a_slider_moves_the_draws_and_keeps_their_seeds(photos):
    page = open_page(photos())
    before = grid(page)
    page.slider(control(page, "scale")).set_value((0.05, 0.1))
    after = grid(run(page))
    assert [draw["seed"] for draw in after] == [draw["seed"] for draw in before]
    assert all(a["image"] != b["image"] for a, b in zip(after, before, strict=True))
    page.slider(control(page, "scale")).set_value((0.08, 1.0))
    assert grid(run(page)) == before


def test_draw_again_takes_other_seeds(photos):
    page = open_page(photos())
    before = images(page)
    page.button("augment_again").click()
    assert [draw["seed"] for draw in grid(run(page))] == list(range(12, 24))
    assert not set(before) & set(images(page))


def test_the_python_on_the_page_gives_the_draw(photos, monkeypatch):
    source = photos()
    page = open_page(source)
    page.session_state["augment_draws"] = {"selected": 5}
    source_code = code(page)
    assert "torch.manual_seed(5)" in source_code
    monkeypatch.chdir(source)
    scope = {}
    exec(source_code, scope)
    steps = AUGMENTATIONS["standard"](SIZE_PX, "bilinear")
    spec = ZOO["small_cnn"].eval_transform().model_copy(update={"operations": steps})
    (draw,) = draw_views(spec, to_tensor(Image.open("train/ant/0.png").convert("RGB")), [5])
    expected = spec.build_normalize()(torch.from_numpy(draw.image_HWC).permute(2, 0, 1))
    assert torch.equal(scope["view"], expected)


def test_a_large_jpeg_is_drawn_as_training_unpacks_it(photos, monkeypatch):
    source = photos()
    (source / "train/ant/0.png").unlink()
    path = source / "train/ant/big.jpg"
    path.write_bytes(jpeg(photograph(1285, 963)))
    page = open_page(source, image="train/ant/big.jpg")
    page.session_state["augment_draws"] = {"selected": 5}
    spec = ZOO["small_cnn"].eval_transform()
    spec = spec.model_copy(update={"operations": AUGMENTATIONS["standard"](SIZE_PX, "bilinear")})
    reduced = FileSource(source).load("train/ant/big.jpg", spec)
    assert reduced.shape[1] < 500
    expected = draw_views(spec, reduced, range(12), original=(963, 1285))
    assert grid(run(page))[0]["steps"][0][0] == "JPEG"
    assert "1285 × 963 px · " in text_of(page)
    for shown, draw in zip(grid(page), expected, strict=True):
        assert shown["region"] == np.round(draw.region, 1).tolist()
    scope = {}
    monkeypatch.chdir(path.parent)
    exec(code(page).replace("train/ant/", ""), scope)
    view = spec.build_normalize()(torch.from_numpy(expected[5].image_HWC).permute(2, 0, 1))
    assert torch.equal(scope["view"], view)


def test_operations_are_added_moved_and_removed(photos):
    page = open_page(photos())
    page.selectbox("augment_add").set_value("RandomRotation")
    assert operations(run(page)) == ["RandomResizedCrop", "RandomHorizontalFlip", "RandomRotation"]
    page.slider(control(page, "degrees", 2)).set_value(90.0)
    run(page)
    page.button(action(page, "up", 2)).click()
    assert operations(run(page)) == ["RandomResizedCrop", "RandomRotation", "RandomHorizontalFlip"]
    assert page.slider(control(page, "degrees", 1)).value == 90.0
    assert [name for name, _ in grid(page)[0]["steps"]] == operations(page)
    page.button(action(page, "remove", 0)).click()
    assert operations(run(page)) == ["RandomRotation", "RandomHorizontalFlip"]
    assert "images of different sizes" in text_of(page)


@pytest.mark.parametrize("name", [name for name in AUGMENTATIONS if name != "standard"] + ["validation"])
def test_a_preset_replaces_the_operations(name, photos):
    page = open_page(photos())
    page.selectbox("augment_start").set_value(name)
    run(page)
    if name == "validation":
        expected = ZOO["small_cnn"].eval_transform().operations
    else:
        expected = AUGMENTATIONS[name](SIZE_PX, "bilinear")
    assert operations(page) == [operation.op for operation in expected]
    assert page.selectbox("augment_start").value == name
    assert len(grid(page)) == 12


def test_repeated_changes_are_kept_and_undone_when_asked(photos):
    page = open_page(photos())
    assert page.button("augment_undo").disabled
    for probability in (0.45, 0.4, 0.35, 0.3):
        page.slider(control(page, "p", 1)).set_value(probability)
        assert run(page).slider(control(page, "p", 1)).value == probability
        assert not page.button("augment_undo").disabled  # in the same script run as the change
        assert page.selectbox("augment_start").value == "standard"
    page.button("augment_undo").click()
    assert run(page).slider(control(page, "p", 1)).value == 0.5
    assert page.button("augment_undo").disabled


def test_the_script_never_sets_what_the_pipeline_started_from(photos):
    """A value set by the script could arrive after the next change and then count as the visitor's choice."""
    page = open_page(photos())
    page.slider(control(page, "p", 1)).set_value(0.1)
    run(page)
    assert not page.selectbox("augment_start").proto.set_value


def test_another_network_changes_the_size_of_the_crops_and_their_interpolation(photos):
    page = open_page(photos())
    assert page.slider(control(page, "size")).value == SIZE_PX
    assert page.session_state["augment_steps"][0]["interpolation"] == "bilinear"
    page.selectbox("augment_backbone").set_value("efficientnet_lite0")
    assert run(page).slider(control(page, "size")).value == ZOO["efficientnet_lite0"].input_px
    assert page.session_state["augment_steps"][0]["interpolation"] == "bicubic"


def test_other_weights_bring_their_own_validation_view(photos):
    page = open_page(photos())
    assert not [box for box in page.selectbox if box.label == "With the weights"]  # there is nothing to choose
    page.selectbox("augment_backbone").set_value("mobilenet_v2")
    page.session_state["augment_tab"] = "validation"
    assert "384 × 256 px" in _resize_words(run(page))
    page.selectbox("augment_weights_mobilenet_v2").set_value("imagenet:IMAGENET1K_V2")
    assert "348 × 232 px" in _resize_words(run(page))


def _resize_words(page):
    return next(line for line in text_of(page).splitlines() if line.startswith("**Resize**"))


def test_a_transform_is_saved_and_another_of_its_name_replaced_only_on_request(photos):
    page = open_page(photos())
    page.text_input("augment_name").set_value("mine")
    run(page).button("augment_save").click()
    assert "Saved as “mine”" in text_of(run(page))
    first = TransformSpec(operations=(CenterCrop(size=8),))
    assert load_transform("mine").mean == ZOO["small_cnn"].eval_transform().mean
    save_transform("other", first)
    page.text_input("augment_name").set_value("other")
    page.slider(control(page, "p", 1)).set_value(0.0)
    run(page).button("augment_save").click()
    assert "another transform named 'other'" in text_of(run(page))
    assert load_transform("other") == first
    page.button("augment_replace").click()
    run(page)
    assert load_transform("other").operations[1] == RandomHorizontalFlip(p=0.0)


def test_a_saved_transform_can_be_started_from(photos):
    save_transform("erased", TransformSpec(operations=(RandomErasing(p=1.0, ratio=(0.123, 7.5)),)))
    page = open_page(photos())
    page.selectbox("augment_start").set_value("saved:erased")
    assert operations(run(page)) == ["RandomErasing"]
    assert run(page).select_slider(control(page, "ratio")).value == (0.123, 7.5)


def test_a_saved_transform_that_is_damaged_is_said_to_be_left_out(photos, home):
    (home / "transforms").mkdir(parents=True)
    (home / "transforms" / "torn.json").write_text("{")
    page = open_page(photos())
    assert "saved:torn" not in page.selectbox("augment_start").options
    assert "1 saved transform left out, unreadable" in text_of(page)
    assert "torn.json is not a saved transform" in text_of(page)


def test_train_with_this_saves_and_leads_to_the_training_page_each_time(photos):
    page = open_page(photos())
    page.button("augment_train").click()
    page.run()
    assert list_transforms() == ["my augmentation"]
    assert [title.value for title in page.title] == ["Train"]
    assert "my augmentation" in str(page.selectbox("train_views").value)
    page.switch_page("pages/augment.py").run()
    page.slider(control(page, "p", 1)).set_value(0.1)
    run(page).button("augment_train").click()
    page.run()
    assert [title.value for title in page.title] == ["Train"]
    assert load_transform("my augmentation").operations[1] == RandomHorizontalFlip(p=0.1)


def test_another_transform_is_replaced_before_training_only_on_request(photos):
    save_transform("my augmentation", TransformSpec(operations=(CenterCrop(size=8),)))
    page = open_page(photos())
    page.button("augment_train").click()
    assert "another transform named 'my augmentation'" in text_of(run(page))
    assert page.button("augment_replace").label == "Replace it and train"
    page.button("augment_replace").click()
    page.run()
    assert [title.value for title in page.title] == ["Train"]
    assert load_transform("my augmentation").operations[0].op == "RandomResizedCrop"


def test_what_a_visitor_saves_hides_that_of_the_host_and_leaves_it_as_it_is(photos, monkeypatch):
    hosts = TransformSpec(operations=(CenterCrop(size=8),))
    save_transform("my augmentation", hosts)
    space = visit(monkeypatch)
    page = open_page("demo")
    page.button("augment_save").click()
    assert "Saved as “my augmentation”" in text_of(run(page))
    with in_space(space):
        assert load_transform("my augmentation") != hosts
    with as_host():
        assert load_transform("my augmentation") == hosts
    with in_space(visit(monkeypatch)):
        assert load_transform("my augmentation") == hosts


def test_a_name_that_leads_elsewhere_is_refused(photos):
    page = open_page(photos())
    page.text_input("augment_name").set_value("../../x")
    run(page).button("augment_save").click()
    assert "cannot be the name of a transform" in text_of(run(page))
    assert list_transforms() == []


def test_crops_of_wide_images_are_not_as_requested(photos):
    page = open_page(photos("wide", size=(90, 30)))
    page.slider(control(page, "scale")).set_value((0.8, 1.0))
    text = text_of(run(page)).replace("\u202f", " ")
    assert "Asked for: **80 % to 100 %** of the area. Delivered: a median of **44 %**" in text
    assert "In **100.0 %** of the draws none of ten boxes fitted" in text


@pytest.mark.parametrize("tab", ["network", "validation", "python"])
def test_every_part_can_be_opened(tab, photos):
    page = open_page(photos())
    page.query_params["augment_tab"] = tab
    run(page)
    assert "Asked for" not in text_of(page)


def test_images_are_found_by_name_and_paged_through(photos):
    page = open_page(photos())
    page.text_input("augment_search").set_value("BEE/1")
    assert "train/bee/1.png · bee · train · 90 × 60 px · 1 of 2" in text_of(run(page)).replace("**", "")
    page.button("augment_next").click()
    assert "val/bee/1.png" in text_of(run(page))
    assert page.query_params["image"] == "val/bee/1.png"
    page.text_input("augment_search").set_value("<b>nothing")
    assert "No file name contains" in text_of(run(page))


def upload(page, data, name="a.png"):
    page.button_group("augment_origin").set_value("upload")
    run(page)
    page.file_uploader("augment_upload").set_value((name, data, "image/png"))
    return run(page)


def png(mode="RGB", size=(50, 40)):
    file = io.BytesIO()
    Image.new(mode, size).save(file, "TIFF" if mode == "CMYK" else "PNG")
    return file.getvalue()


@pytest.mark.parametrize(
    ("mode", "size"), [("RGB", (50, 40)), ("I;16", (50, 40)), ("CMYK", (50, 40)), ("P", (50, 40)), ("RGBA", (5, 400))]
)
def test_an_upload_of_any_kind_is_drawn_from(mode, size, photos):
    page = upload(open_page(photos()), png(mode, size), "<i>mine</i>.png")
    assert len(grid(page)) == 12
    assert "<i>mine</i>.png" in text_of(page)


@pytest.mark.parametrize(
    ("data", "reason"),
    [(b"no image", "not an image"), (b"", "empty file"), (png()[:60], "truncated")],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_an_upload_that_is_no_image_is_reported(data, reason, photos):
    page = upload(open_page(photos()), data)
    assert "This image cannot be used: " in text_of(page)
    assert reason in text_of(page)
    assert not page.get("bidi_component")


def test_a_bomb_is_refused(photos):
    file = io.BytesIO()
    Image.new("1", (12_000, 12_000)).save(file, "PNG")
    page = upload(open_page(photos()), file.getvalue())
    assert "too large: 144 megapixels" in text_of(page)


def test_an_operation_that_cannot_work_is_reported_and_can_be_removed(photos):
    save_transform("wide blur", TransformSpec(operations=(CenterCrop(size=8), GaussianBlur(kernel_size=31))))
    page = open_page(photos())
    page.selectbox("augment_start").set_value("saved:wide blur")
    assert "GaussianBlur cannot work on an image of 8 × 8 px" in text_of(run(page))
    page.button(action(page, "remove", 1)).click()
    assert len(grid(run(page))) == 12
