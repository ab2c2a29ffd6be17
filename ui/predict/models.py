"""Which models the Predict page asks: epochs of a run, or a network with its ImageNet classes. A few are kept."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import streamlit as st

from tlcore.evaluation.stored import checkpoint_stamp
from tlcore.runs.folder.run import Run
from tlcore.training.history import best_epoch
from tlcore.words import percent
from ui.shared.backbones import imagenet_weights_here
from ui.shared.cached import list_runs
from ui.shared.hosting import is_hosted
from ui.shared.runs import readable_runs, run_label
from ui.shared.state import param, set_params
from ui.shared.widgets import empty_state

if TYPE_CHECKING:
    from tlcore.evaluation.predict import Predictor

RUN, IMAGENET = "Own run", "ImageNet classes"


@dataclass(frozen=True)
class ModelRef:
    """A model to ask, light enough to be a cache key."""

    title: str
    run: str = ""
    """Path of the run; empty: a network as it was pretrained."""
    epoch: int = 0
    stamp: str = ""
    backbone: str = ""
    weights: str = "imagenet"
    """Of a network as it was pretrained; or a file."""

    def load(self) -> "Predictor":
        """Raises TlcoreError."""
        return _load_run(self.run, self.epoch, self.stamp) if self.run else _load_imagenet(self.backbone, self.weights)


def pick_models() -> list[ModelRef]:
    """One model, or two to see beside each other; none where there is nothing to choose yet."""
    kind = st.segmented_control(
        "Model",
        [RUN, IMAGENET],
        default=RUN,
        required=True,
        key="predict_kind",
        persist_state="session",
        label_visibility="collapsed",
    )
    return _pick_epochs() if kind == RUN else _pick_imagenet()


def _pick_epochs() -> list[ModelRef]:
    runs = {name: run for name, run in readable_runs(list_runs()).items() if run.epochs()}
    if not runs:
        empty_state(
            "There is no trained model yet.",
            "Train the first one",
            key="predict_train",
            icon=":material/model_training:",
            page="pages/train.py",
        )
        return []
    names = list(runs)
    asked = param("run")
    name = st.selectbox(
        "Run",
        names,
        index=names.index(asked) if asked in names else 0,
        key="predict_run",
        format_func=lambda name: run_label(runs[name], with_dataset=True),
        on_change=lambda: set_params(run=st.session_state["predict_run"]),
    )
    run = runs[name]
    epochs = _epochs(run)
    first, second = st.columns(2)
    chosen = first.selectbox(
        "Epoch", list(epochs), format_func=epochs.__getitem__, key=f"predict_epoch_{name}", persist_state="session"
    )
    others = [epoch for epoch in epochs if epoch != chosen]
    beside = second.selectbox(
        "Beside it",
        others,
        index=None,
        format_func=epochs.__getitem__,
        key=f"predict_beside_{name}",
        placeholder="No second epoch",
        disabled=not others,
        persist_state="session",
    )
    return [_of_run(run, epoch) for epoch in (chosen, beside) if epoch is not None]


def _epochs(run: Run) -> dict[int, str]:
    """Epochs with a checkpoint, the one that val chose first, each in words."""
    saved = set(run.epochs())
    history = [record for record in run.history() if record.epoch in saved]
    if not history:
        return {epoch: f"epoch {epoch}" for epoch in sorted(saved)}
    best = best_epoch(history)
    history.sort(key=lambda record: (record.epoch != best, record.epoch))
    notes = {0: "untrained head", best: "best on val"}
    return {
        record.epoch: f"epoch {record.epoch} · {notes.get(record.epoch) or f'val {percent(record.val_accuracy)}'}"
        for record in history
    }


def _of_run(run: Run, epoch: int) -> ModelRef:
    return ModelRef(f"epoch {epoch}", run=str(run.path), epoch=epoch, stamp=str(checkpoint_stamp(run, epoch)))


def _pick_imagenet() -> list[ModelRef]:
    there = imagenet_weights_here()
    offered = [name for name in there if there[name] or not is_hosted()]  # strangers do not make the server download
    if not offered:
        st.info("No ImageNet weights are on this machine.", icon=":material/cloud_off:")
        return []
    network, weights = st.columns(2)
    name = network.selectbox(
        "Network",
        offered,
        index=0 if there[offered[0]] else None,  # nothing is downloaded unasked
        key="predict_backbone",
        format_func=lambda name: name if there[name] else f"{name} · to be downloaded",
        placeholder="Choose a network",
        persist_state="session",
    )
    if is_hosted():
        file = ""
    else:
        file = weights.text_input(
            "Weights file",
            key="predict_weights",
            placeholder="else torchvision's",
            max_chars=1000,
            persist_state="session",
        ).strip()
    return [ModelRef(name, backbone=name, weights=file or "imagenet")] if name else []


@st.cache_resource(max_entries=4, ttl=3600, show_spinner="Loading the model …")
def _load_run(path: str, epoch: int, stamp: str) -> "Predictor":
    from tlcore.evaluation.predict import load_predictor

    return load_predictor(Run(Path(path)), epoch)


@st.cache_resource(max_entries=2, ttl=3600, show_spinner="Loading the network …")
def _load_imagenet(backbone: str, weights: str) -> "Predictor":
    from tlcore.evaluation.predict import imagenet_predictor

    return imagenet_predictor(backbone, weights)
