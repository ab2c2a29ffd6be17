"""`predict FOLDER --out` beside the bare pass: the same decoding and the same engine, without any bookkeeping.

The photographs are those of ants and bees, repeated with other bytes at their end, so that each has its own content.
The first pass of each kind does not count: it converts the network, if that pays. `--busy` compares CPU time of one
thread, for a machine that does other work as well.
"""

import argparse
import os
import tempfile
import time
from pathlib import Path

import scipy.special  # noqa: F401  # imported here because imports are not timed, and tlcore imports it late
import torch

import tlcore
import tlcore.evaluation.guess_tables
import tlcore.evaluation.photograph_pass
from benchmarks.measure import DATA, cpu_name, fresh_home, measure, median, require_shared
from tlcore.config import parse_config
from tlcore.data.dataset import Dataset, Sample
from tlcore.data.formats.unlabelled import open_unlabelled
from tlcore.evaluation.guess_tables import guesses_csv
from tlcore.evaluation.unlabelled import predict_unlabelled
from tlcore.models.engines.choose import Runner
from tlcore.models.engines.part import Part
from tlcore.runs.restore import restore_model
from tlcore.system.allocator import keep_freed_memory
from tlcore.system.drive import drive
from tlcore.system.files import write_atomic
from tlcore.training.inputs.batches import ViewDataset, ViewKey, ViewLoader, worker_count
from tlcore.training.inputs.features import FORWARD_BATCH
from tlcore.training.plan import plan_run

EPOCH = 1
_BUSY = "TLCORE_BENCHMARK_BUSY"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--images", type=int, default=2000)
    parser.add_argument("--repeats", type=int, default=3, help="passes of each kind, in turn; medians are printed")
    parser.add_argument("--busy", action="store_true", help="CPU time of one thread, without workers")
    arguments = parser.parse_args()
    require_shared()
    if arguments.busy:
        os.environ |= {"OMP_NUM_THREADS": "1", _BUSY: "1"}
    with tempfile.TemporaryDirectory(prefix="tlcore-benchmark-") as folder:
        tempfile.tempdir = folder  # the home is made in it and deleted with it
        photographs, home = f"{folder}/photographs", fresh_home()
        write_photographs(Path(photographs), arguments.images)
        run = measure(train, home)
        bare, ours, engine = [], [], ""
        for number in range(arguments.repeats + 1):
            seconds, engine = measure(bare_pass, run, home, photographs)
            whole = measure(predict_folder, run, home, photographs, f"{folder}/predictions.csv")
            if number:
                bare.append(seconds)
                ours.append(whole)
        again = measure(predict_again, run, home, photographs)
    how = "CPU time of one thread" if arguments.busy else f"{len(os.sched_getaffinity(0))} cores"
    print(f"{cpu_name()}, {how}; {arguments.images} photographs; {engine}")
    for words, times in (("the bare pass", bare), ("predict, with its table", ours)):
        print(
            f"{words:26s}{median(times):7.2f} s   {arguments.images / median(times):6.1f} images/s   {_listed(times)}"
        )
    print(f"{'predict again, all kept':26s}{again:7.2f} s")
    print(f"{median(ours) / median(bare):.2f} x the bare pass (at most 1.1)")


def train(home: str) -> str:
    """A run on ants and bees with the default backbone, frozen."""
    os.environ["TLCORE_HOME"] = home
    workers = 0 if _is_busy() else None
    run = tlcore.train(parse_config({"data": {"source": str(DATA)}, "epochs": EPOCH, "workers": workers}))
    return str(run.path)


def bare_pass(run: str, home: str, folder: str) -> tuple[float, str]:
    """Seconds to restore the network, and to decode all photographs and run it; and the engine."""
    os.environ["TLCORE_HOME"] = home
    keep_freed_memory()
    found = tlcore.find_run(run)
    started = _now()
    photographs = open_unlabelled(folder)
    samples = [Sample(name, 0, "test") for name in photographs.ids]
    dataset = Dataset("photographs", found.classes, tuple(samples), photographs.source)
    plan = plan_run(found.config, dataset, restore_model(found, EPOCH))
    transform, choice = found.config.eval_transform, plan.choice
    workers = worker_count(found.config.workers, choice.device, len(samples))
    load = ViewLoader(ViewDataset(samples, photographs.source, transform, 0), workers)
    normalize = transform.build_normalize()
    run_network = Runner(Part(plan.model.eval(), plan.architecture, "logits"), choice, len(samples))
    keys: list[ViewKey] = [(position, (1,)) for position in range(len(samples))]
    logits = []
    for items in load([keys[start : start + FORWARD_BATCH] for start in range(0, len(keys), FORWARD_BATCH)]):
        images = normalize(torch.cat([view for _, view in items if isinstance(view, torch.Tensor)]))
        logits.append(run_network(images.contiguous(memory_format=choice.memory_format)).float())
    assert len(torch.cat(logits)) == len(samples)
    return _now() - started, run_network.words


def predict_folder(run: str, home: str, folder: str, out: str) -> float:
    """Seconds of what the command does, with nothing kept from before."""
    os.environ["TLCORE_HOME"] = home
    for name in ("unlabelled", "features", "digests"):
        for kept in Path(home).glob(f"cache/{name}/*"):
            kept.unlink()
    return _predict(run, folder, out)


def predict_again(run: str, home: str, folder: str) -> float:
    """The same with everything kept."""
    os.environ["TLCORE_HOME"] = home
    return _predict(run, folder, f"{folder}.csv")


def _predict(run: str, folder: str, out: str) -> float:
    found = tlcore.find_run(run)
    started = _now()
    guesses = drive(predict_unlabelled(found, EPOCH, open_unlabelled(folder)))
    content = guesses_csv(guesses)
    write_atomic(Path(out), lambda file: file.write(content))
    return _now() - started


def write_photographs(folder: Path, number: int) -> None:
    folder.mkdir()
    originals = [path.read_bytes() for path in sorted(DATA.glob("*/*/*.jpg"))]
    for index in range(number):
        data = originals[index % len(originals)] + index.to_bytes(4, "big")  # bytes after the end are not decoded
        (folder / f"{index:05d}.jpg").write_bytes(data)


def _listed(times: list[float]) -> str:
    return ", ".join(f"{value:.2f}" for value in sorted(times))


def _is_busy() -> bool:
    return _BUSY in os.environ


def _now() -> float:
    return time.process_time() if _is_busy() else time.perf_counter()


if __name__ == "__main__":
    main()
