import pytest
import torch

from tlcore.models.engines.agreement import agrees

EXPECTED = torch.tensor([0.0, 5.0, 10.0])


@pytest.mark.parametrize(
    ("found", "expected", "same"),
    [
        (EXPECTED + 9e-4, EXPECTED, True),
        (EXPECTED + 1.1e-3, EXPECTED, False),
        (EXPECTED[:2], EXPECTED, False),
        (torch.full((3,), torch.nan), torch.full((3,), torch.nan), False),
        (torch.ones(3), torch.ones(3), True),
        (torch.ones(3) + 1e-6, torch.ones(3), False),
    ],
)
def test_results_agree_within_a_part_of_their_range(found, expected, same):
    assert agrees(found, expected) is same
