"""How far training moved each layer group from where it began."""

from typing import TYPE_CHECKING

from tlcore.models.groups import group_of
from tlcore.models.zoo import find_architecture
from tlcore.runs.folder.run import Run
from tlcore.runs.restore import load_whole_state

if TYPE_CHECKING:
    import pandas as pd


def weight_movement(run: Run, epoch: int) -> "pd.DataFrame":
    """A row per layer group, from stem to head: `group`, and `moved`, the change of its values between the run's first
    epoch and this one, as a fraction of what they were: the ratio of the two Euclidean norms.

    Parameters and the running statistics of BatchNorm count, its batch counters do not: a frozen group has moved by 0.
    Raises CheckpointError where one of the two is missing.
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
