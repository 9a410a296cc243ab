"""Wire to chunks: the bytes of server-sent events in, validated chunk objects out.

The peers are the OpenAI SDK's own reader, and the least that anybody can do: cut at blank lines, parse
the JSON, validate it with a model of a few fields; and the JSON's parser alone.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

from pydantic import BaseModel
from pydantic_core import from_json

from benchmarks.peers import is_installed
from benchmarks.rounds import Contest, Prepared, timed
from benchmarks.streams import sse, stream


def contests(count: int) -> Iterator[Contest]:
    reads = sse(stream("text", count))
    sides = {"unspool": partial(timed, _ours, reads)}
    if is_installed("openai"):
        sides["openai SDK"] = partial(timed, _sdk, reads)
    sides["from_json and a small model"] = partial(timed, _floor, reads)
    sides["from_json alone"] = partial(timed, _parser, reads)
    yield Contest("SSE bytes to chunks", count, sides)


def _ours(reads: list[bytes]) -> Prepared:
    from unspool.pipeline import Chain
    from unspool.providers.openai.chat import OpenAIChatNormalizer
    from unspool.wire.sse import SSEDecoder

    chain = Chain(SSEDecoder(), OpenAIChatNormalizer())
    return lambda: [chunk for data in reads for chunk in chain.feed(data)]


def _sdk(reads: list[bytes]) -> Prepared:
    import httpx
    from openai import OpenAI, Stream
    from openai.types.chat import ChatCompletionChunk

    request = httpx.Request("POST", "https://api.openai.com/v1/chat/completions")
    response: Any = httpx.Response(200, content=iter(reads), request=request)
    client = OpenAI(api_key="none")
    return partial(list, Stream(cast_to=ChatCompletionChunk, response=response, client=client))


class _Delta(BaseModel):
    role: str | None = None
    content: str | None = None


class _Choice(BaseModel):
    index: int
    delta: _Delta
    finish_reason: str | None = None


class _Chunk(BaseModel):
    id: str
    model: str
    created: int
    choices: list[_Choice]


def _parser(reads: list[bytes]) -> Prepared:
    bodies = [data.removeprefix(b"data: ").rstrip() for data in reads[:-1]]
    return lambda: [from_json(body) for body in bodies]


def _floor(reads: list[bytes]) -> Prepared:
    return partial(_parse, reads)


def _parse(reads: list[bytes]) -> list[_Chunk]:
    blocks = b"".join(reads).removesuffix(b"\n\n").split(b"\n\n")
    lines = [block.removeprefix(b"data: ") for block in blocks]
    return [_Chunk.model_validate(from_json(line)) for line in lines if line != b"[DONE]"]
