"""What a host has decided for a dashboard that others can open: one value for each limit.

A value comes from the environment (`TLCORE_HOSTED_EXPIRY_HOURS=48`), else from `hosting.toml` in the home of the host,
else from the profile that `TLCORE_HOSTED` names. `docs/hosting.toml` shows all of them with both profiles.
"""

import functools
import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ByteSize, ConfigDict, Field, IPvAnyNetwork, SecretStr, ValidationError

from tlcore.errors import ConfigError, suggestion
from tlcore.system.home import HOME, HOST
from tlcore.system.records import list_problems, read_bytes

FILE = "hosting.toml"
HOSTED = "TLCORE_HOSTED"
_FIELD = f"{HOSTED}_"
_MAX_BYTES = 1 << 20

Count = Annotated[int, Field(ge=0, le=10**9)]
AtLeastOne = Annotated[int, Field(ge=1, le=10**9)]
Bytes = Annotated[ByteSize, Field(ge=0, le=10**16)]


Site = Annotated[str, Field(pattern=r"^https?://[A-Za-z0-9.*-]+(:[0-9]{1,5})?$", max_length=200)]


def _as_list(value: object) -> object:
    """A text from the environment, `10.0.0.0/8, 192.168.1.1`, as a list."""
    return [part.strip() for part in value.split(",") if part.strip()] if isinstance(value, str) else value


class HostSettings(BaseModel):
    """All limits of a host. The defaults are those of the profile `demo`: a public demo on 2 cores with 4 GB."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False, use_attribute_docstrings=True)

    bytes_per_visitor: Bytes = ByteSize(500_000_000)
    """Bytes of all files of a visitor: images, runs, exports and caches."""
    images_per_visitor: Count = 2_000
    """Images in all datasets of a visitor together, and photographs without labels."""
    runs_per_visitor: Count = 20
    """Runs that a visitor has at a time. Deleting one makes room for another."""
    epochs_per_run: AtLeastOne = 20
    """Epochs of one run, those of its head included."""
    epochs_per_day: Count = 200
    """Epochs that a visitor trains in a day. A day begins at midnight, UTC."""
    seconds_per_day: Count = 1_800
    """Seconds that a visitor's work computes in a day: training and all else that waits in the queue."""
    uploads_at_once: AtLeastOne = 200
    """Files that a visitor gives in one go. They are in the server's memory until they are stored."""
    bytes_per_upload: Bytes = ByteSize(100_000_000)
    """Bytes of one file that a visitor uploads, and of all files given in one go."""
    seconds_per_piece: AtLeastOne = 600
    """Seconds that one piece of work other than a run may take, such as a race of backbones or checking labels."""
    waiting_per_visitor: AtLeastOne = 6
    """Pieces of work of a visitor that wait or are under way. Each run of a sweep is one."""
    disk_bytes: Bytes = ByteSize(10_000_000_000)
    """Bytes of the home of the host with the spaces of all visitors, which are never passed. When they are nearly used,
    the oldest caches go first, then nothing new is accepted."""
    worker_bytes: Bytes = ByteSize(2_400_000_000)
    """Bytes of memory of the process that works, with the processes that it starts. A run that would need more is not
    accepted."""
    expiry_hours: Annotated[float, Field(gt=0, le=100_000)] = 24
    """Hours after the last visit until a space is removed with all that is in it."""
    sessions: AtLeastOne = 60
    """Open pages of all visitors together."""
    sessions_per_address: AtLeastOne = 12
    """Open pages from one network address. A classroom or an office often has a single address."""
    requests_per_minute: AtLeastOne = 1_200
    """Requests from one network address in a minute. A page with a gallery makes about 100."""
    spaces_per_hour: AtLeastOne = 20
    """New visitors from one network address in an hour."""
    trusted_proxies: Annotated[tuple[IPvAnyNetwork, ...], BeforeValidator(_as_list)] = Field(
        ("127.0.0.1", "::1"), validate_default=True
    )
    """Addresses or networks of the proxies in front, whose word about a visitor's address is believed."""
    embedded_in: Annotated[tuple[Site, ...], BeforeValidator(_as_list)] = ()
    """Sites that may show the dashboard in a frame, as "https://huggingface.co" does. Without any, none may."""
    bytes_of_uploads: Bytes = ByteSize(400_000_000)
    """Bytes of the uploaded files of all visitors in the server's memory. One network address has at most half of
    it."""
    warm_up: bool = True
    """Whether the server draws the demo and loads PyTorch when it starts, so that no visitor waits for that. It has
    about 1 GB of memory from then on."""
    log_addresses: bool = False
    """Whether the log names the network addresses of visitors."""
    admin_token: Annotated[SecretStr | None, Field(min_length=16)] = None
    """The secret that opens the administrator's page, at least 16 characters. Without one there is no such page."""
    login: bool = False
    """Whether visitors sign in with an account, by `st.login` as set up in Streamlit's secrets. Otherwise a cookie says
    which space is theirs."""


DEMO = HostSettings()
CLASSROOM = HostSettings(
    bytes_per_visitor=ByteSize(1_000_000_000),
    images_per_visitor=5_000,
    runs_per_visitor=60,
    epochs_per_run=100,
    epochs_per_day=1_000,
    seconds_per_day=7_200,
    seconds_per_piece=1_800,
    uploads_at_once=500,
    bytes_per_upload=ByteSize(200_000_000),
    waiting_per_visitor=12,
    disk_bytes=ByteSize(60_000_000_000),
    worker_bytes=ByteSize(6_000_000_000),
    bytes_of_uploads=ByteSize(2_000_000_000),
    sessions=120,
    sessions_per_address=120,
    requests_per_minute=30_000,
    spaces_per_hour=200,
)
PROFILES: Mapping[str, HostSettings] = MappingProxyType({"demo": DEMO, "classroom": CLASSROOM})


def host_home() -> Path:
    """The home of the host as the environment names it: for code of a server that works for no visitor."""
    named = os.environ.get(HOST) or os.environ.get(HOME) or Path.home() / ".tlcore"
    return Path(named).expanduser().absolute()


def host_settings() -> HostSettings:
    """The settings in effect, read anew when they changed. Raises ConfigError, which names every problem."""
    path = host_home() / FILE
    try:
        content = read_bytes(path, "the settings of a host", error=ConfigError, max_bytes=_MAX_BYTES)
    except FileNotFoundError:
        content = b""
    named = {name: value for name, value in os.environ.items() if name.startswith(_FIELD) and value}
    return parse_settings(content, str(path), os.environ.get(HOSTED, ""), tuple(sorted(named.items())))


@functools.lru_cache(maxsize=8)
def parse_settings(
    content: bytes, where: str = FILE, profile: str = "1", environment: tuple[tuple[str, str], ...] = ()
) -> HostSettings:
    """Settings from the content of a TOML file and from variables `TLCORE_HOSTED_<FIELD>`, over those of a profile.

    `where` is the file's name in messages. `1` and no profile stand for `demo`. Raises ConfigError.
    """
    profile = "demo" if profile in ("", "0", "1") else profile
    problems = []
    if profile not in PROFILES:
        problems.append(f"  {HOSTED}: no profile {profile[:40]!r}. {suggestion(profile, PROFILES)}")
    wanted: dict[str, Any] = {}
    try:
        wanted = tomllib.loads(content.decode())
    except ValueError as failure:  # TOMLDecodeError and UnicodeDecodeError
        problems.append(f"  {where}: it cannot be read as TOML: {failure}")
    names = {field: f"{where}: {field}" for field in wanted}
    for variable, value in environment:
        field = variable.removeprefix(_FIELD).lower()
        names[field], wanted[field] = variable, value
    for field in sorted(wanted.keys() - HostSettings.model_fields.keys()):
        del wanted[field]
        problems.append(f"  {names[field]}: no such setting. {suggestion(field, HostSettings.model_fields)}")
    settings = PROFILES.get(profile, DEMO)
    try:
        settings = HostSettings.model_validate({**settings.model_dump(), **wanted})
    except ValidationError as failure:
        for line in list_problems(failure).splitlines():
            field, _, rest = line.strip().partition(": ")
            names_it = names.get(field.split(".")[0], field)
            problems.append(f"  {names_it}: {_hidden(field, rest)}")
    if problems:
        raise ConfigError("The settings of this host cannot be used:\n" + "\n".join(problems))
    return settings


def _hidden(field: str, problem: str) -> str:
    """The problem without the given value, if that is a secret."""
    return problem.partition(" (given:")[0] if field == "admin_token" else problem
