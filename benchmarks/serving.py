"""The service under load: requests/s and waiting times with 1, 8 and 32 clients, beside the bare pass.

python -m benchmarks.serving                     in about two minutes
python -m benchmarks.serving --seconds 20        longer measurements
python -m benchmarks.serving --busy              one thread for the network: for a machine that others use meanwhile

Each client sends one photograph of ants and bees after another, and waits for each answer. Clients, server and network
share the machine's cores. The bare pass decodes the same files and runs the same network by the same engine, without
HTTP: one image after another, and in batches of 32 that are decoded in threads while the network runs.
"""

import argparse
import asyncio
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from urllib.parse import urlsplit

import numpy as np
import psutil

from benchmarks.measure import DATA, cpu_name, fresh_home, measure

CLIENTS = (1, 8, 32)
WARM_UP_S = 1.0
_START_S = 120


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=8, help="length of each measurement (default: 8)")
    parser.add_argument("--data", type=Path, default=DATA, help="folder with class folders of photographs")
    parser.add_argument("--busy", action="store_true", help="one thread for the network; compare the CPU times")
    arguments = parser.parse_args()
    if not arguments.data.is_dir():
        raise SystemExit(f"This benchmark needs photographs in {arguments.data}. Choose others with --data.")
    if arguments.busy:
        os.environ["OMP_NUM_THREADS"] = "1"  # for the processes of both sides; several threads wait for each other
    threads = "one thread" if arguments.busy else f"{len(os.sched_getaffinity(0))} cores"
    print(f"{cpu_name()}, {threads}; efficientnet_lite0, ants and bees", flush=True)
    with tempfile.TemporaryDirectory(prefix="tlcore-benchmark-") as folder:
        tempfile.tempdir = folder  # the home is made in it and deleted with it
        home = fresh_home()
        name = measure(train, str(arguments.data), home)
        files = [str(path) for path in sorted(arguments.data.rglob("*.jpg"))]
        bare: dict[int, Pass] = {}
        for batch in (1, 32):
            bare[batch] = measure(bare_pass, name, files, batch, arguments.seconds, home)
            if batch == 1:
                print(f"engine: {bare[batch].engine}")
            print(
                f"bare pass, batches of {batch:2d}   {bare[batch].rate:6.1f} images/s, "
                f"{bare[batch].cpu_ms:5.1f} ms of CPU time per image",
                flush=True,
            )
        with served(name, home) as (address, server):
            for clients in CLIENTS:
                before_s = _cpu_s(server)
                latencies_s, answers, seconds = measure(load, address, files, clients, arguments.seconds)
                cpu_ms = 1000 * (_cpu_s(server) - before_s) / answers
                rate = len(latencies_s) / seconds
                p50, p99 = (1000 * float(np.percentile(latencies_s, which)) for which in (50, 99))
                limit = bare[1 if clients == 1 else 32]
                print(
                    f"{clients:2d} clients                  {rate:6.1f} requests/s, {cpu_ms:5.1f} ms of CPU time each, "
                    f"p50 {p50:6.1f} ms, p99 {p99:6.1f} ms\n"
                    f"                            {rate / limit.rate:.2f} x the requests/s of the bare pass, "
                    f"{cpu_ms / limit.cpu_ms:.2f} x its CPU time (batches of {1 if clients == 1 else 32})",
                    flush=True,
                )


@dataclass(frozen=True)
class Pass:
    rate: float
    """Images per second."""
    cpu_ms: float
    """Processor time per image, of all threads together: other programs on the machine change it little."""
    engine: str


def _cpu_s(process: psutil.Process) -> float:
    used = process.cpu_times()
    return float(used.user + used.system)


def train(data: str, home: str) -> str:
    """The name of a run of one epoch."""
    import tlcore

    os.environ["TLCORE_HOME"] = home
    return tlcore.train(tlcore.RunConfig.model_validate({"data": {"source": data}, "epochs": 1})).name


def bare_pass(name: str, files: list[str], batch: int, at_least_s: float, home: str) -> Pass:
    """Reading, decoding and answering the photographs, over and over."""
    from tlcore.delivery.serve.classifier import Classifier
    from tlcore.delivery.serve.limits import Limits
    from tlcore.evaluation.predict import load_predictor

    os.environ["TLCORE_HOME"] = home
    classifier = Classifier(load_predictor(name), Limits())
    classifier.warm_up()
    done, started, cpu_s = 0, time.perf_counter(), time.process_time()
    with ThreadPoolExecutor(os.cpu_count() if batch > 1 else 1) as pool:
        prepare = pool.map if batch > 1 else map
        while time.perf_counter() - started < at_least_s:
            images = iter(prepare(lambda file: classifier.prepare(Path(file).read_bytes()), files[:256]))
            while prepared := list(islice(images, batch)):
                classifier.answer(prepared)
                done += len(prepared)
    seconds, cpu_s = time.perf_counter() - started, time.process_time() - cpu_s
    return Pass(done / seconds, 1000 * cpu_s / done, classifier.engine)


@contextmanager
def served(name: str, home: str) -> Iterator[tuple[str, psutil.Process]]:
    """A service of the run, which is ready: its address and its process."""
    options = ["--port", "0", "--per-client", "64", "--concurrency", "64"]
    process = subprocess.Popen(
        [sys.executable, "-m", "tlcore", "serve", name, *options],
        env={**os.environ, "TLCORE_HOME": home},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stderr is not None
    try:
        address = process.stdout.readline().strip()
        said = process.stderr.readline()
        if not said.startswith("Ready"):
            raise RuntimeError(f"The service did not start: {said}")
        yield address, psutil.Process(process.pid)
    finally:
        process.terminate()
        process.communicate(timeout=_START_S)


def load(address: str, files: list[str], clients: int, seconds: float) -> tuple[list[float], int, float]:
    """Seconds from each request to its answer, with so many clients at once, between warm-up and end; the number of all
    answers, and the seconds between."""
    found = urlsplit(address)
    head = f"POST /predict HTTP/1.1\r\nHost: {found.netloc}\r\nContent-Type: image/jpeg\r\nContent-Length: "
    contents = [Path(file).read_bytes() for file in files]
    requests = [f"{head}{len(content)}\r\n\r\n".encode() + content for content in contents]
    return asyncio.run(_load(str(found.hostname), int(found.port or 0), requests, clients, seconds))


async def _load(
    host: str, port: int, requests: list[bytes], clients: int, seconds: float
) -> tuple[list[float], int, float]:
    latencies_s: list[float] = []
    answers = 0
    begin = time.perf_counter() + WARM_UP_S
    end = begin + seconds

    async def client(number: int) -> None:
        nonlocal answers
        reader, writer = await asyncio.open_connection(host, port)
        while (asked := time.perf_counter()) < end:
            writer.write(requests[number % len(requests)])
            head = await reader.readuntil(b"\r\n\r\n")
            length = next(line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:"))
            body = await reader.readexactly(int(length.partition(b":")[2]))
            if not head.startswith(b"HTTP/1.1 200"):
                raise RuntimeError(f"The service refused: {body!r}")
            answers += 1
            answered = time.perf_counter()
            if asked >= begin and answered <= end:
                latencies_s.append(answered - asked)
            number += clients
        writer.close()

    await asyncio.gather(*(client(number) for number in range(clients)))
    return latencies_s, answers, seconds


if __name__ == "__main__":
    main()
