"""`unspool check`: check recordings, on all cores, and report for people, programs, CI and GitHub."""

from __future__ import annotations

import argparse
import os
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from functools import partial
from itertools import groupby
from pathlib import Path
from xml.etree import ElementTree as ET

from unspool.cassette.difference import printable
from unspool.commands import terminal
from unspool.counts import counted
from unspool.reading.check import DAY, RULES, Finding, check_file

_WORTH_PROCESSES = 50
"""From how many files on other cores help more than starting them costs."""
_BATCH = 16


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.description = (
        "Check recordings: that they can be read, decoded and rebuilt; that each has a finish reason, valid"
        " arguments, sizes that add up and no secret; that none is too old, there twice, or of no test. Exits"
        " with 1 if there is an error or a warning."
    )
    parser.add_argument("paths", metavar="PATH", nargs="+", type=Path, help="a cassette, or a folder of them")
    parser.add_argument("--max-age", type=float, metavar="DAYS", help="from which age on a recording is old")
    parser.add_argument(
        "--ignore",
        action="append",
        default=[],
        choices=RULES,
        metavar="RULE",
        help=f"any of {', '.join(RULES)}",
    )
    parser.add_argument("--format", choices=_FORMATS, default="text", help="how to report (default: text)")
    parser.add_argument("--json", dest="format", action="store_const", const="json", help="as --format json")
    parser.add_argument(
        "--jobs", type=int, metavar="N", help="how many processes (default: a process a core)"
    )


def run(options: argparse.Namespace) -> int:
    paths = terminal.cassettes_of(options.paths)
    max_age = None if options.max_age is None else options.max_age * DAY
    check = partial(check_file, max_age=max_age, now=time.time())
    with _mapped(check, paths, options.jobs or os.cpu_count() or 1) as results:
        each = terminal.with_progress(paths, results=results)
        found = [one for several in each for one in several if one.rule not in options.ignore]
    _FORMATS[options.format](found, paths)
    if any(one.rule == "unreadable" for one in found):
        return 2
    return 1 if any(one.level != "info" for one in found) else 0


@contextmanager
def _mapped(
    check: Callable[[Path], list[Finding]], paths: Sequence[Path], jobs: int
) -> Iterator[Iterable[list[Finding]]]:
    """Check files in order: here, or in other processes if there are many."""
    if jobs == 1 or len(paths) < _WORTH_PROCESSES:
        yield map(check, paths)
        return
    with ProcessPoolExecutor(jobs) as pool:
        yield pool.map(check, paths, chunksize=_BATCH)


# -- reports


def _as_text(found: Sequence[Finding], paths: Sequence[Path]) -> None:
    for file, several in groupby(found, key=lambda one: one.file):
        print(printable(file))
        for one in several:
            place = "" if one.interaction is None else f"interactions[{one.interaction}]: "
            print(f"  {one.level:<8} {one.rule:<11} {place}{printable(one.message)}")
    levels = Counter(one.level for one in found)
    counts = [counted(levels[level], level) for level in ("error", "warning") if levels[level]]
    clean = len(paths) - len({one.file for one in found if one.level != "info"})
    summary = ", ".join(counts) or "all is well"
    print(f"{counted(len(paths), 'cassette', ',')}: {summary}; {clean:,} without fault")


def _as_json(found: Sequence[Finding], paths: Sequence[Path]) -> None:
    terminal.print_json({"checked": len(paths), "findings": list(found)})


def _as_junit(found: Sequence[Finding], paths: Sequence[Path]) -> None:
    wrong = [one for one in found if one.level != "info"]
    suite = ET.Element("testsuite", name="unspool check", tests=str(len(paths)))
    suite.set("failures", str(len({one.file for one in wrong})))
    for path in map(str, paths):
        case = ET.SubElement(suite, "testcase", classname="unspool.check", name=path)
        several = [one for one in wrong if one.file == path]
        if several:
            failure = ET.SubElement(case, "failure", message=printable(several[0].message))
            failure.text = "\n".join(map(_line, several))
    ET.indent(suite)
    print(ET.tostring(suite, "unicode"))


def _line(one: Finding) -> str:
    place = "" if one.interaction is None else f"interactions[{one.interaction}]: "
    return f"{one.level} {one.rule}: {place}{printable(one.message)}"


_GITHUB = {"error": "error", "warning": "warning", "info": "notice"}


def _as_github(found: Sequence[Finding], paths: Sequence[Path]) -> None:
    """Print GitHub's workflow commands, which annotate a pull request's files."""
    del paths
    for one in found:
        place = "" if one.interaction is None else f"interactions[{one.interaction}]: "
        message = _escaped(f"{place}{printable(one.message)}")
        file = _escaped(one.file).replace(":", "%3A").replace(",", "%2C")
        print(f"::{_GITHUB[one.level]} file={file},title=unspool check ({one.rule})::{message}")


def _escaped(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


_FORMATS: dict[str, Callable[[Sequence[Finding], Sequence[Path]], None]] = {
    "text": _as_text,
    "json": _as_json,
    "junit": _as_junit,
    "github": _as_github,
}
