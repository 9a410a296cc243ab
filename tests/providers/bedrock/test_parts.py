"""The parts of a message as Converse's blocks."""

from __future__ import annotations

from typing import Any

import pytest
from tests.providers.bedrock.asking import IMAGE, MARK, PNG, POINT, turns

from unspool.errors import BadRequestError
from unspool.providers.json_events import JSON

DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def blocks(*parts: Any) -> list[JSON]:
    content: list[JSON] = turns({"role": "user", "content": list(parts)})[0]["content"]
    return content


def file(data: str, **fields: Any) -> JSON:
    return {"type": "file", "file": {"file_data": data, **fields}}


@pytest.mark.parametrize(
    ("part", "expected"),
    [
        ({"type": "text", "text": "Hi"}, {"text": "Hi"}),
        ("Hi", {"text": "Hi"}),
        ({"type": "image_url", "image_url": {"url": PNG}}, IMAGE),
        ({"type": "image_url", "image_url": PNG}, IMAGE),
        (
            {"type": "image_url", "image_url": {"url": PNG, "format": "image/webp"}},
            {"image": {"format": "webp", "source": {"bytes": "iVBORw0="}}},
        ),
        (
            {"type": "image_url", "image_url": {"url": "s3://b/i", "format": "image/jpg"}},
            {"image": {"format": "jpeg", "source": {"s3Location": {"uri": "s3://b/i"}}}},
        ),
        (
            file("data:video/mp4;base64,AAAA"),
            {"video": {"format": "mp4", "source": {"bytes": "AAAA"}}},
        ),
        ({"guardContent": {"text": {"text": "Hi"}}}, {"guardContent": {"text": {"text": "Hi"}}}),
    ],
)
def test_a_part_is_a_block(part: Any, expected: JSON) -> None:
    assert blocks(part) == [expected]


@pytest.mark.parametrize(
    ("media_type", "name"),
    [
        ("application/pdf", "pdf"),
        ("text/plain", "txt"),
        ("text/csv", "csv"),
        ("text/html", "html"),
        ("text/markdown", "md"),
        ("application/msword", "doc"),
        ("application/vnd.ms-excel", "xls"),
        (DOCX, "docx"),
        (XLSX, "xlsx"),
    ],
)
def test_a_document_has_its_format(media_type: str, name: str) -> None:
    (block,) = blocks(file(f"data:{media_type};base64,AAAA"))
    assert block == {"document": {"format": name, "source": {"bytes": "AAAA"}, "name": "Document 1"}}


def test_documents_are_numbered_and_keep_a_name_that_they_have() -> None:
    own = {"document": {"name": "Leave", "format": "txt", "source": {"text": "20 days"}}}
    pdf = file("data:application/pdf;base64,AAAA")
    assert [block["document"]["name"] for block in blocks(pdf, own, pdf)] == [
        "Document 1",
        "Leave",
        "Document 2",
    ]


def test_a_name_is_not_written_into_the_caller_s_own() -> None:
    own = {"document": {"format": "txt", "source": {"text": "20 days"}}}
    blocks(own)
    assert "name" not in own["document"]


@pytest.mark.parametrize("text", ["", " \n", None])
def test_empty_text_is_left_out(text: str | None) -> None:
    assert blocks({"type": "text", "text": text}, {"type": "text", "text": "Hi"}) == [{"text": "Hi"}]


@pytest.mark.parametrize(
    ("mark", "point"),
    [(MARK, POINT), ({**MARK, "ttl": "1h"}, {"cachePoint": {"type": "default", "ttl": "1h"}})],
)
def test_a_mark_to_cache_is_a_block_behind(mark: JSON, point: JSON) -> None:
    assert blocks({"type": "text", "text": "Hi", "cache_control": mark}) == [{"text": "Hi"}, point]


def test_a_message_of_mere_text_may_be_marked() -> None:
    (turn,) = turns({"role": "user", "content": "Hi", "cache_control": MARK})
    assert turn["content"] == [{"text": "Hi"}, POINT]


def test_empty_text_has_nothing_to_cache() -> None:
    assert blocks({"type": "text", "text": "", "cache_control": MARK}) == [{"text": "(empty message)"}]


@pytest.mark.parametrize(
    "part",
    [
        {"type": "image_url", "image_url": "https://example.com/cat.png"},
        {"type": "image_url", "image_url": {"url": "s3://b/i"}},
        {"type": "image_url"},
        file("data:audio/mp3;base64,AAAA"),
        7,
    ],
)
def test_what_converse_can_not_take_is_refused(part: Any) -> None:
    with pytest.raises(BadRequestError) as caught:
        blocks(part)
    assert (caught.value.param, caught.value.llm_provider) == ("messages", "bedrock")
