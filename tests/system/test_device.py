import pytest
import torch

from tlcore.errors import DeviceError
from tlcore.system.device import choose_device


def pretend(monkeypatch, cuda=False, mps=False, capabilities=None):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: cuda)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: int(cuda))
    monkeypatch.setattr(torch.cuda, "get_device_name", lambda device: "GPU")
    monkeypatch.setattr(torch.cuda, "is_bf16_supported", lambda including_emulation=True: True)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: mps)
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: {"cpu_name": "CPU", **(capabilities or {})})


@pytest.mark.parametrize(
    ("machine", "device", "precision"),
    [
        ({"cuda": True, "mps": True}, "cuda", "bf16"),
        ({"mps": True}, "mps", "fp32"),
        ({"capabilities": {"avx512_bf16": True}}, "cpu", "bf16"),
        ({"capabilities": {"amx_bf16": True}}, "cpu", "bf16"),
        ({}, "cpu", "fp32"),
    ],
)
def test_the_best_device_and_its_native_precision_are_chosen_and_explained(monkeypatch, machine, device, precision):
    pretend(monkeypatch, **machine)
    choice = choose_device()
    assert (choice.device.type, choice.precision) == (device, precision)
    assert choice.reason.startswith(device)
    assert precision in choice.reason
    assert choice.autocast().enabled if hasattr(choice.autocast(), "enabled") else True


def test_bf16_is_not_native_where_the_instructions_are_limited(monkeypatch):
    pretend(monkeypatch, capabilities={"avx512_bf16": True})
    monkeypatch.setenv("ONEDNN_MAX_CPU_ISA", "AVX2")
    choice = choose_device("cpu")
    assert choice.precision == "fp32"
    assert "ONEDNN_MAX_CPU_ISA=AVX2 has no bf16" in choice.reason
    monkeypatch.setenv("ONEDNN_MAX_CPU_ISA", "AVX512_CORE_BF16")
    assert choose_device("cpu").precision == "bf16"


def test_threads_are_those_of_the_process_and_not_of_the_machine(monkeypatch):
    pretend(monkeypatch)
    monkeypatch.setattr("torch.get_num_threads", lambda: 3)
    choice = choose_device()
    assert "thread" not in choice.reason
    assert choice.words == f"{choice.reason}, 3 threads"


def test_a_requested_device_and_precision_are_used(monkeypatch):
    pretend(monkeypatch, cuda=True)
    choice = choose_device("cpu", "bf16")
    assert (choice.device.type, choice.precision) == ("cpu", "bf16")
    assert choice.reason.count("as requested") == 2


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("cuda", "This machine has no cuda. Choose auto or cpu"),
        ("cuda:1", "This machine has no cuda:1"),
        ("gpu", "No device named 'gpu'. Choose auto, cuda, cuda:N, mps or cpu"),
        ("meta", "Device 'meta' is not supported"),
    ],
)
def test_a_device_that_is_not_there_is_an_error(monkeypatch, name, message):
    pretend(monkeypatch)
    with pytest.raises(DeviceError, match=message):
        choose_device(name)


def test_autocast_computes_in_the_chosen_precision():
    layer, images = torch.nn.Linear(4, 4), torch.ones(2, 4)
    for precision, dtype in (("bf16", torch.bfloat16), ("fp32", torch.float32)):
        with choose_device("cpu", precision).autocast():
            assert layer(images).dtype == dtype
