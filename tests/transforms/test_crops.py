import numpy as np
import pandas as pd
import pytest
import torch
from scipy.stats import ks_2samp
from torchvision.transforms import v2

from tlcore.transforms.crops import ATTEMPTS, coverage, place_boxes, sample_crops, sizes_before_crop, summarise_crops
from tlcore.transforms.spec import (
    CenterCrop,
    RandomCrop,
    RandomHorizontalFlip,
    RandomResizedCrop,
    Resize,
    TransformSpec,
)

SETTINGS = [  # (height, width), scale, ratio
    ((375, 500), (0.08, 1.0), (3 / 4, 4 / 3)),
    ((500, 333), (0.5, 1.0), (3 / 4, 4 / 3)),
    ((100, 300), (0.3, 0.9), (3 / 4, 4 / 3)),
    ((40, 33), (0.02, 0.1), (0.2, 5.0)),
]


def torchvision_crops(size, scale, ratio, draws):
    crop = v2.RandomResizedCrop(8, scale=scale, ratio=ratio)
    image = torch.zeros(3, *size, dtype=torch.uint8)
    torch.manual_seed(0)
    return pd.DataFrame([crop.make_params([image]) for _ in range(draws)])


def ours(size, scale, ratio, draws, seed=0):
    return sample_crops(np.array([size[0]]), np.array([size[1]]), scale, ratio, draws, seed)


@pytest.mark.parametrize(("size", "scale", "ratio"), SETTINGS)
def test_crops_are_distributed_like_torchvisions(size, scale, ratio):
    theirs, mine = torchvision_crops(size, scale, ratio, 1500), ours(size, scale, ratio, 20_000)
    for column in ("top", "left", "height", "width"):
        assert ks_2samp(theirs[column], mine[column]).pvalue > 0.001, column
    assert ks_2samp(theirs["width"] / theirs["height"], mine["ratio"]).pvalue > 0.001
    assert ks_2samp(theirs["width"] * theirs["height"] / np.prod(size), mine["area"]).pvalue > 0.001


@pytest.mark.parametrize(("size", "scale", "ratio"), SETTINGS)
def test_the_same_random_numbers_give_torchvisions_boxes(size, scale, ratio):
    crop, image = v2.RandomResizedCrop(8, scale=scale, ratio=ratio), torch.zeros(3, *size, dtype=torch.uint8)
    heights, widths, log_ratio = np.array([size[0]]), np.array([size[1]]), torch.log(torch.tensor(ratio))
    for seed in range(300):
        torch.manual_seed(seed)
        expected = crop.make_params([image])
        torch.manual_seed(seed)
        drawn = [  # for each attempt an area, then a ratio, in the order of make_params
            (torch.empty(1).uniform_(*scale).item(), torch.exp(torch.empty(1).uniform_(*log_ratio)).item())
            for _ in range(ATTEMPTS)
        ]
        areas, ratios = np.array(drawn).T
        height, width, attempt = place_boxes(heights, widths, areas[None], ratios[None], ratio)
        assert (height[0], width[0]) == (expected["height"], expected["width"])
        if attempt[0] == 0:
            continue
        torch.manual_seed(seed)
        torch.rand(2 * int(attempt[0]))
        assert torch.randint(0, size[0] - int(height[0]) + 1, (1,)).item() == expected["top"]


def test_scale_08_to_1_always_falls_back_on_images_three_times_as_wide_as_high():
    scale, ratio = (0.8, 1.0), (3 / 4, 4 / 3)
    crops = ours((100, 300), scale, ratio, 1000)
    theirs = torchvision_crops((100, 300), scale, ratio, 200)
    assert crops["fell_back"].all()
    assert (crops[["top", "left", "height", "width"]] == [0, 83, 100, 133]).all(axis=None)
    assert (theirs[["top", "left", "height", "width"]] == [0, 83, 100, 133]).all(axis=None)
    summary = summarise_crops(crops, scale)
    assert summary.fell_back == 1
    assert summary.outside_scale == 1
    assert summary.median_area == pytest.approx(133 / 300)


@pytest.mark.parametrize(
    ("size", "box"), [((300, 100), (133, 100)), ((100, 130), (100, 130)), ((1, 9), (1, 1)), ((9, 1), (1, 1))]
)
def test_the_fallback_is_the_largest_allowed_box(size, box):
    crops = ours(size, (1.0, 1.0), (0.75, 4 / 3), 5)
    fallen = crops[crops["fell_back"]]
    assert set(zip(fallen["height"], fallen["width"], strict=True)) == {box}


def test_boxes_lie_within_their_images():
    draw = np.random.default_rng(0)
    crops = sample_crops(draw.integers(1, 900, 500), draw.integers(1, 900, 500), (0.01, 1.0), (0.1, 10.0), 4, seed=1)
    assert len(crops) == 2000
    assert (crops[["top", "left"]] >= 0).all(axis=None)
    assert (crops[["height", "width"]] >= 1).all(axis=None)
    assert (crops["top"] + crops["height"] <= crops["image_height"]).all()
    assert (crops["left"] + crops["width"] <= crops["image_width"]).all()
    assert crops["image"].tolist() == np.repeat(np.arange(500), 4).tolist()


def test_the_same_seed_gives_the_same_crops():
    first, again, other = (ours((50, 70), (0.1, 1.0), (0.75, 1.3), 20, seed) for seed in (3, 3, 4))
    pd.testing.assert_frame_equal(first, again)
    assert not first.equals(other)


def test_coverage_is_the_share_of_boxes_over_each_cell():
    crops = pd.DataFrame(
        {"top": [0, 0], "left": [0, 5], "height": [10, 5], "width": [20, 5], "image_height": 10, "image_width": 20}
    )
    assert coverage(crops, cells=4).tolist() == [[0.5, 1, 0.5, 0.5]] * 2 + [[0.5] * 4] * 2


def test_coverage_counts_the_covered_part_of_a_cell():
    crops = pd.DataFrame({"top": [0], "left": [1], "height": [4], "width": [2], "image_height": 4, "image_width": 4})
    np.testing.assert_allclose(coverage(crops, cells=2), 0.5)


def test_the_middle_of_the_image_is_seen_more_often_than_its_border():
    seen = coverage(ours((375, 500), (0.08, 1.0), (0.75, 4 / 3), 5000), cells=9)
    assert seen[4, 4] > 2 * seen[0, 0]
    assert seen.max() <= 1


def test_rounding_to_whole_pixels_does_not_count_as_outside_the_request():
    assert summarise_crops(ours((30, 30), (0.25, 0.25), (1.0, 1.0), 50), (0.25, 0.25)).outside_scale == 0


CROP = RandomResizedCrop(size=24)


@pytest.mark.parametrize(
    "before",
    [
        (),
        (RandomHorizontalFlip(),),
        (Resize(size=50),),
        (Resize(size=333),),
        (Resize(size=(20, 30)),),
        (Resize(size=60), CenterCrop(size=40)),
        (RandomCrop(size=30, padding=2), Resize(size=17)),
        (CenterCrop(size=(500, 30)), Resize(size=31)),
    ],
)
def test_the_sizes_that_reach_the_crop_are_those_of_the_images(before):
    sizes = [(60, 80), (91, 47), (64, 64), (33, 200)]
    heights, widths = np.array(sizes).T
    crop, *reached = sizes_before_crop((*before, CROP, Resize(size=9)), heights, widths)
    assert crop == CROP
    build = TransformSpec(operations=before).build_operations()
    expected = [tuple(build(torch.zeros(3, *size, dtype=torch.uint8)).shape[1:]) for size in sizes]
    assert list(zip(*(sides.tolist() for sides in reached), strict=True)) == expected


def test_without_a_crop_no_sizes_reach_it():
    assert sizes_before_crop((Resize(size=9),), np.array([5]), np.array([5])) is None
