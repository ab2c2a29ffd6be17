import json
import sys
import types
from importlib.machinery import ModuleSpec

import pytest

from tlcore.cli.main import main
from tlcore.delivery.told import figures_of, report_to_trackers
from tlcore.errors import ConfigError
from tlcore.evaluation.evaluate import evaluate
from tlcore.runs.folder.run import Run, find_run
from tlcore.runs.restore import plan_to_resume
from tlcore.runs.start import prepare_run
from tlcore.runs.tracking import kinds
from tlcore.runs.tracking.follow import configuration, epoch_figures, followed, track
from tlcore.runs.tracking.kinds import TRACKERS, Kind, check_trackers
from tlcore.runs.tracking.record import load_tracked
from tlcore.runs.work.execute import execute


def go_on(run: Run, notes: list[str], stop: bool = False) -> None:
    """Train until the end, or one epoch more."""
    events = execute(run, plan_to_resume(run), should_stop=lambda: stop)
    for _ in followed(run, events, notes.append):
        pass


def train_in_two_parts(configure, tracker: str) -> Run:
    """A run of two epochs that was resumed, and whose tracker did not fail."""
    run = prepare_run(configure(epochs=2))
    track(run, [tracker])
    notes: list[str] = []
    go_on(run, notes, stop=True)
    go_on(run, notes)
    assert notes == []
    return run


class Recorder:
    """A tracker that remembers what it is told, and fails where it is asked to."""

    def __init__(self, fails: str = "") -> None:
        self.fails, self.told = fails, []

    def _do(self, what, *told):
        if what == self.fails:
            raise RuntimeError(f"no {what}")
        self.told.append((what, *told))

    def start(self):
        self._do("start")

    def store_init_configuration(self, values):
        self._do("configuration", values)

    def log(self, values, step=None):
        self._do("log", step, values)

    def finish(self):
        self._do("finish")

    @property
    def steps(self) -> list[int]:
        return [told[1] for told in self.told if told[0] == "log" and "val/loss" in told[2]]


@pytest.fixture
def recorder(monkeypatch):
    """Replaces Weights & Biases by a recorder, which can be exchanged."""
    holder = types.SimpleNamespace(now=Recorder(), identities=[])

    def make(run, identity):
        holder.identities.append(identity)
        return holder.now

    monkeypatch.setitem(TRACKERS, "wandb", Kind("Weights & Biases", "json", make, lambda tracker: "their id"))
    return holder


@pytest.fixture
def run(configure) -> Run:
    run = prepare_run(configure(epochs=2))
    track(run, ["wandb"])
    return run


def test_tensorboards_own_reader_finds_configuration_every_epoch_and_the_report(colours, capsys):
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    small = ["--backbone", "small_cnn", "--weights", "none", "--epochs", "2", "--device", "cpu", "--precision", "fp32"]
    assert main(["train", "--data", str(colours), *small, "--track", "tensorboard"]) == 0
    assert "not followed" not in capsys.readouterr().err
    run = find_run("latest")
    read = EventAccumulator(str(run.path / "tensorboard"))
    read.Reload()
    for record in run.history():
        for name, value in epoch_figures(record).items():
            (found,) = [event.value for event in read.Scalars(name) if event.step == record.epoch]
            assert found == pytest.approx(value, rel=1e-5)
    assert len(read.Scalars("val/accuracy")) == 3
    evaluation = evaluate(run, device="cpu")
    (accuracy,) = read.Scalars("report/test_accuracy")
    assert accuracy.value == pytest.approx(evaluation.accuracy(evaluation.best_by_val).value)
    assert read.Scalars("report/epoch")[0].value == evaluation.best_by_val
    assert "report/card/text_summary" in read.Tags()["tensors"]
    (settings,) = (run.path / "tensorboard").glob("*/hparams.yml")
    assert "optimizer.learning_rate" in settings.read_text()
    assert str(colours.parent) not in settings.read_text()


def test_a_resumed_run_goes_on_in_the_same_tracker_and_repeats_nothing(run, recorder):
    notes: list[str] = []
    go_on(run, notes, stop=True)
    first, recorder.now = recorder.now, Recorder()
    go_on(run, notes)
    assert [*first.steps, *recorder.now.steps] == [0, 1, 2]
    assert recorder.identities == ["", "their id"]
    assert [told[0] for told in first.told[:2]] == ["start", "configuration"]
    assert "configuration" not in [told[0] for told in recorder.now.told]
    assert recorder.now.told[-1] == ("finish",)
    assert notes == []


@pytest.mark.parametrize("fails", ["start", "configuration", "log", "finish"])
def test_a_tracker_that_fails_is_named_once_and_the_run_is_the_same_as_without(configure, run, recorder, fails):
    recorder.now, notes = Recorder(fails), []
    go_on(run, notes)
    without = prepare_run(configure(epochs=2))
    go_on(without, [])
    assert run.status().state == "finished"
    assert [r.val_loss for r in run.history()] == [r.val_loss for r in without.history()]
    assert notes == [
        f"Weights & Biases is not followed any more: RuntimeError: no {fails}. The run goes on without it."
    ]


def test_epochs_that_a_tracker_missed_are_told_when_the_run_goes_on(run, recorder):
    recorder.now = Recorder("log")
    go_on(run, [], stop=True)
    recorder.now = Recorder()
    go_on(run, [])
    assert recorder.now.steps == [0, 1, 2]


def test_the_report_is_told_once(run, recorder):
    go_on(run, [])
    report_to_trackers(run, pytest.fail)
    assert not any("report/epoch" in told[2] for told in recorder.now.told if told[0] == "log")  # not measured yet
    evaluation = evaluate(run, device="cpu")
    for _ in range(2):
        report_to_trackers(run, pytest.fail)
    ((_, step, figures),) = [told for told in recorder.now.told if told[0] == "log" and "report/epoch" in told[2]]
    assert step == 2
    assert figures["report/epoch"] == evaluation.best_by_val
    assert figures["report/test_accuracy"] == evaluation.accuracy(evaluation.best_by_val).value


def test_a_damaged_record_of_trackers_leaves_the_run_alone(run, recorder):
    (run.path / "tracking.json").write_text("{")
    go_on(run, [])
    assert run.status().state == "finished"
    assert recorder.now.told == []


def test_packages_that_are_absent_are_named_in_one_line_before_any_work(colours, monkeypatch, capsys, home):
    monkeypatch.setattr(kinds, "_is_installed", lambda package: False)
    with pytest.raises(ConfigError, match=r"^mlflow and wandb are not installed here: pip install mlflow wandb$"):
        check_trackers(["mlflow", "wandb"])
    assert main(["train", "--data", str(colours), "--track", "wandb"]) == 1
    assert capsys.readouterr().err == "error: wandb is not installed here: pip install wandb\n"
    assert not (home / "runs").exists()


def test_an_unknown_tracker_is_an_error_that_lists_the_known_ones():
    with pytest.raises(ConfigError, match="No tracker named 'tensorbord'. Did you mean 'tensorboard'?"):
        check_trackers(["tensorbord"])


def test_the_configuration_is_single_values_whatever_classes_are_called(configure):
    weights = {"blue": 2.0, "gr\neen": 1.0}
    found = configuration(prepare_run(configure(loss={"class_weights": weights})))
    assert json.loads(found["loss.class_weights"]) == weights
    assert found["optimizer.name"] == "adam"
    assert found["dataset"] == "colours"
    assert all(isinstance(value, str | float | int | bool) for value in found.values())


@pytest.fixture
def fake_wandb(monkeypatch):
    """Weights & Biases as Accelerate's tracker uses it."""
    module = types.ModuleType("wandb")
    module.__spec__ = ModuleSpec("wandb", None)
    module.calls = []

    class FakeRun:
        def __init__(self, **options):
            self.id = options["id"]

        def log(self, values, step=None):
            module.calls.append(("log", step, values))

        def finish(self):
            module.calls.append(("finish",))

    def init(**options):
        module.calls.append(("init", options))
        return FakeRun(**options)

    module.init = init
    module.config = types.SimpleNamespace(update=lambda values, **options: module.calls.append(("config", values)))
    monkeypatch.setitem(sys.modules, "wandb", module)
    return module


def test_weights_and_biases_gets_one_run_that_is_continued(configure, fake_wandb):
    run = train_in_two_parts(configure, "wandb")
    first, second = [call[1] for call in fake_wandb.calls if call[0] == "init"]
    assert first["id"] == second["id"] == load_tracked(run)[0].identity
    assert second["resume"] == "allow"
    assert first["project"] == "transfer-lab"
    assert first["name"] == run.name
    assert [call[1] for call in fake_wandb.calls if call[0] == "log"] == [0, 1, 2]
    assert sum(call[0] == "config" for call in fake_wandb.calls) == 1


@pytest.fixture
def fake_mlflow(monkeypatch):
    """MLflow as Accelerate's tracker uses it."""
    module = types.ModuleType("mlflow")
    module.__spec__ = ModuleSpec("mlflow", None)
    module.calls = []

    def note(name, answer=None):
        def call(*given, **options):
            module.calls.append((name, given, options))
            return answer

        return call

    started = types.SimpleNamespace(info=types.SimpleNamespace(run_id="run of mlflow"))
    module.search_experiments = note("search_experiments", [])
    module.create_experiment = note("create_experiment", "7")
    module.start_run = note("start_run", started)
    for name in ("log_params", "log_metrics", "end_run"):
        setattr(module, name, note(name))
    limits = types.SimpleNamespace(MAX_PARAM_VAL_LENGTH=6000, MAX_PARAMS_TAGS_PER_BATCH=100)
    module.utils = types.SimpleNamespace(validation=limits)
    monkeypatch.setitem(sys.modules, "mlflow", module)
    for name in ("MLFLOW_RUN_ID", "MLFLOW_EXPERIMENT_NAME", "MLFLOW_TAGS", "MLFLOW_NESTED_RUN"):
        monkeypatch.delenv(name, raising=False)
    return module


def test_mlflow_gets_one_run_that_is_continued(configure, fake_mlflow):
    run = train_in_two_parts(configure, "mlflow")
    first, second = [options for what, _, options in fake_mlflow.calls if what == "start_run"]
    assert (first["run_id"], first["run_name"]) == (None, run.name)
    assert second["run_id"] == "run of mlflow"
    assert [options["step"] for what, _, options in fake_mlflow.calls if what == "log_metrics"] == [0, 1, 2]
    (parameters,) = [given[0] for what, given, _ in fake_mlflow.calls if what == "log_params"]
    assert parameters["optimizer.name"] == "adam"


def test_figures_of_the_report_are_fractions_by_name(configure):
    from tlcore.delivery.facts import gather_facts

    run = prepare_run(configure(epochs=1))
    go_on(run, [])
    evaluate(run, device="cpu")
    figures = figures_of(gather_facts(run, 1).measured)
    assert figures["test_accuracy_low"] <= figures["test_accuracy"] <= figures["test_accuracy_high"]
    assert figures["test_answered"] == 1
