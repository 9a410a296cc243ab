"""What an entry of the allowed hosts allows."""

from __future__ import annotations

import pytest

from unspool.transports.hosts import is_allowed


@pytest.mark.parametrize(
    ("entry", "host", "port", "allowed"),
    [
        ("api.example.com", "API.example.com.", 443, True),
        ("api.example.com", "example.com", 443, False),
        ("*.example.com", "a.b.example.com", 443, True),
        ("*.example.com", "example.com", 443, False),
        ("*.example.com", "badexample.com", 443, False),
        ("*.example.com:443", "a.example.com", 80, False),
        ("re:api[0-9]+[.]test", "api7.test", 443, True),
        ("re:api[0-9]+[.]test", "api7.test.example.com", 443, False),
        ("api.[a-z]+", "api.test", 443, False),
        ("192.0.2.0/24", "192.0.2.7", 443, True),
        ("[::1]:8080", "::1", 8080, True),
    ],
)
def test_an_entry_allows_what_it_says(entry: str, host: str, port: int, allowed: bool) -> None:
    assert is_allowed(host, port, frozenset({entry})) is allowed


def test_what_is_marked_as_a_regular_expression_must_be_one() -> None:
    with pytest.raises(ValueError, match="expected a regular expression after 're:'"):
        is_allowed("a", None, frozenset({"re:("}))
