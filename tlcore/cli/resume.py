"""Continue a run from its last whole epoch."""

import argparse


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("run", metavar="RUN", help="name, beginning of a name, path, or `latest`")
    parser.add_argument("--data", metavar="FOLDER", help="where the dataset is now, if it was moved; it is remembered")
    parser.add_argument("--device", help="auto, cuda, cuda:N, mps or cpu; without it the one of the run")


def run(arguments: argparse.Namespace) -> int:
    from tlcore.cli.display import note
    from tlcore.cli.session import run_session, start_processes
    from tlcore.runs.folder.run import find_run
    from tlcore.runs.restore import plan_to_resume, relocate
    from tlcore.runs.work.jobs import finished_error

    found = find_run(arguments.run)
    if found.status().state == "finished":
        finished = finished_error(found)
        note(f"{finished} {finished.cli}")
        print(found.path)
        return 0
    processes, device = start_processes(arguments.device or found.config.device)
    if arguments.data is not None:
        found = processes.broadcast(relocate(found, arguments.data) if processes.is_main else None)
    return run_session(found, plan_to_resume(found, device), processes)
