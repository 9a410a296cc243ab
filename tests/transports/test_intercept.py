"""What is swapped, and for how long."""

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


def test_everything_is_swapped_and_stays_so() -> None:
    with interception():
        swapped = now()
        with interception():
            assert now() == swapped
    assert now() == swapped
    with interception():
        assert now() == swapped


def test_what_stays_lets_everything_pass(monkeypatch: pytest.MonkeyPatch) -> None:
    with interception():
        pass
    with pytest.raises(httpx.ConnectError):
        httpx.get("http://127.0.0.1:9", trust_env=False)


def test_the_undo_of_a_monkeypatch_from_before_leaves_later_blocks_intercepted(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with interception():
        ours = httpx.HTTPTransport.handle_request
    real = ours.__wrapped__  # type: ignore[attr-defined]
    monkeypatch.setattr(httpx.HTTPTransport, "handle_request", real)  # as an undo does
    with interception():
        assert httpx.HTTPTransport.handle_request is ours


def test_who_has_swapped_it_again_keeps_his_own(monkeypatch: pytest.MonkeyPatch) -> None:
    def theirs(self: Any, request: Any) -> Any: ...

    with interception():
        monkeypatch.setattr(httpx.HTTPTransport, "handle_request", theirs)
    assert httpx.HTTPTransport.handle_request is theirs


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
