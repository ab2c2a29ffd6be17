"""The exported script prepares every kind of image as tlcore does."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import tlcore
from tests.support.photographs import jpeg, photograph, write_every_kind
from tlcore import train
from tlcore.data.pixels.images import decode, decode_image
from tlcore.delivery.export import FORMATS, file_name
from tlcore.evaluation.predict import load_predictor

SMALL = {"operations": [{"op": "Resize", "size": 40}, {"op": "CenterCrop", "size": 32}]}


def test_the_script_predicts_every_kind_of_image_as_tlcore_does(configure, tmp_path):
    run = train(configure(strategy={"name": "from_scratch"}, eval_transform=SMALL, epochs=3))
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    write_every_kind(folder)
    images = sorted(path.name for path in folder.iterdir())
    assert len(images) == 33
    (folder / file_name(run, 3, "pth")).write_bytes(FORMATS["pth"].build(run, 3))
    script = FORMATS["python"].build(run, 3).decode()
    script += f"\nimport json\nprint(json.dumps({{name: dict(predict(name)) for name in {images!r}}}))\n"
    environment = {**os.environ, "PYTHONPATH": str(Path(tlcore.__file__).parents[1])}  # the network is our own
    done = subprocess.run(
        [sys.executable, "-"], input=script, cwd=folder, env=environment, capture_output=True, check=True, text=True
    )
    said = json.loads(done.stdout.splitlines()[-1])
    predictor = load_predictor(run, 3, device="cpu")
    for name in images:
        assert said[name] == pytest.approx(dict(predictor.predict(folder / name)), abs=1e-5), name
    assert len({round(each["blue"], 4) for each in said.values()}) > 15  # the script sees different images


def test_a_very_large_image_is_reduced_as_in_tlcore(configure, tmp_path, monkeypatch):
    monkeypatch.setattr("tlcore.data.pixels.cost.WHOLE_PIXELS", 700)
    monkeypatch.setattr("tlcore.delivery.inference_script.WHOLE_PIXELS", 700)
    run = train(configure(epochs=1))
    write_every_kind(tmp_path)
    script = FORMATS["python"].build(run, 1).decode()
    beginning, _, rest = script.partition("\nmodel = ")
    scope: dict = {}
    exec(beginning + "\n\n" + rest[rest.index("def load_image") : rest.index("def predict")], scope)
    for path in sorted(tmp_path.glob("*.*")):
        if path.suffix in (".png", ".jpg", ".tif"):
            ours = decode_image(path.read_bytes())
            assert max(ours.size) <= 32
            assert np.array_equal(np.asarray(scope["load_image"](path)), np.asarray(ours)), path.name


@pytest.mark.parametrize("size", [16, [16, 24]])
def test_a_large_jpeg_is_unpacked_reduced_as_in_tlcore(configure, tmp_path, size):
    view = {"operations": [{"op": "Resize", "size": size}, {"op": "CenterCrop", "size": 16}], "decode": "reduced"}
    run = train(configure(eval_transform=view, epochs=1))
    script = FORMATS["python"].build(run, 1).decode()
    beginning, _, rest = script.partition("\nmodel = ")
    scope: dict = {}
    exec(beginning + "\n\n" + rest[rest.index("def load_image") : rest.index("def predict")], scope)
    path, factors = tmp_path / "photo.jpg", set()
    for width, height in ((320, 240), (323, 245), (150, 333), (259, 517), (101, 75), (60, 31)):
        for orientation in (1, 6):
            exif = Image.Exif()
            exif[0x0112] = orientation
            path.write_bytes(jpeg(photograph(width, height), exif=exif))
            ours = decode(path.read_bytes(), transform=run.config.eval_transform).image
            assert np.array_equal(np.asarray(scope["load_image"](path)), np.asarray(ours))
            factors.add(round(max(width, height) / max(ours.size)))
    assert factors == {1, 2, 4, 8}
