"""A small builder for graphs of ONNX, for the parts of an export that are not the network."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import onnx
from onnx import helper, numpy_helper

OPSET = 20
"""The operator set of every exported file: the default of torch's exporter."""
IR_VERSION = 10
"""The version of the file format that belongs to it: newer ones need newer runtimes."""


class GraphBuilder:
    """Collects nodes and constants. Values are known by their names, which all begin with the prefix."""

    def __init__(self, prefix: str) -> None:
        self._prefix = prefix
        self._count = 0
        self.nodes: list[onnx.NodeProto] = []
        self.constants: list[onnx.TensorProto] = []

    def add(self, operator: str, *inputs: str, name: str | None = None, **attributes: Any) -> str:
        """Add an operator with one output; returns the name of the output."""
        output = name or self._name()
        self.nodes.append(helper.make_node(operator, list(inputs), [output], name=f"{output}_node", **attributes))
        return output

    def constant(self, value: Any, dtype: Any) -> str:
        name = self._name()
        self.constants.append(numpy_helper.from_array(np.asarray(value, dtype=dtype), name))
        return name

    def number(self, value: float) -> str:
        return self.constant(value, np.float64)

    def ints(self, values: int | Sequence[int]) -> str:
        return self.constant(values, np.int64)

    def cast(self, value: str, to: int) -> str:
        return self.add("Cast", value, to=to)

    def _name(self) -> str:
        self._count += 1
        return f"{self._prefix}{self._count}"
