"""Data for benchmarks and screenshots of the dashboard: many small images, finished runs, a live run."""

import os
import time
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

import tlcore

Settings = dict[str, Any]
CLASSES, SPLITS = 10, {"train": 0.7, "val": 0.15, "test": 0.15}
SIDE_PX = 32


def write_images(folder: str, images: int) -> None:
    """Write noisy JPEGs of 32 px into class folders per split; each class has a colour."""
    draw = np.random.default_rng(0)
    colours = draw.integers(40, 215, (CLASSES, 3))
    for split, share in SPLITS.items():
        for number, colour in enumerate(colours):
            directory = Path(folder) / split / f"class {number}"
            directory.mkdir(parents=True)
            coarse = draw.normal(0, 50, (round(images * share / CLASSES), 4, 4, 3)) + colour
            for index, pixels in enumerate(np.clip(coarse, 0, 255).astype(np.uint8)):
                image = Image.fromarray(pixels).resize((SIDE_PX, SIDE_PX), Image.Resampling.BICUBIC)
                image.save(directory / f"{index:05d}.jpg", quality=85)


def scan(source: str, home: str) -> None:
    """Scan a dataset, as the Dataset page does for its first visitor."""
    os.environ["TLCORE_HOME"] = home
    from tlcore.config import DataConfig
    from tlcore.data.catalog import open_dataset
    from tlcore.data.health import scan as scanning

    for _ in scanning.scan(open_dataset(DataConfig(source=source))):
        pass


def draw_map(settings: Settings, home: str) -> None:
    """Draw the map of images of a dataset, as the Dataset page does when its button is clicked."""
    os.environ["TLCORE_HOME"] = home
    from tlcore.config import parse_config
    from tlcore.runs.work.probes import start_probe
    from ui.dataset.network import network_parts
    from ui.shared.work import work_key

    config = parse_config(settings)
    key = work_key("map", config.data.source, *network_parts(config.model), "pca")
    probe = start_probe(key, ["map", "--json", "--layout", "pca"], config)
    while probe.is_live:
        time.sleep(0.1)
    if not any("layout" in line for line in probe.lines()):
        raise RuntimeError(f"No map was drawn: {probe.error()}")


def train(settings: Settings, home: str) -> str:
    """Train and evaluate a run; returns its name."""
    os.environ["TLCORE_HOME"] = home
    run = tlcore.train(settings)
    tlcore.evaluate(run)
    return run.name


def start(settings: Settings, home: str) -> tuple[str, int]:
    """Start a run in a worker, as the Train page does; returns its name and the worker's process."""
    os.environ["TLCORE_HOME"] = home
    from tlcore.config import parse_config
    from tlcore.runs.start import prepare_run
    from tlcore.runs.work import jobs

    run = prepare_run(parse_config(settings))
    jobs.start([run])
    while run.status().pid == os.getpid():  # until the worker has taken it over
        time.sleep(0.05)
    return run.name, run.status().pid
