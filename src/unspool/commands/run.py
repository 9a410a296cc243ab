"""`unspool run -- CMD`: run a command against recordings, scripts and faults."""

from __future__ import annotations

import argparse
from collections import defaultdict
from collections.abc import Callable, Hashable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from unspool.cassette.cassette import Cassette
from unspool.cassette.conversation import asked_again
from unspool.cassette.model import header
from unspool.commands import terminal
from unspool.commands.child import command_in, run_child, which
from unspool.commands.record import MODES, Recording, add_forwarding, record
from unspool.commands.serve import Wanted, add_playing, make_server, wanted_of
from unspool.counts import counted
from unspool.errors import UnspoolError
from unspool.providers import FORMATS
from unspool.providers.detect import format_of_exchange
from unspool.server.addresses import environment
from unspool.server.journal import Entry
from unspool.server.serving import Server, running
from unspool.verdict.judge import judge
from unspool.verdict.log import Attempt, Log, Outcome, Pull
from unspool.verdict.verdict import Verdict

MISSED = 3
"""The exit status if a request had no response, even if the command succeeded."""

_UNSEEN = frozenset({"left-open"})  # when the process ends, everything is closed


def run_command(wanted: Wanted, command: Sequence[str], *, verdict: bool, say: Callable[[str], None]) -> int:
    """Run a command with the SDKs' base URLs pointing to a new server.

    Args:
        wanted: the server's responses.
        command: the command and its arguments.
        verdict: whether to judge what the command did with the responses.
        say: called with each line of the report.

    Returns:
        The command's exit status; 3 if a request had no response or a fault broke nothing; 1 where a verdict
        finds something and the command reported success.

    Raises:
        UnspoolError: there is no such command, or the server can't be started.
    """
    program = which(command[0])
    server = make_server(replace(wanted, port=0, strict=True, log="none"))
    server.app.journal.keeps_bodies = verdict
    with running(server):
        status = run_child([program, *command[1:]], environment(server.url))
    for line in _report(server):
        say(line)
    problems = server.problems()
    for problem in problems:
        say(problem)
    findings = list(_findings(server, status)) if verdict else []
    for line in findings:
        say(line)
    if problems:
        return MISSED
    return 1 if findings and status == 0 else status


def _report(server: Server) -> Iterator[str]:
    entries = server.app.journal.entries
    yield f"unspool: {counted(len(entries), 'request')}"
    for entry in entries:
        by = f" (by {entry.answered_by})" if entry.answered_by else ""
        yield f"  {entry.number}. {entry.as_text()}{by}"


def _findings(server: Server, status: int) -> Iterator[str]:
    for verdict in verdicts(server.app.journal.entries, status):
        for finding in verdict.findings:
            if finding.kind not in _UNSEEN:
                yield f"unspool: {finding}"


def verdicts(entries: Sequence[Entry] | Iterator[Entry], status: int) -> Iterator[Verdict]:
    """Judge each of a command's questions, by the server's journal.

    The command's output isn't judged. An exit status of 0 counts as success: the command has accepted the
    last response.
    """
    asked: dict[Hashable, list[Entry]] = defaultdict(list)
    for entry in entries:
        asked[asked_again(entry.request)].append(entry)
    for several in asked.values():
        wire_format = format_of_exchange(several[0].request.uri, header(several[-1].headers, "content-type"))
        if wire_format not in FORMATS:
            continue
        error = None if status == 0 else f"exit status {status}"
        outcome = Outcome(error=error, at=several[-1].at)
        yield judge(Log(wire_format, [_attempt(entry) for entry in several], outcome))


def _attempt(entry: Entry) -> Attempt:
    ended = None if entry.seconds is None else entry.at + entry.seconds
    last, pulls = entry.at, []
    for at, data in entry.pulls:
        pulls.append(Pull(data, at, at - last))
        last = at
    return Attempt(
        entry.request.method,
        entry.request.uri,
        entry.at,
        entry.status,
        entry.headers,
        entry.headers_at,
        pulls,
        failure=entry.ended_by or None,
        waited=0.0 if ended is None else ended - last,
        ended_at=None if entry.outcome == "left" else ended,
        closed_at=ended if entry.outcome == "left" else None,
    )


# -- the command


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.description = (
        "Start a server, set the base URLs and keys that SDKs read, run a command and report what it asked."
        " Exits as the command does, or with 3 if a request had no response."
    )
    parser.add_argument(
        "--cassette",
        dest="cassettes",
        metavar="SOURCE",
        action="append",
        required=True,
        help="a cassette, a folder of them, or FILE.py:NAME of a script; may be given several times",
    )
    parser.add_argument(
        "--mode",
        choices=("replay", *MODES),
        default="replay",
        help="replay only (default), or forward what has no recording and record it",
    )
    add_forwarding(parser)
    parser.add_argument(
        "--verdict", action="store_true", help="judge what the command did with the responses"
    )
    add_playing(parser)
    parser.add_argument("command_line", metavar="-- CMD", nargs=argparse.REMAINDER, help="the command")


def run(options: argparse.Namespace) -> int:
    command = command_in(options.command_line)
    if not command:
        raise UnspoolError(
            "expected a command after `--`, as in `unspool run --cassette chat.yaml -- python app.py`"
        )
    if options.mode != "replay" and (recording := _recording(options)) is not None:
        return record(recording, command, terminal.say)
    wanted = wanted_of(options, options.cassettes)
    return run_command(wanted, command, verdict=options.verdict, say=terminal.say)


def _recording(options: argparse.Namespace) -> Recording | None:
    """Return the recording options; None if the cassette is complete and only replayed."""
    if len(options.cassettes) != 1:
        raise UnspoolError(f"expected one cassette to record to, got {', '.join(options.cassettes)}")
    path = Path(options.cassettes[0])
    if options.mode == "once" and not Cassette(path, record_mode="once").is_recording:
        return None
    if options.fault is not None or options.verdict:
        raise UnspoolError("--fault and --verdict need recordings: record first, then run with --mode replay")
    return Recording(
        path, options.mode, tuple(options.upstreams), ignore=tuple(options.ignore), match=tuple(options.match)
    )
