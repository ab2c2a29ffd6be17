"""What tests of exports share: a small run and its bundle, and an evaluated run of which each test gets a copy."""

import io
import json
import shutil
import zipfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.support.photographs import jpeg, photograph, write_colours
from tlcore import evaluate, train
from tlcore.config import parse_config
from tlcore.delivery.certified import Exported
from tlcore.delivery.export import export_certified
from tlcore.evaluation.answers import Answers, save_answers
from tlcore.runs.folder.layout import RUN_FILE
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


@pytest.fixture(scope="session")
def trained_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a small dataset, `photographs`, and a home with one run on it: two epochs, evaluated."""
    folder = tmp_path_factory.mktemp("trained")
    write_colours(folder / "photographs", train=21, val=9, test=7)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TLCORE_HOME", str(folder / "home"))
        model = {"backbone": "small_cnn", "weights": "none"}
        small = {"epochs": 2, "batch_size": 8, "device": "cpu", "precision": "fp32", "workers": 0}
        run = train({"data": {"source": str(folder / "photographs")}, "model": model, **small})
        evaluate(run, device="cpu")
    return folder


@pytest.fixture
def photographs(trained_once: Path, tmp_path: Path) -> Path:
    """A copy of the dataset for one test."""
    return Path(shutil.copytree(trained_once / "photographs", tmp_path / "photographs"))


@pytest.fixture
def evaluated(trained_once: Path, photographs: Path, home: Path) -> Run:
    """A copy of the run for one test, on the copy of its dataset."""
    shutil.copytree(trained_once / "home" / "runs", home / "runs")
    (folder,) = (home / "runs").iterdir()
    info = json.loads((folder / RUN_FILE).read_text())
    info["config"]["data"]["source"] = str(photographs)
    (folder / RUN_FILE).write_text(json.dumps(info))
    return Run(folder)
