"""The C library's memory: what this project asks of it works, and a process goes on with it."""

import subprocess
import sys

import pytest


@pytest.mark.skipif(sys.platform != "linux", reason="another C library")
def test_a_server_returns_what_its_threads_have_freed():
    code = """
from concurrent.futures import ThreadPoolExecutor
import psutil
from tlcore.system.allocator import return_freed_memory, share_heaps

assert share_heaps()
with ThreadPoolExecutor(4) as pool:
    kept = list(pool.map(lambda number: [bytes(2_000) for _ in range(20_000)], range(4)))
    most = psutil.Process().memory_info().rss
    last = kept[-1][-1:]
    kept.clear()
    assert return_freed_memory()
    assert most - psutil.Process().memory_info().rss > 100_000_000, most
"""
    subprocess.run([sys.executable, "-c", code], check=True)
