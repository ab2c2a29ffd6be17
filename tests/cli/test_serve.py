"""`serve` as a process: started, asked, and ended by a signal."""

import http.client
import json
import signal
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.support.photographs import jpeg, photograph
from tlcore import train
from tlcore.cli.main import main
from tlcore.errors import OutOfMemory

ROOT = Path(__file__).parents[2]
DEADLINE_S = 90
PHOTO = jpeg(photograph(60, 40))


@pytest.fixture
def run(configure):
    return train(configure(epochs=1))


@pytest.fixture
def start(run):
    """Start `serve` on a free port; returns the process and its address when it is ready."""
    started = []

    def call(*options):
        command = [sys.executable, "-m", "tlcore", "serve", run.name, "--port", "0", "--device", "cpu", *options]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=ROOT)
        started.append(process)
        address = process.stdout.readline().strip()
        said = process.stderr.readline()
        assert said.startswith(f"Ready: run {run.name}, epoch 1, computed by "), said + process.stderr.read()
        return process, urlsplit(address).netloc

    yield call
    for process in started:
        process.kill()
        process.communicate()


def ask(address: str, content: bytes, answers: list) -> None:
    connection = http.client.HTTPConnection(address, timeout=DEADLINE_S)
    connection.request("POST", "/predict", content, {"Content-Type": "image/jpeg"})
    response = connection.getresponse()
    answers.append((response.status, json.load(response)))
    connection.close()


def test_a_request_that_was_accepted_is_answered_after_sigterm(start, run, home):
    process, address = start("--image-mb", "1")
    model = json.loads(get(address, "/model"))
    assert (model["run"], model["dataset"], model["accuracy"]) == (run.name, "colours", None)  # it is not evaluated
    card = get(address, "/" + model["card"])
    assert f"# {run.name}, epoch 1\n" in card
    assert str(home.parent) not in card + json.dumps(model)
    answers: list = []
    ask(address, PHOTO, answers)
    assert answers.pop()[0] == 200
    ask(address, bytes(30_000_000), answers)  # a client that reads nothing before it has sent everything
    status, body = answers.pop()
    assert (status, body["error"]["message"]) == (413, "Too large: at most 1.0 MB of content are read.")

    connection = http.client.HTTPConnection(address, timeout=DEADLINE_S)
    connection.putrequest("POST", "/predict")
    connection.putheader("Content-Type", "image/jpeg")
    connection.putheader("Content-Length", str(len(PHOTO)))
    connection.endheaders(PHOTO[:100])
    while json.loads(get(address, "/health"))["working"] != 1:
        pass
    process.send_signal(signal.SIGTERM)
    while accepts(address):
        pass
    connection.send(PHOTO[100:])
    response = connection.getresponse()
    assert response.status == 200
    assert json.load(response)["predictions"][0]["label"] in ("blue", "green")
    out, err = process.communicate(timeout=DEADLINE_S)
    assert (process.returncode, out, err) == (0, "", "")


def get(address: str, path: str) -> str:
    connection = http.client.HTTPConnection(address, timeout=DEADLINE_S)
    connection.request("GET", path)
    content = connection.getresponse().read().decode()
    connection.close()
    return content


def accepts(address: str) -> bool:
    try:
        get(address, "/health")
    except (OSError, http.client.HTTPException):
        return False
    return True


def test_an_address_that_cannot_be_used_and_limits_out_of_range_are_errors(run, capsys):
    import socket

    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert main(["serve", run.name, "--port", str(port), "--device", "cpu"]) == 1
    assert f"error: Cannot listen on 127.0.0.1, port {port}: Address already in use." in capsys.readouterr().err
    assert main(["serve", run.name, "--batch", "0", "--device", "cpu"]) == 1
    assert "batch: Input should be greater than or equal to 1 (given: 0)" in capsys.readouterr().err


def test_a_model_that_cannot_be_prepared_ends_the_command_with_its_error(run, capsys, monkeypatch):
    def answer_many(self, images):
        raise OutOfMemory("Not enough memory for this model.")

    monkeypatch.setattr("tlcore.evaluation.predict.Predictor.answer_many", answer_many)
    monkeypatch.setattr("tlcore.system.logs.log_to_stderr", lambda: None)  # it is for a process of its own
    assert main(["serve", run.name, "--port", "0", "--host", "0.0.0.0", "--device", "cpu"]) == 1
    said = capsys.readouterr()
    assert said.out.startswith("http://0.0.0.0:")
    assert said.err.splitlines() == [
        "Everybody who reaches this machine can ask: there are no accounts.",
        "error: Not enough memory for this model.",
    ]


def test_every_limit_is_an_option_with_its_words(capsys):
    with pytest.raises(SystemExit):
        main(["serve", "--help"])
    words = " ".join(capsys.readouterr().out.split())
    assert "--per-client N requests of one client address at once; further ones get status 429 (default: 16)" in words
    assert "--image-mb X megabytes of one image file (default: 20)" in words
