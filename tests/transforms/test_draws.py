import re
from concurrent.futures import ThreadPoolExecutor
from typing import get_args

import numpy as np
import pytest
import torch
from PIL import Image
from torchvision.transforms import v2

from tlcore.data.pixels.tensors import to_tensor
from tlcore.errors import ConfigError
from tlcore.transforms.draws import draw_views
from tlcore.transforms.geometry import frame, intersect, map_points, signed_area
from tlcore.transforms.presets import AUGMENTATIONS
from tlcore.transforms.spec import (
    CenterCrop,
    ColorJitter,
    GaussianBlur,
    Operation,
    RandAugment,
    RandomCrop,
    RandomErasing,
    RandomGrayscale,
    RandomHorizontalFlip,
    RandomResizedCrop,
    RandomRotation,
    RandomVerticalFlip,
    Resize,
    TransformSpec,
    TrivialAugmentWide,
)
from tlcore.transforms.traces import AUTOMATIC_WORDS

OPERATIONS = get_args(get_args(Operation)[0])
SAMPLES = (
    Resize(size=48, interpolation="bicubic"),
    Resize(size=50, interpolation="lanczos"),
    Resize(size=(30, 70), interpolation="nearest-exact"),
    RandomCrop(size=64, padding=4),
    RandomResizedCrop(size=40, scale=(0.2, 1.0)),
    RandomHorizontalFlip(p=0.3),
    RandomVerticalFlip(),
    RandomRotation(degrees=40),
    ColorJitter(hue=0.1),
    RandAugment(num_ops=3),
    RandAugment(interpolation="bilinear"),
    TrivialAugmentWide(),
    GaussianBlur(kernel_size=3),
    RandomGrayscale(p=0.5),
    RandomErasing(),
    CenterCrop(size=32),
)
PIPELINES = [(operation,) for operation in SAMPLES] + [SAMPLES, SAMPLES[::-1]]


@pytest.fixture
def photo():
    noise = np.random.default_rng(0).integers(0, 256, (6, 8, 3), dtype=np.uint8)
    return Image.fromarray(noise).resize((80, 60), Image.Resampling.BICUBIC)


def coordinates(height=120, width=200):
    """An image whose colours encode positions: x in red, y in green, and blue for "not padding"."""
    y, x = np.mgrid[:height, :width]
    return torch.from_numpy(np.stack([x, y, np.full_like(x, 255)]).astype(np.uint8))


@pytest.mark.parametrize("operations", PIPELINES, ids=lambda operations: f"{len(operations)} {operations[0].op}")
def test_the_printed_source_gives_the_same_tensor_as_the_draw_of_that_seed(operations, photo):
    spec = TransformSpec(operations=operations, mean=(0.1, 0.2, 0.3))
    scope = {}
    exec(spec.source(), scope)
    normalize = spec.build_normalize()
    for draw in draw_views(spec, to_tensor(photo), range(40, 52)):
        torch.manual_seed(draw.seed)
        expected = scope["transform"](photo)
        assert torch.equal(normalize(torch.from_numpy(draw.image_HWC).permute(2, 0, 1)), expected)


def test_every_operation_reports_what_it_sampled():
    assert {type(operation) for operation in SAMPLES} == set(OPERATIONS)
    assert all("trace" in vars(operation) for operation in OPERATIONS)


GEOMETRIC = [
    (Resize(size=(60, 100)),),
    (Resize(size=150),),
    (CenterCrop(size=80),),
    (CenterCrop(size=(151, 90)),),
    (CenterCrop(size=220),),
    (RandomCrop(size=70),),
    (RandomCrop(size=160, padding=9),),
    (RandomResizedCrop(size=64, scale=(0.3, 1.0)),),
    (RandomHorizontalFlip(),),
    (RandomVerticalFlip(),),
    (RandomRotation(degrees=180),),
    (RandomRotation(degrees=180), RandomResizedCrop(size=150, scale=(0.5, 1.0)), RandomRotation(degrees=30)),
    (RandomHorizontalFlip(), RandomCrop(size=150), RandomVerticalFlip(), RandomRotation(degrees=20), Resize(size=200)),
    (RandAugment(num_ops=1, magnitude=30),),
    (RandAugment(num_ops=2, magnitude=20), RandomResizedCrop(size=150, scale=(0.5, 1.0))),
    (CenterCrop(size=(90, 150)), TrivialAugmentWide(), RandomHorizontalFlip()),
]
COLOURS = ("brightness", "saturation", "contrast", "sharpness", "posterised", "solarised", "equalised")


@pytest.mark.parametrize("operations", GEOMETRIC, ids=lambda operations: " ".join(o.op for o in operations))
def test_the_region_is_where_the_pixels_come_from(operations):
    image = coordinates()
    draws = draw_views(TransformSpec(operations=operations), image, range(120))
    draws = [draw for draw in draws if not any(sign in words for _, words in draw.steps for sign in COLOURS)][:25]
    assert len(draws) >= 5
    for draw in draws:
        rows, columns, _ = draw.image_HWC.shape
        y, x = np.mgrid[2:rows:5, 2:columns:5]
        origins = map_points(draw.to_original, np.stack([x.ravel(), y.ravel()], axis=1) + 0.5)
        pixels = draw.image_HWC[y, x].reshape(-1, 3).astype(float)
        depth = inside_depth(origins, draw.region)
        shown, padding = pixels[depth > 3], pixels[depth < -3]
        assert len(shown) > 30
        np.testing.assert_allclose(shown[:, :2], origins[depth > 3] - 0.5, atol=2.5)
        assert (shown[:, 2] > 250).all()
        assert (padding == 0).all()


def inside_depth(points, polygon):
    """Distance of each point from the line of the nearest edge, negative outside the convex polygon."""
    if signed_area(polygon) < 0:
        polygon = polygon[::-1]
    edges = np.roll(polygon, -1, axis=0) - polygon
    keep = np.hypot(*edges.T) > 1e-6
    edges, starts = edges[keep], polygon[keep]
    offsets = points[:, None] - starts
    across = edges[:, 0] * offsets[..., 1] - edges[:, 1] * offsets[..., 0]
    return (across / np.hypot(*edges.T)).min(axis=1)


def test_the_region_never_leaves_the_original():
    image = coordinates()
    for draw in draw_views(TransformSpec(operations=SAMPLES), image, range(30)):
        np.testing.assert_allclose(
            abs(signed_area(intersect(draw.region, frame((120, 200))))), abs(signed_area(draw.region))
        )


def test_the_frame_is_the_crop_box_where_nothing_is_turned(photo):
    (draw,) = draw_views(TransformSpec(operations=(RandomResizedCrop(size=16),)), to_tensor(photo), [3])
    torch.manual_seed(3)
    box = TransformSpec(operations=(RandomResizedCrop(size=16),)).build_operations().transforms[1].make_params([photo])
    left, top = draw.frame[0]
    assert (round(top), round(left)) == (box["top"], box["left"])
    np.testing.assert_allclose(draw.frame[2], (box["left"] + box["width"], box["top"] + box["height"]))
    assert draw.steps == (
        (
            "RandomResizedCrop",
            f"{box['width']} × {box['height']} px from ({box['left']}, {box['top']}): "
            f"{box['width'] * box['height'] / 48:.0f} % of the area, ratio {box['width'] / box['height']:.2f}",
        ),
    )


@pytest.mark.parametrize(
    ("operation", "words"),
    [
        (Resize(size=30), "80 × 60 px to 40 × 30 px"),
        (CenterCrop(size=20), "the middle 20 × 20 px of 80 × 60 px"),
        (RandomHorizontalFlip(p=1), "left and right swapped"),
        (RandomHorizontalFlip(p=0), "not this time"),
        (RandomVerticalFlip(p=1), "upside down"),
        (RandomGrayscale(p=1), "made grey"),
        (RandomGrayscale(p=0), "not this time"),
        (RandomErasing(p=0), "not this time"),
        (RandomErasing(p=1, scale=(1, 1), ratio=(1, 1)), "not this time"),
        (RandomRotation(degrees=0), "0.0° anticlockwise"),
        (ColorJitter(brightness=0, contrast=0, saturation=0), "nothing"),
        (
            RandomResizedCrop(size=9, scale=(1, 1), ratio=(1, 1)),
            "60 × 60 px from (10, 0): 75 % of the area, ratio 1.00; no box fitted, so the centre",
        ),
    ],
)
def test_sampled_values_are_shown_in_words(operation, words, photo):
    (draw,) = draw_views(TransformSpec(operations=(operation,)), to_tensor(photo), [0])
    assert draw.steps[0][1] == words


def test_the_words_of_colour_jitter_match_its_effect(photo):
    (draw,) = draw_views(TransformSpec(operations=(ColorJitter(contrast=0, saturation=0),)), to_tensor(photo), [1])
    factor = float(draw.steps[0][1].removeprefix("brightness × "))
    expected = np.asarray(photo).astype(float) * factor
    assert np.abs(draw.image_HWC - np.clip(expected, 0, 255)).max() < 255 * 0.005 + 1


def test_the_erased_box_in_the_words_is_black(photo):
    bright = Image.eval(photo, lambda value: max(value, 1))
    (draw,) = draw_views(TransformSpec(operations=(RandomErasing(p=1),)), to_tensor(bright), [2])
    width, height, left, top = map(int, re.findall(r"\d+", draw.steps[0][1])[:4])
    black = np.zeros((60, 80), dtype=bool)
    black[top : top + height, left : left + width] = True
    np.testing.assert_array_equal((draw.image_HWC == 0).all(axis=2), black)


def test_drawing_leaves_the_random_generator_as_it_was(photo):
    torch.manual_seed(5)
    before = torch.get_rng_state()
    draw_views(TransformSpec(operations=SAMPLES), to_tensor(photo), [1, 2])
    assert torch.equal(before, torch.get_rng_state())


def test_visitors_at_the_same_time_get_the_same_draws(photo):
    spec, image = TransformSpec(operations=AUGMENTATIONS["strong"](64, "bilinear")), to_tensor(photo)
    alone = draw_views(spec, image, range(8))
    with ThreadPoolExecutor(8) as pool:
        together = list(pool.map(lambda _: draw_views(spec, image, range(8)), range(8)))
    for draws in together:
        assert [draw.steps for draw in draws] == [draw.steps for draw in alone]
        assert all(np.array_equal(a.image_HWC, b.image_HWC) for a, b in zip(draws, alone, strict=True))


def test_a_pipeline_without_operations_shows_the_whole_image(photo):
    (draw,) = draw_views(TransformSpec(operations=()), to_tensor(photo), [0])
    np.testing.assert_array_equal(draw.image_HWC, np.asarray(photo))
    assert draw.region.tolist() == [[0, 0], [80, 0], [80, 60], [0, 60]]


@pytest.mark.parametrize("name", ["RandAugment", "TrivialAugmentWide"])
def test_everything_an_automatic_augmentation_may_do_has_words(name):
    assert getattr(v2, name)._AUGMENTATION_SPACE.keys() <= AUTOMATIC_WORDS.keys()


def test_an_operation_that_cannot_work_on_what_reaches_it_is_an_error(photo):
    spec = TransformSpec(operations=(CenterCrop(size=8), GaussianBlur(kernel_size=31)))
    with pytest.raises(ConfigError, match="GaussianBlur cannot work on an image of 8 × 8 px: .*Padding size"):
        draw_views(spec, to_tensor(photo), [0])


def test_draws_of_a_reduced_image_are_placed_on_the_original():
    spec = TransformSpec(operations=(Resize(size=30), CenterCrop(size=30)))
    image = torch.zeros(3, 120, 160, dtype=torch.uint8)
    (full,) = draw_views(spec, image, [0])
    (reduced,) = draw_views(spec, image, [0], original=(480, 640))
    np.testing.assert_allclose(reduced.region, 4 * full.region)
    np.testing.assert_allclose(reduced.frame, 4 * full.frame)
    assert reduced.steps == (("JPEG", "640 × 480 px unpacked as 160 × 120 px"), *full.steps)
