"""The request as a whole: its address, its headers, its body."""

from __future__ import annotations

import copy

import pytest
from tests.providers.anthropic.asking import HELLO, body, build, said, user

from unspool.errors import BadRequestError


def test_it_posts_to_messages() -> None:
    request = build()
    assert (request.method, request.url) == ("POST", "https://api.anthropic.com/v1/messages")


@pytest.mark.parametrize(
    "given", ["https://proxy.test/", "https://proxy.test/v1", "https://proxy.test/v1/messages"]
)
def test_a_base_url_may_have_part_of_the_path(given: str) -> None:
    assert build(base_url=given).url == "https://proxy.test/v1/messages"


def test_the_key_and_the_version_are_headers() -> None:
    assert build().headers == {
        "content-type": "application/json",
        "x-api-key": "sk-1",
        "anthropic-version": "2023-06-01",
    }


def test_without_a_key_there_is_no_header_for_it() -> None:
    assert "x-api-key" not in build(api_key=None).headers


def test_extra_headers_go_over_the_builder_s_own() -> None:
    headers = build(extra_headers={"anthropic-version": "2099-01-01", "anthropic-beta": "x"}).headers
    assert (headers["anthropic-version"], headers["anthropic-beta"]) == ("2099-01-01", "x")


def test_a_plain_request() -> None:
    assert body() == {
        "model": "claude-test",
        "max_tokens": 4096,
        "messages": [user(said("Hello"))],
        "stream": True,
    }


def test_a_request_that_is_not_streamed_says_nothing_of_it() -> None:
    assert "stream" not in body(stream=False)


def test_a_message_without_content_but_system_is_an_error() -> None:
    with pytest.raises(BadRequestError, match="add one of the role 'user'"):
        build([{"role": "system", "content": "Be brief."}])


def test_what_was_handed_in_is_not_changed() -> None:
    messages = [{"role": "system", "content": "Brief."}, *HELLO, {"role": "assistant", "content": "Yes: "}]
    before = copy.deepcopy(messages)
    build(messages)
    assert messages == before
