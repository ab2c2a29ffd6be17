"""Choose the device and the precision of a run, and explain the choice in words."""

import os
import platform
from dataclasses import dataclass

import torch
from torch import nn

from tlcore.errors import DeviceError
from tlcore.words import count

_WITH_BF16 = ("BF16", "FP16", "AMX", "AVX10", "ALL", "DEFAULT")  # parts of the names of oneDNN's instruction sets


@dataclass(frozen=True)
class DeviceChoice:
    device: torch.device
    precision: str
    """`bf16` or `fp32`."""
    reason: str
    """Why this choice was made: a sentence for the user, valid for any process on this machine."""

    @property
    def memory_format(self) -> torch.memory_format:
        """channels_last, which is faster, on every device except MPS."""
        return torch.contiguous_format if self.device.type == "mps" else torch.channels_last

    @property
    def words(self) -> str:
        """`reason`, and on a CPU the number of threads of this process."""
        threads = torch.get_num_threads()
        return f"{self.reason}, {count(threads, 'thread')}" if self.device.type == "cpu" else self.reason

    def place(self, model: nn.Module) -> nn.Module:
        """The model itself, on the device and in its layout."""
        return model.to(self.device).to(memory_format=self.memory_format)

    def autocast(self) -> torch.autocast:
        """The autocast context for a forward pass."""
        return torch.autocast(self.device.type, torch.bfloat16, enabled=self.precision == "bf16")


def choose_device(device: str = "auto", precision: str = "auto") -> DeviceChoice:
    """The requested device, or the best one of cuda, mps, cpu; bf16 if the hardware supports it natively.

    Raises DeviceError if this machine does not have what was requested.
    """
    chosen = _best_device() if device == "auto" else _told_device(device)
    native, how = _native_bf16(chosen)
    if precision == "auto":
        precision, why = ("bf16", f"{how}") if native else ("fp32", how)
    else:
        why = "as requested"
    picked = "the fastest one here" if device == "auto" else "as requested"
    return DeviceChoice(chosen, precision, f"{_words(chosen)} ({picked}), {precision} ({why})")


def _best_device() -> torch.device:
    if torch.cuda.is_available():
        return torch.device("cuda")
    if torch.backends.mps.is_available():
        return torch.device("mps")
    return torch.device("cpu")


def _told_device(name: str) -> torch.device:
    try:
        device = torch.device(name)
    except RuntimeError:
        raise DeviceError(f"No device named {name!r}. Choose auto, cuda, cuda:N, mps or cpu.") from None
    present = {
        "cpu": True,
        "cuda": torch.cuda.is_available() and (device.index or 0) < torch.cuda.device_count(),
        "mps": torch.backends.mps.is_available(),
    }
    if device.type not in present:
        raise DeviceError(f"Device {name!r} is not supported. Choose auto, cuda, cuda:N, mps or cpu.")
    if not present[device.type]:
        raise DeviceError(f"This machine has no {name}. Choose auto or cpu, or leave the device out.")
    return device


def _native_bf16(device: torch.device) -> tuple[bool, str]:
    """Whether matrix units compute in bfloat16, and a text about it."""
    if device.type == "cuda":
        if torch.cuda.is_bf16_supported(including_emulation=False):
            return True, "native on this GPU"
        return False, "this GPU has no native bf16"
    if device.type == "cpu":
        limit = os.environ.get("ONEDNN_MAX_CPU_ISA", "").upper()
        if limit and not any(part in limit for part in _WITH_BF16):
            return False, f"ONEDNN_MAX_CPU_ISA={limit} has no bf16"
        capabilities = torch.cpu.get_capabilities()
        for flag, words in (("amx_bf16", "AMX"), ("avx512_bf16", "AVX512-BF16"), ("sve_bf16", "SVE")):
            if capabilities.get(flag):
                return True, f"native through {words}"
        return False, "this CPU has no native bf16"
    return False, "the precision that Metal is exact in"


def _words(device: torch.device) -> str:
    if device.type == "cuda":
        return f"{device}: {torch.cuda.get_device_name(device)}"
    if device.type == "mps":
        return "mps: Apple GPU"
    name = torch.cpu.get_capabilities().get("cpu_name") or platform.processor() or platform.machine()
    return f"cpu: {name}"
