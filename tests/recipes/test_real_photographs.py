"""A recipe on real photographs with real weights, if they are beside the project."""

from pathlib import Path

import pytest

from tlcore.cli.main import main

SHARED = Path(__file__).parents[2].parent / "shared"
SAMPLE = SHARED / "data" / "imagenet_sample"
WEIGHTS = SHARED / "weights" / "mobilenet_v2-imagenet1k.pth"


@pytest.mark.skipif(
    not (SAMPLE.exists() and WEIGHTS.exists()), reason="../shared with photographs and weights is absent"
)
def test_a_pretrained_network_names_what_photographs_show(capsys):
    command = ["train", "--recipe", "imagenet-predict", "--data", str(SAMPLE), "--device", "cpu"]
    assert main([*command, "--backbone", "mobilenet_v2", "--weights", str(WEIGHTS)]) == 0
    ranks = []
    for line in capsys.readouterr().out.splitlines():
        path, _, answers = line.partition(": ")
        names = [answer.rsplit(" ", 2)[0].lower() for answer in answers.split(", ")]
        wanted = Path(path).stem.partition("_")[2].replace("_", " ").lower()
        ranks.append(names.index(wanted) if wanted in names else len(names))
    assert len(ranks) == 50
    assert sum(rank == 0 for rank in ranks) >= 35
    assert sum(rank < 5 for rank in ranks) >= 45
