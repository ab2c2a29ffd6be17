"""One control per parameter of an operation, found by the parameter's name: operations share names and meanings."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, get_args

import streamlit as st
from pydantic.fields import FieldInfo

RATIOS = [0.2, 0.25, 0.3, 1 / 3, 0.5, 2 / 3, 0.75, 0.8, 1.0, 1.25, 4 / 3, 1.5, 2.0, 3.0, 3.3, 4.0, 5.0]
_NAMED_RATIOS = {0.25: "1:4", 1 / 3: "1:3", 0.5: "1:2", 2 / 3: "2:3", 0.75: "3:4", 0.8: "4:5", 1.0: "1:1", 1.25: "5:4"}
_NAMED_RATIOS |= {4 / 3: "4:3", 1.5: "3:2", 2.0: "2:1", 3.0: "3:1", 4.0: "4:1"}


def control(name: str, info: FieldInfo, value: Any, key: str) -> Any:
    """Draw the control of a parameter and return its value. `value` is its current value, also after a page switch."""
    known = _CONTROLS.get(name)
    if known is None or not isinstance(value, known.takes):
        st.caption(f"{name}: {value}")
        return value
    return known.draw(known, info, value, key)


@dataclass(frozen=True)
class _Control:
    draw: "Callable[[_Control, FieldInfo, Any, str], Any]"
    label: str
    low: float = 0.0
    high: float = 1.0
    step: float = 0.01
    format: str | None = None
    help: str | None = None
    takes: tuple[type, ...] = field(default=(int, float))


def _slider(settings: _Control, info: FieldInfo, value: Any, key: str) -> Any:
    """A slider for a number, or for a pair as a range. Its bounds always include the value that it starts with."""
    first = st.session_state.setdefault(f"{key}_first", value)
    values = first if isinstance(first, tuple | list) else (first,)
    kind = int if isinstance(settings.step, int) else float
    return st.slider(
        settings.label,
        kind(min(settings.low, *values)),
        kind(max(settings.high, *values)),
        value,
        step=settings.step,
        format=settings.format,
        key=key,
        help=settings.help,
    )


def _ratio(settings: _Control, info: FieldInfo, value: Any, key: str) -> Any:
    first = st.session_state.setdefault(f"{key}_first", value)
    return st.select_slider(
        settings.label,
        sorted({*RATIOS, *first}),
        value,
        format_func=lambda ratio: _NAMED_RATIOS.get(ratio, f"{ratio:.2g}"),
        key=key,
        help=settings.help,
    )


def _choice(settings: _Control, info: FieldInfo, value: Any, key: str) -> Any:
    options = get_args(info.annotation)
    return st.selectbox(settings.label, options, options.index(value), key=key, help=settings.help)


def _switch(settings: _Control, info: FieldInfo, value: Any, key: str) -> Any:
    return st.toggle(settings.label, value, key=key, help=settings.help)


_PAIR = (tuple, list)
_CONTROLS = {
    "size": _Control(_slider, "Size in pixels", 16, 512, 1),
    "scale": _Control(
        _slider, "Share of the area", 0.01, 1.0, 0.01, "percent", "A box is drawn from this range.", _PAIR
    ),
    "ratio": _Control(_ratio, "Width to height", help="Drawn evenly on a logarithmic scale.", takes=_PAIR),
    "interpolation": _Control(_choice, "Interpolation", takes=(str,)),
    "p": _Control(_slider, "Probability", 0.0, 1.0, 0.05, "percent"),
    "degrees": _Control(_slider, "At most, in degrees either way", 0.0, 180.0, 1.0, "%d°"),
    "brightness": _Control(_slider, "Brightness", 0.0, 1.0, 0.05, help="0.4: times 0.6 to 1.4."),
    "contrast": _Control(_slider, "Contrast", 0.0, 1.0, 0.05),
    "saturation": _Control(_slider, "Saturation", 0.0, 1.0, 0.05),
    "hue": _Control(_slider, "Hue", 0.0, 0.5, 0.01, help="0.5: any colour may become any other."),
    "num_ops": _Control(_slider, "Operations in a row", 1, 6, 1),
    "magnitude": _Control(_slider, "Magnitude", 0, 30, 1),
    "kernel_size": _Control(_slider, "Kernel in pixels", 1, 31, 2),
    "sigma": _Control(_slider, "Sigma in pixels", 0.1, 5.0, 0.1, takes=_PAIR),
    "padding": _Control(_slider, "Padding in pixels", 0, 64, 1),
    "pad_if_needed": _Control(_switch, "Pad images that are too small", takes=(bool,)),
}
