import json

import pytest
import yaml
from safetensors.torch import load

from tests.support.fake_hub import TOKEN, FakeHub
from tlcore.cli.main import main
from tlcore.delivery import hub_files
from tlcore.delivery.hub import parse_target, upload
from tlcore.errors import ConfigError, ExportRefused, PushFailed

CARD = b"---\nlicense: mit\n---\n\n# A model\n"
FILES = {"README.md": CARD, "model.safetensors": b"weights"}


@pytest.fixture
def hub(monkeypatch):
    with FakeHub() as hub:
        monkeypatch.setenv("HF_ENDPOINT", hub.address)
        monkeypatch.setenv("HF_TOKEN", TOKEN)
        for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
            monkeypatch.delenv(name, raising=False)
        monkeypatch.setattr("huggingface_hub.constants.HF_HUB_DISABLE_XET", True)  # its protocol is in another server
        yield hub


def test_a_run_is_pushed_with_card_weights_and_a_certified_onnx_file(evaluated, hub, capsys):
    run = evaluated
    assert main(["push", run.name, "--to", "hf:me/insects", "--epoch", "1", "--private"]) == 0
    assert capsys.readouterr().out.splitlines()[-1] == f"{hub.address}/me/insects"
    assert hub.private == {"me/insects": True}
    assert hub.commits == [f"Epoch 1 of run {run.name}"]
    files = hub.files["me/insects"]
    assert set(files) == {"README.md", "model.safetensors", "run_config.json", "model.onnx", "certificate.json"}
    assert load(files["model.safetensors"])
    assert json.loads(files["certificate.json"])["same"] == 14
    card = files["README.md"].decode()
    assert yaml.safe_load(card.split("\n---\n")[0])["pipeline_tag"] == "image-classification"
    assert "- `model.onnx`: " in card


def test_a_dry_run_makes_the_files_and_uploads_nothing(evaluated, hub, capsys, monkeypatch):
    monkeypatch.setattr(hub_files, "export_certified", refuse)
    monkeypatch.delenv("HF_TOKEN")
    assert main(["push", evaluated.name, "--to", "hf:me/insects", "--dry-run"]) == 0
    told = capsys.readouterr()
    assert "model.safetensors" in told.out
    assert "Without an ONNX file: no such operator" in told.err
    assert "Nothing was uploaded" in told.err
    assert hub.private == {}


def refuse(run, epoch, name):
    raise ExportRefused("no such operator")
    yield


def test_a_second_push_replaces_the_files_of_the_first(hub):
    assert upload(FILES, "me/insects", "one", private=False) == f"{hub.address}/me/insects"
    upload({**FILES, "model.safetensors": b"others"}, "me/insects", "two", private=False)
    assert hub.commits == ["one", "two"]
    assert hub.files["me/insects"]["model.safetensors"] == b"others"


def test_private_is_refused_for_a_place_that_everybody_sees(hub):
    hub.private["me/insects"] = False
    with pytest.raises(PushFailed, match="me/insects is there already, and everybody can see it"):
        upload(FILES, "me/insects", "one", private=True)
    assert hub.commits == []


def test_offline_is_said_in_a_sentence(monkeypatch):
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    monkeypatch.setenv("HF_TOKEN", TOKEN)
    with pytest.raises(PushFailed, match=r"^http://127.0.0.1:9 cannot be reached. Check the network connection"):
        upload(FILES, "me/insects", "one", private=False)


def test_no_token_a_wrong_one_and_one_without_the_right_are_told_apart(hub, monkeypatch):
    with pytest.raises(PushFailed, match="This token may not write to others/insects"):
        upload(FILES, "others/insects", "one", private=False)
    monkeypatch.setenv("HF_TOKEN", "hf_wrong")
    with pytest.raises(PushFailed, match="The Hub does not accept the token"):
        upload(FILES, "me/insects", "one", private=False)
    monkeypatch.setattr("huggingface_hub.get_token", lambda: None)
    with pytest.raises(PushFailed, match="There is no token of the Hugging Face Hub here"):
        upload(FILES, "me/insects", "one", private=False)


def test_a_card_that_the_hub_refuses_is_not_uploaded(hub):
    with pytest.raises(PushFailed, match="(?s)The Hub does not take these files: .*no licence"):
        upload({"README.md": b"---\na: b\n---\n"}, "me/insects", "one", private=False)
    assert hub.commits == []


@pytest.mark.parametrize(
    "text", ["me/insects", "hf:insects", "hf:me/in sects", "hf:me/../x", "hf:me/a--b", "hf:-me/x", "hf:me/x/y", "hf:"]
)
def test_what_is_no_name_on_the_hub_is_refused_before_any_work(text, capsys):
    with pytest.raises(ConfigError, match="is no place on the Hugging Face Hub. Write hf:USER/NAME"):
        parse_target(text)
    assert main(["push", "no such run", "--to", text]) == 1
    assert "hf:USER/NAME" in capsys.readouterr().err


def test_a_name_on_the_hub_is_taken():
    assert parse_target("hf:me/in.sects_2-b") == "me/in.sects_2-b"
