"""`python -m tests.litellm_bodies`: our requests beside LiteLLM's for the same calls.

It needs litellm, which Unspool never does: `nox -s requests` installs it. A difference that no row gives a
reason for makes it fail.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from collections.abc import Iterator
from importlib import import_module
from pkgutil import iter_modules

from tests import litellm_bodies
from tests.litellm_bodies.capture import REFUSAL, Row, litellms, ours
from tests.litellm_bodies.conversations import CONVERSATIONS
from tests.litellm_bodies.differ import differences
from tests.loopback import Loopback, serve


class _Refusing(dict[str, object]):
    """Every path of the server, but for those that are answered."""

    def get(self, path: str, _default: object = None) -> object:
        return super().get(path.partition("?")[0], REFUSAL)


def main() -> None:
    options = _options()
    with serve({}) as server:
        compared = [(row, dict(_compared(row, server))) for row in _rows(options.only)]
    print("\n".join([*_table(compared), *_notes(compared)]))  # noqa: T201 - it's a command
    sys.exit(any(_verdict(each) == "unexplained" for _, found in compared for each in found.values()))


def _rows(only: str | None) -> Iterator[Row]:
    """Those of every module of this package that has `ROWS`."""
    for module in iter_modules(litellm_bodies.__path__):
        if not module.name.startswith("__"):
            rows = getattr(import_module(f"{litellm_bodies.__name__}.{module.name}"), "ROWS", ())
            yield from (row for row in rows if only is None or row.model.startswith(only))


Found = dict[str, tuple[str, str]]
"""By place, what differs and the reason."""


def _compared(row: Row, server: Loopback) -> Iterator[tuple[str, Found]]:
    server.answers = _Refusing(row.answers)
    for name, conversation in CONVERSATIONS.items():
        found = differences(ours(row, conversation, server), litellms(row, conversation, server))
        yield name, {place: (both, _reason(row, name, place)) for place, both in found.items()}


def _reason(row: Row, conversation: str, place: str) -> str:
    if conversation in row.reasons:
        return row.reasons[conversation]
    named = f"{conversation}: {place}"
    beginnings = (key for key in row.reasons if place.startswith(key) or named.startswith(key))
    return next((row.reasons[key] for key in beginnings), "")


Compared = list[tuple[Row, dict[str, Found]]]


def _table(compared: Compared) -> Iterator[str]:
    yield "| model | equal | explained | unexplained |"
    yield "| --- | --- | --- | --- |"
    for row, found in compared:
        counts = Counter(map(_verdict, found.values()))
        yield f"| {row.name} | {counts['equal']} | {counts['explained']} | {counts['unexplained']} |"


def _verdict(found: Found) -> str:
    """Of one conversation."""
    if not found:
        return "equal"
    return "explained" if all(reason for _, reason in found.values()) else "unexplained"


def _notes(compared: Compared) -> Iterator[str]:
    for row, found in compared:
        yield f"\n{row.name}"
        reasons: dict[str, list[str]] = {}
        for conversation, each in found.items():
            for place, (both, reason) in each.items():
                reasons.setdefault(reason or f"UNEXPLAINED: {place} is {both}", []).append(conversation)
        for reason, conversations in reasons.items():
            yield f"  {reason} ({', '.join(dict.fromkeys(conversations))})"


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.litellm_bodies", description=__doc__)
    parser.add_argument("--only", metavar="MODEL", help="the rows whose model begins like this")
    return parser.parse_args()


if __name__ == "__main__":
    main()
