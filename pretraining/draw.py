"""Draws the training images of the built-in backbone: an array of uint8 images, and their classes.

python -m pretraining.draw --folder /tmp/world
"""

import argparse
import os
import time
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import numpy as np

from tlcore.drawing.world import WORLD, draw_world

SIZE_PX = 144


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--images", type=int, default=160, help="per class")
    parser.add_argument("--first-seed", type=int, default=0)
    arguments = parser.parse_args()
    arguments.folder.mkdir(parents=True, exist_ok=True)
    start = time.perf_counter()
    names = sorted(WORLD)
    images = np.lib.format.open_memmap(
        arguments.folder / "images.npy",
        mode="w+",
        dtype=np.uint8,
        shape=(len(names) * arguments.images, SIZE_PX, SIZE_PX, 3),
    )
    work = [(name, arguments.first_seed, arguments.images) for name in names]
    with ProcessPoolExecutor(os.cpu_count()) as pool:
        for index, drawn in enumerate(pool.map(_draw_class, work)):
            images[index * arguments.images : (index + 1) * arguments.images] = drawn
            print(f"{index + 1}/{len(names)} {names[index]} {time.perf_counter() - start:.0f} s", flush=True)
    images.flush()
    np.save(arguments.folder / "targets.npy", np.repeat(np.arange(len(names)), arguments.images))
    (arguments.folder / "classes.txt").write_text("\n".join(names) + "\n")


def _draw_class(work: tuple[str, int, int]) -> np.ndarray:
    name, first, count = work
    return np.stack([np.asarray(draw_world(name, seed, SIZE_PX)) for seed in range(first, first + count)])


if __name__ == "__main__":
    main()
