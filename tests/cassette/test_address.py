from __future__ import annotations

import pytest

from unspool.cassette.address import address


def test_the_parts_of_a_uri() -> None:
    found = address("https://api.openai.com/v1/responses?b=2&a=1")
    assert found == ("https", "api.openai.com", 443, "/v1/responses", (("a", "1"), ("b", "2")))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("https://h/x", "https://h:443/x"),
        ("http://h/x", "http://h:80/x"),
        ("HTTPS://API.Example.COM/x", "https://api.example.com/x"),
        ("https://h", "https://h/"),
        ("https://h?a=1", "https://h/?a=1"),
        ("https://h/%7Eme", "https://h/~me"),
        ("https://h/a%c3%a9", "https://h/aé"),
        ("https://h/model%3Astream", "https://h/model:stream"),
        ("https://h/?a=1&b=2", "https://h/?b=2&a=1"),
        ("https://h/?a=x%20y", "https://h/?a=x+y"),
        ("https://h/?a", "https://h/?a="),
        ("https://h/#here", "https://h/#there"),
        ("https://me:secret@h/", "https://h/"),
    ],
)
def test_the_same_address(one: str, other: str) -> None:
    assert address(one) == address(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("https://h/x", "http://h/x"),
        ("https://h/x", "https://h:8443/x"),
        ("https://h/x", "https://h/X"),
        ("https://h/x", "https://h/x/"),
        ("https://h/a/b", "https://h/a%2Fb"),
        ("https://h/a%25", "https://h/a%2525"),
        ("https://h/?a=1", "https://h/?a=1&a=1"),
        ("https://h/?a=", "https://h/"),
        ("https://h/?a=%ff", "https://h/?a=%fe"),
        ("https://h/%ff", "https://h/%fe"),
        ("https://h:port/a", "https://h:port/b"),
        ("https://[broken/a", "https://[broken/b"),
        ("https://h:99999/", "https://h:99998/"),
    ],
)
def test_another_address(one: str, other: str) -> None:
    assert address(one) != address(other)


def test_an_unknown_scheme_has_no_port() -> None:
    assert address("gopher://h/x").port is None


def test_port_zero_is_no_default_port() -> None:
    assert address("http://h:0/").port == 0
