from __future__ import annotations

from typing import Any

import httpx
import httpx2
import pytest

from unspool.cassette.model import End, Failure
from unspool.transports import http_library

FAMILIES = (httpx, httpx2)


@pytest.mark.parametrize("family", FAMILIES)
def test_a_request_tells_its_family(family: Any) -> None:
    assert http_library.family_of(family.Request("GET", "https://example.com")) is family


def test_other_requests_have_none() -> None:
    with pytest.raises(TypeError, match="expected a request of httpx or httpx2, got <class 'object'>"):
        http_library.family_of(object())


def test_headers_keep_their_case_and_their_order() -> None:
    request = httpx.Request("GET", "https://example.com", headers=[("X-B", "1"), ("x-a", "2"), ("X-B", "3")])
    assert http_library.headers_of(request)[1:] == (("X-B", "1"), ("x-a", "2"), ("X-B", "3"))


@pytest.mark.parametrize(
    ("error", "end"),
    [
        (httpx.ReadError("gone"), End.RESET),
        (httpx2.WriteError("gone"), End.RESET),
        (httpx.ConnectError("refused"), End.RESET),
        (httpx2.ReadTimeout("late"), End.READ_TIMEOUT),
        (httpx.ConnectTimeout("late"), End.READ_TIMEOUT),
        (httpx2.RemoteProtocolError("cut"), End.PROTOCOL_ERROR),
        (ValueError("else"), End.FAILED),
    ],
)
def test_an_error_tells_how_it_ended(error: Exception, end: End) -> None:
    assert http_library.end_of(error) == (end, Failure(type(error).__name__, str(error)))


def test_a_client_that_stops_reading_has_hung_up() -> None:
    assert http_library.end_of(GeneratorExit()) == (End.CLOSED, None)


@pytest.mark.parametrize("error", [KeyboardInterrupt(), SystemExit()])
def test_a_run_that_is_interrupted_is_no_hang_up(error: BaseException) -> None:
    end, failure = http_library.end_of(error)
    assert end is End.FAILED
    assert failure is not None
    assert failure.type == "Interrupted"


@pytest.mark.parametrize("family", FAMILIES)
def test_an_error_is_the_familys_own_and_knows_its_request(family: Any) -> None:
    request = family.Request("GET", "https://example.com")
    error: Any = http_library.exception(family, request, End.RESET, Failure("WriteError", "gone"))
    assert type(error) is family.WriteError
    assert (str(error), error.request) == ("gone", request)


@pytest.mark.parametrize("family", FAMILIES)
def test_a_stream_is_one_to_the_family_in_sync_and_async_code(family: Any) -> None:
    class Silent:
        pass

    made = http_library.stream_class(family, Silent)
    assert issubclass(made, (Silent, family.SyncByteStream))
    assert issubclass(made, family.AsyncByteStream)
    assert http_library.stream_class(family, Silent) is made


def test_a_read_timeout_is_known_from_the_request() -> None:
    with httpx.Client(timeout=httpx.Timeout(1.0, read=7.5)) as client:
        assert http_library.read_timeout_of(client.build_request("GET", "https://example.com")) == 7.5
    assert http_library.read_timeout_of(httpx.Request("GET", "https://example.com")) is None


def test_a_reason_is_what_the_client_shows() -> None:
    response = httpx.Response(200, extensions={"reason_phrase": b"\xe9t\xe9"})
    assert http_library.reason_of(response) == response.reason_phrase == "t"
