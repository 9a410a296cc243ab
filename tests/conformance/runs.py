"""The same stream through Unspool in all the ways that the checks look at; each way is gone once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache

from tests.conformance.corpus import RecordedStream
from tests.conformance.raw import RawStream
from tests.conformance.raw_anthropic import read_anthropic, read_anthropic_complete
from tests.conformance.raw_bedrock import read_agent, read_converse, read_invoke
from tests.conformance.raw_cohere import read_cohere_v1, read_cohere_v2
from tests.conformance.raw_gemini import read_gemini, read_gemini_array
from tests.conformance.raw_interactions import read_interactions
from tests.conformance.raw_jsonrpc import read_jsonrpc
from tests.conformance.raw_ollama import read_ollama
from tests.conformance.raw_openai_chat import read_openai_chat
from tests.conformance.raw_openai_others import (
    read_openai_assistants,
    read_openai_completions,
    read_openai_transcription,
)
from tests.conformance.raw_openai_responses import read_openai_responses
from tests.conformance.raw_replicate import read_replicate
from tests.conformance.raw_sap import read_sap
from tests.conformance.raw_watsonx import read_watsonx

from unspool.builder import stream_chunk_builder
from unspool.clock import VirtualClock
from unspool.models import ModelResponse, ModelResponseStream
from unspool.providers import pipeline_for
from unspool.streaming.wrapper import CustomStreamWrapper

MODEL = "asked-for"
NEVER = 10**9
"""Answers that repeat themselves are no matter here."""

_READERS = {
    "anthropic-complete": read_anthropic_complete,
    "anthropic-messages": read_anthropic,
    "bedrock-agent": read_agent,
    "bedrock-converse": read_converse,
    "bedrock-invoke": read_invoke,
    "openai-chat": read_openai_chat,
    "cohere-v1": read_cohere_v1,
    "cohere-v2": read_cohere_v2,
    "gemini-generate": read_gemini,
    "gemini-generate-jsonarray": read_gemini_array,
    "gemini-interactions": read_interactions,
    "jsonrpc-sse": read_jsonrpc,
    "ollama-ndjson": read_ollama,
    "openai-assistants": read_openai_assistants,
    "openai-completions": read_openai_completions,
    "openai-responses": read_openai_responses,
    "openai-transcription": read_openai_transcription,
    "replicate-sse": read_replicate,
    "sap-orchestration": read_sap,
    "watsonx-generation": read_watsonx,
}

# The checks of one stream follow each other, so that a few runs are all that is worth keeping.
_once = lru_cache(maxsize=8)


@dataclass
class Run:
    """What came out, and how it ended."""

    chunks: list[ModelResponseStream] = field(default_factory=list)
    error: Exception | None = None

    def take_all(self, chunks: Iterable[ModelResponseStream]) -> Run:
        try:
            self.chunks.extend(chunks)
        except Exception as error:  # noqa: BLE001 - whatever it is, a check will look at it
            self.error = error
        return self


def normalized(stream: RecordedStream, pieces: Iterable[bytes]) -> Iterator[ModelResponseStream]:
    pipeline = pipeline_for(stream.wire_format)
    for piece in pieces:
        yield from pipeline.feed(piece)
    yield from pipeline.flush()


@_once
def read_raw(stream: RecordedStream) -> RawStream:
    return _READERS[stream.wire_format](stream.body)


@_once
def run_normalizer(stream: RecordedStream) -> Run:
    return Run().take_all(normalized(stream, [stream.body]))


@_once
def run_wrapper(stream: RecordedStream, *, include_usage: bool = True, strict: bool | None = False) -> Run:
    chunks = normalized(stream, [stream.body])
    return Run().take_all(wrap(stream, chunks, include_usage=include_usage, strict=strict))


def wrap(
    stream: RecordedStream, source: object, *, include_usage: bool, strict: bool | None = False
) -> CustomStreamWrapper:
    return CustomStreamWrapper(
        source,
        MODEL,
        custom_llm_provider=stream.provider,
        stream_options={"include_usage": include_usage},
        strict=strict,
        repeated_chunk_limit=NEVER,
        clock=VirtualClock(1_700_000_000.0),
    )


@_once
def rebuild(stream: RecordedStream) -> ModelResponse:
    return build(run_wrapper(stream).chunks)


def build(chunks: list[ModelResponseStream]) -> ModelResponse:
    response = stream_chunk_builder(chunks)
    assert response is not None
    return response
