import numpy as np
import pytest

from tlcore.transforms.sizes import center_crop_corner, resized_size


@pytest.mark.parametrize("size", [(31, 40), (40, 31), (7, 7), (375, 500), (5, 64)])
@pytest.mark.parametrize("crop", [(24, 24), (31, 9), (64, 8)])
def test_sizes_and_corners_are_torchvisions(size, crop):
    import torch
    from torchvision.transforms.v2 import functional

    height, width = size
    image = torch.arange(1, height * width + 1).reshape(1, height, width)
    top, left = center_crop_corner(size, crop)
    cropped = functional.center_crop(image, list(crop))[0]
    expected = np.zeros(crop, dtype=int)
    for row in range(crop[0]):
        for column in range(crop[1]):
            if 0 <= row + top < height and 0 <= column + left < width:
                expected[row, column] = image[0, row + top, column + left]
    np.testing.assert_array_equal(cropped.numpy(), expected)
    assert resized_size(size, 29) == tuple(functional.resize(image.float(), [29]).shape[1:])
