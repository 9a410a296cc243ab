"""Check recordings: whole, readable, free of secrets, up to date, and used by a test."""

from __future__ import annotations

import os
import re
import warnings
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from unspool.cassette import store
from unspool.cassette.file_format import Document
from unspool.cassette.known_values import KnownValues, environment_values, sent_values
from unspool.cassette.match import Matching
from unspool.cassette.model import (
    NO_RESPONSE,
    End,
    Interaction,
    Request,
    Response,
    header,
    sizes_fit,
)
from unspool.cassette.redact import Redactor
from unspool.cassette.rules import undated_model
from unspool.counts import counted
from unspool.errors import CassetteError, CassetteWarning
from unspool.reading.exchange import Exchange, exchanges

DAY = 86_400.0


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that a check has found.

    Attributes:
        file: the cassette.
        interaction: its index; None for the whole file.
        rule: the rule's name, one of `RULES`.
        level: `error`, `warning` or `info`; the last one is only to know.
        message: what was found, and what to do about it.
    """

    file: str
    interaction: int | None
    rule: str
    level: str
    message: str


RULES = {
    "unreadable": "error",
    "problem": "error",
    "secret": "error",
    "size": "error",
    "arguments": "error",
    "finish": "warning",
    "usage": "warning",
    "failed": "warning",
    "age": "warning",
    "unused": "warning",
    "version": "warning",
    "duplicate": "warning",
    "model": "info",
    "status": "info",
    "edited": "info",
}
"""The rules, with the level of what they find."""


def check_file(path: Path, *, max_age: float | None, now: float) -> list[Finding]:
    """Check a cassette.

    Args:
        path: its file.
        max_age: from how many seconds on a recording is old; None for no limit.
        now: the time, in seconds since 1970-01-01 UTC.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", CassetteWarning)  # an edited body is a finding
            document = store.load(path)
    except CassetteError as error:
        return [Finding(str(path), None, "unreadable", RULES["unreadable"], str(error))]
    found = list(_findings(path, document, max_age, now))
    return [
        Finding(str(path), index, rule, RULES[rule], message)
        for index, rule, message in sorted(found, key=lambda one: -1 if one[0] is None else one[0])
    ]


Found = tuple[int | None, str, str]


def _findings(path: Path, document: Document, max_age: float | None, now: float) -> Iterator[Found]:
    if not document.interactions:
        yield None, "unused", "it contains no interaction: delete it, or record it"
    unused = unused_by_tests(path)
    if unused:
        yield None, "unused", unused
    for one in exchanges(document.interactions):
        for rule, message in _of_exchange(one):
            yield one.index, rule, message
        recorded_at = one.interaction.recorded_at
        if max_age is not None and recorded_at is not None and now - recorded_at > max_age:
            days = (now - recorded_at) / DAY
            yield one.index, "age", f"recorded {days:,.0f} days ago: record it again"
    yield from _duplicates(document)
    yield from _secrets(document)


def _of_exchange(one: Exchange) -> Iterator[tuple[str, str]]:
    for rule in (_sizes, _failures, _reply):
        yield from rule(one)


def _sizes(one: Exchange) -> Iterator[tuple[str, str]]:
    response = one.interaction.response
    unread = response.extra.get("unspool")
    if isinstance(unread, Mapping):
        version = unread.get("v")
        yield (
            "version",
            f"its times are in version {version!r:.20}, which this Unspool doesn't read: upgrade it",
        )
    if response.timeline is not None and not sizes_fit(response):
        size = sum(chunk.size for chunk in response.timeline.chunks)
        there = f"{len(response.body):,}"
        yield "edited", f"its chunks have {size:,} bytes, its body {there}: edited, so it plays without times"
    announced = header(response.headers, "content-length")
    is_whole = response.timeline is None or response.timeline.end is End.COMPLETE
    coding = header(response.headers, "content-encoding") in {None, "", "identity"}
    method = one.interaction.request.method.upper()
    counts = bool(announced and announced.isdigit()) and is_whole and coding and method != "HEAD"
    if counts and int(announced or "") != len(response.body):
        there = counted(len(response.body), "byte", ",")
        yield "size", f"its content-length is {announced}, its body has {there}"


def _failures(one: Exchange) -> Iterator[tuple[str, str]]:
    response = one.interaction.response
    timeline = response.timeline
    if timeline is not None and timeline.failure is not None:
        yield (
            "failed",
            (f"it ended with {timeline.failure.type}: if that isn't what the test is about, record it again"),
        )
    elif timeline is not None and timeline.end in {End.CLOSED, End.LIMIT}:
        who = "the client left" if timeline.end is End.CLOSED else "the recorder stopped"
        yield "failed", f"{who} before the end: a client that reads on gets an error"
    elif response.status >= 400 and response.status != NO_RESPONSE:
        yield "status", f"its status is {response.status}"


def _reply(one: Exchange) -> Iterator[tuple[str, str]]:
    reply, seen = one.reply, one.seen
    if reply is None or seen is None:
        return
    if reply.problem is not None:
        yield "problem", f"it can't be read as {one.format}: {reply.problem}"
        return
    if reply.error is not None or one.interaction.response.status >= 400:
        return
    is_whole = one.time_line is None or one.time_line.end is End.COMPLETE
    if reply.chunks and not reply.finish and is_whole and one.format not in _WITHOUT_REASON:
        yield "finish", "the stream ends without a finish reason: the response may be cut off"
    cut = reply.finish in {"length", None}
    for call in reply.calls:
        if not call.is_valid and not cut:
            yield "arguments", f"the arguments of {call.name} aren't a JSON object: {call.arguments[:80]!r}"
    if _asks_for_usage(seen.body) and reply.tokens is None and reply.chunks and is_whole and not cut:
        yield "usage", "the request asks for the usage (include_usage), and the stream has none"
    if seen.model and reply.model and not _is_alias(seen.model, reply.model):
        yield "model", f"{seen.model!r} was answered by {reply.model!r}"


_WITHOUT_REASON = frozenset({"bedrock-agent"})
"""Formats whose responses end without a reason.

https://docs.aws.amazon.com/bedrock/latest/APIReference/API_agent-runtime_ResponseStream.html
"""


def _asks_for_usage(body: Any) -> bool:
    options = body.get("stream_options")
    return isinstance(options, dict) and options.get("include_usage") is True


def _is_alias(asked: str, answered: str) -> bool:
    """Whether a name stands for the same model: with its date, its provider or its path or without."""
    short, long = sorted((_plain_name(asked), _plain_name(answered)), key=len)
    return long.startswith(short) or long.endswith(short)


def _plain_name(model: str) -> str:
    return undated_model(model.rpartition("/")[2].rpartition(":")[0] or model.rpartition("/")[2]).lower()


def _duplicates(document: Document) -> Iterator[Found]:
    matching = Matching()
    seen: dict[object, int] = {}
    for index, one in enumerate(document.interactions):
        key = (matching.key(one.request), one.response.status, one.response.body)
        first = seen.setdefault(key, index)
        if first != index:
            yield index, "duplicate", f"it's the same as interactions[{first}], request and response"


def _secrets(document: Document) -> Iterator[Found]:
    known = KnownValues()
    known.add(environment_values(os.environ))
    redactor = _redactor().knowing(known)
    for one in document.interactions:
        known.add(sent_values(one.request, redactor.names))
    for index, one in enumerate(document.interactions):
        if redactor.interaction(one) != one:
            yield index, "secret", "it contains a secret: unspool redact removes it"


@cache
def _redactor() -> Redactor:
    """Return a redactor for all files, with its patterns compiled: a copy of it keeps them."""
    made = Redactor()
    made.interaction(Interaction(Request("POST", "https://a.example/?a=b", (), b'{"a": "b"}'), Response(200)))
    return made


# -- cassettes that no test uses

_TEST_NAME = re.compile(r"[Tt]est\w*")


def unused_by_tests(path: Path) -> str | None:
    """Return why no test uses a cassette; None if one does, or its place doesn't show which would.

    The plugin writes `cassettes/MODULE/TEST.yaml` beside the module.
    """
    folder = path.parent
    if folder.parent.name != "cassettes" or not _TEST_NAME.search(folder.name):
        return None
    module = folder.parent.parent / f"{folder.name}.py"
    text = _text_of(module)
    if text is None:
        return f"there is no {module}: no test uses it"
    names = _TEST_NAME.findall(path.stem.partition("[")[0])
    if not names or path.stem in text or re.search(rf"\bdef {re.escape(names[-1])}\b", text):
        return None
    return f"{module} has no test {names[-1]}, and doesn't name this cassette"


def _text_of(module: Path) -> str | None:
    try:
        return module.read_text("utf-8")
    except (OSError, UnicodeDecodeError):
        return None
