"""A cassette's stream as items of a `FakeStream`."""

from __future__ import annotations

import gzip
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest

import unspool
from unspool.cassette.file_format import Document
from unspool.cassette.model import End, Failure, Interaction, NetworkChunk, Request, Response, Timeline
from unspool.cassette.store import write
from unspool.faults import Break, break_items

CHOICE = b'{"index":0,"delta":{"content":"It rains."},"finish_reason":"stop"}'
BODY = b'data: {"choices":[' + CHOICE + b"]}\n\ndata: [DONE]\n\n"
URL = "https://api.openai.com/v1/chat/completions"
RESPONSE = Response(200, "OK", (("content-type", "text/event-stream"),), BODY)
TIMED = Timeline((NetworkChunk(5, 1.0), NetworkChunk(len(BODY) - 5, 3.0)), headers_at=0.5, ended_at=4.0)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "rain.yaml"


def recorded(path: Path, *, request: Request | None = None, **response: Any) -> Path:
    """Write a cassette with one interaction."""
    interaction = Interaction(request or Request("POST", URL), replace(RESPONSE, **response))
    write(path, Document((interaction,), {}))
    return path


def test_the_items_are_the_networks_pieces(path: Path) -> None:
    found = unspool.recorded_stream(recorded(path, timeline=TIMED))

    assert found == unspool.RecordedStream((BODY[:5], BODY[5:]), "openai", None)


def test_they_play_in_a_fake_stream(path: Path) -> None:
    source = unspool.FakeStream(unspool.recorded_stream(str(recorded(path))).items)
    (chunk, *_) = unspool.CustomStreamWrapper(source, model="m")

    assert chunk.choices[0].delta.content == "It rains."


def test_they_can_be_broken(path: Path) -> None:
    items = unspool.recorded_stream(recorded(path, timeline=TIMED)).items
    with pytest.raises(unspool.APIConnectionError):
        list(unspool.CustomStreamWrapper(unspool.FakeStream(break_items(items, Break(after=0))), model="m"))


@pytest.mark.parametrize(("timing", "seconds"), [("recorded", [1.0, 2.0, 1.0]), (0.5, [0.5, 1.0, 0.5])])
def test_pauses_are_those_of_the_recording(path: Path, timing: Any, seconds: list[float]) -> None:
    items = unspool.recorded_stream(recorded(path, timeline=TIMED), timing=timing).items

    assert [item.seconds for item in items if isinstance(item, unspool.Pause)] == seconds
    assert b"".join(item for item in items if isinstance(item, bytes)) == BODY


def test_a_timing_that_is_none_is_refused(path: Path) -> None:
    with pytest.raises(ValueError, match="expected timing 'instant', 'recorded' or a factor"):
        unspool.recorded_stream(recorded(path), timing="slow")  # type: ignore[arg-type]


def test_a_compressed_body_is_plain(path: Path) -> None:
    headers = (*RESPONSE.headers, ("content-encoding", "gzip"))
    items = unspool.recorded_stream(recorded(path, headers=headers, body=gzip.compress(BODY))).items

    assert b"".join(item for item in items if isinstance(item, bytes)) == BODY


def ending(path: Path) -> Exception:
    last = unspool.recorded_stream(path).items[-1]
    assert isinstance(last, Exception)
    return last


def test_a_broken_recording_ends_in_httpxs_error(path: Path) -> None:
    error = ending(recorded(path, timeline=Timeline(end=End.RESET, failure=Failure("ReadError", "reset"))))

    assert isinstance(error, httpx.ReadError)
    assert str(error) == "reset"


def test_a_refused_connection_is_the_only_item(path: Path) -> None:
    failure = Timeline(end=End.RESET, failure=Failure("ConnectError", "refused"))
    (error,) = unspool.recorded_stream(recorded(path, status=599, body=b"", timeline=failure)).items

    assert isinstance(error, httpx.ConnectError)


def test_a_client_that_gave_up_is_a_timeout(path: Path) -> None:
    error = ending(recorded(path, status=599, body=b"", timeline=Timeline(end=End.CLOSED, ended_at=8.0)))

    assert isinstance(error, httpx.ReadTimeout)
    assert str(error) == "no response: the recorded client gave up after 8 seconds"


def test_a_recording_whose_client_left_ends_there(path: Path) -> None:
    cut = BODY[: BODY.index(b"data: [DONE]")]
    error = ending(recorded(path, body=cut, timeline=Timeline(end=End.CLOSED)))

    assert isinstance(error, unspool.RecordingEndedError)


@pytest.mark.parametrize(
    ("uri", "body", "model"),
    [
        (URL, b'{"model":"gpt-4o"}', "gpt-4o"),
        (URL, b"no json", None),
        (
            "https://generativelanguage.googleapis.com/v1/models/gemini-x:streamGenerateContent",
            b"",
            "gemini-x",
        ),
        ("https://e.openai.azure.com/openai/deployments/my%20gpt/chat/completions", b"{}", "my gpt"),
    ],
    ids=["in the body", "nowhere", "in the path", "quoted"],
)
def test_the_model_is_the_requests(path: Path, uri: str, body: bytes, model: str | None) -> None:
    assert unspool.recorded_stream(recorded(path, request=Request("POST", uri, (), body))).model == model


@pytest.mark.parametrize(
    ("uri", "provider"),
    [
        ("https://api.anthropic.com/v1/messages", "anthropic"),
        ("https://api.openai.com/v1/responses", "openai-responses"),
        ("https://gateway.test/anything", "openai"),
    ],
)
def test_the_provider_is_the_addresss(path: Path, uri: str, provider: str) -> None:
    assert unspool.recorded_stream(recorded(path, request=Request("POST", uri))).provider == provider


def test_one_of_several_is_chosen_by_number(path: Path) -> None:
    one = Interaction(Request("POST", URL), RESPONSE)
    write(path, Document((one, replace(one, response=replace(RESPONSE, body=b"data: 2\n\n"))), {}))

    assert unspool.recorded_stream(path, interaction=1).items == (b"data: 2\n\n",)
    with pytest.raises(unspool.CassetteError, match="it contains 2: pass interaction=0 to 1"):
        unspool.recorded_stream(path)
    with pytest.raises(unspool.CassetteError, match="got interaction=-1"):
        unspool.recorded_stream(path, interaction=-1)


def test_a_refusal_is_no_stream(path: Path) -> None:
    with pytest.raises(unspool.CassetteError, match="a response with status 429, which a client raises"):
        unspool.recorded_stream(recorded(path, status=429))


def test_a_cassette_that_isnt_there_is_named(path: Path) -> None:
    with pytest.raises(unspool.CassetteNotFoundError, match="there is no cassette"):
        unspool.recorded_stream(path)
