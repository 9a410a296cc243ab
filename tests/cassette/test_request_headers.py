from __future__ import annotations

from pathlib import Path

import httpx
import pytest
from tests.loopback import Answer, serve

from unspool.cassette.cassette import Cassette
from unspool.cassette.match import Matching
from unspool.cassette.model import Interaction, Request, Response
from unspool.cassette.request_headers import with_headers, written_names
from unspool.transports.use_cassette import use_cassette

SENT = (
    ("Host", "a.example"),
    ("User-Agent", "OpenAI/Python 2.1.0"),
    ("X-Stainless-Lang", "python"),
    ("Authorization", "REDACTED"),
    ("Content-Type", "application/json"),
    ("Anthropic-Beta", "files-2026"),
    ("X-Tenant", "t1"),
)
REQUEST = Request("POST", "https://a.example/", SENT, b"{}")


def written(match_on: tuple[object, ...] = ("method",), allow: list[str] | None = None) -> list[str]:
    """The names that a cassette gets of that request."""
    names = written_names(Matching(match_on), allow)  # type: ignore[arg-type]  # a function among them
    return [name for name, _ in with_headers(REQUEST, names).headers]


def test_what_says_what_is_asked_for_is_written_and_nothing_else() -> None:
    assert written() == ["Content-Type", "Anthropic-Beta"]


def test_what_is_allowed_is_written_too_in_any_case() -> None:
    assert written(allow=["x-TENANT"]) == ["Content-Type", "Anthropic-Beta", "X-Tenant"]


def test_a_header_that_has_to_match_is_written() -> None:
    assert written(("method", "headers.X-Tenant")) == ["Content-Type", "Anthropic-Beta", "X-Tenant"]


def test_all_are_written_where_all_have_to_match_or_a_function_may_look_at_them() -> None:
    assert written(("headers",)) == [name for name, _ in SENT]
    assert written((lambda came, recorded: True,)) == [name for name, _ in SENT]
    assert written((lambda came, recorded: True,), []) == ["Content-Type", "Anthropic-Beta"]


def test_a_request_with_no_others_is_the_same_request() -> None:
    request = Request("GET", "https://a.example/", (("accept", "*/*"),))

    assert with_headers(request, written_names(Matching(), None)) is request


def record(path: Path, url: str, **options: object) -> dict[str, str]:
    with use_cassette(path, **options):  # type: ignore[arg-type]  # a cassette's options, by name
        httpx.post(
            url, content=b"{}", headers={"x-tenant": "t1", "user-agent": "SDK/2", "accept": "text/plain"}
        )
    (interaction,) = Cassette.load(path).interactions
    return {name.lower(): value for name, value in interaction.request.headers}


def test_a_credential_is_never_shown(tmp_path: Path) -> None:
    cassette = Cassette.of([], match_on=["method", "headers.authorization"], allow_headers=["x-api-key"])

    redacted = cassette.redactor.request(Request("GET", "/", (("authorization", "abc"), ("x-api-key", "d"))))
    assert {value for _, value in redacted.headers} == {"REDACTED"}


def test_a_newer_client_changes_nothing_of_what_is_written(tmp_path: Path) -> None:
    with serve({"/": Answer([b"hi"])}) as server:
        headers = record(tmp_path / "a.yaml", f"{server.url}/")
        kept = record(tmp_path / "b.yaml", f"{server.url}/", allow_headers=["X-Tenant"])
    assert headers == {"accept": "text/plain"}
    assert kept == {"accept": "text/plain", "x-tenant": "t1"}
    assert "user-agent" not in (tmp_path / "a.yaml").read_text("utf-8").lower()


@pytest.mark.parametrize(("sent", "answered"), [("t1", True), ("t2", False)])
def test_a_cassette_that_has_others_still_matches(sent: str, answered: bool) -> None:
    options = {"match_on": ["method", "uri", "headers.x-tenant"]}
    cassette = Cassette.of([Interaction(REQUEST, Response(200))], **options)
    plain = Cassette.of([Interaction(REQUEST, Response(200))])
    came = Request("POST", "https://a.example/", (("user-agent", "another"), ("x-tenant", sent)), b"{}")

    assert plain.ask(came) is not None
    if answered:
        assert cassette.ask(came) is not None
    else:
        with pytest.raises(Exception, match=r'headers\.x-tenant: recorded "t1", came "t2"'):
            cassette.ask(came)
