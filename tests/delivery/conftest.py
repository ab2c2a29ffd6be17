"""A small run and its bundle, made once: writing a network as ONNX takes seconds."""

import io
import zipfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.support.photographs import jpeg, photograph
from tlcore import train
from tlcore.config import parse_config
from tlcore.delivery.certified import Exported
from tlcore.delivery.export import export_certified
from tlcore.evaluation.answers import Answers, save_answers
from tlcore.runs.folder.run import Run
from tlcore.system.drive import drive

VIEW = {"operations": [{"op": "Resize", "size": 40}, {"op": "CenterCrop", "size": 32}], "decode": "reduced"}
SHADES = {"bright": 70, "dark": -70}


@dataclass(frozen=True)
class Delivered:
    run: Run
    epoch: int
    exported: Exported
    folder: Path
    """The unpacked bundle."""


@pytest.fixture(scope="session")
def delivered(tmp_path_factory: pytest.TempPathFactory) -> Delivered:
    """A calibrated epoch that is not sure of everything, as a bundle. Its test split has a large JPEG, too."""
    root = tmp_path_factory.mktemp("delivered")
    for split, images in (("train", 8), ("val", 4), ("test", 4)):
        for number, (name, shade) in enumerate(SHADES.items()):
            folder = root / "images" / split / name
            folder.mkdir(parents=True)
            for index in range(images):
                size = (333, 250) if index == 3 else (60, 50)
                pixels = np.asarray(photograph(*size, seed=100 * number + index), dtype=np.int16) + shade
                shaded = np.clip(pixels, 0, 255).astype(np.uint8)
                (folder / f"{split}-{index}.jpg").write_bytes(jpeg(Image.fromarray(shaded)))
    settings = {
        "data": {"source": str(root / "images")},
        "model": {"backbone": "small_cnn", "weights": "none"},
        "strategy": {"name": "from_scratch"},
        "eval_transform": VIEW,
        "epochs": 2,
        "batch_size": 8,
        "device": "cpu",
        "precision": "fp32",
        "workers": 0,
    }
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TLCORE_HOME", str(root / "home"))
        run = train(parse_config(settings))
        save_answers(run, Answers(epoch=2, temperature=1.7, threshold=0.55))
        exported = drive(export_certified(run, 2, "bundle"))
    with zipfile.ZipFile(io.BytesIO(exported.content)) as archive:
        archive.extractall(root / "unpacked")
    (folder,) = (root / "unpacked").iterdir()
    return Delivered(run, 2, exported, folder)
