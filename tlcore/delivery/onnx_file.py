"""Write an epoch as one ONNX file that answers as the run does: logits, calibrated probabilities, and the class or -1.

Inputs are normalised tensors, or with `preprocessing` uint8 RGB images of any size. What the file is and where it comes
from is in its metadata. N images, C classes.
"""

import json
import logging
from collections.abc import Generator

import numpy as np
import onnx
from onnx import TensorProto, compose, helper

from tlcore import __version__
from tlcore.config import is_weights_file
from tlcore.delivery.file_model import NO_ANSWER
from tlcore.delivery.onnx_graph import IR_VERSION, OPSET, GraphBuilder
from tlcore.errors import ExportRefused, TlcoreError
from tlcore.evaluation.answers import Answers, load_answers
from tlcore.models.zoo import architecture_of, starting_licence
from tlcore.runs.folder.run import Run
from tlcore.training.events import Progress
from tlcore.words import shorten

INPUT, LOGITS, PROBABILITIES, ANSWER = "images", "logits", "probabilities", "answer"
MAX_BYTES = 1_500_000_000
"""Largest network to write: one ONNX file cannot exceed 2 GB."""
SLACK = 1e-6
"""A probability is an answer if it equals the threshold up to the last digits of float32."""


def onnx_steps(
    run: Run, epoch: int, *, preprocessing: bool = False, int8: bool = False
) -> Generator[Progress, None, bytes]:
    """The content of an ONNX file for an epoch, with the progress of making it. It is compared with nothing yet:
    `export_certified` does that.

    Input `images`: float32 (N, 3, H, W), prepared by the run's evaluation transform; with `preprocessing`, uint8
    (N, height, width, 3) of any size. Outputs: `logits` and `probabilities`, float32 (N, C), and `answer`, int64 (N,):
    the index of the class, or NO_ANSWER below the threshold of the run. `int8` calculates with whole numbers of 8 bits,
    whose ranges are measured on training images.
    Raises CheckpointError, ExportRefused if the network cannot be written as ONNX, DataError for int8 without its data.
    """
    from tlcore.delivery.onnx_preprocessing import preprocessing_graph

    yield Progress("write", epoch, 0, 1, 0.0)
    network = network_graph(run, epoch)
    if int8:
        from tlcore.delivery.int8 import quantise

        network = yield from quantise(run, epoch, network)
    answers = load_answers(run, epoch)
    model = _with_answers(network, answers)
    if preprocessing:
        model = _joined(preprocessing_graph(run.config.eval_transform), model)
    facts = metadata(run, epoch, answers)
    facts |= {"preprocessing": "inside" if preprocessing else "none", "precision": "int8" if int8 else "fp32"}
    helper.set_model_props(model, facts)
    model.producer_name, model.producer_version = "tlcore", __version__
    model.graph.name = "classifier"
    onnx.checker.check_model(model, full_check=True)
    yield Progress("write", epoch, 1, 1, 0.0)
    content: bytes = model.SerializeToString()
    return content


def metadata(run: Run, epoch: int, answers: Answers) -> dict[str, str]:
    """What an exported model says about itself: texts, with JSON where there is more than one value."""
    config = run.config
    return {
        "classes": json.dumps(list(run.classes), ensure_ascii=False),
        "transform": config.eval_transform.model_dump_json(),
        "run": run.name,
        "epoch": str(epoch),
        "dataset": run.info.dataset.name,
        "dataset_fingerprint": run.info.dataset.fingerprint,
        "backbone": config.model.backbone,
        "licence": licence_words(run),
        "temperature": repr(answers.temperature),
        "threshold": repr(answers.threshold),
        "tlcore_version": __version__,
    }


def licence_words(run: Run) -> str:
    """The licence of the weights that the run started from, in words."""
    model = run.config.model
    if is_weights_file(model.weights):
        return "that of the file of weights that the training started from"
    if model.weights == "none":
        return "no pretrained weights: the training started from random values"
    licence = starting_licence(run.config)
    if licence is None:
        return "not known"
    return f"{licence.words}; {licence.warning}" if licence.warning else licence.words


def network_graph(run: Run, epoch: int) -> onnx.ModelProto:
    """The bare network of an epoch, from `images` (N, 3, H, W) to `output` (N, C), with folded BatchNorm.

    Raises CheckpointError, and ExportRefused with the reason if the exporter cannot write it.
    """
    import torch

    from tlcore.models.engines.converted import export_onnx
    from tlcore.models.engines.folded import fold_batchnorm
    from tlcore.runs.restore import restore_model

    model, architecture = restore_model(run, epoch), architecture_of(run.config)
    num_bytes = sum(value.nbytes for value in model.state_dict().values())
    if num_bytes > MAX_BYTES:
        raise ExportRefused(
            f"{architecture.name} has {num_bytes / 1e9:.1f} GB of weights, and one ONNX file holds at most "
            f"{MAX_BYTES / 1e9:.1f} GB. Export it as safetensors."
        )
    image_NCHW = torch.zeros(1, 3, *run.config.eval_transform.output_px())
    try:
        content = export_onnx(fold_batchnorm(model, architecture, image_NCHW), image_NCHW, OPSET)
    except TlcoreError:
        raise
    except Exception as error:  # the exporter has many types of errors of its own
        logging.getLogger(__name__).info("%s cannot be written as ONNX", architecture.name, exc_info=True)
        raise ExportRefused(
            f"{architecture.name} cannot be written as ONNX: {type(error).__name__}: "
            f"{shorten(str(error).strip().partition(chr(10))[0], 300)}. Export it as pth or safetensors."
        ) from None
    return onnx.load_from_string(content)


def _with_answers(network: onnx.ModelProto, answers: Answers) -> onnx.ModelProto:
    """The model with probabilities and answers behind its logits."""
    graph, model = GraphBuilder("answer_"), onnx.ModelProto()
    model.CopyFrom(network)
    if model.ir_version > IR_VERSION:
        model.ir_version = IR_VERSION
    (output,) = model.graph.output
    classes = output.type.tensor_type.shape.dim[1].dim_value
    logits = graph.add("Identity", output.name, name=LOGITS)
    cooled = graph.add("Div", logits, graph.constant(answers.temperature, np.float32))
    graph.add("Softmax", cooled, axis=1, name=PROBABILITIES)
    best = graph.add("ArgMax", logits, axis=1, keepdims=0)
    largest = graph.add("ReduceMax", PROBABILITIES, graph.ints([1]), keepdims=0)
    sure = graph.add("GreaterOrEqual", largest, graph.constant(answers.threshold - SLACK, np.float32))
    graph.add("Where", sure, best, graph.ints(NO_ANSWER), name=ANSWER)
    model.graph.node.extend(graph.nodes)
    model.graph.initializer.extend(graph.constants)
    number = "images"
    _name_batch(model.graph.input[0], number)
    del model.graph.output[:]
    model.graph.output.extend(
        [
            helper.make_tensor_value_info(LOGITS, TensorProto.FLOAT, [number, classes]),
            helper.make_tensor_value_info(PROBABILITIES, TensorProto.FLOAT, [number, classes]),
            helper.make_tensor_value_info(ANSWER, TensorProto.INT64, [number]),
        ]
    )
    return model


def _name_batch(value: onnx.ValueInfoProto, name: str) -> None:
    value.type.tensor_type.shape.dim[0].dim_param = name


def _joined(before: onnx.ModelProto, model: onnx.ModelProto) -> onnx.ModelProto:
    """Both in one: the output of the first is the input of the second. Their other names do not meet."""
    renamed = compose.add_prefix(model, "network_", rename_outputs=False, rename_inputs=True)
    (source,), target = before.graph.output, renamed.graph.input[0].name
    joined: onnx.ModelProto = compose.merge_models(before, renamed, io_map=[(source.name, target)])
    return joined
