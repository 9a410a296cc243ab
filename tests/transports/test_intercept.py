"""What is swapped, and that it's undone."""

from __future__ import annotations

import subprocess
import sys
import threading
from typing import Any

import httpx
import httpx2
import pytest

from unspool.transports.intercept import families, interception

SWAPPED: list[tuple[Any, str]] = [
    (httpx.HTTPTransport, "handle_request"),
    (httpx.AsyncHTTPTransport, "handle_async_request"),
    (httpx2.HTTPTransport, "handle_request"),
    (httpx2.AsyncHTTPTransport, "handle_async_request"),
    (threading.Thread, "start"),
]


def now() -> list[Any]:
    return [getattr(owner, name) for owner, name in SWAPPED]


def test_everything_is_swapped_and_put_back() -> None:
    before = now()
    with interception():
        assert all(a is not b for a, b in zip(now(), before, strict=True))
    assert now() == before


def test_it_stays_until_the_last_has_left() -> None:
    before = now()
    with interception():
        swapped = now()
        with interception():
            assert now() == swapped
        assert now() == swapped
    assert now() == before


def test_it_is_undone_after_an_error() -> None:
    before = now()
    with pytest.raises(ZeroDivisionError), interception():
        _ = 1 / 0
    assert now() == before


def test_who_has_swapped_it_again_keeps_his_own() -> None:
    def theirs(self: Any, request: Any) -> Any: ...

    original = httpx.HTTPTransport.handle_request
    try:
        with interception():
            httpx.HTTPTransport.handle_request = theirs  # type: ignore[method-assign]
        assert httpx.HTTPTransport.handle_request is theirs
    finally:
        httpx.HTTPTransport.handle_request = original  # type: ignore[method-assign]


def test_the_methods_keep_their_names() -> None:
    with interception():
        assert httpx.HTTPTransport.handle_request.__name__ == "handle_request"


def test_both_families_are_found() -> None:
    assert families() == [httpx, httpx2]


@pytest.mark.skipif(not hasattr(httpx2, "alias_httpx"), reason="this httpx2 can't stand in for httpx")
def test_an_alias_is_one_family() -> None:
    code = """
import httpx2
httpx2.alias_httpx()
import httpx
from unspool.transports.intercept import families
assert families() == [httpx2], families()
"""
    subprocess.run([sys.executable, "-W", "ignore", "-c", code], check=True)
