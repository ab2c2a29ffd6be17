"""The model card of an epoch: Markdown with the head in YAML that the Hugging Face Hub reads."""

from typing import Any

from tlcore.delivery.document import as_markdown
from tlcore.delivery.escaping import in_markdown, visible
from tlcore.delivery.facts import Facts, gather_facts
from tlcore.delivery.story import tell
from tlcore.runs.folder.run import Run

KNOWN_LICENCES = ("apache-2.0", "mit", "bsd-3-clause", "cc-by-4.0", "cc-by-sa-4.0", "cc-by-nc-4.0", "cc-by-nc-sa-4.0")
"""Licences that the Hub knows by these identifiers."""


def model_card(run: Run, epoch: int, usage: str = "") -> str:
    """The card as Markdown. All text from outside is escaped.

    `usage` is Markdown that says how to use the files beside the card; it is put in as it is, after the title.
    Raises CheckpointError if there is no such epoch.
    """
    return card_of(gather_facts(run, epoch), usage)


def card_of(facts: Facts, usage: str = "") -> str:
    """The card of facts that are gathered already."""
    title = f"# {in_markdown(facts.run.name)}, epoch {facts.epoch}"
    parts = [
        "---",
        _head(facts),
        "---",
        "",
        title,
        "",
        *([usage.strip(), ""] if usage else []),
        as_markdown(tell(facts)),
    ]
    return "\n".join(parts)


def _head(facts: Facts) -> str:
    from huggingface_hub import ModelCardData

    backbone = facts.run.config.model.backbone.replace(":", "-")
    data = ModelCardData(
        **_licence(facts),
        pipeline_tag="image-classification",
        tags=["image-classification", "transfer-learning", "transfer-lab", backbone],
        metrics=["accuracy", "f1"],
        model_name=facts.run.name,
        eval_results=_results(facts),
    )
    return str(data.to_yaml())


def _licence(facts: Facts) -> dict[str, Any]:
    licence = facts.licence
    if licence is None:
        return {"license": "unknown"}
    if licence.name.lower() in KNOWN_LICENCES:
        return {"license": licence.name.lower()}
    return {"license": "other", "license_name": visible(licence.name)}


def _results(facts: Facts) -> list[Any] | None:
    """The figures on the report split as the Hub's model-index has them."""
    from huggingface_hub import EvalResult

    measured = facts.measured
    if measured is None:
        return None
    found = measured.accuracy
    dataset = visible(facts.run.info.dataset.name)
    about: dict[str, Any] = {
        "task_type": "image-classification",
        "dataset_type": "imagefolder",
        "dataset_name": dataset,
        "dataset_split": measured.split,
    }
    exact = {"images": found.total, "low": round(found.low, 4), "high": round(found.high, 4)}
    return [
        EvalResult(**about, metric_type="accuracy", metric_value=round(found.value, 4), metric_args=exact),
        EvalResult(
            **about, metric_type="f1", metric_name="F1, mean of the classes", metric_value=round(measured.macro.f1, 4)
        ),
    ]
