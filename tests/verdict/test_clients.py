"""Clients as people write them, good and bad, and the findings that each must get and must not get."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import AsyncIterator, Iterator
from typing import Any

import anyio
import httpx
import httpx2
import pytest
from tests.faults import answers

import unspool
from unspool.errors import MockError
from unspool.faults import (
    CutEvents,
    ErrorEvent,
    Fault,
    Hang,
    Loop,
    NoFault,
    NoFinish,
    Refuse,
    Status,
    scenario,
)
from unspool.verdict import examine

URL = "https://api.openai.com/v1/chat/completions"
ANSWER = answers.OPENAI


def said(line: str) -> Iterator[str]:
    r"""The text of a line of the stream; the finish reason as `\0`."""
    if line.startswith("data: {"):
        event = json.loads(line.removeprefix("data: "))
        if "error" in event:
            raise RuntimeError(event["error"]["message"])
        for choice in event["choices"]:
            yield choice["delta"].get("content") or ""
            yield "\0" if choice["finish_reason"] else ""


def checked(texts: list[str]) -> list[str]:
    if "\0" not in texts:
        raise RuntimeError("no finish reason")
    return [text for text in texts if text != "\0"]


def ask(http: Any, tries: int = 3) -> Any:
    """Send the request; a refusal that passes, again, after what the provider asks for."""
    for left in reversed(range(tries)):
        try:
            response = http.send(http.build_request("POST", URL, json={}), stream=True)
        except httpx.TransportError:
            if not left:
                raise
            time.sleep(1)
            continue
        if response.status_code in (429, 500, 503) and left:
            response.close()
            time.sleep(float(response.headers.get("retry-after", 1)))
            continue
        response.raise_for_status()
        return response
    raise RuntimeError("given up")


# -- good ones ----------------------------------------------------------------------------------------


def sync(transport: Any) -> Iterator[str]:
    with httpx.Client(transport=transport, timeout=30) as http:
        response = ask(http)
        texts = []
        try:
            for line in response.iter_lines():
                for text in said(line):
                    texts.append(text)
                    if len(texts) > 99 and len(set(texts[-60:])) < 4:
                        raise RuntimeError("a loop")
                    yield text.strip("\0")
                if line == "data: [DONE]":
                    break
        finally:
            response.close()
        checked(texts)


async def async_(transport: Any) -> AsyncIterator[str]:
    async with httpx.AsyncClient(transport=transport, timeout=30) as http:
        for _ in range(3):
            try:
                response = await http.send(http.build_request("POST", URL, json={}), stream=True)
            except httpx.ConnectError:
                await anyio.sleep(1)
                continue
            if response.status_code not in (429, 503):
                break
            await response.aclose()
            await anyio.sleep(float(response.headers.get("retry-after", 1)))
        response.raise_for_status()
        lines = [line async for line in response.aiter_lines()]  # whole: trio wants generators exhausted
        texts = [text for line in lines for text in said(line)]
        yield "".join(checked(texts))


def in_a_thread(transport: Any) -> str:
    got: list[str] = []
    errors: list[Exception] = []

    def work() -> None:
        try:
            got.extend(sync(transport))
        except Exception as error:  # noqa: BLE001 - raised again below
            errors.append(error)

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    if errors:
        raise errors[0]
    return "".join(got)


def whole_body(transport: Any) -> str:
    with httpx2.Client(transport=transport, timeout=30) as http:
        for _ in range(3):
            try:
                response = http.post(URL, json={})
            except httpx2.ConnectError:
                time.sleep(1)
                continue
            if response.status_code not in (429, 503):
                break
            time.sleep(float(response.headers.get("retry-after", 1)))
        response.raise_for_status()
        return "".join(checked([text for line in response.text.split("\n") for text in said(line)]))


def closes_only_its_client(transport: Any) -> str:
    http = httpx.Client(transport=transport, timeout=30)
    try:
        response = ask(http)
        texts: list[str] = []
        for line in response.iter_lines():
            texts += said(line)
            if len(texts) > 99 and len(set(texts[-60:])) < 4:
                raise RuntimeError("a loop")
        return "".join(checked(texts))
    finally:
        http.close()


def tells_nothing(transport: Any) -> None:
    for _ in sync(transport):
        pass


GOOD: dict[str, tuple[Any, str]] = {
    "sync": (sync, "asyncio"),
    "asyncio": (async_, "asyncio"),
    "trio": (async_, "trio"),
    "a thread": (in_a_thread, "asyncio"),
    "a reader of the whole body": (whole_body, "asyncio"),
    "one that closes only its client": (closes_only_its_client, "asyncio"),
    "one that tells nothing": (tells_nothing, "asyncio"),
}
FAULTS: dict[str, Fault] = {
    "none": NoFault(),
    "cut": CutEvents(2),
    "no finish reason": NoFinish(),
    "an error event": ErrorEvent(2),
    "a rate limit": Status(429, retry_after=7).on(1),
    "refused once": Refuse().on(1),
    "refused for good": Status(401),
    "a reset": scenario("reset-in-mid-answer"),
    "a stall": Hang(2),
    "no final blank line": scenario("no-final-blank-line"),
    "byte by byte": scenario("byte-by-byte"),
}


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)
@pytest.mark.parametrize(("client", "backend"), GOOD.values(), ids=GOOD)
def test_a_good_client_is_found_nothing_against(client: Any, backend: str, fault: Fault) -> None:
    verdict = examine(client, ANSWER, fault, backend=backend)

    assert not verdict.findings, verdict


def test_a_thread_that_waits_as_it_is_asked_to_has_waited() -> None:
    verdict = examine(in_a_thread, ANSWER, Status(429, retry_after=7).on(1))

    first, second = verdict.log.attempts
    assert second.started - first.started >= 7


# -- bad ones -----------------------------------------------------------------------------------------


def lines(transport: Any, timeout: float | None = 30, **options: Any) -> Iterator[str]:
    """The lines of an answer, asked for once; nothing is checked."""
    with (
        httpx.Client(transport=transport, timeout=timeout, **options) as http,
        http.stream("POST", URL, json={}) as response,
    ):
        yield from response.iter_lines()


def texts_of(transport: Any, **options: Any) -> Iterator[str]:
    for line in lines(transport, **options):
        yield from (text.strip("\0") for text in said(line))


def takes_whatever_comes(transport: Any) -> Iterator[str]:
    yield from texts_of(transport)


def swallows_errors(transport: Any) -> str:
    got = ""
    try:
        for text in texts_of(transport):
            got += text
    except Exception:  # noqa: BLE001 - it's bad
        pass
    return got


def leaves_after_two(transport: Any) -> str:
    stream = texts_of(transport)
    got = [text for _, text in zip(range(4), stream, strict=False)]
    stream.close()
    return "".join(got)


def adds_a_greeting(transport: Any) -> str:
    return "".join(sync(transport)) + " I hope that helps!"


def says_it_twice(transport: Any) -> str:
    return "".join(text * 2 for text in sync(transport))


def asks_again_in_mid_answer(transport: Any) -> Iterator[str]:
    try:
        yield from texts_of(transport)
    except httpx.TransportError:
        time.sleep(1)
        yield from texts_of(transport)


def decodes_as_latin(transport: Any) -> str:
    return "".join(sync(transport)).encode().decode("latin-1")


def asks_a_refused_question_again(transport: Any) -> Iterator[str]:
    with httpx.Client(transport=transport, timeout=30) as http:
        for _ in range(3):
            with http.stream("POST", URL) as response:
                if response.is_success:
                    yield from (text.strip("\0") for line in response.iter_lines() for text in said(line))
                    return
            time.sleep(1)
    raise RuntimeError("refused")


def never_waits(transport: Any) -> Iterator[str]:
    with httpx.Client(transport=transport, timeout=30) as http:
        while True:
            try:
                response = http.post(URL)
            except httpx.TransportError:
                continue
            if response.is_success:
                yield "".join(checked([t for line in response.text.split("\n") for t in said(line)]))
                return


def waits_for_ever(transport: Any) -> Iterator[str]:
    yield from texts_of(transport, timeout=None)


def leaves_it_open(transport: Any) -> Iterator[str]:
    http = httpx.Client(transport=transport, timeout=30)
    response = http.send(http.build_request("POST", URL), stream=True)
    KEPT.append((http, response))
    for line in response.iter_lines():
        yield from (text.strip("\0") for text in said(line))


def breaks_on_good_answers(transport: Any) -> Iterator[str]:
    for text in sync(transport):
        if not text.isascii():
            raise UnicodeError("only ASCII, please")
        yield text


KEPT: list[Any] = []
BAD: dict[str, tuple[Any, Fault, str]] = {
    "takes whatever comes": (takes_whatever_comes, CutEvents(2), "accepted-truncated"),
    "has no guard": (takes_whatever_comes, Loop(1, times=300), "no-loop-guard"),
    "swallows errors": (swallows_errors, ErrorEvent(2), "swallowed-error"),
    "leaves after two chunks": (leaves_after_two, NoFault(), "left-early"),
    "adds a greeting": (adds_a_greeting, NoFault(), "invented-text"),
    "says everything twice": (says_it_twice, NoFault(), "lost-text"),
    "asks again in mid-answer": (
        asks_again_in_mid_answer,
        scenario("reset-in-mid-answer").on(1),
        "concatenated-retry",
    ),
    "decodes as Latin": (decodes_as_latin, NoFault(), "lost-character"),
    "asks a refused question again": (asks_a_refused_question_again, Status(401), "retried-refusal"),
    "never waits": (never_waits, Status(429, retry_after=7).on(1), "ignored-retry-after"),
    "storms": (never_waits, Refuse(), "retry-storm"),
    "waits for ever": (waits_for_ever, Hang(2), "no-read-timeout"),
    "leaves it open": (leaves_it_open, ErrorEvent(2), "left-open"),
    "breaks on good answers": (breaks_on_good_answers, NoFault(), "needless-failure"),
}


@pytest.mark.parametrize(("client", "fault", "kind"), BAD.values(), ids=BAD)
def test_a_bad_client_is_found_out(client: Any, fault: Fault, kind: str) -> None:
    verdict = examine(client, ANSWER, fault)

    assert kind in verdict.kinds, verdict
    others = {"no-back-off", "retry-storm"} if client is never_waits else set()
    assert set(verdict.kinds) - {kind} <= others, verdict


@pytest.mark.parametrize("client", [lambda _: "It rains.", lambda _: None], ids=["a text", "nothing"])
def test_a_client_that_never_asks_is_an_error(client: Any) -> None:
    with pytest.raises(MockError, match="it never did"):
        examine(client, ANSWER)


def test_a_client_that_breaks_before_it_asks_is_an_error_that_says_how() -> None:
    def broken(_: Any) -> str:
        raise KeyError("api_key")

    with pytest.raises(MockError, match="KeyError: 'api_key'"):
        examine(broken, ANSWER, unspool.faults.NoFault())
