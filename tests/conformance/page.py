"""What the checks found, as the page `docs/conformance.md`."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from tests.conformance.table import Facts, counted, verdicts

_INTRO = """\
# How real streams are read

Recorded streams of public projects, each read by Unspool. An error is raised exactly where the stream reports
one, with its status and message. Where the provider has an SDK, that read the same bytes, and what it made of
them (text, reasoning, tool calls, finish reason, usage) is compared with what Unspool rebuilt.

Written by `python -m tests.conformance FOLDER --write`. Without `--write` it prints the same of a folder of
your own, with those of the SDKs that are installed. The folder has a `MANIFEST.tsv`, tab-separated, with at
least the columns `provider`, `wire_format`, `dir` and `oddities`, and in each `dir` a stream's bytes as
`body.bin`.

`nox -s conformance -- FOLDER` checks more: the wrapper's contract, a naive reading of the bytes, the place in
the chunks of every path of JSON, recorded requests built again. `nox -s splits -- FOLDER` cuts the bytes in
many ways, and the chunks have to be the same."""

_BY_FORMAT = """\
## By format and provider

`raised` counts the errors that streams report, all of them raised. The last three columns count comparisons
with an SDK; a stream that two SDKs read has two. Where they are empty, no SDK reads the format."""

_BY_SDK = """\
## By SDK

"Same" is the same text, reasoning, calls, finish reason and usage; "explained" differs for one of the reasons
below, each a condition on what the stream sent."""

_REASONS = """\
## Why an SDK differs"""

_HEADS = ["format", "provider", "streams", "events", "chunks", "raised", "same", "explained", "unexplained"]
_SDK_HEADS = ["SDK", "streams", "same", "explained", "unexplained"]


def page(facts: Iterable[Facts], versions: Mapping[str, str]) -> str:
    """The page.

    Args:
        facts: what the checks noted.
        versions: of the SDKs, by distribution.
    """
    everything = [fact for fact in facts if "provider" in fact]
    parts = (_INTRO, _BY_FORMAT, _by_format(everything), _BY_SDK, _by_sdk(everything, versions))
    reasons = _table(
        ["streams", "reason"], [(f"{count:,}", text) for text, count in counted(everything, "reasons")]
    )
    return "\n\n".join((*parts, _REASONS, reasons)) + "\n"


def _by_format(facts: Sequence[Facts]) -> str:
    rows = [
        (wire_format, provider, *_counts(found))
        for (wire_format, provider), found in _grouped(facts, lambda fact: (fact["format"], fact["provider"]))
    ]
    return _table(_HEADS, [*rows, ("all", "", *_counts(facts))])


def _counts(facts: Sequence[Facts]) -> list[str]:
    read = [fact for fact in facts if "events" in fact]
    sums = [len(read), *(sum(fact[key] for fact in read) for key in ("events", "chunks", "errors"))]
    compared = verdicts(facts)
    return [*map(_count, sums), *(map(_count, compared) if any(compared) else ("", "", ""))]


def _by_sdk(facts: Sequence[Facts], versions: Mapping[str, str]) -> str:
    compared = [fact for fact in facts if "agrees" in fact]
    rows = [
        (f"{name} {versions.get(name, '')}".strip(), _count(len(found)), *map(_count, verdicts(found)))
        for name, found in _grouped(compared, lambda fact: fact["sdk"])
    ]
    return _table(_SDK_HEADS, rows)


def _grouped(facts: Iterable[Facts], key: Callable[[Facts], Any]) -> list[tuple[Any, list[Facts]]]:
    groups: dict[Any, list[Facts]] = defaultdict(list)
    for fact in facts:
        groups[key(fact)].append(fact)
    return sorted(groups.items())


def _count(number: int) -> str:
    return f"{number:,}"


def _table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [heads, ["---"] * len(heads), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
