"""Replicate's events, added up naively."""

from __future__ import annotations

import json

from tests.conformance.raw import Finish, RawError, RawStream, split_sse


def read_replicate(body: bytes) -> RawStream:
    raw = RawStream(body)
    said = raw.reading.choices[0]
    for payload in split_sse(body):
        raw.objects.append({"event": payload.event, "data": payload.text})
        if payload.event == "output" and payload.is_whole:
            said.content += payload.text
        elif payload.event == "error":
            raw.error = RawError(500, json.loads(payload.text)["detail"])
            break
        elif payload.event == "done":
            reason = json.loads(payload.text).get("reason", "stop")
            raw.finishes[0] = [Finish(reason, alone=True)]
    return raw
