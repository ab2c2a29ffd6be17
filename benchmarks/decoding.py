"""Decoding alone: photographs of 12 megapixels as the product unpacks them, and in full.

    python -m benchmarks.decoding --data FOLDER [--images 20] [--megapixels 12]

The photographs of the folder are enlarged and saved as JPEG with quality 90 first, which is not timed.
`prepare_as_product` and `prepare_in_full` are for other benchmarks, too.
"""

import argparse
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from tlcore.data.pixels.sources import FileSource
from tlcore.transforms.spec import CenterCrop, RandomResizedCrop, Resize, TransformSpec

EVALUATION = TransformSpec(operations=(Resize(size=256), CenterCrop(size=224)), decode="reduced")
TRAINING = EVALUATION.model_copy(update={"operations": (RandomResizedCrop(size=224),)})


def prepare_as_product(root: Path, names: Sequence[str], transform: TransformSpec) -> list[Tensor]:
    """Each file, read, unpacked as the transform says, and transformed: uint8 (3, H, W)."""
    source, operations = FileSource(root), transform.build_operations()
    return [operations(source.load(name, transform)) for name in names]


def prepare_in_full(root: Path, names: Sequence[str], transform: TransformSpec) -> list[Tensor]:
    """The same, with every JPEG unpacked in full."""
    return prepare_as_product(root, names, transform.model_copy(update={"decode": "full"}))


def enlarge(files: Sequence[Path], root: Path, megapixels: float) -> list[str]:
    """Write each photograph as a JPEG with so many megapixels into `root`, and return the names."""
    for number, path in enumerate(files):
        with Image.open(path) as opened:
            image = opened.convert("RGB")
        factor = (megapixels * 1e6 / (image.width * image.height)) ** 0.5
        size = (round(image.width * factor), round(image.height * factor))
        image.resize(size, Image.Resampling.BICUBIC).save(root / f"{number}.jpg", quality=90)
    return [f"{number}.jpg" for number in range(len(files))]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder with photographs in it or below")
    parser.add_argument("--images", type=int, default=20)
    parser.add_argument("--megapixels", type=float, default=12.0)
    arguments = parser.parse_args()
    found = sorted(path for path in arguments.data.rglob("*") if path.suffix.lower() in (".jpg", ".jpeg"))
    files = found[:: max(1, len(found) // arguments.images)][: arguments.images]
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as folder:
        names = enlarge(files, Path(folder), arguments.megapixels)
        for title, transform in (("evaluation", EVALUATION), ("random crops", TRAINING)):
            full_ms, full = _timed(prepare_in_full, Path(folder), names, transform)
            ours_ms, ours = _timed(prepare_as_product, Path(folder), names, transform)
            print(f"{title:12s}  full {full_ms:6.1f} ms  ours {ours_ms:6.1f} ms  ratio {full_ms / ours_ms:.2f}")
            if not transform.is_random:
                differences = torch.stack([(a.float() - b.float()).abs() for a, b in zip(full, ours, strict=True)])
                print(f"{'':12s}  mean difference {differences.mean():.2f} of 255, largest {differences.max():.0f}")


def _timed(
    prepare: Callable[[Path, Sequence[str], TransformSpec], list[Tensor]],
    root: Path,
    names: Sequence[str],
    transform: TransformSpec,
) -> tuple[float, list[Tensor]]:
    """The median of milliseconds of processor time per image, in one thread, and the images."""
    milliseconds, images = [], []
    for name in names:
        start = time.process_time()
        images += prepare(root, [name], transform)
        milliseconds.append((time.process_time() - start) * 1000)
    return float(np.median(milliseconds)), images


if __name__ == "__main__":
    main()
