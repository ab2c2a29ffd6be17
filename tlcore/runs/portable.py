"""A run's configuration for other machines and other people: complete, but without the paths of this machine."""

from typing import Any

from tlcore.config import ResolvedConfig, is_weights_file
from tlcore.runs.settings import path_name


def portable_config(config: ResolvedConfig) -> dict[str, Any]:
    """The configuration as plain data, in which a path is only its last part. `load_config` reads it as JSON."""
    plain = config.model_dump(mode="json")
    data, model = plain["data"], plain["model"]
    data["source"] = path_name(data["source"])
    if data["images"] is not None:
        data["images"] = path_name(data["images"])
    if is_weights_file(model["weights"]):
        model["weights"] = path_name(model["weights"])
    return plain
