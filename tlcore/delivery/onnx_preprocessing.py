"""The evaluation transform as a graph of ONNX: uint8 RGB of any size in, normalised float32 of the network's size out.

ONNX has an operator for antialiased resizing, but runtimes compute other pixels with it than torchvision: up to 4 of
255. Here the weights of every pixel are computed in the graph, as torch computes them on processors with vector units:
first along the rows, then along the columns, in whole numbers, with rounding to 8 bits after each.

Source of the resizing: torch, `aten/src/ATen/native/cpu/UpSampleKernel.cpp`, `compute_index_ranges_int16_weights`.
Shapes: N images, H x W px; the last two axes of values are (rows, columns).
"""

import math

import numpy as np
import onnx
from onnx import TensorProto, helper

from tlcore.delivery.onnx_graph import IR_VERSION, OPSET, GraphBuilder
from tlcore.errors import ConfigError
from tlcore.transforms.spec import CenterCrop, Resize, TransformSpec

INPUT, OUTPUT = "images", "network_input"

_RADIUS = {"bilinear": 1.0, "bicubic": 2.0, "lanczos": 3.0}
"""The interpolations with weights, and how far their filters reach, in px of the smaller of both images."""
_CUBIC = -0.5  # the parameter of bicubic interpolation with antialiasing, in torch and Pillow
_LARGEST_WEIGHT, _MOST_BITS = 32767.5, 22  # weights are whole numbers of 16 bits, with as many digits as fit


def preprocessing_graph(transform: TransformSpec) -> onnx.ModelProto:
    """A model from `images`, uint8 (N, H, W, 3), to `network_input`, float32 (N, 3, height, width).

    Raises ConfigError if an operation cannot be written as a graph that gives the same pixels.
    """
    graph = GraphBuilder("pre_")
    pixels = graph.cast(graph.add("Transpose", INPUT, perm=[0, 3, 1, 2]), TensorProto.FLOAT)
    for operation in transform.operations:
        if isinstance(operation, Resize):
            pixels = _resize(graph, pixels, operation)
        elif isinstance(operation, CenterCrop):
            pixels = _center_crop(graph, pixels, operation)
        else:
            raise ConfigError(
                f"{operation.op} cannot be a part of an ONNX file: there are only Resize and CenterCrop. "
                "Export without preprocessing."
            )
    scaled = graph.add("Mul", pixels, graph.constant(1 / 255, np.float32))
    mean, std = (
        graph.constant(np.reshape(values, (3, 1, 1)), np.float32) for values in (transform.mean, transform.std)
    )
    graph.add("Div", graph.add("Sub", scaled, mean), std, name=OUTPUT)
    height, width = transform.output_px()
    image = helper.make_tensor_value_info(INPUT, TensorProto.UINT8, ["images", "height", "width", 3])
    result = helper.make_tensor_value_info(OUTPUT, TensorProto.FLOAT, ["images", 3, height, width])
    made = helper.make_graph(graph.nodes, "preprocessing", [image], [result], graph.constants)
    return helper.make_model(made, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=IR_VERSION)


def _sides(graph: GraphBuilder, pixels: str) -> tuple[str, str]:
    """Height and width, each an int64 without axes."""
    shape = graph.add("Shape", pixels)
    height, width = (graph.add("Gather", shape, graph.ints(axis), axis=0) for axis in (2, 3))
    return height, width


def _resize(graph: GraphBuilder, pixels: str, operation: Resize) -> str:
    height, width = _sides(graph, pixels)
    if isinstance(operation.size, int):  # of the shorter side; the longer one is rounded down
        wanted = graph.ints(operation.size)
        shorter = graph.add("Min", height, width)
        new_height, new_width = (graph.add("Div", graph.add("Mul", wanted, side), shorter) for side in (height, width))
    else:
        new_height, new_width = (graph.ints(side) for side in operation.size)
    if operation.interpolation in ("nearest", "nearest-exact"):
        shift = 0.5 if operation.interpolation == "nearest-exact" else 0.0
        rows = _nearest(graph, height, new_height, shift)
        columns = _nearest(graph, width, new_width, shift)
        return graph.add("Gather", graph.add("Gather", pixels, columns, axis=3), rows, axis=2)
    columns, unit = _weights(graph, width, new_width, operation.interpolation)
    along = _to_8_bits(graph, graph.add("MatMul", pixels, graph.add("Transpose", columns, perm=[1, 0])), unit)
    rows, unit = _weights(graph, height, new_height, operation.interpolation)
    return _to_8_bits(graph, graph.add("MatMul", rows, along), unit)


def _nearest(graph: GraphBuilder, before: str, after: str, shift: float) -> str:
    """The index of the pixel of the old image for each of the new one."""
    old, new = (graph.cast(side, TensorProto.FLOAT) for side in (before, after))
    places = graph.add("Range", graph.constant(0, np.float32), new, graph.constant(1, np.float32))
    places = graph.add("Add", places, graph.constant(shift, np.float32))
    found = graph.cast(graph.add("Mul", places, graph.add("Div", old, new)), TensorProto.INT64)
    return graph.add("Min", found, graph.add("Sub", before, graph.ints(1)))


def _weights(graph: GraphBuilder, before: str, after: str, interpolation: str) -> tuple[str, str]:
    """Whole-numbered weights as float32 (after, before), and the sum that stands for 1."""
    old, new = (graph.cast(side, TensorProto.DOUBLE) for side in (before, after))
    scale = graph.add("Div", old, new)
    stretch = graph.add("Max", scale, graph.number(1.0))
    radius = graph.add("Mul", graph.number(_RADIUS[interpolation]), stretch)
    places = graph.add("Unsqueeze", graph.add("Range", graph.number(0), new, graph.number(1)), graph.ints([1]))
    centres = graph.add("Mul", scale, graph.add("Add", places, graph.number(0.5)))
    pixels = graph.add("Unsqueeze", graph.add("Range", graph.number(0), old, graph.number(1)), graph.ints([0]))
    first = _whole(graph, graph.add("Add", graph.add("Sub", centres, radius), graph.number(0.5)))
    end = _whole(graph, graph.add("Add", graph.add("Add", centres, radius), graph.number(0.5)))
    inside = graph.add("And", graph.add("GreaterOrEqual", pixels, first), graph.add("Less", pixels, end))
    distance = graph.add("Add", graph.add("Sub", pixels, centres), graph.number(0.5))
    distance = graph.add("Abs", graph.add("Mul", distance, graph.add("Div", graph.number(1.0), stretch)))
    values = graph.add("Where", inside, _FILTERS[interpolation](graph, distance), graph.number(0.0))
    shares = graph.add("Div", values, graph.add("ReduceSum", values, graph.ints([1]), keepdims=1))
    powers = graph.constant([2.0 ** (bits + 1) for bits in range(_MOST_BITS)], np.float64)
    fitting = graph.add(
        "Less", graph.add("Mul", graph.add("ReduceMax", shares, keepdims=0), powers), graph.number(_LARGEST_WEIGHT)
    )
    bits = graph.add("ReduceSum", graph.cast(fitting, TensorProto.DOUBLE), keepdims=0)
    unit = graph.add("Pow", graph.number(2.0), bits)
    size = graph.add("Floor", graph.add("Add", graph.add("Mul", graph.add("Abs", shares), unit), graph.number(0.5)))
    signed = graph.add("Mul", graph.add("Sign", shares), size)
    return graph.cast(signed, TensorProto.FLOAT), graph.cast(unit, TensorProto.FLOAT)


def _whole(graph: GraphBuilder, value: str) -> str:
    """The value without its fraction. Whatever is below the first pixel stays below it or becomes the first."""
    return graph.cast(graph.cast(value, TensorProto.INT64), TensorProto.DOUBLE)


def _to_8_bits(graph: GraphBuilder, sums: str, unit: str) -> str:
    """Sums of whole-numbered weights times pixels as 0 to 255, rounded half up, as float32."""
    half = graph.add("Mul", unit, graph.constant(0.5, np.float32))
    rounded = graph.add("Floor", graph.add("Div", graph.add("Add", sums, half), unit))
    return graph.add("Clip", rounded, graph.constant(0, np.float32), graph.constant(255, np.float32))


def _linear(graph: GraphBuilder, distance: str) -> str:
    return graph.add("Max", graph.add("Sub", graph.number(1.0), distance), graph.number(0.0))


def _cubic(graph: GraphBuilder, x: str) -> str:
    """Keys (1981): ((a + 2) x - (a + 3)) x² + 1 up to 1, (((x - 5) x + 8) x - 4) a up to 2, then 0."""
    near = graph.add("Sub", graph.add("Mul", graph.number(_CUBIC + 2), x), graph.number(_CUBIC + 3))
    near = graph.add("Add", graph.add("Mul", graph.add("Mul", near, x), x), graph.number(1.0))
    far = graph.add("Add", graph.add("Mul", graph.add("Sub", x, graph.number(5.0)), x), graph.number(8.0))
    far = graph.add("Mul", graph.add("Sub", graph.add("Mul", far, x), graph.number(4.0)), graph.number(_CUBIC))
    outer = graph.add("Where", graph.add("Less", x, graph.number(2.0)), far, graph.number(0.0))
    return graph.add("Where", graph.add("Less", x, graph.number(1.0)), near, outer)


def _lanczos(graph: GraphBuilder, x: str) -> str:
    """sinc(x) sinc(x / 3) up to 3, then 0."""
    angle = graph.add("Mul", graph.add("Max", x, graph.number(1e-12)), graph.number(math.pi))
    third = graph.add("Div", angle, graph.number(3.0))
    wave = graph.add(
        "Mul", graph.add("Div", graph.add("Sin", angle), angle), graph.add("Div", graph.add("Sin", third), third)
    )
    return graph.add("Where", graph.add("Less", x, graph.number(3.0)), wave, graph.number(0.0))


def _center_crop(graph: GraphBuilder, pixels: str, operation: CenterCrop) -> str:
    """With black around an image that is smaller, as torchvision does."""
    wanted = (operation.size, operation.size) if isinstance(operation.size, int) else operation.size
    zero, one, two = (graph.ints(value) for value in (0, 1, 2))
    before, after = [], []
    for side, target in zip(_sides(graph, pixels), wanted, strict=True):
        missing = graph.add("Max", graph.add("Sub", graph.ints(target), side), zero)
        before.append(graph.add("Div", missing, two))
        after.append(graph.add("Div", graph.add("Add", missing, one), two))
    ones = graph.ints([0])
    pads = [graph.add("Unsqueeze", side, ones) for side in (*before, *after)]
    pads_8 = graph.add("Concat", graph.ints([0, 0]), *pads[:2], graph.ints([0, 0]), *pads[2:], axis=0)
    padded = graph.add("Pad", pixels, pads_8, graph.constant(0.0, np.float32), mode="constant")
    starts = []
    for side, target in zip(_sides(graph, padded), wanted, strict=True):
        spare = graph.cast(graph.add("Sub", side, graph.ints(target)), TensorProto.FLOAT)
        half = graph.add("Round", graph.add("Mul", spare, graph.constant(0.5, np.float32)))  # half to even, as Python's
        starts.append(graph.add("Unsqueeze", graph.cast(half, TensorProto.INT64), ones))
    start = graph.add("Concat", *starts, axis=0)
    end = graph.add("Add", start, graph.ints(list(wanted)))
    return graph.add("Slice", padded, start, end, graph.ints([2, 3]))


_FILTERS = {"bilinear": _linear, "bicubic": _cubic, "lanczos": _lanczos}
