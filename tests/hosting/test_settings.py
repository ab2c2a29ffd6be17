"""Settings of a host: profiles, the file, the environment, and one error for all problems."""

import textwrap
import tomllib
from pathlib import Path

import pytest

from tlcore.errors import ConfigError
from tlcore.hosting.settings import CLASSROOM, DEMO, FILE, PROFILES, HostSettings, host_settings, parse_settings

ROOT = Path(__file__).parents[2]
HEAD = """\
# Settings of a hosted dashboard. Copy what you want to change to `hosting.toml` in the folder that TLCORE_HOME names.
# All lines are optional. What is not set has the value of the profile that TLCORE_HOSTED names: `demo`, also `1`, for
# a public demo on 2 cores with 4 GB, or `classroom`, for 40 people on one machine. The environment goes first:
# TLCORE_HOSTED_EXPIRY_HOURS=48. Sizes are numbers of bytes, or texts such as "300 MB". The values are those of `demo`.
"""


def as_toml(value: object) -> str:
    if value is None:
        return '"a secret of your own"'
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, tuple):
        return "[" + ", ".join(f'"{part}"' for part in value) + "]"
    return f"{value:_}" if isinstance(value, int) else str(value)


def example() -> str:
    """What `docs/hosting.toml` has to contain."""
    parts = [HEAD]
    for name, field in HostSettings.model_fields.items():
        demo, classroom = getattr(DEMO, name), getattr(CLASSROOM, name)
        meaning = " ".join((field.description or "").split())
        if classroom != demo:
            meaning += f" classroom: {as_toml(classroom)}"
        wrapped = textwrap.fill(meaning, 118, initial_indent="# ", subsequent_indent="# ")
        parts.append(f"{wrapped}\n{'# ' if demo is None else ''}{name} = {as_toml(demo)}\n")
    return "\n".join(parts)


def test_the_documented_file_has_every_setting_with_its_meaning_and_both_defaults():
    text = (ROOT / "docs/hosting.toml").read_text(encoding="utf-8")
    assert text == example()
    assert all(field.description for field in HostSettings.model_fields.values())
    assert parse_settings(text.encode()) == DEMO


def test_the_variable_names_the_profile(monkeypatch):
    for value, profile in {"": "demo", "1": "demo", "demo": "demo", "classroom": "classroom"}.items():
        monkeypatch.setenv("TLCORE_HOSTED", value)
        assert host_settings() == PROFILES[profile]


def test_the_file_changes_the_profile_and_the_environment_changes_both(home, monkeypatch):
    home.mkdir()
    (home / FILE).write_text('disk_bytes = "20 GB"\nsessions = 7\nexpiry_hours = 1.5\n')
    monkeypatch.setenv("TLCORE_HOSTED", "classroom")
    monkeypatch.setenv("TLCORE_HOSTED_SESSIONS", "9")
    monkeypatch.setenv("TLCORE_HOSTED_TRUSTED_PROXIES", "10.0.0.0/8, 192.168.1.1")
    monkeypatch.setenv("TLCORE_HOSTED_ADMIN_TOKEN", "")
    found = host_settings()
    assert (found.disk_bytes, found.sessions, found.expiry_hours) == (20 * 10**9, 9, 1.5)
    assert [str(network) for network in found.trusted_proxies] == ["10.0.0.0/8", "192.168.1.1/32"]
    assert found.admin_token is None
    assert found.runs_per_visitor == CLASSROOM.runs_per_visitor
    (home / FILE).write_text("sessions = 8")
    monkeypatch.delenv("TLCORE_HOSTED_SESSIONS")
    assert host_settings().sessions == 8


def test_a_visitors_process_reads_the_file_of_the_host(home, tmp_path, monkeypatch):
    (tmp_path / "host").mkdir()
    (tmp_path / "host" / FILE).write_text("sessions = 5")
    monkeypatch.setenv("TLCORE_HOST", str(tmp_path / "host"))
    assert host_settings().sessions == 5


def test_one_error_names_every_problem_and_no_secret():
    content = b'disk_bites = 5\nruns_per_visitor = -1\ntrusted_proxies = ["nowhere"]\n'
    environment = (("TLCORE_HOSTED_ADMIN_TOKEN", "tooshortsecret"), ("TLCORE_HOSTED_SESSION", "3"))
    with pytest.raises(ConfigError) as error:
        parse_settings(content, "hosting.toml", "school", environment)
    text = str(error.value)
    assert "TLCORE_HOSTED: no profile 'school'. Choose one of: classroom, demo." in text
    assert "hosting.toml: disk_bites: no such setting. Did you mean 'disk_bytes'?" in text
    assert "TLCORE_HOSTED_SESSION: no such setting. Did you mean 'sessions'?" in text
    assert "hosting.toml: runs_per_visitor: Input should be greater than or equal to 0 (given: -1)" in text
    assert "hosting.toml: trusted_proxies: value is not a valid IPv4 or IPv6 network (given: 'nowhere')" in text
    assert "TLCORE_HOSTED_ADMIN_TOKEN: " in text
    assert "16" in text
    assert "tooshort" not in text


def test_a_file_that_is_not_toml_is_an_error_with_the_line(home):
    home.mkdir()
    (home / FILE).write_text("sessions = \n")
    with pytest.raises(ConfigError, match="hosting.toml: it cannot be read as TOML: Invalid value .at line 1"):
        host_settings()
    (home / FILE).write_bytes(b"\xff")
    with pytest.raises(ConfigError, match="cannot be read as TOML"):
        host_settings()


def test_the_secret_is_not_shown():
    settings = parse_settings(b'admin_token = "a-very-long-secret"')
    assert "secret" not in repr(settings)
    assert settings.admin_token is not None
    assert settings.admin_token.get_secret_value() == "a-very-long-secret"


def test_the_documented_values_are_toml():
    assert tomllib.loads(example())["sessions"] == DEMO.sessions
