"""The race itself: one candidate after another, features once, a head by cross-validation, and the standing after each.

Nothing is trained for keeps, and the images that report a result later are not looked at.
"""

import gc
import logging
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass, field

import numpy as np
from torch import nn

from tlcore.config import RunConfig, is_weights_file
from tlcore.data.dataset import Dataset, Sample
from tlcore.errors import ConfigError, DatasetInvalid
from tlcore.evaluation.folds import UNSEEN, Whole, folds_of, groups_of
from tlcore.race.candidates import Candidate, candidate_config, check_reachable
from tlcore.race.folds import predict_held_out
from tlcore.race.kept import Kept, load_kept, result_key, save_kept
from tlcore.race.remaining import Pace, share_done
from tlcore.race.speed import seconds_per_image
from tlcore.race.standing import LeftOut, Measured, Row, Standing, rank, suggest
from tlcore.system.device import choose_device
from tlcore.system.drive import relay
from tlcore.system.failures import as_user_error, tell
from tlcore.system.network import can_reach
from tlcore.training.events import Progress
from tlcore.training.inputs.feature_store import cache_limit_bytes
from tlcore.training.inputs.features import FeatureRequest, Trunk
from tlcore.training.inputs.whole import joined_features, split_requests
from tlcore.training.plan import Plan, plan_run, trunk_of
from tlcore.training.resolve import resolve
from tlcore.words import count, shorten

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Step:
    """What is being done for one candidate."""

    candidate: Candidate
    number: int
    """Which of the candidates it is, from 1."""
    of: int
    progress: Progress
    """Its phase is `prepare`, `features`, `train` (epochs of all folds) or `speed`."""
    remaining_s: float | None = None
    """Estimate for the whole race. None: too little is done to tell."""


@dataclass
class _Course:
    """What all candidates of a race share, and what came of those that have run."""

    dataset: Dataset
    splits: tuple[str, ...]
    samples: tuple[Sample, ...]
    targets_N: Whole
    fold_N: Whole
    config: RunConfig
    machine: str
    reach: Callable[[str], bool]
    finished: list[tuple[Candidate, Measured, Whole]] = field(default_factory=list)
    failed: list[Row] = field(default_factory=list)
    left_out: dict[str, str] = field(default_factory=dict)


def race(
    dataset: Dataset,
    candidates: Sequence[Candidate],
    config: RunConfig | None = None,
    *,
    reach: Callable[[str], bool] = can_reach,
) -> Generator[Step | Standing, None, Standing]:
    """Yields Steps, and a Standing after each candidate; returns the last Standing.

    The images are those of `race_splits`; those of one group are in one fold. Features are kept as a run with a frozen
    backbone keeps them, so that it starts with them. `config` has the settings of the head (by default those of such a
    run), the seed, and the device; its data, model and transforms count for nothing. Predictions are kept, too; each
    network is timed anew. A candidate that fails is a row with the reason. `reach` says whether an address answers.
    Seeds torch's global generator. Raises ConfigError without candidates, DeviceError, DatasetInvalid if no class has
    two images.
    """
    if not candidates:
        raise ConfigError("A race needs backbones: name one at least.")
    config = config or RunConfig()
    splits = race_splits(dataset)
    samples = tuple(sample for split in splits for sample in dataset.split(split))
    targets_N = np.array([sample.target for sample in samples], dtype=np.int64)
    fold_N = folds_of(targets_N, config.seed, groups_of(samples))
    if not (fold_N != UNSEEN).any():
        raise DatasetInvalid("No class has two images to train on: nothing can be held out to compare backbones.")
    machine = choose_device(config.device, config.precision).words
    course = _Course(dataset, splits, samples, targets_N, fold_N, config, machine, reach)
    standing, pace = _standing(course, candidates), Pace(len(candidates))
    for position, candidate in enumerate(candidates):
        tell = _teller(candidate, position + 1, len(candidates), pace)
        yield from tell(Progress("prepare", 0, 0, 0, 0.0))
        try:
            course.finished.append((yield from relay(_run(course, candidate), tell)))
        except Exception as error:
            course.failed.append(Row(candidate=candidate, place="failed", reason=_reason(candidate, error)))
        gc.collect()  # a network can hold references to itself, and two large ones may not fit into memory
        standing = _standing(course, candidates[position + 1 :])
        yield standing
    return standing


def race_splits(dataset: Dataset) -> tuple[str, ...]:
    """The splits whose images the race uses: `train`, and `val` if there is a test split.

    Choosing is what val is for. Without a test split, val reports the result of a run, and has to stay unseen.
    """
    return ("train", "val") if dataset.report_split == "test" else ("train",)


def _run(course: _Course, candidate: Candidate) -> Generator[Progress, None, tuple[Candidate, Measured, Whole]]:
    check_reachable(candidate, course.reach)
    plan = plan_run(resolve(candidate_config(candidate, course.config)), course.dataset)
    if not plan.uses_features:
        raise ConfigError(
            f"Its features of {count(len(course.samples), 'image')} would take more than half of the cache's "
            f"{cache_limit_bytes() / 1e9:.1f} GB. The environment variable TLCORE_CACHE_GB makes it larger."
        )
    trunk, requests = trunk_of(plan), split_requests(plan, course.splits)
    kept = load_kept(result_key(plan, trunk, requests, course.fold_N), len(course.samples))
    if kept is None:
        kept = yield from _predict(course, plan, trunk, requests)
        save_kept(result_key(plan, trunk, requests, course.fold_N), kept)  # the first batch may have changed the engine
    yield Progress("speed", 0, 0, 0, 0.0)
    seconds = seconds_per_image(requests[0], trunk)
    course.left_out |= {course.samples[position].id: reason for position, reason in kept.skipped.items()}
    measured = Measured(
        parameters=plan.parameters,
        bytes=_bytes(plan.model),
        licence=_licence(plan),
        seconds_per_image=seconds,
    )
    return candidate, measured, np.array(kept.predicted, dtype=np.int64)


def _predict(
    course: _Course, plan: Plan, trunk: Trunk, requests: Sequence[FeatureRequest]
) -> Generator[Progress, None, Kept]:
    features = yield from joined_features(requests, trunk, plan.config.workers)
    found = np.array(features.positions)
    unusable = sorted(set(range(len(course.samples))).difference(features.positions))
    predicted_N = np.full(len(course.samples), UNSEEN, dtype=np.int64)
    targets_N, fold_N = course.targets_N[found], course.fold_N[found]
    predicted_N[found] = yield from predict_held_out(plan, features.values_VND[0], targets_N, fold_N)
    reasons = (image.reason for image in features.skipped)
    return Kept(predicted=predicted_N.tolist(), skipped=dict(zip(unusable, reasons, strict=True)))


def _teller(candidate: Candidate, number: int, of: int, pace: Pace) -> Callable[[Progress], tuple[Step]]:
    def tell(progress: Progress) -> tuple[Step]:
        share = share_done(progress.phase, progress.done, progress.total)
        return (Step(candidate, number, of, progress, pace.remaining_s(number, share)),)

    return tell


def _standing(course: _Course, waiting: Sequence[Candidate]) -> Standing:
    rows = rank(course.finished, course.targets_N)
    left_out = sorted(course.left_out.items())
    return Standing(
        rows=(*rows, *course.failed),
        suggestion=suggest(rows),
        waiting=tuple(waiting),
        splits=course.splits,
        images=len(course.samples),
        folds=len(set(course.fold_N.tolist()) - {UNSEEN}),
        machine=course.machine,
        left_out=tuple(LeftOut(id=name, reason=reason) for name, reason in left_out),
    )


def _reason(candidate: Candidate, error: Exception) -> str:
    """Why a candidate failed. A bug, which may lie in the network's own code, goes to the log with its traceback."""
    known = as_user_error(error)
    if known is None:
        log.error("The race of %s failed.", candidate.label, exc_info=error)
        return f"It failed unexpectedly: {shorten(tell(error, 'race failed'), 200)}"
    return str(known)


def _licence(plan: Plan) -> str:
    weights = plan.config.model.weights
    if is_weights_file(weights):
        return "that of the file"
    licence = None if weights == "none" else plan.architecture.licence(weights)
    return "none" if licence is None else licence.short


def _bytes(model: nn.Module) -> int:
    return sum(value.nbytes for value in model.state_dict().values())
