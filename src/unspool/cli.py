"""The `unspool` command."""

from __future__ import annotations

import argparse
import os
import shutil
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from unspool.errors import UnspoolError

if TYPE_CHECKING:
    from unspool.commands.record import Recording
    from unspool.commands.serve import Wanted


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return the exit status.

    0 for success, 1 where something failed or secrets were found, 2 for wrong usage.
    """
    parser = _parser()
    options = parser.parse_args(arguments)
    if options.command is None:
        parser.print_help(sys.stderr)
        return 2
    # An old terminal's encoding may lack an emoji; it's shown as `?` then.
    sys.stdout.reconfigure(errors="replace")  # type: ignore[union-attr]  # a TextIOWrapper outside of tests
    try:
        status: int = options.run(options)
        sys.stdout.flush()
    except BrokenPipeError:  # the reader of the output has exited, as `| head` does
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except (UnspoolError, OSError) as error:
        _complain(str(error))
        return 1
    return status


def _complain(text: str) -> None:
    """Format an error in one line, without control characters from a file."""
    shown = "".join(character if character.isprintable() else " " for character in text)
    print("unspool:", *shown.split(), file=sys.stderr)


# Each command imports its own modules, so that none waits for the others' imports.


def _demo(options: argparse.Namespace) -> int:
    from unspool.demo import run_demo

    run_demo(fast=options.fast)
    return 0


def _convert(options: argparse.Namespace) -> int:
    from unspool.commands.convert import convert_file

    convert_file(
        options.source,
        options.target,
        method=options.method,
        uri=options.uri,
        plain=options.plain,
        ascii=options.ascii,
        force=options.force,
        redact=not options.keep_secrets,
        note=_complain,
    )
    return 0


def _redact(options: argparse.Namespace) -> int:
    from unspool.cassette.store import cassettes_in
    from unspool.commands.redact import redact_file

    def redact(path: Path) -> bool:
        return not redact_file(path, check=options.check, say=print) or not options.check

    return _for_each([file for path in options.files for file in cassettes_in(path)], redact)


def _recover(options: argparse.Namespace) -> int:
    from unspool.commands.recover import recover_file

    def recover(path: Path) -> bool:
        print(recover_file(path))
        return True

    return _for_each(options.files, recover)


def _repro(options: argparse.Namespace) -> int:
    from unspool.commands.repro import write_repro

    found = write_repro(options.file, options.target, repeats=options.repeats, force=options.force, say=print)
    return 0 if found else 1


def _for_each(paths: Sequence[Path], do: Callable[[Path], bool]) -> int:
    """Run a command on each file, even after one fails."""
    status = 0
    for path in paths:
        try:
            status = status if do(path) else 1
        except UnspoolError as error:
            _complain(str(error))
            status = 1
    return status


def _drift(options: argparse.Namespace) -> int:
    from unspool.commands.drift import run_drift

    return run_drift(options, print, _complain)


def _show(options: argparse.Namespace) -> int:
    from unspool.cassette.store import load
    from unspool.commands.show import stream, table

    interactions = load(options.file).interactions
    width = shutil.get_terminal_size((110, 24)).columns
    one = options.number is not None
    lines = stream(interactions, options.number, width=width) if one else table(interactions, width=width)
    for line in lines:
        print(line)
    return 0


def _script(options: argparse.Namespace) -> int:
    from unspool.commands.script import script_of

    code, notes = script_of(options.file, ids=options.ids)
    print(code)
    for note in notes:
        print(note, file=sys.stderr)
    return 0


def _wanted(options: argparse.Namespace) -> Wanted:
    from unspool.commands.serve import Wanted

    names = (
        "host",
        "port",
        "timing",
        "fault",
        "seed",
        "token",
        "strict",
        "log",
        "workers",
        "ignore",
        "match",
    )
    given = {name: getattr(options, name) for name in names if hasattr(options, name)}
    return Wanted(tuple(options.sources), **given)


def _serve(options: argparse.Namespace) -> int:
    from unspool.commands.serve import serve

    return serve(_wanted(options), _tell)


def _run_command(options: argparse.Namespace) -> int:
    from unspool.commands.run import run_command

    command = options.command_line[1:] if options.command_line[:1] == ["--"] else options.command_line
    if not command:
        _complain("expected a command after `--`, as in `unspool run --cassette chat.yaml -- python app.py`")
        return 2
    if options.mode != "replay" and (recording := _recording(options)) is not None:
        from unspool.commands.record import record

        return record(recording, command, _tell)
    options.sources = options.cassettes
    return run_command(_wanted(options), command, verdict=options.verdict, say=_tell)


def _recording(options: argparse.Namespace) -> Recording | None:
    """Return the recording options of `unspool run`; None if the cassette is complete and only replayed."""
    from unspool.cassette.cassette import Cassette
    from unspool.commands.record import Recording

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


def _record(options: argparse.Namespace) -> int:
    from unspool.commands.record import Recording, record

    command = options.command_line[1:] if options.command_line[:1] == ["--"] else options.command_line
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
    return record(wanted, command, _tell)


def _tell(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


class _Version(argparse.Action):
    """Looks the version up lazily: that takes longer than the start of the other commands."""

    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> None:
        from importlib.metadata import version

        print(f"unspool {version('unspool')}")
        parser.exit()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="unspool", description="Test doubles and replay for LLM streams.")
    parser.add_argument("--version", action=_Version, nargs=0, help="show the version and exit")
    commands = parser.add_subparsers(dest="command", title="commands")
    demo = commands.add_parser(
        "demo", help="stream a recorded answer, rebuild it, catch a loop: offline, in seconds"
    )
    demo.add_argument("--fast", action="store_true", help="without the pauses between chunks")
    demo.set_defaults(run=_demo)
    _add_convert(commands)
    _add_redact(commands)
    _add_drift(commands)
    recover = commands.add_parser("recover", help="add what killed recordings left behind to their cassettes")
    recover.add_argument("files", metavar="FILE", nargs="+", type=Path, help="a cassette, existing or not")
    recover.set_defaults(run=_recover)
    _add_repro(commands)
    _add_serve(commands)
    _add_run(commands)
    _add_record(commands)
    script = commands.add_parser("script", help="print what the model said in a cassette as a script's code")
    script.add_argument("file", metavar="FILE", type=Path, help="a cassette, or aimock's fixtures")
    script.add_argument("--ids", action="store_true", help="calls keep their recorded ids")
    script.set_defaults(run=_script)
    show = commands.add_parser("show", help="list a cassette's interactions, or the network chunks of one")
    show.add_argument("file", metavar="FILE", type=Path, help="a cassette")
    show.add_argument("number", metavar="N", nargs="?", type=int, help="the interaction, counted from 0")
    show.set_defaults(run=_show)
    return parser


def _add_convert(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    convert = commands.add_parser(
        "convert",
        help="make a cassette of a HAR, of aimock's fixtures, of a stream's dump",
        description="Make a cassette of a HAR file, of aimock's fixtures, of a dump by `curl -N -i`, or of"
        " another cassette. Secrets are redacted.",
    )
    convert.add_argument("source", metavar="IN", help="the file to read; - for the standard input")
    convert.add_argument(
        "target",
        metavar="OUT",
        help="the cassette to write, in JSON if its name ends in .json; - for YAML on the standard output",
    )
    convert.add_argument("--plain", action="store_true", help="bodies decoded and no times: vcrpy's own form")
    convert.add_argument(
        "--ascii",
        action="store_true",
        help="escape every character beyond ASCII, for a vcrpy under a locale that isn't UTF-8",
    )
    convert.add_argument("--uri", help="the request's URL: for dumps and fixtures, which don't contain it")
    convert.add_argument("--method", default="POST", help="the request's method: for dumps (default: POST)")
    convert.add_argument("--force", action="store_true", help="replace OUT if it exists")
    convert.add_argument("--keep-secrets", action="store_true", help="redact no secrets")
    convert.set_defaults(run=_convert)


def _add_serve(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    serve = commands.add_parser(
        "serve",
        help="answer any client that takes a base URL from recordings or a script",
        description="Serve recordings, or a script, at the providers' own paths, with the recorded chunks and"
        " times, and with faults that reach the socket. Ctrl-C stops it.",
    )
    serve.add_argument(
        "sources",
        metavar="SOURCE",
        nargs="+",
        help="a cassette, a folder of them, or FILE.py:NAME of a script",
    )
    serve.add_argument("--host", default="127.0.0.1", help="where to listen (default: this machine only)")
    serve.add_argument("--port", type=int, default=4010, help="0 for any free port (default: 4010)")
    serve.add_argument("--token", help="what clients present as their API key (default: $UNSPOOL_TOKEN)")
    serve.add_argument(
        "--strict",
        action="store_true",
        help="let each recording answer once, and exit with 3 if a request had no response",
    )
    serve.add_argument("--log", choices=("text", "json", "none"), default="text", help="a line a request")
    serve.add_argument("--workers", type=int, default=1, metavar="N", help="how many processes serve")
    _add_playing(serve)
    serve.set_defaults(run=_serve)


def _add_run(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    run = commands.add_parser(
        "run",
        help="run a command whose models are recordings or a script",
        description="Start a server, set the base URLs and keys that SDKs read, run a command and report what"
        " it asked. Exits as the command does, or with 3 if a request had no response.",
    )
    run.add_argument(
        "--cassette",
        dest="cassettes",
        metavar="SOURCE",
        action="append",
        required=True,
        help="a cassette, a folder of them, or FILE.py:NAME of a script; may be given several times",
    )
    run.add_argument(
        "--mode",
        choices=("replay", *_MODES),
        default="replay",
        help="replay only (default), or forward what has no recording and record it",
    )
    _add_forwarding(run)
    run.add_argument("--verdict", action="store_true", help="judge what the command did with the responses")
    _add_playing(run)
    run.add_argument("command_line", metavar="-- CMD", nargs=argparse.REMAINDER, help="the command")
    run.set_defaults(run=_run_command)


def _add_drift(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    from unspool.commands.drift import add_drift

    add_drift(commands).set_defaults(run=_drift)


_MODES = ("record", "once", "new_episodes", "rewrite")


def _add_record(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    record = commands.add_parser(
        "record",
        help="record any client that takes a base URL, through a proxy",
        description="Forward requests to the providers' own servers and record the streams, byte for byte and"
        " with their times. With a command, set the base URLs that SDKs read and run it; without one, record"
        " until Ctrl-C. Keys are passed on and redacted in the file.",
    )
    record.add_argument("--to", required=True, type=Path, metavar="FILE", help="the cassette")
    record.add_argument(
        "--mode", choices=_MODES, default="record", help="which requests the cassette answers (default: none)"
    )
    _add_forwarding(record)
    _add_matching(record)
    record.add_argument("--host", default="127.0.0.1", help="where to listen (default: this machine only)")
    record.add_argument("--port", type=int, default=4010, help="0 for any free port (default: 4010)")
    record.add_argument("--token", help="what clients send as x-unspool-token")
    record.add_argument("command_line", metavar="-- CMD", nargs=argparse.REMAINDER, help="the command")
    record.set_defaults(run=_record)


def _add_forwarding(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--upstream",
        dest="upstreams",
        metavar="URL",
        action="append",
        default=[],
        help="where requests are forwarded to: a base URL, or PROVIDER=URL (default: the provider's own, or"
        " what its variable says, such as $OPENAI_BASE_URL); may be given several times",
    )


def _add_matching(parser: argparse.ArgumentParser) -> None:
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


def _add_playing(parser: argparse.ArgumentParser) -> None:
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
    _add_matching(parser)


def _timing(text: str) -> str | float:
    return text if text in {"instant", "recorded"} else float(text)


def _add_redact(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    redact = commands.add_parser("redact", help="redact the secrets in cassettes")
    redact.add_argument("files", metavar="FILE", nargs="+", type=Path, help="a cassette, or a folder of them")
    redact.add_argument("--check", action="store_true", help="change nothing; exit with 1 if there are any")
    redact.set_defaults(run=_redact)


def _add_repro(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    repro = commands.add_parser(
        "repro",
        help="find the loop in a recording, and write the test that reproduces it",
        description="Find the loop in a recording, and write the test that reproduces it with the shortest"
        " beginning of the recording that suffices. Exits with 1 if there is none.",
    )
    repro.add_argument("file", metavar="FILE", type=Path, help="a cassette")
    repro.add_argument(
        "target",
        metavar="OUT",
        nargs="?",
        help="the test's file (default: test_FILE_loop.py here); - to print",
    )
    repro.add_argument("--repeats", type=int, metavar="N", help="how many copies in a row make a loop")
    repro.add_argument("--force", action="store_true", help="replace OUT if it exists")
    repro.set_defaults(run=_repro)
