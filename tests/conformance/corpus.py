"""A folder of recorded streams: a manifest, and for each stream its bytes and what is known of it."""

from __future__ import annotations

import csv
import json
import random
import zlib
from dataclasses import dataclass
from itertools import accumulate, pairwise
from pathlib import Path
from typing import Any

from unspool.providers import format_of
from unspool.samples import sample_body, sample_names

WIRE_FORMATS = {
    "anthropic-complete": "anthropic-complete",
    "anthropic-messages": "anthropic-messages",
    "azure-openai-chat": "openai-chat",
    "bedrock-agent": "bedrock-agent",
    "bedrock-converse": "bedrock-converse",
    "bedrock-invoke": "bedrock-invoke",
    "cohere-v1": "cohere-v1",
    "cohere-v2": "cohere-v2",
    "gemini-generate": "gemini-generate",
    "gemini-generate-jsonarray": "gemini-generate-jsonarray",
    "gemini-interactions": "gemini-interactions",
    "jsonrpc-sse": "jsonrpc-sse",
    "mistral-chat": "openai-chat",
    "ollama-ndjson": "ollama-ndjson",
    "openai-assistants": "openai-assistants",
    "openai-chat": "openai-chat",
    "openai-completions": "openai-completions",
    "openai-responses": "openai-responses",
    "openai-transcription": "openai-transcription",
    "replicate-sse": "replicate-sse",
    "sap-orchestration": "sap-orchestration",
    "watsonx-generation": "watsonx-generation",
}
"""The manifest's wire formats that Unspool reads, and what it calls them."""


@dataclass(frozen=True, slots=True)
class RecordedStream:
    """One stream: a row of the manifest, or one of the samples that come with Unspool."""

    name: str
    provider: str
    wire_format: str
    """Unspool's name for it."""
    oddities: tuple[str, ...] = ()
    folder: Path | None = None

    @property
    def body(self) -> bytes:
        return sample_body(self.name) if self.folder is None else (self.folder / "body.bin").read_bytes()

    @property
    def seed(self) -> int:
        """A number of its own, the same in every run."""
        return zlib.crc32(self.name.encode())

    def saved(self, name: str) -> dict[str, Any]:
        """One of the JSON files beside the bytes; empty if it isn't there."""
        path = None if self.folder is None else self.folder / name
        if path is None or not path.exists():
            return {}
        content: dict[str, Any] = json.loads(path.read_bytes())
        return content

    def pieces_as_recorded(self) -> list[bytes]:
        """The bytes as the client received them; none if the recorder didn't say."""
        lengths = self.saved("meta.json").get("chunk_lengths") or []
        body = self.body
        places = list(accumulate(lengths, initial=0))
        return _cut(body, places) if places[-1] == len(body) else []

    def pieces_at_random(self) -> list[bytes]:
        body = self.body
        chance = random.Random(self.seed)
        cuts = {chance.randint(0, len(body)) for _ in range(len(body) // 150 + 1)}
        return _cut(body, sorted({0, len(body), *cuts}))


def _cut(body: bytes, places: list[int]) -> list[bytes]:
    return [body[start:end] for start, end in pairwise(places)]


def read_corpus(folder: Path) -> list[RecordedStream]:
    """The folder's streams that are in a wire format that Unspool reads."""
    return [
        RecordedStream(
            name=row["dir"],
            provider=row["provider"],
            wire_format=WIRE_FORMATS[row["wire_format"]],
            oddities=split_oddities(row),
            folder=folder / row["dir"],
        )
        for row in read_manifest(folder)
        if row["wire_format"] in WIRE_FORMATS
    ]


def read_manifest(folder: Path) -> list[dict[str, str]]:
    with (folder / "MANIFEST.tsv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))


def split_oddities(row: dict[str, str]) -> tuple[str, ...]:
    return tuple(filter(None, (row.get("oddities") or "").split(",")))


def read_samples() -> list[RecordedStream]:
    """The samples, so that these checks have something to check where there is no folder."""
    return [_sample(name, name.partition("/")[0]) for name in sample_names()]


def _sample(name: str, provider: str) -> RecordedStream:
    return RecordedStream(name=name, provider=provider, wire_format=format_of(provider))
