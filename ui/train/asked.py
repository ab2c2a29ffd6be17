"""The requested run: the draft as a `RunConfig`, its dataset, and the state that the form's rows depend on."""

from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from tlcore.config import NO_GROUPS, SIMILAR, DataConfig, RunConfig
from tlcore.data.dataset import Dataset
from tlcore.errors import ConfigError, DatasetInvalid
from tlcore.models.zoo import find_architecture
from ui.shared.backbones import offered_backbones
from ui.shared.cached import open_data, open_dataset
from ui.train.backbones import backbone_label, offered_weights, weights_label
from ui.train.draft import Settings, draft, plain, put_value, value_at
from ui.train.fields import FIELDS, FormState
from ui.train.similar import has_looked


@dataclass(frozen=True)
class OpenedData:
    dataset: Dataset
    """With splits as the draft requests; without its groups if there is a problem with them."""
    problem: str = ""
    """Why the splits cannot be grouped as the draft requests."""
    waits_for: DataConfig | None = None
    """The data in which similar images have to be looked for first."""


def opened_data(source: str) -> OpenedData:
    """The dataset of the page. Raises TlcoreError."""
    data = draft()["data"]
    if data["source"] != source:
        data |= {"source": source, "images": None, "edits": None}  # they belong to the former dataset
    try:
        asked = DataConfig.model_validate(data)
    except ValidationError:  # shown beside the start button
        return OpenedData(open_dataset(source))
    plain = asked.model_copy(update={"groups": NO_GROUPS})
    if asked.groups == SIMILAR and (dataset := open_data(plain)).made_splits and not has_looked(plain):
        return OpenedData(dataset, waits_for=plain)
    try:
        return OpenedData(open_data(asked))
    except (ConfigError, DatasetInvalid) as error:
        if asked.groups == NO_GROUPS:
            raise
        return OpenedData(open_data(plain), str(error))


def form_state(dataset: Dataset) -> FormState:
    """Raises UnknownBackbone, also for a network that cannot be trained."""
    settings = draft()
    architecture = find_architecture(settings["model"]["backbone"])
    architecture.group_names  # noqa: B018  # a network of timm that cannot be trained says so here
    return FormState(
        settings=settings,
        architecture=architecture,
        made_splits=dataset.made_splits,
        group_columns=dataset.group_columns,
        backbones=offered_backbones(),
        weights=offered_weights(architecture),
        backbone_label=backbone_label,
        weights_label=lambda weights: weights_label(architecture, weights),
    )


def data_state(dataset: Dataset) -> FormState:
    """The same for the rows of the section `data` alone. They depend on no network: the default one stands for it, so
    that torch is not loaded for them.
    """
    return FormState(
        settings=draft(),
        architecture=find_architecture(RunConfig().model.backbone),
        made_splits=dataset.made_splits,
        group_columns=dataset.group_columns,
    )


def asked_config(form: FormState) -> RunConfig:
    """The draft as a config. Raises ConfigError, which names settings by their labels in the form."""
    settings: Settings = plain_copy(form.settings)
    defaults = plain(RunConfig())
    for field in FIELDS:
        if field.only_where_shown and not field.shown(form):
            put_value(settings, field.path, value_at(defaults, field.path))
    if settings["model"]["weights"] == "":
        raise ConfigError("Give the path of the weights file, or choose other weights.")
    try:
        return RunConfig.model_validate(settings)
    except ValidationError as error:
        raise ConfigError("\n".join(_problem(detail) for detail in error.errors())) from None


def plain_copy(settings: Settings) -> Settings:
    return {name: plain_copy(value) if isinstance(value, dict) else value for name, value in settings.items()}


def _problem(detail: Any) -> str:
    path, message = tuple(map(str, detail["loc"])), str(detail["msg"]).removeprefix("Value error, ")
    labels = [field.label for field in FIELDS if path[: len(field.path)] == field.path]
    named = f"{labels[0]}: {message[:1].lower()}{message[1:]}" if labels else message
    given = "" if detail["type"] == "value_error" else f" (given: {detail['input']})"
    return f"{named}{given}."
