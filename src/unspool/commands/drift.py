"""`unspool drift`: its arguments."""

from __future__ import annotations

import argparse
import os
from pathlib import Path

from unspool.drift.budget import Budget
from unspool.drift.check import Wanted, check
from unspool.drift.rerecord import Selection

BASELINE = Path("drift-baseline.json")
_FORMS = ("text", "json", "markdown", "github")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.description = (
        "Read recordings with the installed official SDKs, or with the releases that --with names, and report"
        " what they lose. With --rerecord, ask the providers again and compare the shapes of the responses."
        " Exits with 0 if nothing but notes was found, 1 for warnings, 2 for errors."
    )
    parser.add_argument("paths", metavar="PATH", nargs="*", type=Path, help="a cassette, or a folder of them")
    parser.add_argument(
        "--with",
        dest="releases",
        metavar="SDK==VERSION",
        action="append",
        default=[],
        help="read with this release, in a throw-away environment made by uv; may be given several times",
    )
    _add_rerecord(parser)
    parser.add_argument(
        "--misses",
        type=Path,
        metavar="FILE",
        help="compare the requests in it, by `pytest --unspool-misses`",
    )
    parser.add_argument(
        "--baseline",
        type=Path,
        default=BASELINE,
        metavar="FILE",
        help=f"the known findings, which aren't reported (default: {BASELINE})",
    )
    parser.add_argument("--write-baseline", action="store_true", help="write the findings as known")
    parser.add_argument("--format", choices=_FORMS, default="text", help="of the report")


def _add_rerecord(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--rerecord",
        action="store_true",
        help="ask the providers again, with keys from the environment, into FILE.rerecorded.yaml",
    )
    parser.add_argument(
        "--max-age",
        type=_days,
        metavar="DAYS",
        help="report recordings that are older; with --rerecord, ask only for those again",
    )
    parser.add_argument("--sample", type=_count, metavar="N", help="ask for N of the recordings again")
    parser.add_argument("--seed", type=int, default=0, help="draws the sample (default: 0)")
    parser.add_argument("--max-requests", type=_count, metavar="N", help="send no more requests than this")
    parser.add_argument(
        "--max-tokens",
        type=_count,
        metavar="N",
        help="send no request that may pass this sum",
    )
    parser.add_argument(
        "--upstream",
        dest="upstreams",
        metavar="URL",
        action="append",
        default=[],
        help="where requests are sent to: a base URL, or PROVIDER=URL (default: the recorded address)",
    )


def _count(text: str) -> int:
    number = int(text)
    if number < 0:
        raise ValueError
    return number


def _days(text: str) -> float:
    days = float(text.removesuffix("d"))
    if not 0 <= days < float("inf"):
        raise ValueError
    return days


def run(options: argparse.Namespace) -> int:
    wanted = Wanted(
        options.paths,
        options.releases,
        rerecords=options.rerecord,
        selection=Selection(options.max_age, options.sample, options.seed),
        budget=Budget(options.max_requests, options.max_tokens),
        upstreams=options.upstreams,
        misses=options.misses,
        baseline=options.baseline,
        writes_baseline=options.write_baseline,
        form=options.format,
    )
    return check(wanted, os.environ, print)
