"""How far training moved the weights of each layer group from their start."""

from typing import TYPE_CHECKING

from tlcore.models.groups import group_of
from tlcore.models.zoo import find_architecture
from tlcore.runs.folder.run import Run
from tlcore.runs.restore import load_whole_state

if TYPE_CHECKING:
    import pandas as pd


def weight_movement(run: Run, epoch: int) -> "pd.DataFrame":
    """One row per layer group, from stem to head: `group` and `moved`, the change of its values from the run's first
    epoch to this one, relative to the first: the ratio of the two Euclidean norms.

    Parameters and BatchNorm's running statistics count, its batch counters do not, so a frozen group has moved by 0.
    Raises CheckpointError if one of the two epochs is missing.
    """
    import pandas as pd

    architecture = find_architecture(run.config.model.backbone)
    before, after = (load_whole_state(run, number) for number in (min(run.epochs(), default=0), epoch))
    change, size = dict.fromkeys(architecture.group_names, 0.0), dict.fromkeys(architecture.group_names, 0.0)
    for name, value in before.items():
        if value.is_floating_point():
            group = group_of(architecture, name)
            change[group] += float((after[name].double() - value.double()).square().sum())
            size[group] += float(value.double().square().sum())
    moved = [(change[name] / size[name]) ** 0.5 if size[name] else 0.0 for name in architecture.group_names]
    return pd.DataFrame({"group": architecture.group_names, "moved": moved})
