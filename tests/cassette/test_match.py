from __future__ import annotations

from typing import Any

import pytest

from unspool.cassette.match import DEFAULT_MATCH_ON, Matching, address, objection
from unspool.cassette.model import Request

URI = "https://api.openai.com/v1/chat/completions?alt=sse"
HEADERS = (("content-type", "application/json"),)


def request(body: str = '{"model":"m"}', *, method: str = "POST", uri: str = URI, **headers: str) -> Request:
    return Request(method, uri, HEADERS + tuple(headers.items()), body.encode())


def agree(matching: Matching, one: Request, other: Request) -> bool:
    return matching.key(one) == matching.key(other)


def test_every_part_counts_but_the_headers() -> None:
    assert DEFAULT_MATCH_ON == ("method", "scheme", "host", "port", "path", "query", "body")


@pytest.mark.parametrize(
    ("name", "other"),
    [
        ("method", request(method="PUT")),
        ("scheme", request(uri=URI.replace("https", "http").replace(".com", ".com:443"))),
        ("host", request(uri=URI.replace("openai", "example"))),
        ("port", request(uri=URI.replace(".com", ".com:8443"))),
        ("path", request(uri=URI.replace("chat/", ""))),
        ("query", request(uri=URI.replace("sse", "json"))),
        ("body", request('{"model":"n"}')),
        ("raw_body", request('{"model": "m"}')),
        ("headers", request(accept="text/event-stream")),
    ],
)
def test_a_part_is_compared_if_and_only_if_it_is_named(name: str, other: Request) -> None:
    rest = ("method", "scheme", "host", "port", "path", "query", "body", "headers", "raw_body")
    without = Matching(match_on=tuple(part for part in rest if part != name))
    assert not agree(Matching(match_on=(name,)), request(), other)
    assert agree(without, request(), other) == (name != "body")  # another body is other bytes, too


@pytest.mark.parametrize("name", ["uri", "url"])
def test_uri_stands_for_its_five_parts(name: str) -> None:
    assert Matching(match_on=(name, "path")).names == ("scheme", "host", "port", "path", "query")


def test_the_method_has_no_case() -> None:
    assert agree(Matching(), request(method="post"), request(method="POST"))


def test_headers_have_no_order_and_their_names_no_case() -> None:
    matching = Matching(match_on=("headers",))
    one, other = (("A", "1"), ("b", "2")), (("B", "2"), ("a", "1"))
    assert agree(matching, Request("GET", URI, one), Request("GET", URI, other))
    assert not agree(matching, Request("GET", URI, one), Request("GET", URI, one[:1]))


def test_nothing_named_matches_everything() -> None:
    assert agree(Matching(match_on=()), request(), Request("GET", "http://h/"))


def test_json_is_compared_by_what_it_says() -> None:
    assert agree(Matching(), request('{"a":1,"b":2}'), request('{ "b": 2.0, "a": 1 }'))


def test_ignored_fields_do_not_count() -> None:
    matching = Matching(ignore=("user", "$.metadata.trace_id"))
    one = request('{"user":"u","metadata":{"trace_id":1,"team":"t"}}')
    assert agree(matching, one, request('{"metadata":{"team":"t"}}'))
    assert not agree(matching, one, request('{"metadata":{"team":"s"}}'))


@pytest.mark.parametrize("name", ["query", "uri"])
def test_ignored_parameters_do_not_count(name: str) -> None:
    matching = Matching(match_on=(name,), ignore=("?api-version",))
    one, other = request(uri=URI + "&api-version=2024-02-01"), request(uri=URI + "&api-version=2025-01-01")
    assert agree(matching, one, other)
    assert agree(matching, one, request())
    assert not agree(matching, one, request(uri=URI + "&x=1"))


@pytest.mark.parametrize("name", ["bodies", "json_body", ""])
def test_an_unknown_name_is_refused_with_the_known_ones(name: str) -> None:
    with pytest.raises(ValueError, match=r"method, scheme, .*raw_body, uri, url.*got " + repr(name)):
        Matching(match_on=("method", name))


def test_a_malformed_path_is_refused() -> None:
    with pytest.raises(ValueError, match="expected a path into the body"):
        Matching(ignore=("messages[",))


def test_a_key_can_be_hashed() -> None:
    everything = Matching(match_on=(*DEFAULT_MATCH_ON, "headers", "raw_body"))
    assert len({everything.key(request()), everything.key(request())}) == 1


def test_matchers_of_ones_own_are_no_part_of_the_key() -> None:
    def never(came: Request, recorded: Request) -> bool:
        return False

    matching = Matching(match_on=("method", never))
    assert matching.names == ("method",)
    assert agree(matching, request(), request())
    assert not matching.others_agree(request(), request())


def test_without_matchers_of_ones_own_the_key_decides() -> None:
    assert Matching().others_agree(request(), Request("GET", "http://h/"))


def test_a_matcher_gets_what_came_and_then_what_was_recorded() -> None:
    came, recorded = request("came"), request("recorded")
    asked: list[Any] = []
    matching = Matching(match_on=(lambda *pair: asked.append(pair),))
    assert matching.others_agree(came, recorded)
    assert asked == [(came, recorded)]


@pytest.mark.parametrize(
    ("verdict", "reason"), [(None, None), (True, None), (1, None), (False, "it says no"), (0, "it says no")]
)
def test_a_matcher_says_no_by_something_false(verdict: Any, reason: str | None) -> None:
    assert objection(lambda came, recorded: verdict, request(), request()) == reason


@pytest.mark.parametrize(("text", "reason"), [("users differ", "users differ"), ("", "it says no")])
def test_a_matcher_says_no_by_an_assertion(text: str, reason: str) -> None:
    def same_user(came: Request, recorded: Request) -> None:
        raise AssertionError(text)

    assert objection(same_user, request(), request()) == reason


def test_any_other_exception_of_a_matcher_is_its_own() -> None:
    def broken(came: Request, recorded: Request) -> None:
        raise KeyError("user")

    with pytest.raises(KeyError):
        objection(broken, request(), request())


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


@pytest.mark.parametrize("match_on", [DEFAULT_MATCH_ON, (*DEFAULT_MATCH_ON, "headers.accept"), ("headers",)])
@pytest.mark.parametrize(
    "other",
    [
        request(),
        request(accept="text/event-stream"),
        request('{"model": "m"}'),
        request(method="post"),
        Request("POST", URI, (("Content-Type", "text/plain"),), b"a=b"),
        Request("POST", URI, (("Content-Type", "application/x-www-form-urlencoded"),), b"a=b"),
    ],
)
def test_what_is_the_same_at_a_glance_has_the_same_key(match_on: tuple[str, ...], other: Request) -> None:
    matching = Matching(match_on)
    same = Request(other.method, other.uri, (*other.headers, ("host", "x")), other.body)

    for one in (request(), Request("POST", URI, (("content-type", "text/plain"),), b"a=b"), same, other):
        assert not matching.is_same(one, other) or agree(matching, one, other)
    assert matching.is_same(same, other) == (not any(name.startswith("headers") for name in match_on))
