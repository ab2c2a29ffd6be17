"""Certificates of exported files, without exporting anything."""

from typing import Any

from tlcore.delivery.certificate import Certificate


def certificate(**changes: Any) -> Certificate:
    """One that objects to nothing, with changes by keyword."""
    plain: dict[str, Any] = {
        "made": "2026-01-01",
        "tlcore_version": "1",
        "runtime": "ONNX Runtime 1",
        "file_sha256": "0",
        "file_bytes": 1,
        "precision": "fp32",
        "preprocessing": False,
        "run": "run",
        "epoch": 1,
        "dataset": "d",
        "dataset_fingerprint": "f",
        "temperature": 1.0,
        "threshold": 0.0,
        "stored_precision": "fp32",
        "split": "test",
        "images": 100,
        "same": 100,
        "largest_difference": 0.0001,
        "median_difference": 0.0,
        "right_stored": 90,
        "right_file": 90,
        "mended": 0,
        "broken": 0,
        "p_value": 1.0,
        "tolerance": 0.001,
    }
    return Certificate(**{**plain, **changes})
