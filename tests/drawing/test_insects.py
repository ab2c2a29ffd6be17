import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from tests.support.waiting import LIMIT_S
from tlcore.drawing.demo import draw_insect
from tlcore.drawing.insects import INSECTS

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("kind", INSECTS)
def test_each_insect_is_drawn_in_many_shapes_and_never_twice_alike(kind):
    pictures = [draw_insect(kind, str(number)) for number in range(6)]
    assert len({picture.tobytes() for picture in pictures}) == 6
    assert len({picture.size for picture in pictures}) > 1
    assert all(min(picture.size) >= 160 and max(picture.size) <= 384 for picture in pictures)
    assert all(np.asarray(picture).std() > 10 for picture in pictures)  # not empty


def test_the_same_seed_gives_the_same_picture_in_another_process(tmp_path):
    path = tmp_path / "ant.jpg"
    work = json.dumps([["ant", "train/ant/ant-001.jpg", str(path)]])
    command = [sys.executable, "-m", "tlcore.drawing.demo"]
    subprocess.run(command, input=work, text=True, check=True, cwd=ROOT, env={"PYTHONHASHSEED": "7"}, timeout=LIMIT_S)
    again = tmp_path / "again.jpg"
    draw_insect("ant", "train/ant/ant-001.jpg").save(again, "JPEG", quality=90)
    assert path.read_bytes() == again.read_bytes()


def test_the_pictures_are_the_same_on_every_machine():
    """Stored average colours of the four quarters; another Pillow version may round a pixel differently."""
    quarters = {}
    for kind in INSECTS:
        small = draw_insect(kind, "pinned").resize((2, 2), resample=4)
        quarters[kind] = np.asarray(small).reshape(4, 3).tolist()
    for kind, expected in PINNED.items():
        assert np.abs(np.array(quarters[kind]) - np.array(expected)).max() <= 2, kind


PINNED = {
    "ant": [[160, 161, 144], [143, 145, 129], [160, 163, 144], [144, 136, 117]],
    "bee": [[108, 173, 50], [104, 166, 49], [113, 159, 51], [104, 172, 48]],
    "beetle": [[98, 57, 45], [118, 56, 53], [93, 50, 41], [102, 48, 46]],
    "butterfly": [[73, 107, 45], [91, 112, 60], [67, 101, 48], [90, 113, 71]],
    "dragonfly": [[52, 68, 29], [30, 56, 20], [44, 66, 31], [34, 59, 20]],
    "ladybird": [[31, 54, 16], [76, 83, 31], [37, 61, 19], [62, 77, 26]],
}
