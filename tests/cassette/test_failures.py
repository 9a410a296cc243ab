from __future__ import annotations

import httpx
import pytest

from unspool.cassette.failures import CUT_OFF, FAILURES, RAISED_AS, end_by_bases, failure
from unspool.cassette.model import End


@pytest.mark.parametrize("name", FAILURES)
def test_an_exception_of_httpx_ends_a_stream_in_one_way(name: str) -> None:
    bases = [kind.__name__ for kind in getattr(httpx, name).__mro__]

    assert end_by_bases(bases) is FAILURES[name].end
    assert failure(name).message == FAILURES[name].text


@pytest.mark.parametrize("end", RAISED_AS)
def test_an_end_is_raised_as_an_exception_that_ends_so(end: End) -> None:
    assert FAILURES[RAISED_AS[end]].end is end


def test_a_body_cut_off_breaks_the_protocol() -> None:
    assert FAILURES[CUT_OFF.type].end is End.PROTOCOL_ERROR


@pytest.mark.parametrize(
    ("names", "end"),
    [
        (["ConnectionResetError", "ConnectionError", "OSError"], End.RESET),
        (["NewConnectionError", "ConnectTimeoutError", "TimeoutError"], End.RESET),
        (["IncompleteRead", "HTTPException"], End.PROTOCOL_ERROR),
        (["ValueError", "Exception"], End.FAILED),
    ],
)
def test_another_librarys_exception_is_known_by_its_bases(names: list[str], end: End) -> None:
    assert end_by_bases(names) is end
