"""The folder of a run of an earlier version, written as that version wrote it: its backbone is gone."""

import json
from pathlib import Path

import numpy as np
import torch

from tlcore.config import DataConfig
from tlcore.data.catalog import fingerprint, open_dataset
from tlcore.runs.folder.predictions import key_images, predictions_key
from tlcore.transforms.spec import TransformSpec

NAME = "20260101-101500-small_resnet-colours"
VIEW = {
    "operations": [{"op": "Resize", "size": 144, "interpolation": "bilinear"}, {"op": "CenterCrop", "size": 128}],
    "mean": [0.4, 0.4, 0.4],
    "std": [0.25, 0.25, 0.25],
}
WEIGHTS = "a digest of the whole network"


def write_old_run(home: Path, data: Path, *, state: str = "finished") -> Path:
    """A frozen `small_resnet` after 2 of 2 epochs on class folders with a test split, evaluated on test."""
    dataset = open_dataset(DataConfig(source=str(data)))
    run = home / "runs" / NAME
    (run / "checkpoints").mkdir(parents=True)
    (run / "predictions" / "test").mkdir(parents=True)
    lines = [f"{sample.id},{dataset.classes[sample.target]},{sample.split}" for sample in dataset.samples]
    (run / "samples.csv").write_text("\n".join(["path,label,split", *lines, ""]))
    (run / "run.json").write_text(json.dumps(_description(data, dataset.classes, fingerprint(dataset))))
    (run / "status.json").write_text(json.dumps({"state": state, "pid": 1, "epoch": 2, "epochs": 2}))
    records = [_record(epoch) for epoch in range(3)]
    (run / "metrics.jsonl").write_text("".join(json.dumps(record) + "\n" for record in records))
    torch.save({"stem.0.weight": torch.zeros(24, 3, 3, 3)}, run / "checkpoints" / "frozen.pt")
    samples = dataset.split("test")
    key = predictions_key(WEIGHTS, TransformSpec.model_validate(VIEW), key_images(dataset, samples))
    entries = {}
    for epoch, record in enumerate(records):
        content = {"format": 1, "epoch": epoch, "model": {"fc.weight": torch.zeros(2, 384)}, "metrics": record}
        torch.save(content, run / "checkpoints" / f"epoch-{epoch:03d}.pt")
        targets = np.array([sample.target for sample in samples])
        right = np.arange(len(samples)) % 4 < epoch + 1  # a quarter, a half, three quarters
        logits = np.eye(2, dtype=np.float32)[np.where(right, targets, 1 - targets)]
        ids = np.array([sample.id for sample in samples])
        file = run / "predictions" / "test" / f"epoch-{epoch:03d}.npz"
        np.savez(file, logits=logits, targets=targets, sample_ids=ids, key=np.array(key))
        stamp = [*_stamp(run / "checkpoints" / f"epoch-{epoch:03d}.pt"), *_stamp(run / "checkpoints" / "frozen.pt")]
        entries[epoch] = {"stamp": stamp, "weights": WEIGHTS, "key": key, "error": ""}
    index = {"epochs": entries, "skipped": [], "notices": []}
    (run / "predictions" / "test" / "index.json").write_text(json.dumps(index))
    return run


def _stamp(file: Path) -> tuple[int, int]:
    return file.stat().st_size, file.stat().st_mtime_ns


def _record(epoch: int) -> dict[str, object]:
    trained = epoch > 0
    return {
        "epoch": epoch,
        "train_loss": 1.0 / epoch if trained else None,
        "train_accuracy": 0.5 + 0.2 * epoch if trained else None,
        "val_loss": 0.7 - 0.1 * epoch,
        "val_accuracy": 0.5 + 0.15 * epoch,
        "learning_rates": {"head": 0.01},
        "seconds": 0.1,
        "images_per_s": 420.0,
        "device": "cpu",
        "imported": "",
    }


def _description(data: Path, classes: tuple[str, ...], digest: str) -> dict[str, object]:
    return {
        "format": 1,
        "created": "2026-01-01T10:15:00+0000",
        "config": {
            "data": {"source": str(data), "images": None, "val_fraction": 0.15, "test_fraction": 0.15, "split_seed": 0},
            "model": {"backbone": "small_resnet", "weights": "builtin"},
            "strategy": {
                "name": "feature_extraction",
                "freeze_up_to": None,
                "learning_rates": {},
                "learning_rate_decay": 1.0,
                "unfreeze_every": None,
            },
            "train_transform": VIEW,
            "eval_transform": VIEW,
            "mix": {"name": "none", "alpha": 0.2},
            "cached_views": 4,
            "optimizer": {
                "name": "adam",
                "learning_rate": 0.01,
                "weight_decay": 0.0,
                "momentum": 0.9,
                "nesterov": False,
            },
            "schedule": {
                "name": "constant",
                "warmup_epochs": 0.0,
                "step_epochs": 7,
                "gamma": 0.1,
                "patience": 3,
            },
            "loss": {"label_smoothing": 0.0, "class_weights": "none"},
            "epochs": 2,
            "batch_size": 32,
            "gradient_clip": None,
            "ema_decay": None,
            "early_stopping": None,
            "keep_optimizer_state": "last_and_best",
            "report_every": None,
            "seed": 0,
            "device": "auto",
            "precision": "auto",
            "workers": None,
        },
        "dataset": {
            "name": data.name,
            "fingerprint": digest,
            "classes": list(classes),
            "counts": {"train": 42, "val": 18, "test": 14},
            "report_split": "test",
            "notes": [],
        },
        "versions": {"python": "3.11.8", "torch": "2.14.0"},
        "device": "cpu",
        "recipe": "",
        "sweep": "",
    }
