"""The first scan of 60,000 small images, compared with a loop with Pillow, NumPy and imagehash over some of them."""

import argparse
import os
import tempfile
import time
from pathlib import Path

from benchmarks.measure import DATA, fresh_home, measure

IMAGES, CLASSES, SIDE_PX = 60_000, 10, 32
PART = 3_000  # images for the loop; its time is scaled up
LIMIT_S, AGAIN_LIMIT_S = 20.0, 0.3


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path, help="where the images are, or are put; by default a temporary folder")
    folder = parser.parse_args().folder or Path(tempfile.mkdtemp())
    if not folder.is_dir() or not any(folder.iterdir()):
        make_images(folder)
    home = fresh_home()
    loop = measure(plain_loop, str(folder)) * IMAGES / PART
    first, again = measure(scan_twice, str(folder), home)
    print(f"{IMAGES:,} PNG files of {SIDE_PX} px, {os.cpu_count()} cores")
    print(f"Pillow, NumPy and imagehash, one process    {loop:8.1f} s   ({PART:,} images, scaled; compares no pairs)")
    print(f"scan, the first time                        {first:8.1f} s   (at most {LIMIT_S:.0f}; compares all pairs)")
    print(f"scan, nothing changed                       {again:8.2f} s   (at most {AGAIN_LIMIT_S})")
    print(f"{loop / first:.1f} x the loop")


def make_images(folder: Path) -> None:
    """Squares cut from photographs if there are any, else smooth noise."""
    import numpy as np
    from PIL import Image

    draw = np.random.default_rng(0)
    photographs = [Image.open(path).convert("RGB") for path in sorted(DATA.rglob("*.jpg"))[::4]]
    for number in range(IMAGES):
        path = folder / ("val" if number % 6 == 5 else "train") / f"class_{number % CLASSES}" / f"{number:05d}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        if photographs:
            photograph = photographs[draw.integers(len(photographs))]
            side = int(min(photograph.size) * draw.uniform(0.2, 0.6))
            x, y = (int(draw.integers(0, length - side + 1)) for length in photograph.size)
            image = photograph.resize((SIDE_PX, SIDE_PX), Image.Resampling.BILINEAR, box=(x, y, x + side, y + side))
        else:
            noise = Image.fromarray(draw.integers(0, 256, (6, 6, 3), dtype=np.uint8))
            image = noise.resize((SIDE_PX, SIDE_PX), Image.Resampling.BICUBIC)
        image.save(path)


def plain_loop(folder: str) -> float:
    """The simple solution: size, means, deviations, content digest and perceptual hash, file by file."""
    import hashlib

    import imagehash
    import numpy as np
    from PIL import Image

    paths = sorted(Path(folder).rglob("*.png"))[:: IMAGES // PART][:PART]
    started = time.perf_counter()
    rows = []
    for path in paths:
        with Image.open(path) as file:
            image = file.convert("RGB")
        pixels = np.asarray(image) / 255
        digest = hashlib.md5(image.tobytes()).hexdigest()
        rows.append((image.size, pixels.mean((0, 1)), pixels.std((0, 1)), digest, str(imagehash.phash(image))))
    return time.perf_counter() - started


def scan_twice(folder: str, home: str) -> tuple[float, float]:
    os.environ["TLCORE_HOME"] = home
    from tlcore.config import DataConfig
    from tlcore.data.catalog import open_dataset
    from tlcore.data.health.scan import load_scan, scan

    dataset = open_dataset(DataConfig(source=folder))
    started = time.perf_counter()
    for _ in scan(dataset):
        pass
    first = time.perf_counter() - started
    load_scan(dataset)  # now the file is in the system's memory, as in normal use
    started = time.perf_counter()
    assert load_scan(dataset) is not None
    return first, time.perf_counter() - started


if __name__ == "__main__":
    main()
