"""`CustomStreamWrapper`: a list of chunk objects in, the caller's chunks out, sync and async.

The end of a stream is part of it: there both libraries build the whole response for the log.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from benchmarks.peers import libraries, load
from benchmarks.rounds import Contest, Prepared, timed
from benchmarks.streams import KINDS, stream

MESSAGES = [{"role": "user", "content": "Tell me about the town."}]


def contests(count: int) -> Iterator[Contest]:
    for kind in KINDS:
        for how, read in (("sync", list), ("async", read_async)):
            sides = {name: partial(timed, prepare, name, kind, count, read) for name in libraries()}
            yield Contest(f"wrapper, {kind}, {how}", count, sides)


def prepare(name: str, kind: str, count: int, read: Callable[[Any], object]) -> Prepared:
    return partial(read, wrap(name, kind, count))


def read_async(wrapper: Any) -> object:
    async def read() -> list[Any]:
        return [chunk async for chunk in wrapper]

    return asyncio.run(read())


def wrap(name: str, kind: str, count: int) -> Any:
    """A wrapper of either library, with chunks and a log of its own."""
    library = load(name)
    chunks = [library.ModelResponseStream(**chunk) for chunk in stream(kind, count)]
    log = library.Logging(
        model="gpt-4o",
        messages=MESSAGES,
        stream=True,
        call_type="completion",
        start_time=time.time(),
        litellm_call_id="benchmark",
        function_id="benchmark",
    )
    return library.CustomStreamWrapper(
        completion_stream=library.ModelResponseListIterator(model_responses=chunks),
        model="gpt-4o",
        custom_llm_provider="openai",
        logging_obj=log,
    )
