"""Clients of both libraries, sync and async, and all that time does to them."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Iterator
from importlib import import_module
from typing import Any

import anyio
import httpx
import pytest
import trio
from tests.faults import answers
from tests.verdict.clients import URL, AsyncClient, Client, Impatient

import unspool
from unspool.errors import CassetteError, FaultError
from unspool.faults import (
    CATALOGUE,
    Break,
    CallsWithout,
    CutEvents,
    Drip,
    Hang,
    Loop,
    Scenario,
    Stall,
    Status,
)
from unspool.verdict import examine

TEXT = "It rains ☔ in Łódź."
FAMILIES = ("httpx", "httpx2")
FITTING = [one for one in CATALOGUE if one.fits(answers.OPENAI)]


@pytest.mark.parametrize("family", FAMILIES)
def test_a_sync_client_of_either_library(family: str) -> None:
    verdict = examine(Client(import_module(family), needs_finish=False), answers.OPENAI, CutEvents(2))

    assert verdict.kinds == ("accepted-truncated",)
    assert verdict.log.outcome.text == "It "


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
@pytest.mark.parametrize("family", FAMILIES)
def test_an_async_client_of_either_library(family: str, backend: str) -> None:
    client = AsyncClient(import_module(family), needs_finish=False)

    verdict = examine(client, answers.OPENAI, CutEvents(2), backend=backend)

    assert verdict.kinds == ("accepted-truncated",)
    assert verdict.log.outcome.text == "It "


def test_what_the_event_loop_closes_in_the_end_the_client_left_open() -> None:
    held = []

    async def client(transport: Any) -> None:
        http = httpx.AsyncClient(transport=transport)
        response = await http.send(http.build_request("POST", URL), stream=True)
        pieces = response.aiter_raw()
        held.append(pieces)
        await anext(pieces)
        raise RuntimeError("enough")

    assert examine(client, answers.OPENAI).kinds == ("needless-failure", "left-open")


@pytest.mark.parametrize("fault", FITTING, ids=lambda fault: fault.name)
def test_sync_and_async_are_judged_alike(fault: Scenario) -> None:
    habits = {"tries": 1, "needs_choices": True, "needs_finish": False, "closes": False}
    one = examine(Client(**habits), answers.OPENAI, fault)
    other = examine(AsyncClient(**habits), answers.OPENAI, fault)

    if one.log.attempts[0].failure is None and one.log.attempts[0].status == 200:
        # A response that is dropped is closed by an event loop, and by nobody in sync code.
        findings = [finding for finding in one.findings if finding.kind != "left-open"]
        assert findings == [finding for finding in other.findings if finding.kind != "left-open"]
        assert one.log.outcome == other.log.outcome


def test_a_client_may_return_its_text() -> None:
    verdict = examine(lambda transport: "".join(Client()(transport)), answers.OPENAI)

    assert (verdict.log.outcome.text, verdict.findings) == (TEXT, ())


def test_an_async_client_may_return_its_text() -> None:
    async def client(transport: Any) -> str:
        return "".join([text async for text in AsyncClient()(transport)])

    assert examine(client, answers.OPENAI).log.outcome.text == TEXT


def test_a_client_that_tells_no_text_is_judged_by_what_it_does() -> None:
    def client(transport: Any) -> None:
        list(Client(needs_finish=False)(transport))

    verdict = examine(client, answers.OPENAI, CutEvents(2))

    assert (verdict.log.outcome.text, verdict.kinds) == (None, ("accepted-truncated",))


def test_text_before_an_error_is_known_from_a_client_that_yields() -> None:
    outcome = examine(Client(), answers.OPENAI, Break(2)).log.outcome

    assert (outcome.text, outcome.error) == ("It ", "httpx.ReadError: connection reset by peer")


def test_the_answer_may_be_a_cassette() -> None:
    verdict = examine(Client(), unspool.sample_path("openai/text"))

    assert verdict.log.outcome.text is not None
    assert verdict.log.outcome.text.startswith("Hello! I'm doing well")


def test_a_cassette_with_several_interactions_is_no_answer(tmp_path: Any) -> None:
    path = tmp_path / "two.yaml"
    one = unspool.sample_path("openai/text").read_text("utf-8")
    head, _, interaction = one.partition("interactions:\n")
    path.write_text(f"{head}interactions:\n{interaction}{interaction}", "utf-8")

    with pytest.raises(CassetteError, match=r"expected one interaction in .*two\.yaml, got 2: hand over"):
        examine(Client(), path)


@pytest.mark.parametrize(
    ("url", "pieces", "found"),
    [
        ("https://api.anthropic.com/v1/messages", answers.ANTHROPIC_EVENTS, "anthropic-messages"),
        ("https://gateway.invalid/talk", answers.ANTHROPIC_EVENTS, "anthropic-messages"),
        ("https://gateway.invalid/talk", answers.OPENAI_EVENTS, "openai-chat"),
    ],
)
def test_the_wire_format_is_told_by_the_url_or_else_by_the_events(
    url: str, pieces: list[Any], found: str
) -> None:
    answer = answers.interaction(*answers.sse(*pieces, named=False), url=url)

    assert examine(posts, answer).log.wire_format == found


def posts(transport: Any) -> None:
    with httpx.Client(transport=transport) as http:
        http.post(URL)


@pytest.mark.parametrize("url", [URL, "https://gateway.invalid/talk"])
def test_an_answer_in_one_piece_is_no_stream(url: str) -> None:
    answer = answers.interaction(b"<p>Sign in.</p>", url=url, content_type="text/html")

    with pytest.raises(CassetteError, match="to be a stream in a format that is known, got b'<p>Sign in"):
        examine(Client(), answer)


@pytest.mark.parametrize("client", [Client(), AsyncClient()], ids=["sync", "async"])
def test_a_fault_with_nothing_to_break_is_the_tests_own_mistake(client: Any) -> None:
    with pytest.raises(FaultError, match="CallsWithout"):
        examine(client, answers.OPENAI, CallsWithout("id"))


def test_what_isnt_an_exception_goes_through() -> None:
    def client(transport: Any) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        examine(client, answers.OPENAI)


def test_a_halt_comes_out_of_a_task_group() -> None:
    async def client(transport: Any) -> None:
        async with anyio.create_task_group() as group:
            group.start_soon(_read, AsyncClient(guard=float("inf")), transport)

    verdict = examine(client, answers.OPENAI, Loop(1, times=float("inf")))

    assert verdict.log.outcome.halted == "after 10000 chunks"


async def _read(client: AsyncClient, transport: Any) -> None:
    async for _ in client(transport):
        pass


# Time


def test_no_time_passes_for_anybody_else() -> None:
    started = time.monotonic()

    verdict = examine(Client(timeout=None), answers.OPENAI, Hang(1))

    assert verdict.log.outcome.at > 3600
    assert time.monotonic() - started < 60


def test_a_read_timeout_comes_in_its_time() -> None:
    outcome = examine(Client(timeout=30), answers.OPENAI, Stall(2, 45)).log.outcome

    assert outcome.error == "httpx.ReadTimeout: no byte for 30 seconds"
    assert outcome.at == pytest.approx(31.25)


def test_a_pause_that_is_short_enough_is_none_of_the_verdicts_business() -> None:
    verdict = examine(Client(timeout=30), answers.OPENAI, Drip(9))

    assert (verdict.log.outcome.text, verdict.findings) == (TEXT, ())


def test_a_timer_of_the_clients_own_fires_in_its_time() -> None:
    verdict = examine(Impatient(timeout=None), answers.OPENAI, Hang(2))

    assert verdict.log.outcome.error == "builtins.TimeoutError: "
    assert verdict.log.outcome.at == pytest.approx(21, abs=2)
    assert verdict.findings == ()


@pytest.mark.parametrize("seconds", [0.5, 40.0])
def test_the_clients_own_pauses_take_no_time(seconds: float) -> None:
    verdict = examine(Client(pause=seconds), answers.OPENAI, Status(503).on(1))

    first, second = verdict.log.attempts
    assert second.started - first.started == pytest.approx(seconds)


@pytest.mark.parametrize(
    ("library", "backend"),
    [(asyncio, "asyncio"), (anyio, "asyncio"), (anyio, "trio"), (trio, "trio")],
    ids=["asyncio", "anyio on asyncio", "anyio on trio", "trio"],
)
def test_nor_do_those_of_an_async_client(library: Any, backend: str) -> None:
    async def client(transport: Any) -> AsyncIterator[str]:
        await library.sleep(40)
        async for text in AsyncClient()(transport):
            yield text

    verdict = examine(client, answers.OPENAI, backend=backend)

    assert verdict.log.attempts[0].started == pytest.approx(40)


def test_what_happened_is_logged() -> None:
    def client(transport: Any) -> Iterator[str]:
        return Client()(transport)

    log = examine(client, answers.OPENAI, Status(429, retry_after=2).on(1)).log

    assert [(one.url, one.status) for one in log.attempts] == [(URL, 429), (URL, 200)]
    assert log.fault == "Status(status=429, retry_after=2).on(1)"
    assert log.wire_format == "openai-chat"
    assert log.whole is not None
    assert [pull.data for pull in log.whole.pulls] == [pull.data for pull in log.attempts[1].pulls]
    assert len(log.attempts[1].pulls) == 6
    assert log.attempts[1].headers_at == pytest.approx(2.5)
