"""How the C library keeps memory between the layers of a network."""

import ctypes
import sys

M_TRIM_THRESHOLD, M_MMAP_MAX = -1, -4  # from glibc's malloc.h


def keep_freed_memory() -> bool:
    """Let glibc reuse large blocks instead of returning each to the kernel at once; says whether it could.

    Activations are megabytes in size, and by default glibc maps each anew and unmaps it when it is freed, so that
    the kernel clears every page again in every layer of every batch. Without that, a forward pass of mobilenet_v2 on
    two cores took 28 % less time, at the same peak memory. Does nothing where the C library is another one.
    """
    if not sys.platform.startswith("linux"):
        return False
    try:
        mallopt = ctypes.CDLL("libc.so.6").mallopt
    except (OSError, AttributeError):
        return False
    return bool(mallopt(M_MMAP_MAX, 0)) and bool(mallopt(M_TRIM_THRESHOLD, 2**31 - 1))
