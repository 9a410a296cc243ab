"""`unspool serve`: serve recordings, scripts and faults to any client that takes a base URL."""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from pathlib import Path

from unspool.commands import terminal
from unspool.server.journal import Report, print_json, print_text
from unspool.server.serving import Server, ServerError
from unspool.server.serving import run as run_server
from unspool.server.sources import Recordings, Source
from unspool.transports.replay import Timing

_SECONDS_TO_STOP = 5.0
_SCRIPT = re.compile(r".+\.py:[A-Za-z_]\w*")
_WORKER = "UNSPOOL_WORKER"


@dataclass(frozen=True, slots=True)
class Wanted:
    """The options of the command line.

    Attributes:
        sources: cassettes, folders of them, or one `FILE.py:NAME` of a script.
        strict: each recording answers once; a request without a response makes the exit status 3.
        log: `text`, `json` or `none`.
        workers: how many processes serve.
        ignore: what of a request's body or query doesn't count when a recording is looked for.
        match: the rules that forgive what changes by itself; as in `Cassette`.
    """

    sources: Sequence[str]
    host: str = "127.0.0.1"
    port: int = 4010
    timing: Timing | None = None
    fault: str | None = None
    seed: int | None = None
    token: str | None = None
    strict: bool = False
    log: str = "text"
    workers: int = 1
    ignore: Sequence[str] = ()
    match: Sequence[str] = ()


_REPORTS: dict[str, Report | None] = {"text": print_text, "json": print_json, "none": None}


def make_server(wanted: Wanted) -> Server:
    """Make the server for a command line.

    Raises:
        UnspoolError: the options are invalid.
    """
    source = source_of(wanted)
    if wanted.workers > 1:
        _check_workers(wanted, source)
    fault = None
    if wanted.fault is not None:
        from unspool.faults.spelling import parse_fault

        fault = parse_fault(wanted.fault, seed=wanted.seed)
    return Server(
        source,
        host=wanted.host,
        port=wanted.port,
        timing=wanted.timing,
        fault=fault,
        token=wanted.token or os.environ.get("UNSPOOL_TOKEN"),
        report=_REPORTS[wanted.log],
        folder=_folder(wanted.sources),
        reuse_port=wanted.workers > 1,
    )


def source_of(wanted: Wanted) -> Source:
    """Make the source from the arguments of a command line.

    Raises:
        UnspoolError: there is no such file, or it contains no cassettes and no script.
    """
    sources = wanted.sources
    scripts = [one for one in sources if _SCRIPT.fullmatch(one)]
    if not scripts:
        paths = [Path(one) for one in sources]
        return Recordings(paths, repeats=not wanted.strict, ignore=wanted.ignore, match=wanted.match)
    if len(sources) > 1:
        raise ServerError(f"expected one script, or cassettes; got {', '.join(sources)}")
    from unspool.server.scripted import script_in

    path, _, name = scripts[0].rpartition(":")
    return script_in(Path(path), name)


def _folder(sources: Sequence[str]) -> Path | None:
    folders = [Path(one) for one in sources if Path(one).is_dir()]
    return folders[0] if folders else None


def _check_workers(wanted: Wanted, source: Source) -> None:
    """Check the options of several processes, which can't count requests together."""
    if wanted.strict or wanted.fault is not None or not isinstance(source, Recordings):
        raise ServerError(
            "--workers needs responses that don't depend on the requests before: serve cassettes, without"
            " --strict and --fault"
        )
    if not wanted.port:
        raise ServerError("--workers needs a port that all of them listen to: expected --port N, not 0")


def serve(wanted: Wanted, say: Callable[[str], None]) -> int:
    """Serve until interrupted, and return the exit status.

    0; 3 if `strict` and a request had no response, or a fault found nothing to break.
    """
    server = make_server(wanted)
    others = [] if _WORKER in os.environ else [_worker() for _ in range(wanted.workers - 1)]
    try:
        run_server(server, lambda url: say(f"unspool: serving at {url} (Ctrl-C stops it)"))
    except KeyboardInterrupt:
        pass
    finally:
        for other in others:
            other.terminate()
        for other in others:
            other.wait(_SECONDS_TO_STOP)
    problems = server.problems() if wanted.strict else []
    for problem in problems:
        say(f"unspool: {problem}")
    return 3 if problems else 0


def _worker() -> subprocess.Popen[bytes]:
    """Start the same command again, as a worker of this one."""
    command = [sys.executable, "-m", "unspool", *sys.argv[1:]]
    return subprocess.Popen(command, env={**os.environ, _WORKER: "1"})  # noqa: S603 - our own arguments


# -- the command


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.description = (
        "Serve recordings, or a script, at the providers' own paths, with the recorded chunks and times, and"
        " with faults that reach the socket. Ctrl-C stops it."
    )
    parser.add_argument(
        "sources",
        metavar="SOURCE",
        nargs="+",
        help="a cassette, a folder of them, or FILE.py:NAME of a script",
    )
    add_listening(parser)
    parser.add_argument("--token", help="what clients present as their API key (default: $UNSPOOL_TOKEN)")
    parser.add_argument(
        "--strict",
        action="store_true",
        help="let each recording answer once, and exit with 3 if a request had no response",
    )
    parser.add_argument("--log", choices=("text", "json", "none"), default="text", help="a line a request")
    parser.add_argument("--workers", type=int, default=1, metavar="N", help="how many processes serve")
    add_playing(parser)


def run(options: argparse.Namespace) -> int:
    return serve(wanted_of(options, options.sources), terminal.say)


def wanted_of(options: argparse.Namespace, sources: Sequence[str]) -> Wanted:
    """Return the options of a command line that starts a server."""
    names = {one.name for one in fields(Wanted)} - {"sources"}
    return Wanted(tuple(sources), **{name: value for name, value in vars(options).items() if name in names})


def add_listening(parser: argparse.ArgumentParser) -> None:
    """Add the options of where to listen."""
    parser.add_argument("--host", default="127.0.0.1", help="where to listen (default: this machine only)")
    parser.add_argument("--port", type=int, default=4010, help="0 for any free port (default: 4010)")


def add_playing(parser: argparse.ArgumentParser) -> None:
    """Add the options of times, faults and matching."""
    parser.add_argument(
        "--timing",
        type=_timing,
        help="when chunks are sent: instant, recorded, or a factor such as 0.5 (default: recordings at once,"
        " a script's turns at their pace)",
    )
    parser.add_argument(
        "--fault",
        help="what happens to the responses: a scenario's name, or an expression such as 'Break(2)'",
    )
    parser.add_argument("--seed", type=int, help="seed of faults that draw random numbers")
    add_matching(parser)


def add_matching(parser: argparse.ArgumentParser) -> None:
    """Add the options of which differences a match forgives."""
    parser.add_argument(
        "--match",
        metavar="RULE",
        action="append",
        default=[],
        help="a rule that forgives what changes by itself, such as dates, or llm for all of them; may be"
        " given several times",
    )
    parser.add_argument(
        "--ignore",
        metavar="PATH",
        action="append",
        default=[],
        help="a field of the request to ignore when a recording is matched, such as"
        " metadata.user_id; may be given several times",
    )


def _timing(text: str) -> str | float:
    return text if text in {"instant", "recorded"} else float(text)
