"""SAP's envelopes opened, and OpenAI's chunks in them added up naively."""

from __future__ import annotations

import json

from tests.conformance.raw import RawStream
from tests.conformance.raw_openai_chat import read_openai_chat


def read_sap(body: bytes) -> RawStream:
    lines = [line.removeprefix("data:").strip() for line in body.decode().splitlines()]
    envelopes = [json.loads(line) for line in lines if line.startswith("{")]
    chunks = [envelope.get("final_result") or envelope["orchestration_result"] for envelope in envelopes]
    raw = read_openai_chat("".join(f"data: {json.dumps(chunk)}\n\n" for chunk in chunks).encode())
    raw.body, raw.objects = body, envelopes
    raw.saw_done = "[DONE]" in lines
    return raw
