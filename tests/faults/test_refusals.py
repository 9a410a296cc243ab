"""Answers in the place of a stream."""

from __future__ import annotations

import zlib

import pytest
from pydantic_core import from_json
from tests.faults import answers
from tests.faults.every import STATUSES
from tests.faults.reading import ending, pieces

from unspool.cassette.model import Interaction, header
from unspool.error_mapping import error_from_body
from unspool.faults import Answer, BadGzip, ContentType, HtmlPage, Status
from unspool.providers.errors import ERRORS


def test_anything_may_be_answered() -> None:
    broken = Answer(503, b"later", (("x-why", "lunch"),)).apply(answers.OPENAI).response

    assert (broken.status, broken.reason, broken.headers, broken.body) == (
        503,
        "Service Unavailable",
        (("x-why", "lunch"),),
        b"later",
    )


def test_an_answer_may_be_empty() -> None:
    assert pieces(Answer(200).apply(answers.OPENAI)) == []


def test_a_page_comes_under_200() -> None:
    broken = HtmlPage().apply(answers.OPENAI).response

    assert (broken.status, header(broken.headers, "content-type")) == (200, "text/html; charset=utf-8")
    assert broken.body.startswith(b"<!doctype html>")


def test_a_content_type_is_wrong_and_the_rest_is_right() -> None:
    broken = ContentType("text/plain").apply(answers.OPENAI).response

    assert header(broken.headers, "content-type") == "text/plain"
    assert broken.body == answers.OPENAI.response.body


@pytest.mark.parametrize("after", [0, 1, 3])
def test_gzip_is_good_for_so_many_chunks(after: int) -> None:
    broken = BadGzip(after).apply(answers.OPENAI)
    decoder = zlib.decompressobj(16 + zlib.MAX_WBITS)

    assert header(broken.response.headers, "content-encoding") == "gzip"
    assert [decoder.decompress(data) for data in pieces(broken)[:after]] == pieces(answers.OPENAI)[:after]
    with pytest.raises(zlib.error):
        decoder.decompress(pieces(broken)[after])


# Refusals


@pytest.mark.parametrize("provider", ERRORS)
def test_a_refusal_is_a_json_object_with_its_text(provider: str) -> None:
    for status in STATUSES:
        broken = Status(status, provider, message="No.").apply(answers.OPENAI).response
        error = error_from_body(from_json(broken.body), status=broken.status)
        assert error.status_code == status
        assert error.message.endswith(": No."), status
        assert header(broken.headers, "content-type") == "application/json"


@pytest.mark.parametrize(
    ("recorded", "key"),
    [
        (answers.OPENAI, ["error"]),
        (answers.ANTHROPIC, ["type", "error", "request_id"]),
        (answers.GEMINI, ["error"]),
        (answers.BEDROCK, ["message"]),
        (answers.COHERE, ["id", "message"]),
        (answers.OLLAMA, ["error"]),
    ],
    ids=["openai", "anthropic", "gemini", "bedrock", "cohere", "ollama"],
)
def test_the_url_tells_whose_refusal_it_is(recorded: Interaction, key: list[str]) -> None:
    assert list(from_json(Status(429).apply(recorded).response.body)) == key


@pytest.mark.parametrize(
    ("url", "provider"),
    [
        ("https://openrouter.ai/api/v1/chat/completions", "openrouter"),
        ("https://api.groq.com/openai/v1/chat/completions", "groq"),
        ("https://x.openai.azure.com/openai/deployments/d/chat/completions", "azure"),
        ("https://api.mistral.ai/v1/chat/completions", "mistral"),
        ("http://127.0.0.1:8000/v1/chat/completions", "openai"),
    ],
)
def test_so_does_the_host(url: str, provider: str) -> None:
    recorded = answers.interaction(b"", url=url)

    assert Status(500).apply(recorded).response.body == Status(500, provider).apply(recorded).response.body


def test_a_rate_limit_says_when_to_come_back() -> None:
    headers = Status(429, retry_after=2.5).apply(answers.OPENAI).response.headers

    assert header(headers, "retry-after") == "3"
    assert header(headers, "x-ratelimit-remaining-requests") == "0"


def test_each_provider_has_its_own_names_for_that() -> None:
    assert header(Status(429).apply(answers.ANTHROPIC).response.headers, "anthropic-ratelimit-requests-limit")
    assert header(Status(429).apply(answers.BEDROCK).response.headers, "x-amzn-errortype") == (
        "ThrottlingException"
    )


def test_headers_may_be_added() -> None:
    headers = Status(500, headers=(("x-should-retry", "false"),)).apply(answers.OPENAI).response.headers

    assert header(headers, "x-should-retry") == "false"


def test_a_refusal_comes_at_once() -> None:
    assert ending(Status(500).apply(answers.OPENAI)) == ("complete", None, 0.0)
