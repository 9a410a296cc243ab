"""A format is added by one folder and one row: it is then read, recognised and broken."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from types import ModuleType

import pytest

from unspool.cassette.boundaries import pieces, says_goodbye
from unspool.cassette.model import Interaction, Request, Response
from unspool.error_mapping import error_from_body
from unspool.errors import ProviderError
from unspool.faults import Drop, ErrorEvent, Loop, NoFinish, Status
from unspool.faults.model_event import format_of_body
from unspool.models import ModelResponseStream
from unspool.providers import FORMATS, WireFormat, pipeline_for
from unspool.providers.chunk_factory import Answer
from unspool.providers.detect import format_of_exchange
from unspool.providers.errors import Errors, StreamError, errors_at, json_event
from unspool.providers.registry import PROVIDERS, Provider
from unspool.providers.traits import plain
from unspool.wire.event import WireEvent

URL = "http://localhost/acme/talk"
BODY = (
    b'data: {"acme":"Rain"}\n\ndata: {"acme":" in"}\n\n'
    b'data: {"acme":" Rome","why":"stop"}\n\nevent: bye\ndata: {}\n\n'
)


class ToyNormalizer:
    """`{"acme": text, "why": reason}` to chunks."""

    def __init__(self) -> None:
        self._answer = Answer()

    def feed(self, event: WireEvent, /) -> Iterator[ModelResponseStream]:
        body = json.loads(event.data)
        if event.name == "oops":
            raise error_from_body(body, llm_provider="acme")
        if "acme" in body:
            yield self._answer.chunk(content=body["acme"], finish_reason=body.get("why"))

    def flush(self) -> Iterator[ModelResponseStream]:
        return iter(())


TRAITS = plain(lambda body, _: "acme" in body, "acme", "why")


def _oops(error: StreamError) -> WireEvent:
    return json_event({"error": error.text, "after": error.last["acme"]}, "oops")


ERRORS = Errors(
    name="acme",
    body=lambda status, text: {"acme_error": status, "error": text},
    event=_oops,
    request_id="acme-1",
    request_id_headers=("x-acme-id",),
)


@pytest.fixture(autouse=True)
def acme(monkeypatch: pytest.MonkeyPatch) -> None:
    """The folder, as a module, and the row."""
    folder = ModuleType("acme_folder")
    vars(folder).update(ToyNormalizer=ToyNormalizer, TRAITS=TRAITS, ERRORS=ERRORS)
    monkeypatch.setitem(sys.modules, "acme_folder", folder)
    row = WireFormat(
        "acme-stream",
        "sse",
        "acme_folder:ToyNormalizer",
        traits="acme_folder:TRAITS",
        errors="acme_folder:ERRORS",
        end_mark=r"^event:\ ?bye\s*$",
        paths=("/acme/talk",),
    )
    monkeypatch.setitem(FORMATS, "acme-stream", row)


@pytest.fixture
def recorded() -> Interaction:
    headers = (("content-type", "text/event-stream"),)
    return Interaction(Request("POST", URL, (), b"{}"), Response(200, "OK", headers, BODY))


def text_of(interaction: Interaction) -> str:
    pipeline = pipeline_for("acme-stream")
    chunks = [*pipeline.feed(interaction.response.body), *pipeline.flush()]
    return "".join(chunk.choices[0].delta.content or "" for chunk in chunks)


def test_its_url_is_recognised() -> None:
    assert format_of_exchange(URL) == "acme-stream"


def test_its_events_are_recognised_and_read(recorded: Interaction) -> None:
    assert format_of_body(BODY) == "acme-stream"
    assert text_of(recorded) == "Rain in Rome"


def test_a_cassette_knows_its_end_and_its_events(recorded: Interaction) -> None:
    assert says_goodbye(BODY)
    assert not says_goodbye(BODY[: BODY.index(b"event: bye")])
    assert len(pieces(recorded.response)) == 4


def test_faults_break_its_streams(recorded: Interaction) -> None:
    assert text_of(Drop(1).apply(recorded)) == "Rain Rome"
    assert text_of(Loop(0, times=3).apply(recorded)) == "RainRainRain in Rome"
    assert b'"why"' in BODY
    assert b'"stop"' not in NoFinish().apply(recorded).response.body


def test_its_provider_reports_an_error_in_mid_stream_in_its_own_way(recorded: Interaction) -> None:
    broken = ErrorEvent(1, message="No more.").apply(recorded)

    assert broken.response.body.endswith(b'event: oops\ndata: {"error":"No more.","after":" in"}\n\n')
    with pytest.raises(ProviderError, match="No more"):
        text_of(broken)


def test_a_server_at_its_url_refuses_in_its_own_way(recorded: Interaction) -> None:
    refused = Status(503, message="No more.").apply(recorded).response

    assert json.loads(refused.body) == {"acme_error": 503, "error": "No more."}
    assert ("x-acme-id", "acme-1") in refused.headers


def test_a_provider_that_speaks_it_is_known_to_faults(
    monkeypatch: pytest.MonkeyPatch, recorded: Interaction
) -> None:
    monkeypatch.setitem(PROVIDERS, "acme", Provider("https://api.acme.ai", wire_format="acme-stream"))

    assert errors_at("https://api.acme.ai/elsewhere") is ERRORS
    assert b"acme_error" in Status(503, provider="acme").apply(recorded).response.body
