"""The estimate of a run's memory beside what the run takes, on photographs: `training.preview.memory`.

Of networks that train and that are frozen, with random weights and batches of 32 and 128. What is measured is the
proportional set size: what other processes of the machine share with the run, such as torch's code, counts in part.
"""

import argparse
import tempfile
from pathlib import Path

from benchmarks.measure import DATA, fresh_home, peak_mb, require_shared
from benchmarks.ours import train
from tlcore.config import RunConfig, parse_config
from tlcore.data.catalog import open_dataset
from tlcore.training.plan import outline_run
from tlcore.training.preview.memory import estimate_memory
from tlcore.training.resolve import resolve

BACKBONES = ("resnet18", "mobilenet_v2", "efficientnet_lite0")
IMAGES = {"train": 80, "val": 20}
"""Photographs per class."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--backbones", nargs="+", default=list(BACKBONES))
    parser.add_argument("--batches", nargs="+", type=int, default=[32, 128])
    arguments = parser.parse_args()
    require_shared()
    home = fresh_home()
    with tempfile.TemporaryDirectory() as folder:
        photographs = _some_photographs(Path(folder))
        print("network             strategy            batch  estimate   measured  ratio")
        for backbone in arguments.backbones:
            for strategy in ("fine_tuning", "feature_extraction"):
                for batch in arguments.batches if strategy == "fine_tuning" else arguments.batches[:1]:
                    config = _config(photographs, backbone, strategy, batch)
                    plan = outline_run(resolve(config), open_dataset(config.data))
                    estimate, taken = (
                        estimate_memory(plan).total / 1e6,
                        peak_mb(train, config.model_dump(mode="json"), home),
                    )
                    print(
                        f"{backbone:20s}{strategy:20s}{batch:5d}{estimate:7.0f} MB {taken:7.0f} MB "
                        f"{estimate / taken:6.2f}",
                        flush=True,
                    )


def _some_photographs(folder: Path) -> Path:
    """Links to the first ones of each class."""
    for split, number in IMAGES.items():
        for of_class in sorted((DATA / split).iterdir()):
            place = folder / split / of_class.name
            place.mkdir(parents=True)
            for image in sorted(of_class.glob("*.jpg"))[:number]:
                (place / image.name).symlink_to(image)
    return folder


def _config(photographs: Path, backbone: str, strategy: str, batch: int) -> RunConfig:
    return parse_config(
        {
            "data": {"source": str(photographs)},
            "model": {"backbone": backbone, "weights": "none"},
            "strategy": {"name": strategy},
            "batch_size": batch,
            "epochs": 1,
            "device": "cpu",
        }
    )


if __name__ == "__main__":
    main()
