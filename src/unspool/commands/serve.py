"""`unspool serve`: serve recordings, scripts and faults to any client that takes a base URL."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from unspool.server.journal import Report, print_json, print_text
from unspool.server.serving import Server, ServerError, run
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
        from unspool.faults.spelling import parse_fault  # noqa: PLC0415 - it knows all faults

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
    from unspool.server.scripted import script_in  # noqa: PLC0415 - it knows all the formats' encoders

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
        run(server, lambda url: say(f"unspool: serving at {url} (Ctrl-C stops it)"))
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
