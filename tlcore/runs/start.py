"""From a configuration to a run: either only its folder, for the queue, or a whole training in this process."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from typing import TYPE_CHECKING, Any

from tlcore.config import DataConfig, ResolvedConfig, RunConfig, parse_config
from tlcore.data.catalog import fingerprint, open_dataset
from tlcore.data.dataset import Dataset
from tlcore.runs.folder.run import Run, create_run

Asked = tuple[ResolvedConfig, Dataset]
Check = Callable[[Sequence[Asked]], None]
_checks: list[Check] = []

if TYPE_CHECKING:
    from tlcore.training.events import Event  # imports torch


def train(
    config: RunConfig | Mapping[str, Any],
    *,
    on_event: "Callable[[Event], object] | None" = None,
    facts: Mapping[str, Any] | None = None,
    download: bool = False,
) -> Run:
    """Train to the end in this process, and return the run with its epochs saved and validated.

    `config` is a RunConfig, or the same as plain data: `train({"data": {"source": "photos"}, "epochs": 5})`.
    `on_event` gets every event at once: `Progress`, `BatchLoss`, `EpochDone` and `ImagesSkipped` of
    `tlcore.training.events`. If it raises, the run stops; saved epochs stay, and it can be resumed.
    `facts` are further entries for run.json. `download` fetches a torchvision dataset that is not on disk.
    Runs are stored in the folder in the environment variable TLCORE_HOME.
    Raises TlcoreError.
    """
    from tlcore.runs.work.execute import execute
    from tlcore.training.plan import plan_run
    from tlcore.training.resolve import resolve

    resolved = resolve(config if isinstance(config, RunConfig) else parse_config(dict(config)))
    dataset = open_dataset(resolved.data, download)
    plan = plan_run(resolved, dataset)
    run = create_run(resolved, dataset, fingerprint(dataset), {"device": plan.choice.reason, **(facts or {})})
    with closing(execute(run, plan)) as events:
        for event in events:
            if on_event is not None:
                on_event(event)
    return run


def prepare_with(check: Check) -> None:
    """Call this function from now on before the folders of runs are made. It raises NotAllowed to refuse them all."""
    if check not in _checks:
        _checks.append(check)


def prepare_runs(configs: Sequence[RunConfig], facts: Mapping[str, Any] | None = None) -> list[Run]:
    """Create the folders of runs that a worker will train. `facts` are further entries for their run.json.

    The data is opened now, only once for runs with the same data. Weights are not loaded: the worker does that.
    Raises TlcoreError; NotAllowed, before any folder is made, if a visitor has no room or time for them.
    """
    from tlcore.system.device import choose_device
    from tlcore.training.resolve import resolve

    opened: dict[DataConfig, tuple[Dataset, str]] = {}
    runs = []
    resolved = [resolve(config) for config in configs]
    for config in resolved:
        if config.data not in opened:
            dataset = open_dataset(config.data)
            opened[config.data] = dataset, fingerprint(dataset)
    for check in _checks:
        check([(config, opened[config.data][0]) for config in resolved])
    for config in resolved:
        device = choose_device(config.device, config.precision).reason
        runs.append(create_run(config, *opened[config.data], {"device": device, **(facts or {})}))
    return runs


def prepare_run(config: RunConfig, facts: Mapping[str, Any] | None = None) -> Run:
    """Create the folder of one run, as `prepare_runs` does."""
    return prepare_runs([config], facts)[0]
