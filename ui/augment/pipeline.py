"""The pipeline editor: operations in an order that the user changes, each with its controls.

The session keeps the steps as plain data, `{"id": 3, "op": "RandomCrop", "size": 224}`. A control's key contains the
id, so that a step keeps its controls when it moves.
"""

from collections.abc import Callable, Mapping
from typing import Any, get_args

import streamlit as st

from tlcore.errors import ConfigError
from tlcore.training.resolve import augmented
from tlcore.transforms.presets import AUGMENTATIONS
from tlcore.transforms.saved import damaged_transforms, list_transforms, load_transform
from tlcore.transforms.spec import Operation, TransformSpec
from ui.augment.controls import control
from ui.shared.state import take
from ui.shared.widgets import note_left_out

_STEPS, _NEXT_ID, _START, _ADD, _OPEN = (f"augment_{name}" for name in ("steps", "next_id", "start", "add", "open"))
_SAVED = "saved:"  # prefix for saved transforms, which may have the name of a preset
OPERATIONS = {kind.model_fields["op"].default: kind for kind in get_args(get_args(Operation)[0])}
FIRST, VALIDATION = "standard", "validation"
MAX_STEPS = 16


def edit_pipeline(evaluation: TransformSpec, size_px: int) -> TransformSpec:
    """Draw the editor, and return the transform: the edited operations, with mean and std of the weights.

    Only the visitor sets "Start from". If the script set it to match the steps, edits would be lost: with the next
    change of a slider the browser also sends the old value of "Start from", and that would count as a new choice.
    """
    starts = _starts(evaluation)
    if _STEPS not in st.session_state:
        load_operations(starts[FIRST].operations)
    with st.container(horizontal=True, vertical_alignment="bottom", gap="xsmall"):
        start = st.selectbox(
            "Start from",
            list(starts),
            index=list(starts).index(FIRST),
            key=_START,
            format_func=lambda name: name.removeprefix(_SAVED) + (" (saved)" if name.startswith(_SAVED) else ""),
            on_change=_start_over,
            args=(starts,),
            help="Loads the operations of a preset or of a saved transform into the list below.",
            persist_state="session",
            width="stretch",
        )
        undo = st.container(width="content")
    note_left_out("saved transform", damaged_transforms())
    steps = st.session_state[_STEPS]
    for position, step in enumerate(steps):
        _edit_step(position, step, len(steps))
    st.selectbox(
        "Add an operation",
        list(OPERATIONS),
        index=None,
        key=_ADD,
        placeholder="Add an operation",
        on_change=_add,
        args=(size_px,),
        disabled=len(steps) >= MAX_STEPS,
        label_visibility="collapsed",
        icon=":material/add:",
    )
    transform = _spec(evaluation)
    undo.button(
        "Undo changes",
        key="augment_undo",
        icon=":material/undo:",
        on_click=_start_over,
        args=(starts,),
        disabled=start is None or transform.operations == starts[start].operations,
        help="Load the operations again that you started from.",
    )
    return transform


def load_operations(operations: tuple[Any, ...]) -> None:
    """Replace the steps."""
    st.session_state[_STEPS] = []
    for operation in operations:
        _append(operation.model_dump())
    st.session_state.pop(_OPEN, None)


def fit_steps(before: dict[str, Any], after: dict[str, Any]) -> None:
    """Steps that had the size or the interpolation of the old backbone get those of the new one."""
    for step in st.session_state.get(_STEPS, []):
        changes = {name: value for name, value in after.items() if name in step and step[name] == before[name] != value}
        if changes:
            step.update(id=_new_id(), **changes)  # a new id gives a new key, so the control takes the new value


def _starts(evaluation: TransformSpec) -> dict[str, TransformSpec]:
    starts = {name: augmented(evaluation, name) for name in AUGMENTATIONS}
    starts[VALIDATION] = evaluation
    for name in list_transforms():
        try:
            starts[f"{_SAVED}{name}"] = load_transform(name)
        except ConfigError:
            continue  # `note_left_out` tells of it
    return starts


def _spec(evaluation: TransformSpec) -> TransformSpec:
    operations = [{name: value for name, value in step.items() if name != "id"} for step in st.session_state[_STEPS]]
    return TransformSpec.model_validate({**evaluation.model_dump(), "operations": operations})


def _edit_step(position: int, step: dict[str, Any], steps: int) -> None:
    fields = {name: info for name, info in OPERATIONS[step["op"]].model_fields.items() if name != "op"}
    opened = st.session_state.get(_OPEN, st.session_state[_STEPS][0]["id"]) == step["id"]
    with st.container(horizontal=True, wrap=False, gap="xxsmall", key=f"augment_step_{step['id']}"):
        with st.expander(step["op"], expanded=opened, key=f"augment_fold_{step['id']}"):
            for name, info in fields.items():
                step[name] = control(name, info, step[name], _key(step, name))
            if not fields:
                st.caption("Nothing to set.")
        actions: dict[str, tuple[str, Callable[..., None], bool]] = {
            "up": (":material/arrow_upward:", _move_up, position == 0),
            "down": (":material/arrow_downward:", _move_down, position == steps - 1),
            "remove": (":material/close:", _remove, False),
        }
        for name, (icon, action, disabled) in actions.items():
            st.button(
                "",
                icon=icon,
                key=f"augment_{name}_{step['id']}",
                on_click=action,
                args=(position,),
                disabled=disabled,
                type="tertiary",
                help=f"Move {name}" if name != "remove" else "Remove",
            )


def _key(step: Mapping[str, Any], name: str) -> str:
    return f"augment_{step['id']}_{name}"


def _append(values: Mapping[str, Any]) -> None:
    st.session_state[_STEPS].append({"id": _new_id(), **values})


def _new_id() -> int:
    number: int = st.session_state.get(_NEXT_ID, 0)
    st.session_state[_NEXT_ID] = number + 1
    return number


def _start_over(starts: Mapping[str, TransformSpec]) -> None:
    chosen = st.session_state.get(_START, FIRST)
    if chosen in starts:
        load_operations(starts[chosen].operations)


def _add(size_px: int) -> None:
    name = take(_ADD)
    if name is None:
        return
    size = {"size": size_px} if "size" in OPERATIONS[name].model_fields else {}
    _append(OPERATIONS[name].model_validate(size).model_dump())
    st.session_state[_OPEN] = st.session_state[_STEPS][-1]["id"]


def _move_up(position: int) -> None:
    steps = st.session_state[_STEPS]
    steps[position - 1], steps[position] = steps[position], steps[position - 1]


def _move_down(position: int) -> None:
    _move_up(position + 1)


def _remove(position: int) -> None:
    del st.session_state[_STEPS][position]
