"""The files of an epoch for the Hugging Face Hub, by their names there."""

from collections.abc import Generator
from typing import TYPE_CHECKING

from tlcore.delivery.card import card_of
from tlcore.delivery.export import export_certified, safetensors_file
from tlcore.delivery.facts import gather_facts
from tlcore.errors import TlcoreError
from tlcore.runs.folder.run import Run

if TYPE_CHECKING:
    from tlcore.training.events import Progress

CARD, WEIGHTS, ONNX, CERTIFICATE, SETTINGS = (
    "README.md",
    "model.safetensors",
    "model.onnx",
    "certificate.json",
    "run_config.json",
)
_WORDS = {
    WEIGHTS: "the weights, with the names of the classes and the preprocessing in the metadata",
    ONNX: "the same network as a program for ONNX Runtime, from normalised images to probabilities; its metadata has "
    "the classes and the preprocessing",
    CERTIFICATE: "how the answers of the ONNX file were compared with those of the run, on every image of the report "
    "split",
    SETTINGS: "the settings of the training",
}


def collect(run: Run, epoch: int) -> "Generator[Progress, None, tuple[dict[str, bytes], list[str]]]":
    """The files, and a sentence for each that cannot be made. The card comes first.

    Raises CheckpointError if there is no such epoch, RecordError if the record of how it answers is damaged.
    """
    facts = gather_facts(run, epoch)
    files = {WEIGHTS: safetensors_file(run, epoch), SETTINGS: facts.config.encode()}
    missing = []
    try:
        exported = yield from export_certified(run, epoch, "onnx")
    except TlcoreError as error:  # a network that ONNX does not know, or images that are gone
        missing.append(f"Without an ONNX file: {error}")
    else:
        files[ONNX] = exported.content
        if exported.certificate is not None:
            files[CERTIFICATE] = exported.certificate.to_json().encode()
    usage = "## Files\n\n" + "\n".join(f"- `{name}`: {_WORDS[name]}." for name in _WORDS if name in files)
    return {CARD: card_of(facts, usage).encode(), **files}, missing
