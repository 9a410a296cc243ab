"""Recorded requests to Converse, read back to OpenAI's shape and built again: they ask for the same."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

from tests.conformance.corpus import RecordedStream, read_corpus
from tests.conformance.requests_bedrock import call_of

from unspool.providers.bedrock.request import build_request
from unspool.providers.request import CompletionRequest

JSON = dict[str, Any]


def recorded(streams: Path) -> list[RecordedStream]:
    return [stream for stream in read_corpus(streams) if stream.wire_format == "bedrock-converse"]


def rebuilt(stream: RecordedStream, body: JSON) -> JSON:
    messages, params = call_of(body)
    model = stream.saved("meta.json")["model"]
    request = build_request(
        CompletionRequest(model, messages, params, api_key=None, base_url="https://aws.test", stream=True)
    )
    return request.body


def settled(body: JSON) -> JSON:
    """Without what says nothing: empty objects, and the order and the spaces in JSON's text."""
    found = {key: value for key, value in body.items() if value not in ({}, [])}
    output = found.get("outputConfig")
    if output:
        schema = output["textFormat"]["structure"]["jsonSchema"]
        found["outputConfig"] = {**schema, "schema": json.loads(schema["schema"])}
    return found


def _wants_thinking(body: JSON) -> bool:
    return "thinking" in (body.get("additionalModelRequestFields") or {})


def _has_a_budget(body: JSON) -> bool:
    thinking = (body.get("additionalModelRequestFields") or {}).get("thinking") or {}
    return "budget_tokens" in thinking and "maxTokens" not in body["inferenceConfig"]


def _speaks_twice(body: JSON) -> bool:
    return any(one["role"] == other["role"] for one, other in pairwise(body["messages"]))


REASONS: dict[str, tuple[str, Callable[[JSON], bool]]] = {
    "additionalModelResponseFieldPaths": ("with thinking its tokens are asked for", _wants_thinking),
    "inferenceConfig": ("with a budget for thinking there is room for it", _has_a_budget),
    "messages": ("turns of one role that follow each other are one", _speaks_twice),
}


def test_a_recorded_request_is_built_again(
    streams: Path, record_property: Callable[[str, object], None]
) -> None:
    found: Counter[str] = Counter()
    unexplained = []
    for stream in recorded(streams):
        body = stream.saved("meta.json")["request"]["json"]
        ours, theirs = settled(rebuilt(stream, body)), settled(body)
        differing = {key for key in {*ours, *theirs} if ours.get(key) != theirs.get(key)}
        reasons = {key: REASONS[key][0] for key in differing if key in REASONS and REASONS[key][1](body)}
        found.update(reasons.values() or ["equal"])
        unexplained += [
            f"{stream.name}: {key}: {ours.get(key)!r:.600} is not {theirs.get(key)!r:.600}"
            for key in differing - reasons.keys()
        ]
    record_property("requests", dict(found))
    assert not unexplained, "\n".join([str(found), *unexplained])
