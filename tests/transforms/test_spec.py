import json

import pytest
import torch
from pydantic import ValidationError

from tlcore.errors import ConfigError
from tlcore.transforms.presets import AUGMENTATIONS
from tlcore.transforms.sizes import resized_size
from tlcore.transforms.spec import (
    CenterCrop,
    ColorJitter,
    GaussianBlur,
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

EVERY_OPERATION = (
    Resize(size=48, interpolation="bicubic"),
    RandomCrop(size=44, padding=4),
    RandomResizedCrop(size=40, scale=(0.5, 1.0), ratio=(1.0, 1.0)),
    RandomHorizontalFlip(p=0.3),
    RandomVerticalFlip(),
    RandomRotation(degrees=20),
    ColorJitter(hue=0.1),
    RandAugment(),
    TrivialAugmentWide(),
    GaussianBlur(kernel_size=3),
    RandomGrayscale(p=0.5),
    RandomErasing(p=1.0),
    CenterCrop(size=32),
)


@pytest.fixture
def image():
    return torch.randint(256, (3, 60, 80), dtype=torch.uint8, generator=torch.Generator().manual_seed(0))


@pytest.mark.parametrize("operation", [*EVERY_OPERATION, None], ids=lambda o: o.op if o else "all together")
def test_the_printed_source_gives_the_same_tensors_with_the_same_seed(operation, image):
    spec = TransformSpec(operations=(operation,) if operation else EVERY_OPERATION, mean=(0.1, 0.2, 0.3))
    scope = {}
    exec(spec.source(), scope)
    for seed in range(3):
        torch.manual_seed(seed)
        ours = spec.build()(image)
        torch.manual_seed(seed)
        assert torch.equal(ours, scope["transform"](image))


def test_the_pipeline_ends_in_normalised_floats(image):
    spec = TransformSpec(operations=(CenterCrop(size=10),), mean=(0.5, 0.5, 0.5), std=(0.25, 0.25, 0.25))
    result = spec.build()(image)
    assert result.shape == (3, 10, 10)
    torch.testing.assert_close(
        torch.as_tensor(result), (image[:, 25:35, 35:45].float() / 255 - 0.5) / 0.25, rtol=1e-5, atol=1e-5
    )


def test_a_batch_is_normalised_like_its_images(image):
    spec = TransformSpec(operations=(Resize(size=(20, 30)),))
    uint8 = torch.stack([torch.as_tensor(spec.build_operations()(image))] * 2)
    assert torch.equal(spec.build_normalize()(uint8)[1], torch.as_tensor(spec.build()(image)))


def test_a_spec_goes_to_json_and_back():
    spec = TransformSpec(operations=EVERY_OPERATION)
    assert TransformSpec.model_validate_json(spec.model_dump_json()) == spec


def test_only_specs_with_a_random_operation_are_random():
    assert not TransformSpec(operations=(Resize(size=8), CenterCrop(size=8))).is_random
    assert TransformSpec(operations=(Resize(size=8), RandomHorizontalFlip())).is_random


@pytest.mark.parametrize("name", AUGMENTATIONS)
def test_every_named_augmentation_delivers_the_size_asked_for(name, image):
    spec = TransformSpec(operations=AUGMENTATIONS[name](24, "bilinear"))
    assert spec.is_random
    assert spec.output_px() == (24, 24)
    assert spec.build()(image).shape == (3, 24, 24)


def test_a_transform_whose_output_depends_on_the_image_is_an_error():
    with pytest.raises(ConfigError, match="images of different sizes. End it with a CenterCrop or a RandomResizedCrop"):
        TransformSpec(operations=(Resize(size=32),)).output_px()


def test_asking_for_the_output_size_uses_up_no_random_numbers():
    before = torch.get_rng_state()
    TransformSpec(operations=EVERY_OPERATION).output_px()
    assert torch.equal(before, torch.get_rng_state())


@pytest.mark.parametrize(
    ("operation", "settings", "message"),
    [
        (RandomResizedCrop, {"size": 0}, "greater than or equal to 1"),
        (RandomResizedCrop, {"size": 9, "scale": (0.9, 0.1)}, "scale runs from low to high, not 0.9 to 0.1"),
        (RandomHorizontalFlip, {"p": 1.5}, "less than or equal to 1"),
        (GaussianBlur, {"kernel_size": 4}, "kernel_size is an odd number of pixels, not 4"),
        (ColorJitter, {"hues": 0.1}, "Extra inputs are not permitted"),
    ],
)
def test_arguments_out_of_range_are_refused(operation, settings, message):
    with pytest.raises(ValidationError, match=message):
        operation(**settings)


TWELVE_MEGAPIXELS = (3000, 4000)


@pytest.mark.parametrize(
    ("operations", "size", "factor"),
    [
        ((Resize(size=256), CenterCrop(size=224)), TWELVE_MEGAPIXELS, 4),
        ((Resize(size=256), CenterCrop(size=224)), (4000, 3000), 4),
        ((Resize(size=256),), (2 * 256 * 8, 9999), 8),
        ((Resize(size=256),), (2 * 256 * 8 - 1, 9999), 4),
        ((Resize(size=256),), (1023, 3000), 1),
        ((Resize(size=28),), (375, 500), 4),
        ((Resize(size=(128, 512)),), TWELVE_MEGAPIXELS, 2),
        ((Resize(size=(512, 128)),), TWELVE_MEGAPIXELS, 2),
        ((Resize(size=(128, 128)),), TWELVE_MEGAPIXELS, 8),
        ((RandomResizedCrop(size=224),), TWELVE_MEGAPIXELS, 2),
        ((RandomResizedCrop(size=224, scale=(0.5, 1.0)),), TWELVE_MEGAPIXELS, 4),
        ((RandomResizedCrop(size=224),), (500, 375), 1),
        ((RandomHorizontalFlip(), ColorJitter(), RandomRotation(), Resize(size=256)), TWELVE_MEGAPIXELS, 4),
        ((Resize(size=64), RandomResizedCrop(size=224)), TWELVE_MEGAPIXELS, 8),
        ((CenterCrop(size=224), Resize(size=64)), TWELVE_MEGAPIXELS, 1),
        ((RandomCrop(size=224),), TWELVE_MEGAPIXELS, 1),
        ((GaussianBlur(), Resize(size=64)), TWELVE_MEGAPIXELS, 1),
        ((TrivialAugmentWide(), Resize(size=64)), TWELVE_MEGAPIXELS, 1),
        ((RandAugment(), Resize(size=64)), TWELVE_MEGAPIXELS, 1),
        ((RandomHorizontalFlip(),), TWELVE_MEGAPIXELS, 1),
        ((), TWELVE_MEGAPIXELS, 1),
    ],
)
def test_a_jpeg_is_reduced_as_far_as_the_first_resizing_operation_allows(operations, size, factor):
    assert TransformSpec(operations=operations, decode="reduced").reduction(size) == factor
    assert TransformSpec(operations=operations).reduction(size) == 1


@pytest.mark.parametrize("height", [60, 350, 700, 1500, 3000, 6000])
@pytest.mark.parametrize("scale", [(0.08, 1.0), (0.5, 1.0), (0.3, 0.3)])
def test_no_random_crop_of_a_reduced_image_is_enlarged_more_than_one_of_the_full_image(height, scale):
    crop = RandomResizedCrop(size=100, scale=scale)
    size = (height, height * 4 // 3)
    factor = TransformSpec(operations=(crop,), decode="reduced").reduction(size)
    smallest = (size[0] * size[1] * scale[0] * 0.75) ** 0.5
    assert factor == 1 or smallest / factor >= 100


def test_a_reduced_image_is_resized_to_the_same_size_as_the_full_one():
    spec = TransformSpec(operations=(Resize(size=32),), decode="reduced")
    rounded = 0
    for width in range(500, 1100, 7):
        for size in ((517, width), (width, 517)):
            reduced, factor = spec.unpacked_size(size), spec.reduction(size)
            assert resized_size(reduced, 32) == resized_size(size, 32)
            assert max(abs(short * factor - side) for short, side in zip(reduced, size, strict=True)) <= 2 * factor
            rounded += reduced != (-(-size[0] // factor), -(-size[1] // factor))
    assert rounded >= 10


def test_a_record_without_the_field_unpacks_in_full_and_is_written_as_before():
    old = {
        "operations": [{"op": "Resize", "size": 8, "interpolation": "bilinear"}],
        "mean": (0, 0, 0),
        "std": (1, 1, 1),
    }
    spec = TransformSpec.model_validate(old)
    assert spec.decode == "full"
    assert json.loads(spec.model_dump_json()) == {**old, "mean": [0, 0, 0], "std": [1, 1, 1]}
    reduced = spec.model_copy(update={"decode": "reduced"})
    assert reduced.model_dump(mode="json")["decode"] == "reduced"
    assert TransformSpec.model_validate_json(reduced.model_dump_json()) == reduced != spec
