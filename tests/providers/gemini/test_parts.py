"""The parts of a message's content."""

from __future__ import annotations

from typing import Any

import pytest
from tests.providers.gemini.asking import INLINE, NEW, PNG, body, said, turns, user

from unspool.errors import BadRequestError

TEXT = {"type": "text", "text": "Look:"}


def parts(*content: Any, **options: Any) -> Any:
    return turns({"role": "user", "content": list(content)}, **options)[0]["parts"]


def test_texts_stay_apart() -> None:
    assert parts(TEXT, "And?", {"type": "text", "text": ""}) == [said("Look:"), said("And?")]


@pytest.mark.parametrize(
    ("part", "made"),
    [
        ({"type": "image_url", "image_url": PNG}, INLINE),
        ({"type": "image_url", "image_url": {"url": PNG}}, INLINE),
        (
            {"type": "image_url", "image_url": {"url": "data:;base64,iVBORw0=", "format": "image/png"}},
            INLINE,
        ),
        (
            {"type": "input_audio", "input_audio": {"data": "AA", "format": "wav"}},
            {"inline_data": {"data": "AA", "mime_type": "audio/wav"}},
        ),
        (
            {"type": "file", "file": {"file_data": "data:application/pdf;base64,AA"}},
            {"inline_data": {"data": "AA", "mime_type": "application/pdf"}},
        ),
        (
            {"type": "file", "file": {"file_id": "gs://a/b.mp4", "video_metadata": {"fps": 1}}},
            {
                "file_data": {"file_uri": "gs://a/b.mp4", "mime_type": "video/mp4"},
                "video_metadata": {"fps": 1},
            },
        ),
        (
            {"inlineData": {"mimeType": "image/png", "data": "AA"}},
            {"inlineData": {"mimeType": "image/png", "data": "AA"}},
        ),
    ],
)
def test_a_part_in_geminis_shape(part: Any, made: Any) -> None:
    assert parts(TEXT, part) == [said("Look:"), made]


def test_images_alone_are_given_a_text() -> None:
    assert turns({"role": "user", "content": [{"type": "image_url", "image_url": PNG}]}) == [
        user(INLINE, said(" "))
    ]


def test_a_resolution_is_the_parts_since_gemini_3() -> None:
    image = {"type": "image_url", "image_url": {"url": PNG, "detail": "high"}}
    level = {"media_resolution": {"level": "MEDIA_RESOLUTION_HIGH"}}
    assert parts(TEXT, image, model=NEW) == [said("Look:"), {**INLINE, **level}]


def test_before_gemini_3_the_highest_is_the_requests() -> None:
    images = [
        {"type": "image_url", "image_url": {"url": PNG, "detail": detail}} for detail in ("high", "low")
    ]
    asked = body([{"role": "user", "content": [TEXT, *images]}], temperature=0.5)
    assert asked["contents"] == [user(said("Look:"), INLINE, INLINE)]
    assert asked["generationConfig"] == {"temperature": 0.5, "mediaResolution": "MEDIA_RESOLUTION_HIGH"}


def test_what_is_no_part_is_refused() -> None:
    with pytest.raises(BadRequestError, match="must be an object with a type"):
        parts(5)
