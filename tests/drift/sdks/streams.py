"""Streams that SDKs read in the tests."""

from __future__ import annotations

from unspool.samples import sample_body

CHAT = sample_body("openai/text")
MESSAGE = sample_body("anthropic/thinking")
CONVERSE = sample_body("bedrock/thinking-and-tools")


def events(*payloads: bytes) -> bytes:
    return b"".join(b"data: %b\n\n" % payload for payload in payloads)
