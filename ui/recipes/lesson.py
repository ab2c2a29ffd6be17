"""The page of one recipe: what each setting does, with figures from a run of it."""

from collections.abc import Callable, Sequence

import streamlit as st

from tlcore.data.dataset import Dataset
from tlcore.data.pixels.thumbnails import thumbnails
from tlcore.errors import TlcoreError
from tlcore.evaluation.words import chosen_on_val_words
from tlcore.figures.compare import plot_accuracy_by_epoch
from tlcore.figures.recipes import plot_movement
from tlcore.recipes.builtin import BUILTIN
from tlcore.recipes.fitting import recipe_config
from tlcore.recipes.lesson import FIGURES, GALLERY_IMAGES, GRID_IMAGES, WORDS_OF_RECIPES, Figure, chosen, lesson
from tlcore.recipes.recipe import Recipe
from tlcore.runs.folder.run import Run
from tlcore.training.history import best_record
from tlcore.words import percent
from ui.recipes.cards import missing_words, use
from ui.recipes.views import show_views
from ui.shared.cached import open_dataset
from ui.shared.curves import figure_of, history_of
from ui.shared.pictures import PictureGroup, picture_of, show_pictures
from ui.shared.prediction_gallery import show_gallery
from ui.shared.results import epochs_of, evaluation_of, predictions_of, remembered
from ui.shared.runs import run_label
from ui.shared.state import link, set_params
from ui.shared.torch_once import load_torch
from ui.shared.widgets import escape_markdown, show_figure

WIDTH_PX = 860
"""Width of the text: longer lines are hard to read."""
OF_DATASET: set[Figure] = {"images", "views"}
"""Figures that need no run."""


def show_lesson(recipe: Recipe, runs: Sequence[Run], source: str) -> None:
    """`runs` are all runs, the newest first; `source` is the dataset of the page."""
    with st.container(horizontal=True, vertical_alignment="center"):
        if st.button("All recipes", key="recipe_all", icon=":material/arrow_back:", type="tertiary"):
            set_params(recipe=None)
            st.rerun()
        label = "Fill the form" if recipe.task == "train" else "Ask it"
        if st.button(label, key="recipe_use", type="primary", icon=":material/edit_note:"):
            use(recipe, source)
    made = [run for run in runs if run.info.recipe == recipe.name]
    with st.container(width=WIDTH_PX, key="recipe_lesson"):
        st.header(escape_markdown(recipe.title))
        st.markdown(escape_markdown(recipe.summary))
        run = _pick_run(made)
        dataset = _dataset(recipe, run)
        if recipe.task == "train" and run is None:
            st.info(
                "There is no run of this recipe yet. Train it, and its curves and predictions are shown here.",
                icon=":material/monitoring:",
            )
        own = recipe.name not in BUILTIN
        for section in lesson(recipe, _drawable(run, dataset)):
            st.subheader(section.title)
            st.markdown(escape_markdown(section.text) if own and section.title in WORDS_OF_RECIPES else section.text)
            if section.figure is not None:
                _FIGURES[section.figure](run, dataset, recipe)
        if missing := missing_words(recipe):
            st.info(escape_markdown(missing), icon=":material/folder_off:")


def _drawable(run: Run | None, dataset: Dataset | None) -> set[Figure]:
    """The figures that there is something to draw from."""
    of_run = {figure for figure in FIGURES if figure not in OF_DATASET} if run is not None else set()
    if run is not None and evaluation_of(run) is None:
        of_run.discard("predictions")
    return of_run | (OF_DATASET if dataset is not None else set())


def _pick_run(made: list[Run]) -> Run | None:
    begun = {run.name: run for run in made if history_of(run)}
    if not begun:
        return None
    if len(begun) == 1:
        return next(iter(begun.values()))
    name = st.selectbox(
        "Figures of the run", list(begun), key="recipe_run", format_func=lambda name: run_label(begun[name])
    )
    return begun[name]


def _dataset(recipe: Recipe, run: Run | None) -> Dataset | None:
    """The dataset of the run, or else the recipe's own; None if it is not on this machine."""
    try:
        config = run.config if run is not None else recipe_config(recipe)
        return open_dataset(config.data.source)
    except TlcoreError:
        return None


def _show_images(run: Run | None, dataset: Dataset | None, recipe: Recipe) -> None:
    if dataset is None:
        return
    samples = dataset.split("train")
    shown = samples[:: max(1, len(samples) // GRID_IMAGES)][:GRID_IMAGES]
    jpegs = thumbnails(dataset.source, [sample.id for sample in shown])
    pictures = tuple(picture_of(sample.id, jpegs.get(sample.id), dataset.classes[sample.target]) for sample in shown)
    show_pictures([PictureGroup("", pictures)], key="recipe_images")


def _show_views(run: Run | None, dataset: Dataset | None, recipe: Recipe) -> None:
    if dataset is not None:
        config = chosen(recipe.config if run is None else run.config)
        show_views(dataset, config.train_transform, config.eval_transform)


def _show_changes(run: Run | None, dataset: Dataset | None, recipe: Recipe) -> None:
    if run is None:
        return
    load_torch()
    from tlcore.evaluation.movement import weight_movement

    epoch = history_of(run)[-1].epoch
    try:
        table = remembered("movement", [run], lambda: weight_movement(run, epoch), epoch)
    except TlcoreError as error:
        st.caption(escape_markdown(str(error)))
        return
    show_figure(plot_movement(table), key="recipe_changes")
    st.caption(f"From the first to epoch {epoch}: the length of the change over the length of what was there.")


def _show_training(name: str) -> Callable[[Run | None, Dataset | None, Recipe], None]:
    def show(run: Run | None, dataset: Dataset | None, recipe: Recipe) -> None:
        if run is not None:
            show_figure(figure_of(name, [run], [""]), key=f"recipe_{name.replace(' ', '_')}")

    return show


def _show_accuracy(run: Run | None, dataset: Dataset | None, recipe: Recipe) -> None:
    if run is None:
        return
    show_figure(plot_accuracy_by_epoch(epochs_of(run)), key="recipe_accuracy")
    history = history_of(run)
    best = best_record(history)
    first = history[0]
    st.caption(
        f"Epoch {first.epoch} has {percent(first.val_accuracy)} on val, epoch {best.epoch}, "
        f"{chosen_on_val_words(len(history))}, {percent(best.val_accuracy)}."
    )
    if st.button("Compare its epochs", key="recipe_compare", icon=":material/query_stats:"):
        link("pages/compare.py", run=run.name)


def _show_predictions(run: Run | None, dataset: Dataset | None, recipe: Recipe) -> None:
    if run is None:
        return
    evaluation = evaluation_of(run)
    if evaluation is None:
        st.caption("Its epochs are evaluated when the training is over.")
        return
    table = predictions_of(run, evaluation, evaluation.best_by_val)
    table = table.sort_values(["right", "confidence"], ascending=[True, False], kind="stable").head(GALLERY_IMAGES)
    show_gallery(run, table, "recipe_predictions", per_page=GALLERY_IMAGES)


_FIGURES: dict[Figure, Callable[[Run | None, Dataset | None, Recipe], None]] = {
    "images": _show_images,
    "views": _show_views,
    "changes": _show_changes,
    "rates": _show_training("learning rates"),
    "losses": _show_training("loss"),
    "accuracy": _show_accuracy,
    "predictions": _show_predictions,
}
