"""A small client over httpx or httpx2 that does everything right, and each of whose habits can be spoilt."""

from __future__ import annotations

import asyncio
import codecs
import json
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import nullcontext
from dataclasses import dataclass
from typing import Any

import httpx

URL = "https://api.openai.com/v1/chat/completions"
REFUSALS = {400, 401, 403, 404, 422}


class AskAgainError(Exception):
    """It's to be asked again, after so many seconds."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds


def whole_characters() -> Callable[[bytes], str]:
    return codecs.getincrementaldecoder("utf-8")().decode


def by_the_piece() -> Callable[[bytes], str]:
    return lambda data: data.decode("utf-8", "replace")


@dataclass(frozen=True)
class Client:
    """Yields the text of one answer."""

    family: Any = httpx
    timeout: float | None = 30.0
    decoder: Callable[[], Callable[[bytes], str]] = whole_characters
    guard: float = 20
    tries: int = 3
    pause: float = 0.5
    closes: bool = True
    heeds_errors: bool = True
    heeds_retry_after: bool = True
    leaves_at_finish: bool = False
    needs_choices: bool = False
    needs_data: bool = False
    needs_finish: bool = True
    retries_in_mid_stream: bool = False
    retries_refusals: bool = False

    def __call__(self, transport: Any) -> Iterator[str]:
        http = self.family.Client(transport=transport, timeout=self.timeout)
        with http if self.closes else nullcontext():
            for left in reversed(range(self.tries)):
                try:
                    yield from self._answer(http)
                except AskAgainError as again:
                    if not left:
                        raise RuntimeError("given up") from again
                    time.sleep(again.seconds)
                else:
                    return

    def _answer(self, http: Any) -> Iterator[str]:
        response = self._send(http)
        reader = Reader(self)
        try:
            for data in response.iter_raw():
                yield from reader.feed(data)
                if reader.is_done:
                    return
            reader.finish()
        except self.family.TransportError as error:
            raise AskAgainError(self.pause) if self.retries_in_mid_stream else error from error
        finally:
            if self.closes:
                response.close()

    def _send(self, http: Any) -> Any:
        try:
            response = http.send(http.build_request("POST", URL, json={}), stream=True)
        except self.family.TransportError as error:
            raise AskAgainError(self.pause) from error
        if response.status_code >= 400:
            response.close()
            self.refused(response)
        return response

    def refused(self, response: Any) -> None:
        """Raise what a refusal leads to."""
        if response.status_code in REFUSALS and not self.retries_refusals:
            raise RuntimeError(f"refused: {response.status_code}")
        told = response.headers.get("retry-after") if self.heeds_retry_after else None
        raise AskAgainError(float(told or self.pause))


@dataclass(frozen=True)
class AsyncClient(Client):
    """The same, async; it asks once."""

    async def __call__(self, transport: Any) -> AsyncIterator[str]:
        async with self.family.AsyncClient(transport=transport, timeout=self.timeout) as http:
            response = await http.send(http.build_request("POST", URL, json={}), stream=True)
            reader = Reader(self)
            try:
                async for data in response.aiter_raw():
                    for text in reader.feed(data):
                        yield text
                reader.finish()
            finally:
                if self.closes:
                    await response.aclose()


class Impatient(AsyncClient):
    """It has no read timeout but a timer of its own."""

    async def __call__(self, transport: Any) -> AsyncIterator[str]:
        stream = super().__call__(transport)
        while True:
            async with asyncio.timeout(20):
                try:
                    text = await anext(stream)
                except StopAsyncIteration:
                    return
            yield text


class Reader:
    """From pieces to text."""

    def __init__(self, habits: Client) -> None:
        self._habits = habits
        self._decode = habits.decoder()
        self._lines = ""
        self._last, self._equal = "", 0
        self._finished = False
        self.is_done = False

    def feed(self, data: bytes) -> Iterator[str]:
        *lines, self._lines = (self._lines + self._decode(data)).split("\n")
        for line in lines:
            if self._habits.needs_data and line and not line.startswith("data: "):
                raise ValueError(f"no data: {line}")
            if line.startswith("data: {"):
                yield from self._chunk(json.loads(line.removeprefix("data: ")))

    def finish(self) -> None:
        if self._habits.needs_finish and not self._finished:
            raise RuntimeError("cut off")

    def _chunk(self, chunk: Any) -> Iterator[str]:
        if "error" in chunk:
            if self._habits.heeds_errors:
                raise RuntimeError(chunk["error"]["message"])
            return
        choices = [chunk["choices"][0]] if self._habits.needs_choices else chunk["choices"]
        for choice in choices:
            text = choice["delta"].get("content") or ""
            self._guard(text)
            yield text
            self._finished = self._finished or bool(choice["finish_reason"])
            self.is_done = self._habits.leaves_at_finish and self._finished

    def _guard(self, text: str) -> None:
        self._equal = self._equal + 1 if text == self._last else 0
        self._last = text
        if self._equal >= self._habits.guard:
            raise RuntimeError("a loop")
