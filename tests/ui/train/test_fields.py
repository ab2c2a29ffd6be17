"""The table of the form: each row shows its setting and returns it unchanged; settings without a row keep values."""

import copy

import pytest

from tests.support.settings import all_changed, leaves
from tlcore.config import RunConfig
from tlcore.models.zoo import ZOO
from tlcore.training.optimisation.optimizers import OPTIMIZERS
from tlcore.training.optimisation.schedules import SCHEDULES
from ui.train.asked import asked_config
from ui.train.bounds import bounds_of
from ui.train.draft import plain, put_value, value_at
from ui.train.fields import FIELDS, Choice, FormState, Number, Steps, rate_fields

PATHS = [path for path, _ in leaves(RunConfig.model_json_schema())]
PICKED_ELSEWHERE = {
    ("data", "source"),
    ("data", "images"),
    ("data", "edits"),
    ("train_transform",),
    ("eval_transform",),
}
RATES = ("strategy", "learning_rates")


def form_of(config: RunConfig, **more) -> FormState:
    settings = plain(config)
    return FormState(settings, ZOO[settings["model"]["backbone"]], **more)


def rows(form: FormState):
    return [*FIELDS, *rate_fields(form)]


def test_every_setting_has_a_row_or_a_picker_of_its_own():
    shown = {field.path for field in FIELDS} | PICKED_ELSEWHERE | {RATES}
    assert set(PATHS) == shown


def test_no_setting_of_the_changed_configuration_has_its_default():
    changed, default = plain(all_changed()), plain(RunConfig())
    assert [path for path in PATHS if value_at(changed, path) == value_at(default, path)] == []


@pytest.mark.parametrize("config", [RunConfig(), all_changed()], ids=["defaults", "all changed"])
def test_a_row_gives_back_what_it_shows(config):
    form = form_of(config)
    for field in rows(form):
        before = value_at(form.settings, field.path)
        if field.key == "train_weights_file" and not field.shown(form):
            continue
        assert field.write(field.read(before), before) == before, field.path


@pytest.mark.parametrize("config", [RunConfig(), all_changed()], ids=["defaults", "all changed"])
def test_the_form_requests_the_configuration_that_filled_it(config):
    assert asked_config(form_of(config)) == config


def test_a_contradicting_setting_is_left_out_of_the_run_and_stays_in_the_draft():
    settings = plain(all_changed())
    settings["strategy"]["name"] = "feature_extraction"
    settings["optimizer"]["name"] = "adam"
    before = copy.deepcopy(settings)
    config = asked_config(FormState(settings, ZOO["small_cnn"]))
    assert (config.strategy.freeze_up_to, config.strategy.unfreeze_every) == (None, None)
    assert not config.optimizer.nesterov
    assert settings == before
    assert config.strategy.learning_rates == all_changed().strategy.learning_rates


def test_a_mistake_names_the_label_of_its_row():
    from tlcore.errors import ConfigError

    settings = plain(RunConfig())
    put_value(settings, ("optimizer", "learning_rate"), 0.0)
    put_value(settings, ("ema_decay",), 1.0)
    with pytest.raises(ConfigError) as error:
        asked_config(FormState(settings, ZOO["small_cnn"]))
    assert str(error.value).splitlines() == [
        "Learning rate: input should be greater than 0 (given: 0.0).",
        "EMA of the weights, decay: input should be less than 1 (given: 1.0).",
    ]


def test_rows_of_optimisers_and_schedules_are_shown_for_those_that_use_them():
    for name, entry in OPTIMIZERS.items():
        form = form_of(RunConfig(optimizer={"name": name}))
        shown = {field.path[1] for field in FIELDS if field.path[0] == "optimizer" and field.shown(form)}
        assert shown == {"name", *entry.fields}
    for name, schedule in SCHEDULES.items():
        form = form_of(RunConfig(schedule={"name": name}))
        shown = {field.path[1] for field in FIELDS if field.path[0] == "schedule" and field.shown(form)}
        assert shown == {"name", *schedule.fields}


@pytest.mark.parametrize("config", [RunConfig(), all_changed()], ids=["defaults", "all changed"])
def test_a_widget_can_hold_the_value_of_its_setting(config):
    """Streamlit raises an error for a value outside the bounds of a number field."""
    form = form_of(config)
    for field in rows(form):
        value = field.read(value_at(form.settings, field.path))
        if isinstance(field.widget, Number):
            bounds = bounds_of(field.path)
            assert value is None or isinstance(value, int if bounds.whole else float), field.path
            assert value is None or (bounds.low is None or bounds.low <= value), field.path
            assert value is None or (bounds.high is None or value <= bounds.high), field.path


def test_bounds_are_those_of_the_configuration():
    assert (bounds_of(("seed",)).low, bounds_of(("seed",)).high) == (0, 2**32 - 1)
    assert (bounds_of(("epochs",)).low, bounds_of(("epochs",)).high) == (1, 100_000)
    assert bounds_of(("gradient_clip",)).high is None
    assert not bounds_of((*RATES, "features")).whole
    assert bounds_of(("early_stopping",)).whole


def test_labels_and_keys_are_distinct():
    form = form_of(all_changed())
    assert len({field.key for field in rows(form)}) == len(rows(form))
    assert len({(field.section, field.label) for field in rows(form)}) == len(rows(form))
    for field in rows(form):
        if isinstance(field.widget, Choice):
            options = list(field.widget.options(form))
            assert len({field.widget.label(form, option) for option in options}) == len(options)
        if isinstance(field.widget, Steps):
            assert list(field.widget.values) == sorted(field.widget.values)
