import json

import onnx
import pytest
from onnx import TensorProto, helper

from tlcore.delivery.onnx_model import OnnxModel
from tlcore.errors import ModelError

TRANSFORM = json.dumps({"operations": [{"op": "Resize", "size": [4, 4]}]})
FACTS = {"classes": '["a", "b"]', "transform": TRANSFORM}


def file(
    facts: dict[str, str], classes: int = 2, outputs: tuple[str, ...] = ("logits", "probabilities", "answer")
) -> bytes:
    """A model that gives the mean of each image in place of every logit."""
    nodes = [
        helper.make_node("ReduceMean", ["images", "axes"], ["mean"], keepdims=0),
        helper.make_node("Unsqueeze", ["mean", "one"], ["column"]),
        helper.make_node("Tile", ["column", "times"], ["logits"]),
        helper.make_node("Softmax", ["logits"], ["probabilities"]),
        helper.make_node("ArgMax", ["logits"], ["answer"], axis=1, keepdims=0),
    ]
    kinds = {"logits": ["n", classes], "probabilities": ["n", classes], "answer": ["n"]}
    graph = helper.make_graph(
        nodes,
        "tiny",
        [helper.make_tensor_value_info("images", TensorProto.FLOAT, ["n", 3, 4, 4])],
        [
            helper.make_tensor_value_info(
                name, TensorProto.INT64 if name == "answer" else TensorProto.FLOAT, kinds[name]
            )
            for name in outputs
        ],
        [
            helper.make_tensor("axes", TensorProto.INT64, [3], [1, 2, 3]),
            helper.make_tensor("one", TensorProto.INT64, [1], [1]),
            helper.make_tensor("times", TensorProto.INT64, [2], [1, classes]),
        ],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)], ir_version=10)
    helper.set_model_props(model, facts)
    return model.SerializeToString()


def test_a_file_of_this_project_is_read_with_what_it_does_not_say_by_default(tmp_path):
    path = tmp_path / "m.onnx"
    path.write_bytes(file(FACTS))
    model = OnnxModel.load(path)
    assert model.classes == ("a", "b")
    assert (model.answers.temperature, model.answers.threshold, model.prepares) == (1.0, 0.0, False)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "ONNX Runtime cannot load it"),
        (b"PK\x03\x04 a zip", "ONNX Runtime cannot load it"),
        (file({}), "it does not say its classes and its transform"),
        (file({**FACTS, "classes": "[1"}), "it cannot be read as JSON"),
        (file({**FACTS, "classes": '["a"]'}), "classes: Tuple should have at least 2 items"),
        (file({**FACTS, "classes": '["a", "b", "c"]'}), "it has 2 logits, and 3 classes"),
        (file({**FACTS, "temperature": "0"}), "temperature: Input should be greater than 0"),
        (file({**FACTS, "temperature": "nan"}), "temperature: Input should be a finite number"),
        (file({**FACTS, "threshold": "2"}), "threshold: Input should be less than or equal to 1"),
        (file({**FACTS, "transform": '{"operations": [{"op": "Explode"}]}'}), "transform.operations.0"),
        (file({**FACTS, "transform": '{"operations": [{"op": "RandomHorizontalFlip"}]}'}), "its transform is random"),
        (file({**FACTS, "preprocessing": "inside"}), "its input is tensor(float), and its facts say tensor(uint8)"),
        (file({**FACTS, "backbone": "x" * (1 << 21)}), "its entry 'backbone' is too long"),
        (
            file(FACTS, outputs=("logits",)),
            "it needs the input images, and the outputs logits, probabilities and answer",
        ),
    ],
)
def test_a_foreign_or_hostile_file_is_refused_in_words(content, message, tmp_path):
    path = tmp_path / "m.onnx"
    path.write_bytes(content)
    with pytest.raises(ModelError) as raised:
        OnnxModel.load(path)
    assert message in str(raised.value)
    assert "m.onnx is not an ONNX file that this project exported" in str(raised.value)


def test_a_file_cannot_make_the_runtime_read_another_one(tmp_path):
    secret = tmp_path / "secret.bin"
    secret.write_bytes(b"\0" * 24)
    model = onnx.load_from_string(file(FACTS))
    axes = next(tensor for tensor in model.graph.initializer if tensor.name == "axes")
    axes.ClearField("int64_data")
    axes.ClearField("raw_data")
    axes.data_location = TensorProto.EXTERNAL
    for key, value in (("location", "secret.bin"), ("offset", "0"), ("length", "24")):
        entry = axes.external_data.add()
        entry.key, entry.value = key, value
    path = tmp_path / "m.onnx"
    path.write_bytes(model.SerializeToString())
    with pytest.raises(ModelError, match="ONNX Runtime cannot load it"):
        OnnxModel.load(path)


def test_a_missing_file_is_an_error_in_words(tmp_path):
    with pytest.raises(ModelError, match="There is no file"):
        OnnxModel.load(tmp_path / "none.onnx")
