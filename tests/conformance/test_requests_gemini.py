"""Recorded requests to Gemini, read back to OpenAI's shape and built again: they ask for the same."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from tests.conformance.corpus import RecordedStream, read_corpus
from tests.conformance.requests_gemini import call_of, camel, settled

from unspool.providers.gemini.request import build_request
from unspool.providers.request import CompletionRequest

JSON = dict[str, Any]
NEW = re.compile("gemini-(?:[3-9]|flash-latest|pro-latest|flash-lite-latest)")


def _signs_nothing(body: JSON) -> bool:
    parts = [part for content in body["contents"] for part in content.get("parts") or ()]
    return any(part.keys() == {"thoughtSignature"} for part in parts)


REASONS: dict[str, Callable[[JSON], bool]] = {
    "a signature is a part of its own: it's sent with the text, as LiteLLM does": _signs_nothing,
}


def recorded(streams: Path) -> Iterator[tuple[RecordedStream, str, JSON]]:
    for stream in read_corpus(streams):
        request = stream.saved("meta.json").get("request") or {}
        model = re.search(r"models/([^:/?]+)", request.get("uri") or "")
        body = request.get("json")
        if isinstance(body, dict) and "contents" in body:
            yield stream, model[1] if model else "gemini-2.5-flash", camel(body)


def rebuilt(model: str, body: JSON) -> JSON:
    messages, params = call_of(body)
    request = build_request(
        CompletionRequest(model, messages, params, api_key=None, base_url="https://gemini.test", stream=True)
    )
    return request.body


def test_a_recorded_request_is_built_again(
    streams: Path, record_property: Callable[[str, object], None]
) -> None:
    found: Counter[str] = Counter()
    unexplained = []
    for stream, model, body in recorded(streams):
        is_new = NEW.match(model) is not None
        theirs, ours = (settled(each, is_new=is_new) for each in (body, rebuilt(model, body)))
        reason = (
            "equal" if ours == theirs else next((why for why, holds in REASONS.items() if holds(body)), "")
        )
        found[reason] += 1
        if not reason:
            unexplained.append(f"{stream.name}: {differing(ours, theirs)}")
    assert not unexplained, "\n".join([str(found), *unexplained])


def differing(ours: Any, theirs: Any, place: str = "") -> list[str]:
    if isinstance(ours, dict) and isinstance(theirs, dict):
        keys = sorted({*ours, *theirs})
        return [each for key in keys for each in differing(ours.get(key), theirs.get(key), f"{place}.{key}")]
    if isinstance(ours, list) and isinstance(theirs, list) and len(ours) == len(theirs):
        pairs = enumerate(zip(ours, theirs, strict=True))
        return [each for at, pair in pairs for each in differing(*pair, f"{place}.{at}")]
    return [] if ours == theirs else [f"{place}: ours {ours!r:.150}, theirs {theirs!r:.150}"]
