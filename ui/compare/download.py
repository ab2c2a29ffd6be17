"""What one can take away from the Compare page. Nothing is built before its button is clicked."""

import subprocess
import sys
import tempfile
from functools import partial
from pathlib import Path

import streamlit as st

import tlcore
from tlcore.delivery.export import FORMATS, file_name, keeps_optimizer
from tlcore.evaluation.result import Evaluation
from tlcore.runs.folder.run import Run
from ui.compare.import_weights import show_import

ELSEWHERE = ("pth", "safetensors", "checkpoint")
"""Formats that take torch, which this process does without."""
BUTTONS = {
    "pth": ("PyTorch weights", ":material/download:", "A plain state_dict, under torchvision's names."),
    "safetensors": ("safetensors", ":material/download:", "The same values, with classes and transform."),
    "checkpoint": (
        "Training checkpoint",
        ":material/restart_alt:",
        "With the optimiser's state, to go on from.",
    ),
    "python": ("Inference code", ":material/code:", "Python that uses the PyTorch weights."),
    "predictions": ("Predictions, CSV", ":material/table_chart:", "Each test image with all probabilities."),
    "epochs": ("Epochs, CSV", ":material/table_chart:", "Losses, accuracies and intervals of all epochs."),
}


def show_download(run: Run, evaluation: Evaluation, epoch: int) -> None:
    """A button per format, and the code to use the weights with."""
    with st.grid(3, min_column_width=240):
        for name, (label, icon, text) in BUTTONS.items():
            dropped = name == "checkpoint" and not keeps_optimizer(run, epoch)
            with st.container(border=True, height="stretch"):
                st.download_button(
                    label,
                    data=partial(_build, run, epoch, name),
                    file_name=file_name(run, epoch, name),
                    key=f"compare_download_{name}",
                    icon=icon,
                    on_click="ignore",
                    type="primary" if name == "pth" else "secondary",
                    width="stretch",
                    disabled=dropped,
                )
                st.caption("Kept of the last and the best epoch only." if dropped else text)
    show_import(run)
    with st.expander("The inference code", icon=":material/code:"):
        st.code(FORMATS["python"].build(run, epoch).decode(), language="python")


def _build(run: Run, epoch: int, name: str) -> bytes:
    if name not in ELSEWHERE:
        return FORMATS[name].build(run, epoch)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / file_name(run, epoch, name)
        command = [sys.executable, "-m", "tlcore", "export", str(run.path), "--epoch", str(epoch)]
        subprocess.run(
            [*command, "--format", name, "--out", str(path)],
            check=True,
            stdout=subprocess.DEVNULL,
            cwd=Path(tlcore.__file__).parents[1],
        )
        return path.read_bytes()
