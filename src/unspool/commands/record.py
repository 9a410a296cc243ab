"""`unspool record`: a proxy that records any client that takes a base URL."""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from unspool.cassette.cassette import Cassette
from unspool.cassette.redact import redactions_in
from unspool.commands import terminal
from unspool.commands.child import command_in, run_child, which
from unspool.commands.serve import add_listening, add_matching
from unspool.counts import counted
from unspool.server.addresses import base_urls
from unspool.server.forwarding import Recorder
from unspool.server.journal import Report, print_text
from unspool.server.serving import Server, running
from unspool.server.serving import run as run_server
from unspool.server.sources import MATCH_ON
from unspool.server.upstreams import Upstreams, parse_upstream

_VCR_NAMES = {"record": "all", "replay": "none"}
FAILED = 3
"""The exit status if a request had no response, even if the command succeeded."""


@dataclass(frozen=True, slots=True)
class Recording:
    """The options of the command line.

    Attributes:
        to: the cassette's file.
        mode: `record`, or one of the record modes of cassettes.
        upstreams: base URLs, each for all requests, or for a provider as in `openai=https://…`.
        host: the host to listen on.
        port: 0 for any free one.
        token: what a client presents as `x-unspool-token`; needed for a host that other machines reach.
        ignore: what of a request's body doesn't count when a recording is looked for, and
        match: which rules forgive what changes by itself; both as in `Cassette`.
    """

    to: Path
    mode: str = "record"
    upstreams: Sequence[str] = ()
    host: str = "127.0.0.1"
    port: int = 4010
    token: str | None = None
    ignore: Sequence[str] = ()
    match: Sequence[str] = ()


def record(wanted: Recording, command: Sequence[str], say: Callable[[str], None]) -> int:
    """Record a command's requests, or, without one, any client's requests until Ctrl-C.

    Args:
        wanted: what to record, and the file.
        command: the command and its arguments; empty for none.
        say: called with each line of the report.

    Returns:
        The command's exit status; 3 if a request had no response.

    Raises:
        UnspoolError: the file can't be recorded to, there is no such command, or the server can't be started.
    """
    program = [which(command[0]), *command[1:]] if command else []
    cassette = Cassette(
        wanted.to,
        record_mode=_VCR_NAMES.get(wanted.mode, wanted.mode),
        match_on=MATCH_ON,
        ignore=wanted.ignore,
        match=wanted.match,
        on_notice=lambda message: say(f"unspool: {message}"),
        user="unspool record",
    )
    recorder = Recorder(cassette, Upstreams(dict(map(parse_upstream, wanted.upstreams)), os.environ))
    try:
        status = _serve(recorder, wanted, program, say)
    finally:
        cassette.close()
    for line in _summary(cassette):
        say(line)
    return status


def _serve(recorder: Recorder, wanted: Recording, program: Sequence[str], say: Callable[[str], None]) -> int:
    report: Report | None = None if program else print_text
    server = Server(
        recorder,
        host=wanted.host,
        port=0 if program else wanted.port,
        token=wanted.token,
        report=report,
        on_stop=recorder.aclose,
    )
    status = 0
    if program:
        with running(server):
            status = run_child(program, base_urls(server.url))
    else:
        with suppress(KeyboardInterrupt):
            run_server(server, lambda url: say(_welcome(url, wanted.to)))
    entries = list(server.app.journal.entries)
    unanswered = [entry for entry in entries if entry.outcome in {"missed", "refused"}]
    for entry in unanswered if program else ():
        say(f"unspool: {entry.as_text()}")
    return FAILED if unanswered else status


def _welcome(url: str, path: Path) -> str:
    return (
        f"unspool: recording to {path} at {url} (Ctrl-C ends it)\n"
        f"  OPENAI_BASE_URL={url}/v1  ANTHROPIC_BASE_URL={url}/@anthropic  GOOGLE_GEMINI_BASE_URL={url}"
    )


def _summary(cassette: Cassette) -> Iterator[str]:
    recorded = cassette.recorded
    secrets = sum(map(redactions_in, recorded))
    yield (
        f"unspool: {counted(len(recorded), 'response')} recorded to {cassette.path},"
        f" {counted(secrets, 'secret')} redacted, {counted(cassette.play_count, 'response')} replayed"
    )


# -- the command


MODES = ("record", "once", "new_episodes", "rewrite")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.description = (
        "Forward requests to the providers' own servers and record the streams, byte for byte and with their"
        " times. With a command, set the base URLs that SDKs read and run it; without one, record until"
        " Ctrl-C. Keys are passed on and redacted in the file."
    )
    parser.add_argument("--to", required=True, type=Path, metavar="FILE", help="the cassette")
    parser.add_argument(
        "--mode", choices=MODES, default="record", help="which requests the cassette answers (default: none)"
    )
    add_forwarding(parser)
    add_matching(parser)
    add_listening(parser)
    parser.add_argument("--token", help="what clients send as x-unspool-token")
    parser.add_argument("command_line", metavar="-- CMD", nargs=argparse.REMAINDER, help="the command")


def run(options: argparse.Namespace) -> int:
    wanted = Recording(
        options.to,
        options.mode,
        tuple(options.upstreams),
        host=options.host,
        port=options.port,
        token=options.token,
        ignore=tuple(options.ignore),
        match=tuple(options.match),
    )
    return record(wanted, command_in(options.command_line), terminal.say)


def add_forwarding(parser: argparse.ArgumentParser) -> None:
    """Add the option of where requests are forwarded to."""
    parser.add_argument(
        "--upstream",
        dest="upstreams",
        metavar="URL",
        action="append",
        default=[],
        help="where requests are forwarded to: a base URL, or PROVIDER=URL (default: the provider's own, or"
        " what its variable says, such as $OPENAI_BASE_URL); may be given several times",
    )
