"""The parts of a message's content as Anthropic's blocks."""

from __future__ import annotations

from typing import Any

import pytest
from tests.providers.anthropic.asking import BASE64, MARK, PNG, build, said, turns, user

from unspool.errors import BadRequestError
from unspool.providers.json_events import JSON


def test_a_cache_mark_of_a_message_goes_to_its_text() -> None:
    assert turns({"role": "user", "content": "Hello", "cache_control": MARK}) == [
        user(said("Hello", cache_control=MARK))
    ]


def test_empty_text_is_left_out() -> None:
    assert turns(user(said("Hello"), said(" ")), {"role": "assistant", "content": ""}) == [
        user(said("Hello"))
    ]


@pytest.mark.parametrize(
    ("image", "source"),
    [
        (PNG, BASE64),
        ({"url": PNG, "detail": "high"}, BASE64),
        ({"url": PNG, "format": "image/webp"}, {**BASE64, "media_type": "image/webp"}),
        ("data:image/png;name=cat;base64,iVBORw0=", BASE64),
        ("https://a.test/cat.png", {"type": "url", "url": "https://a.test/cat.png"}),
        ("http://a.test/cat.png", {"type": "url", "url": "http://a.test/cat.png"}),
    ],
)
def test_images(image: Any, source: JSON) -> None:
    part = {"type": "image_url", "image_url": image, "cache_control": MARK}
    assert turns(user(part)) == [user({"type": "image", "source": source, "cache_control": MARK})]


def test_a_data_url_that_is_no_image_is_a_document() -> None:
    source = {"type": "base64", "media_type": "application/pdf", "data": "JVBERi0="}
    part = {"type": "image_url", "image_url": "data:application/pdf;base64,JVBERi0="}
    assert turns(user(part)) == [user({"type": "document", "source": source})]


@pytest.mark.parametrize(
    ("file", "source"),
    [
        ({"file_id": "file_1"}, {"type": "file", "file_id": "file_1"}),
        (
            {"file_data": "data:application/pdf;base64,JVBERi0="},
            {"type": "base64", "media_type": "application/pdf", "data": "JVBERi0="},
        ),
        (
            {"file_data": "https://a.test/a.pdf", "format": "application/pdf"},
            {"type": "url", "url": "https://a.test/a.pdf"},
        ),
    ],
)
def test_files_are_documents(file: JSON, source: JSON) -> None:
    assert turns(user({"type": "file", "file": file})) == [user({"type": "document", "source": source})]


def test_an_image_that_is_neither_data_nor_an_address_is_an_error() -> None:
    with pytest.raises(BadRequestError, match=r"not 'cat\.png'"):
        build([user({"type": "image_url", "image_url": "cat.png"})])


def test_a_part_of_anthropic_s_own_is_sent_as_it_is() -> None:
    document = {"type": "document", "source": {"type": "text", "media_type": "text/plain", "data": "x"}}
    assert turns(user(document)) == [user(document)]


def test_a_part_may_be_plain_text() -> None:
    assert turns({"role": "user", "content": ["Hello"]}) == [user(said("Hello"))]


def test_a_part_that_is_none_is_refused() -> None:
    with pytest.raises(BadRequestError, match="must be an object with a type, or text, not 7"):
        turns({"role": "user", "content": [7]})
