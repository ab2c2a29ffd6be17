"""Answer over HTTP with an epoch of a run, until Ctrl-C or SIGTERM.

Standard output has one line: the address. Whoever can reach it can ask; there are no accounts.
"""

import argparse
from collections.abc import Callable

from tlcore.delivery.serve.limits import Limits


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("run", metavar="RUN", help="name, beginning of a name, path, or `latest`")
    parser.add_argument("--epoch", type=int, help="a saved epoch; without it the best one on val")
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default: this machine alone)")
    parser.add_argument("--port", type=int, default=8000, help="port, 0 for any free one (default: 8000)")
    parser.add_argument("--device", default="auto", help="auto, cuda, cuda:N, mps or cpu")
    limits = parser.add_argument_group("limits")
    for name, field in Limits.model_fields.items():
        words = (field.description or "").replace("\n", " ").rstrip(".")
        kind = int if isinstance(field.default, int) and field.annotation is int else float
        flag, metavar = f"--{name.replace('_', '-')}", "N" if kind is int else "X"
        parser_help = f"{words[:1].lower()}{words[1:]} (default: {field.default:g})"
        limits.add_argument(flag, type=kind, default=field.default, metavar=metavar, help=parser_help)


def run(arguments: argparse.Namespace) -> int:
    from tlcore.cli.display import note
    from tlcore.delivery.card import card_of
    from tlcore.delivery.facts import gather_facts
    from tlcore.delivery.serve.app import build_app
    from tlcore.delivery.serve.model import told_of
    from tlcore.delivery.serve.server import address_of, is_local, listen, run_server
    from tlcore.errors import ConfigError
    from tlcore.evaluation.predict import load_predictor
    from tlcore.runs.folder.run import find_run
    from tlcore.system.logs import log_to_stderr
    from tlcore.system.records import as_record

    asked = {name: getattr(arguments, name) for name in Limits.model_fields}
    limits = as_record(asked, Limits, "a set of limits", "What the options give", error=ConfigError)
    found = find_run(arguments.run)
    predictor = load_predictor(found, arguments.epoch, arguments.device)
    failures: list[BaseException] = []
    stops: list[Callable[[], None]] = []

    def prepared(engine: str, error: BaseException | None) -> None:
        if error is None:
            note(f"Ready: {predictor.title}, computed by {engine}.")
            return
        failures.append(error)
        for stop in stops:
            stop()

    def stopping(stop: Callable[[], None]) -> None:
        stops.append(stop)
        if failures:  # from before the server ran
            stop()

    with listen(arguments.host, arguments.port) as listening:
        log_to_stderr()
        facts = gather_facts(found, predictor.answers.epoch)
        app = build_app(predictor, limits, facts=told_of(facts), card=card_of(facts), prepared=prepared)
        print(address_of(listening), flush=True)
        if not is_local(listening):
            note("Everybody who reaches this machine can ask: there are no accounts.")
        run_server(app, listening, stopping)
    if failures:
        raise failures[0]
    return 0
