"""The files that hosts copy: the image and its steps, the service, the proxies, and what docs/hosting.md names."""

import json
import os
import re
import shlex
import shutil
import signal
import socket
import stat
import subprocess
import sys
import sysconfig
import urllib.request
from collections.abc import Iterator
from contextlib import suppress
from fnmatch import fnmatch
from pathlib import Path

import psutil
import pytest
import yaml
from streamlit.testing.v1 import AppTest

from tests.support.waiting import eventually
from tlcore.hosting.settings import HostSettings

ROOT = Path(__file__).parents[1]
FILES = ROOT / "docs/hosting"
HOSTING = (ROOT / "docs/hosting.md").read_text(encoding="utf-8")
SETTING = re.compile(r"TLCORE_HOSTED_(\w+)")


def instructions() -> list[tuple[str, str]]:
    """The instructions of the Dockerfile and what follows each, in order."""
    lines = re.sub(r"\\\n\s*", "", (FILES / "Dockerfile").read_text(encoding="utf-8")).splitlines()
    return [(name, rest) for name, _, rest in (line.partition(" ") for line in lines) if name and name != "#"]


def copied() -> list[tuple[str, str]]:
    """What the image has of the repository: path there, path in the image."""
    pairs = []
    last = max(number for number, (name, _) in enumerate(instructions()) if name == "FROM")
    for name, rest in instructions()[last:]:
        if name == "COPY" and not rest.startswith("--from"):
            *sources, target = rest.split()
            pairs += [(source, target + source if target.endswith("/") else target) for source in sources]
    return pairs


def unit() -> dict[str, list[str]]:
    """The settings of the service, each with its values."""
    found: dict[str, list[str]] = {}
    for line in (FILES / "transfer-lab.service").read_text(encoding="utf-8").splitlines():
        if line and line[0] not in "#[":
            name, separator, value = line.partition("=")
            assert separator, line
            found.setdefault(name, []).append(value)
    return found


def test_each_step_of_the_image_is_a_script_that_runs_without_docker_too():
    steps = [rest.split()[0] for name, rest in instructions() if name in ("RUN", "CMD") and not rest.startswith("[")]
    commands = [json.loads(rest)[0] for name, rest in instructions() if name == "CMD"]
    assert steps == ["docs/hosting/image/install.sh", "docs/hosting/image/prepare.sh"]
    assert commands == ["docs/hosting/image/start.sh"]
    for script in (*steps, *commands):
        assert (ROOT / script).stat().st_mode & stat.S_IXUSR, script
        subprocess.run(["sh", "-n", ROOT / script], check=True)
    assert "install.sh" in (ROOT / ".ci/package").read_text(encoding="utf-8")


def test_the_image_has_the_files_that_running_needs_and_no_others():
    sources = {source for source, _ in copied()}
    assert {"app.py", "pages", "tlcore", "ui", ".streamlit/config.toml", "docs/hosting/image"} <= sources
    lines = (FILES / "Dockerfile.dockerignore").read_text(encoding="utf-8").splitlines()
    rules = [line for line in lines if line and not line.startswith("#")]
    let_in = {rule[1:] for rule in rules if rule.startswith("!")}
    assert rules[0] == "*"
    assert sources | {"requirements.txt"} == let_in
    assert all((ROOT / source).exists() for source in let_in)
    assert not [path for path in let_in if fnmatch("tests", path) or fnmatch(".streamlit/secrets.toml", path)]


def test_the_image_runs_as_a_user_without_rights_and_has_no_secrets():
    named = dict(instructions())
    assert named["USER"] == "1000:1000"
    assert [name for name, _ in instructions()].index("USER") < [name for name, _ in instructions()].index("CMD")
    text = (FILES / "Dockerfile").read_text(encoding="utf-8") + (FILES / "compose.yaml").read_text(encoding="utf-8")
    assert not re.search(r"(?i)(token|password|secret)\S*\s*[:=]\s*\S", text)


def test_compose_builds_that_image_and_leaves_only_its_volume_to_be_written():
    service = yaml.safe_load((FILES / "compose.yaml").read_text(encoding="utf-8"))["services"]["dashboard"]
    assert (FILES / service["build"]["context"]).resolve() == ROOT
    assert (ROOT / service["build"]["dockerfile"]).is_file()
    assert service["read_only"] is True
    assert service["volumes"] == ["data:/data"]
    assert dict(instructions())["VOLUME"] == "/data"
    assert all(port.startswith("127.0.0.1:") for port in service["ports"])
    proxies = service["environment"]["TLCORE_HOSTED_TRUSTED_PROXIES"]
    assert HostSettings(trusted_proxies=(proxies,)).trusted_proxies


def test_service_and_image_start_the_dashboard_with_the_same_options():
    (service,) = unit()["ExecStart"]
    script = (FILES / "image/start.sh").read_text(encoding="utf-8").replace("\\\n", " ")
    (started,) = re.findall(r"^exec (.*)$", script, re.MULTILINE)

    def options(command: str) -> set[str]:
        words = shlex.split(command)
        return {*words[1:3], *(word for word in words if word.startswith("--")), words[-1]}

    assert options(service) == options(started)
    assert Path(shlex.split(service)[0]).name == shlex.split(started)[0] == "streamlit"


def test_the_service_ends_with_all_its_processes_and_survives_a_run_that_needs_too_much_memory():
    settings = unit()
    assert settings["KillMode"] == ["control-group"]
    assert settings["OOMPolicy"] == ["continue"]
    assert settings["ProtectSystem"] == ["strict"]
    assert settings["NoNewPrivileges"] == ["true"]
    (writable,) = settings["ReadWritePaths"]
    environment = dict(part.split("=", 1) for line in settings["Environment"] for part in shlex.split(line))
    assert environment["TLCORE_HOME"] == writable
    assert environment["TLCORE_HOSTED"] == "demo"


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="needs systemd-analyze")
def test_systemd_accepts_the_service(tmp_path):
    text = (FILES / "transfer-lab.service").read_text(encoding="utf-8")
    copy = tmp_path / "transfer-lab.service"
    copy.write_text(re.sub(r"^ExecStart=\S+", f"ExecStart={sys.executable}", text, flags=re.MULTILINE))
    command = ["systemd-analyze", "verify", "--man=no", copy]
    checked = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (checked.returncode, checked.stdout, checked.stderr) == (0, "", "")


@pytest.mark.skipif(not (shutil.which("nginx") and shutil.which("openssl")), reason="needs nginx and openssl")
def test_nginx_accepts_its_file(tmp_path):
    text = (FILES / "nginx.conf").read_text(encoding="utf-8").replace("/etc/ssl/transfer-lab", str(tmp_path))
    (tmp_path / "site.conf").write_text(text)
    request = "openssl req -x509 -newkey rsa:2048 -nodes -days 1 -subj /CN=lab.example.org -out fullchain.pem"
    subprocess.run([*request.split(), "-keyout", "privkey.pem"], cwd=tmp_path, capture_output=True, check=True)
    whole = (
        f"pid {tmp_path}/pid; error_log stderr; events {{}} http {{ access_log off; include {tmp_path}/site.conf; }}"
    )
    (tmp_path / "nginx.conf").write_text(whole)
    checked = subprocess.run(
        ["nginx", "-t", "-q", "-c", tmp_path / "nginx.conf"], capture_output=True, text=True, check=False
    )
    assert checked.returncode == 0, checked.stderr


@pytest.mark.skipif(not shutil.which("caddy"), reason="needs caddy")
def test_caddy_accepts_its_file(tmp_path):
    command = ["caddy", "adapt", "--config", FILES / "Caddyfile", "--adapter", "caddyfile"]
    environment = {**os.environ, "HOME": str(tmp_path)}
    adapted = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    assert adapted.returncode == 0, adapted.stderr
    assert "127.0.0.1:8501" in adapted.stdout


@pytest.mark.parametrize("proxy", ["nginx.conf", "Caddyfile"])
def test_proxies_keep_the_addresses_for_the_host_to_themselves(proxy):
    text = (FILES / proxy).read_text(encoding="utf-8")
    assert "/_stcore/metrics" in text
    assert "/healthz" in text
    assert "X-Forwarded-For" in text


def test_the_documentation_names_files_and_settings_that_are_there():
    for path in re.findall(r"`((?:docs|benchmarks|tests|\.streamlit|\.ci)/[\w./-]+)`", HOSTING):
        assert (ROOT / path).exists() or path == ".streamlit/secrets.toml", path  # that is the host's own
    for name in re.findall(r"docs/hosting/[\w./-]*\w", HOSTING):
        assert (ROOT / name).exists(), name
    settings = {name.lower() for name in SETTING.findall(HOSTING)} | set(re.findall(r"^\| `(\w+)` \|", HOSTING, re.M))
    assert settings <= HostSettings.model_fields.keys()
    for module in re.findall(r"python -m (benchmarks\.\w+)", HOSTING):
        assert (ROOT / f"{module.replace('.', '/')}.py").exists(), module


def all_processes(home: str) -> list[psutil.Process]:
    """What a service or a container ends: the server, and the dispatcher that it started, which has its own session."""
    found = []
    for each in psutil.process_iter():
        with suppress(psutil.Error):
            if each.environ().get("TLCORE_HOME") == home:
                found.append(each)
    return found


@pytest.fixture
def image(tmp_path) -> Path:
    """A folder with what the image has of the repository."""
    folder = tmp_path / "image"
    for source, target in copied():
        into = folder / target
        into.parent.mkdir(parents=True, exist_ok=True)
        if (ROOT / source).is_dir():
            shutil.copytree(ROOT / source, into, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy2(ROOT / source, into)
    return folder


@pytest.fixture
def started(image, tmp_path) -> Iterator[tuple[subprocess.Popen[bytes], dict[str, str]]]:
    """The command of the image, in what is copied into it, and its environment."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environment = {
        "PATH": f"{sysconfig.get_path('scripts')}:{os.environ['PATH']}",
        "PORT": str(port),
        "ADDRESS": "127.0.0.1",
        "HOME": str(tmp_path / "data"),
        "TLCORE_HOME": str(tmp_path / "data"),
        "OMP_NUM_THREADS": "1",
        "TLCORE_HOSTED_WARM_UP": "0",
    }
    subprocess.run([image / "docs/hosting/image/prepare.sh", tmp_path / "data"], env=environment, check=True)
    command = [image / "docs/hosting/image/start.sh"]
    process = subprocess.Popen(command, env=environment)
    try:
        yield process, environment
    finally:
        for each in all_processes(environment["TLCORE_HOME"]):
            each.kill()
        process.wait()


def test_what_the_image_has_starts_says_that_it_is_healthy_and_ends_when_it_is_told_to(started, image):
    process, environment = started
    check = [sys.executable, image / "docs/hosting/image/healthy.py"]

    def ask() -> "subprocess.CompletedProcess[str]":
        return subprocess.run(check, env=environment, capture_output=True, text=True, check=False)

    answer = eventually(ask, lambda asked: asked.returncode == 0)
    assert json.loads(answer.stdout)["server"] is True
    with urllib.request.urlopen(f"http://127.0.0.1:{environment['PORT']}/", timeout=10) as page:
        assert page.status == 200
    processes = all_processes(environment["TLCORE_HOME"])
    assert len(processes) >= 2
    for each in processes:
        each.terminate()
    assert process.wait(30) in (0, -signal.SIGTERM)
    assert psutil.wait_procs(processes, timeout=30)[1] == []
    assert ask().returncode == 1


@pytest.mark.parametrize("page", ["overview", "train"])
def test_a_page_that_runs_without_what_stands_before_it_says_so_and_does_nothing_else(page, home, monkeypatch):
    monkeypatch.setenv("TLCORE_HOSTED", "demo")
    monkeypatch.setattr("ui.shared.visitor.visitors_cookie", lambda: None)  # AppTest has a stand-in for cookies
    drawn = AppTest.from_file(str(ROOT / "pages" / f"{page}.py"), default_timeout=60).run()
    assert not drawn.exception
    (said,) = drawn.error
    assert "tells its visitors apart by a cookie, and your browser sent none" in said.value
    assert not drawn.button
    assert not list(home.glob("spaces/*"))
