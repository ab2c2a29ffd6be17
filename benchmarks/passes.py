"""One pass of photographs through a network, in ms per image: as tutorials do it, ours, and what every pass needs.

A network that the small photographs have converted is there for the large ones.

python -m benchmarks.passes                    as this machine is, in about five minutes
python -m benchmarks.passes --isa avx2         PyTorch limited to AVX2 without bf16; ONNX Runtime cannot be limited
python -m benchmarks.passes --busy             CPU time of one thread: for a machine that others use meanwhile
"""

import argparse
import os
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image

from benchmarks.measure import DATA, cpu_name, fresh_home, measure, median
from tlcore.config import DataConfig
from tlcore.data.catalog import open_dataset
from tlcore.models.build import build_model
from tlcore.models.zoo import find_architecture
from tlcore.system.allocator import keep_freed_memory
from tlcore.system.device import choose_device
from tlcore.system.drive import drive
from tlcore.training.distributed import Processes
from tlcore.training.inputs.batches import ViewDataset, ViewLoader, batch_positions, worker_count
from tlcore.training.inputs.features import FORWARD_BATCH, FeatureRequest, Trunk, load_or_compute

BACKBONES = ("mobilenet_v2", "resnet18", "efficientnet_lite0")
SMALL_PX, LARGE_PX = (520, 390), (4000, 3000)
AVX2 = {"ONEDNN_MAX_CPU_ISA": "AVX2", "ATEN_CPU_CAPABILITY": "avx2", "MKL_ENABLE_INSTRUCTIONS": "AVX2"}
EAGER_BATCH, EAGER_WORKERS = 32, 2
ORT_IMAGES = 128
_BUSY = "TLCORE_BENCHMARK_BUSY"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--isa", choices=("native", "avx2"), default="native", help="instructions PyTorch may use")
    parser.add_argument("--backbones", nargs="+", default=list(BACKBONES))
    parser.add_argument("--small", type=int, default=400, help="photographs of 0.2 megapixels")
    parser.add_argument("--large", type=int, default=100, help="photographs of 12 megapixels")
    parser.add_argument("--repeats", type=int, default=1, help="passes of each kind, in turn; medians are printed")
    parser.add_argument("--busy", action="store_true", help="CPU time of one thread, without workers")
    arguments = parser.parse_args()
    precision = "auto"
    if arguments.busy:
        os.environ |= {"OMP_NUM_THREADS": "1", _BUSY: "1"}
    if arguments.isa == "avx2":
        os.environ.update(AVX2)  # for the measuring processes
        precision = "fp32"
    how = "CPU time of one thread" if arguments.busy else f"{len(os.sched_getaffinity(0))} cores"
    print(f"{cpu_name()}, {how}, instructions: {arguments.isa}")
    with tempfile.TemporaryDirectory(prefix="tlcore-benchmark-") as folder:
        tempfile.tempdir = folder  # all homes are made in it and deleted with it
        homes = {backbone: fresh_home() for backbone in arguments.backbones}
        for words, count, size, wanted in (
            ("0.2 megapixels", arguments.small, SMALL_PX, 3.0),
            ("12 megapixels", arguments.large, LARGE_PX, 2.5),
        ):
            if not count:
                continue
            photographs = Path(folder) / f"{count}-of-{size[0]}-px"
            write_photographs(photographs, count, size)
            print(f"\n{count} photographs of {words}, ms per image")
            for backbone in arguments.backbones:
                _compare(backbone, homes[backbone], str(photographs), count, precision, arguments.repeats, wanted)


def _compare(backbone: str, home: str, folder: str, count: int, precision: str, repeats: int, wanted: float) -> None:
    first_s, _ = measure(pass_of_ours, folder, backbone, precision, home)  # converts the network if that pays
    eager, ours, decoding, engine = [], [], [], ""
    for _ in range(repeats):
        eager.append(1000 * measure(pass_of_a_tutorial, folder, backbone) / count)
        seconds, engine = measure(pass_of_ours, folder, backbone, precision, home)
        ours.append(1000 * seconds / count)
        decoding.append(1000 * measure(decode_alone, folder, backbone) / count)
    onnx = 1000 * measure(onnx_runtime_alone, backbone)
    ideal = onnx + median(decoding)
    means = {
        "eager": median(eager),
        "ours": median(ours),
        "the first of ours": 1000 * first_s / count,
        "ONNX Runtime alone": onnx,
        "decode alone": median(decoding),
    }
    print(f"{backbone:20s}{', '.join(f'{words} {value:.1f}' for words, value in means.items())}; {engine}")
    print(
        f"{'':20s}{median(eager) / median(ours):.1f} x the eager pass (at least {wanted:g} with AVX2), "
        f"{median(ours) / ideal:.2f} x ONNX Runtime and decoding (at most 1.3)",
        flush=True,
    )


def pass_of_ours(folder: str, backbone: str, precision: str, home: str) -> tuple[float, str]:
    """Seconds for the features of all photographs, which are not in the cache; and the engine."""
    os.environ["TLCORE_HOME"] = home
    keep_freed_memory()
    dataset = open_dataset(DataConfig(source=folder))
    trunk = Trunk(_network(backbone), find_architecture(backbone), choose_device("cpu", precision))
    for kept in Path(home).glob("cache/features/*"):
        kept.unlink()
    started = _now()
    request = FeatureRequest(dataset, dataset.samples, trunk.architecture.eval_transform(), views=1, seed=0)
    features = drive(load_or_compute(request, trunk, 0 if _is_busy() else None, Processes()))
    return _now() - started, features.engine


def pass_of_a_tutorial(folder: str, backbone: str) -> float:
    """Seconds for the logits of all photographs: PIL, torchvision's transforms, a DataLoader, fp32, `no_grad`."""
    from torch.utils.data import DataLoader
    from torchvision import datasets, transforms

    size_px = find_architecture(backbone).input_px
    steps = [transforms.Resize(round(size_px * 256 / 224)), transforms.CenterCrop(size_px), transforms.ToTensor()]
    normalize = transforms.Normalize([0.485, 0.456, 0.406], [0.229, 0.224, 0.225])
    images = datasets.ImageFolder(folder, transforms.Compose([*steps, normalize]))
    network = _network(backbone)
    started = _now()
    with torch.no_grad():
        for batch, _ in DataLoader(images, batch_size=EAGER_BATCH, num_workers=0 if _is_busy() else EAGER_WORKERS):
            network(batch)
    return _now() - started


def decode_alone(folder: str, backbone: str) -> float:
    """Seconds to decode and transform all photographs as our pass does, without a network."""
    dataset = open_dataset(DataConfig(source=folder))
    transform = find_architecture(backbone).eval_transform()
    views = ViewDataset(dataset.samples, dataset.source, transform, seed=0)
    load = ViewLoader(views, worker_count(0 if _is_busy() else None, torch.device("cpu"), len(dataset.samples)))
    started = _now()
    batches = batch_positions(len(dataset.samples), FORWARD_BATCH, None)
    for _ in load([[(position, (1,)) for position in batch] for batch in batches]):
        pass
    return _now() - started


def onnx_runtime_alone(backbone: str) -> float:
    """Seconds per image for the whole network in ONNX Runtime, converted before, on images that are at hand."""
    from tlcore.models.engines.converted import Session, export_onnx

    size_px = find_architecture(backbone).input_px
    images_NCHW = torch.randn(FORWARD_BATCH, 3, size_px, size_px)
    session = Session(export_onnx(_network(backbone), images_NCHW), torch.get_num_threads())
    session(images_NCHW)
    times = []
    for _ in range(ORT_IMAGES // FORWARD_BATCH):
        started = _now()
        session(images_NCHW)
        times.append((_now() - started) / FORWARD_BATCH)
    return median(times)


def _is_busy() -> bool:
    return _BUSY in os.environ


def _now() -> float:
    return time.process_time() if _is_busy() else time.perf_counter()


def _network(backbone: str) -> torch.nn.Module:
    """Random weights take as long as others."""
    return build_model(backbone, "none", 2).eval()


def write_photographs(folder: Path, count: int, size: tuple[int, int]) -> None:
    """JPEG files of this width and height in two class folders: real photographs if they are at hand, else drawn."""
    real = sorted(DATA.glob("*/*/*.jpg"))
    paint: Callable[[int], Image.Image] = (
        (lambda number: Image.open(real[number % len(real)]).convert("RGB")) if real else _drawn
    )
    for number in range(count):
        path = folder / ("odd" if number % 2 else "even") / f"{number:04d}.jpg"
        path.parent.mkdir(parents=True, exist_ok=True)
        paint(number).resize(size, Image.Resampling.BICUBIC).save(path, quality=90)


def _drawn(number: int) -> Image.Image:
    """Smooth areas with grain."""
    draw = np.random.default_rng(number)
    areas = Image.fromarray(draw.integers(0, 256, (12, 16, 3), dtype=np.uint8)).resize(
        (520, 390), Image.Resampling.BICUBIC
    )
    grain: Any = np.asarray(areas).astype(np.float32) + draw.normal(0, 8, (390, 520, 3))
    return Image.fromarray(np.clip(grain, 0, 255).astype(np.uint8))


if __name__ == "__main__":
    main()
