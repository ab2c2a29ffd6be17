"""The picker of the training views. The draft holds a transform, not a name; the picker finds the matching choice."""

import streamlit as st

from tlcore.errors import TlcoreError
from tlcore.training.defaults import TRAIN_AUGMENTATION
from tlcore.training.refit import evaluation_view
from tlcore.training.views import OWN, Views, list_views, training_transform, views_of
from tlcore.transforms.spec import TransformSpec
from ui.shared.state import link, param, set_params
from ui.shared.widgets import error_box
from ui.train.draft import draft, note
from ui.train.fields import FormState

_KEY = "train_views"
_LABELS = {"automatic": "Automatic", "validation": "None, as in validation", "own": "As filled in"}


def show_views_picker(form: FormState) -> None:
    """Draw the picker. If the address names a transform, as the Augmentation page's link does, it is chosen."""
    settings = form.settings
    try:
        evaluation = evaluation_view(settings)
    except TlcoreError as error:  # weights that do not exist; the summary reports it too
        error_box(error)
        return
    if asked := param("transform"):
        set_params(transform=None)
        try:
            _put(Views("saved", asked), evaluation)
        except TlcoreError as error:
            error_box(error)
    own = _transform(settings["train_transform"])
    chosen = views_of(own, evaluation)
    if st.session_state.get(_KEY) != chosen:
        st.session_state[_KEY] = chosen
    left, right = st.columns(2, vertical_alignment="bottom")
    left.selectbox(
        "Training views",
        [*list_views(), *([OWN] if chosen == OWN else [])],
        format_func=_label,
        key=_KEY,
        on_change=_edit,
        args=(evaluation,),
        help="Random changes of the training images. Automatic: what suits the strategy.",
    )
    if right.button("Open the playground", key="train_playground", icon=":material/auto_fix_high:"):
        link("pages/augment.py")
    if own is None:
        usual = TRAIN_AUGMENTATION.get(settings["strategy"]["name"])
        st.caption(f"Automatic means “{usual.capitalize()}” here." if usual else "Automatic means: as in validation.")
    elif chosen == OWN:
        st.caption("The training views are those that the form was filled with.")
    if settings["eval_transform"] is not None:
        with st.container(horizontal=True, vertical_alignment="center"):
            st.caption("The validation view is one that the form was filled with.")
            st.button("Use that of the weights", key="train_usual_validation", on_click=_forget_evaluation)


def _label(views: Views) -> str:
    if views.kind == "saved":
        return f"{views.name} (saved)"
    return _LABELS.get(views.kind) or views.name.capitalize()


def _edit(evaluation: TransformSpec) -> None:
    chosen = st.session_state[_KEY]
    if chosen not in list_views() or chosen == OWN:
        return
    note(())
    try:
        _put(Views(*chosen), evaluation)
    except TlcoreError as error:
        note((str(error),))


def _put(views: Views, evaluation: TransformSpec) -> None:
    transform = training_transform(views, evaluation)
    draft()["train_transform"] = None if transform is None else transform.model_dump(mode="json")


def _forget_evaluation() -> None:
    draft()["eval_transform"] = None
    note(())


def _transform(settings: object) -> TransformSpec | None:
    return None if settings is None else TransformSpec.model_validate(settings)
