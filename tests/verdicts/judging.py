"""Runs an SDK, whose transport is taken over for that time, under each scenario of the catalogue."""

from __future__ import annotations

import ssl
import sys
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

from tests.sdks.answers import Format
from tests.verdicts.rows import Ask

from unspool.cassette.model import Interaction, NetworkChunk, Request, Response, Timeline
from unspool.cassette.vcr_format import round_ms
from unspool.faults import CATALOGUE, Scenario
from unspool.transports.intercept import families
from unspool.transports.patching import swap
from unspool.verdict import Verdict, examine

_OVER_AIOHTTP = "litellm.llms.custom_httpx.aiohttp_transport"


def answer(form: Format) -> Interaction:
    """What a provider sends: an event every twenty milliseconds."""
    events = tuple(
        NetworkChunk(len(data), round_ms(0.2 + 0.02 * number)) for number, data in enumerate(form.events)
    )
    timeline = Timeline(chunks=events, headers_at=0.1, ended_at=events[-1].at)
    headers = (("content-type", "text/event-stream; charset=utf-8"),)
    response = Response(200, "OK", headers, b"".join(form.events), timeline)
    return Interaction(Request("POST", f"https://provider.invalid{form.streams_at}"), response)


@contextmanager
def taken_over(transport: Any) -> Iterator[None]:
    """Inside the block, what would go to the network goes through that transport."""
    with ExitStack() as stack:
        # Nobody is called, so nobody's certificate is checked; to load them all takes a tenth of a second.
        swap(stack, ssl.SSLContext, "load_verify_locations", lambda _: lambda *_args, **_kwargs: None)
        for family in families():
            swap(stack, family.HTTPTransport, "handle_request", lambda _: _handing(transport))
            swap(stack, family.AsyncHTTPTransport, "handle_async_request", lambda _: _ahanding(transport))
        if over_aiohttp := sys.modules.get(_OVER_AIOHTTP):
            owner = over_aiohttp.LiteLLMAiohttpTransport
            swap(stack, owner, "handle_async_request", lambda _: _ahanding(transport))
        yield


def _handing(transport: Any) -> Any:
    return lambda _self, request: transport.handle_request(request)


def _ahanding(transport: Any) -> Any:
    async def handle(_self: Any, request: Any) -> Any:
        return await transport.handle_async_request(request)

    return handle


def verdicts(
    ask: Ask, form: Format, scenarios: Iterable[Scenario] = CATALOGUE
) -> Iterator[tuple[str, Verdict]]:
    """What came of each scenario that fits the answer."""
    recorded = answer(form)
    for scenario in scenarios:
        if scenario.name == "whole" or scenario.fits(recorded):
            yield scenario.name, _judged(ask, recorded, scenario)


def _judged(ask: Ask, recorded: Interaction, scenario: Scenario) -> Verdict:
    with ExitStack() as stack:

        def client(transport: Any) -> Any:
            stack.enter_context(taken_over(transport))
            return ask()

        return examine(client, recorded, scenario)
