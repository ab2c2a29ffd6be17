"""The C library's memory: what this project asks of it works, and a process goes on with it."""

import subprocess
import sys

import pytest

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="another C library")


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


def test_large_blocks_are_returned_at_once_although_small_ones_stay():
    code = """
import psutil
from tlcore.system.allocator import share_heaps

assert share_heaps()
large = b"x" * 8_000_000  # when it is freed, glibc by default takes blocks of up to its size from the heap
del large
blocks = [(b"x" * 1_000_000, b"x" * 1_000) for _ in range(100)]
most = psutil.Process().memory_info().rss
small = [after for _, after in blocks]
blocks.clear()
assert most - psutil.Process().memory_info().rss > 90_000_000, most
"""
    subprocess.run([sys.executable, "-c", code], check=True)


def test_what_only_refers_to_itself_is_returned_and_what_was_kept_for_good_is_not_looked_at():
    code = """
import gc
import psutil
from tlcore.system.allocator import keep_for_good, return_freed_memory

gc.disable()
keep_for_good()
assert len(gc.get_objects()) < 100
circles = [[b"x" * 1_000_000] for _ in range(100)]
for circle in circles:
    circle.append(circle)
most = psutil.Process().memory_info().rss
del circle, circles
return_freed_memory()
assert most - psutil.Process().memory_info().rss > 90_000_000, most
"""
    subprocess.run([sys.executable, "-c", code], check=True)
