"""The pickers of models on the Predict page: epochs of a run, or a network with ImageNet classes. A few are cached."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import streamlit as st

from tlcore.evaluation.answers import answers_version
from tlcore.evaluation.stored import checkpoint_stamp
from tlcore.recipes.recipe import Recipe
from tlcore.recipes.saved import list_recipes
from tlcore.runs.folder.run import Run
from tlcore.training.history import best_epoch
from tlcore.transforms.spec import TransformSpec
from tlcore.words import percent
from ui.shared.backbones import imagenet_weights_here
from ui.shared.cached import list_runs
from ui.shared.caching import by_path, cache_resource
from ui.shared.hosting import is_hosted
from ui.shared.runs import newest_of, note_other_dataset, readable_runs, run_labels
from ui.shared.state import param, set_params
from ui.shared.views import pick_view
from ui.shared.widgets import empty_state, escape_markdown

if TYPE_CHECKING:
    from tlcore.evaluation.predict import Predictor

RUN, IMAGENET = "run", "imagenet"
KINDS = {RUN: "Own run", IMAGENET: "ImageNet classes"}
_LAST = "predict_last"


@dataclass(frozen=True)
class ModelRef:
    """Names a model without loading it, so that it can be a cache key."""

    title: str
    run: str = ""
    """Path of the run; empty: a pretrained network without fine-tuning."""
    epoch: int = 0
    stamp: str = ""
    backbone: str = ""
    weights: str = ""
    """A file with the weights; empty: the usual ones of the backbone."""
    transform: str = ""
    """JSON of the transform for a pretrained network; empty: the transform of its weights."""
    dataset: str = ""
    """Source of the dataset that a run was trained on: the right class is known only for its images."""

    def load(self) -> "Predictor":
        """Raises TlcoreError."""
        return (
            _load_run(self.run, self.epoch, self.stamp)
            if self.run
            else _load_imagenet(self.backbone, self.weights, self.transform)
        )


def pick_models(dataset_source: str) -> list[ModelRef]:
    """One model, or two to compare; none if there is nothing to choose yet."""
    kind = pick_view("predict_kind", KINDS, "Model")
    return pick_epochs(dataset_source) if kind == RUN else _pick_imagenet()


def pick_epochs(dataset_source: str, *, beside: bool = True) -> list[ModelRef]:
    """An epoch of a run, or two with `beside`; none if there is no run yet."""
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
    labels = run_labels(list(runs.values()), with_dataset=True)
    st.session_state["predict_run"] = _run_to_ask(runs, dataset_source)
    name = st.selectbox(
        "Run",
        list(runs),
        key="predict_run",
        format_func=labels.__getitem__,
        on_change=lambda: set_params(run=st.session_state["predict_run"]),
    )
    st.session_state[_LAST] = (dataset_source, name)
    note_other_dataset(runs[name], dataset_source)
    run = runs[name]
    epochs = _epochs(run)
    first, second = st.columns(2)
    chosen = first.selectbox(
        "Epoch", list(epochs), format_func=epochs.__getitem__, key=f"predict_epoch_{name}", persist_state="session"
    )
    if not beside:
        return [_of_run(run, chosen)]
    others = [epoch for epoch in epochs if epoch != chosen]
    second_epoch = second.selectbox(
        "Second epoch",
        others,
        index=None,
        format_func=epochs.__getitem__,
        key=f"predict_beside_{name}",
        placeholder="none",
        disabled=not others,
        persist_state="session",
    )
    return [_of_run(run, epoch) for epoch in (chosen, second_epoch) if epoch is not None]


def _run_to_ask(runs: dict[str, Run], dataset_source: str) -> str:
    """The run that the address names; the newest on this dataset if it names none or the dataset has changed."""
    asked = param("run")
    last_dataset, last_run = st.session_state.get(_LAST, (dataset_source, ""))
    moved_on = last_dataset != dataset_source and last_run == asked
    if asked in runs and not moved_on:
        return asked
    newest = newest_of(runs, dataset_source) or (asked if asked in runs else next(iter(runs)))
    if moved_on:
        set_params(run=newest)
    return newest


def _epochs(run: Run) -> dict[int, str]:
    """Labels of the epochs with a checkpoint. The epoch chosen on val comes first."""
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
    return ModelRef(
        f"epoch {epoch}",
        run=str(run.path),
        epoch=epoch,
        stamp=f"{checkpoint_stamp(run, epoch)} {answers_version(run)}",
        dataset=run.config.data.source,
    )


def _pick_imagenet() -> list[ModelRef]:
    there = imagenet_weights_here()
    offered = [name for name in there if there[name] or not is_hosted()]  # visitors cannot start a download
    if not offered:
        st.info("No ImageNet weights are on this machine.", icon=":material/cloud_off:")
        return []
    recipe = _asked_recipe()
    backbone = recipe.config.model.backbone if recipe else ""
    network, weights = st.columns(2)
    name = network.selectbox(
        "Network",
        offered,
        # nothing is downloaded without a click
        index=offered.index(backbone) if backbone in offered else 0 if there[offered[0]] else None,
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
            placeholder="else the published ones",
            max_chars=1000,
            persist_state="session",
        ).strip()
    if not name:
        return []
    transform = recipe.config.eval_transform if recipe and name == backbone else None
    if recipe and transform:
        steps = ", ".join(step.op for step in transform.operations)
        st.caption(f"Images go through the transform of the recipe “{escape_markdown(recipe.title)}”: {steps}.")
    as_json = "" if transform is None else transform.model_dump_json()
    return [ModelRef(name, backbone=name, weights=file, transform=as_json)]


def _asked_recipe() -> Recipe | None:
    """The recipe that linked to this page, by its name in the address."""
    return next((recipe for recipe in list_recipes() if recipe.name == param("predict_recipe")), None)


@cache_resource(by_path, max_entries=4, ttl=3600, show_spinner="Loading the model …")
def _load_run(path: str, epoch: int, stamp: str) -> "Predictor":
    from tlcore.evaluation.predict import load_predictor

    return load_predictor(Run(Path(path)), epoch)


@st.cache_resource(max_entries=2, ttl=3600, show_spinner="Loading the network …")
def _load_imagenet(backbone: str, weights: str, transform: str) -> "Predictor":
    from tlcore.evaluation.predict import imagenet_predictor

    spec = TransformSpec.model_validate_json(transform) if transform else None
    return imagenet_predictor(backbone, weights or None, transform=spec)
