"""Images, sounds and files."""

from __future__ import annotations

import pytest

from unspool.errors import BadRequestError
from unspool.providers.gemini.media import highest_detail, media_part


@pytest.mark.parametrize(
    ("url", "mime_type", "part"),
    [
        ("data:image/png;base64,AA", None, {"inline_data": {"data": "AA", "mime_type": "image/png"}}),
        ("data:image/png;x=1;base64,AA", None, {"inline_data": {"data": "AA", "mime_type": "image/png"}}),
        ("data:;base64,AA", "image/gif", {"inline_data": {"data": "AA", "mime_type": "image/gif"}}),
        (
            "https://a.test/b.JPG?c=d.e",
            None,
            {"file_data": {"file_uri": "https://a.test/b.JPG?c=d.e", "mime_type": "image/jpeg"}},
        ),
        ("gs://a/b.pdf", None, {"file_data": {"file_uri": "gs://a/b.pdf", "mime_type": "application/pdf"}}),
        ("gs://a/b", "video/mp4", {"file_data": {"file_uri": "gs://a/b", "mime_type": "video/mp4"}}),
        (
            "https://generativelanguage.googleapis.com/v1beta/files/abc",
            None,
            {"file_data": {"file_uri": "https://generativelanguage.googleapis.com/v1beta/files/abc"}},
        ),
    ],
)
def test_data_goes_along_and_an_address_is_told(url: str, mime_type: str | None, part: object) -> None:
    assert media_part(url, mime_type) == part


@pytest.mark.parametrize("url", ["iVBORw0=", "file:///a.png", ""])
def test_what_is_neither_is_refused(url: str) -> None:
    with pytest.raises(BadRequestError, match="must be a data: URL"):
        media_part(url, None)


def test_an_address_must_tell_its_type() -> None:
    with pytest.raises(BadRequestError, match="pass it as 'format'"):
        media_part("https://a.test/picture", None)


@pytest.mark.parametrize(
    ("details", "resolution"),
    [
        ([], {}),
        ([None, "auto"], {}),
        (["high", "low"], {"mediaResolution": "MEDIA_RESOLUTION_HIGH"}),
        (["low", "ultra_high"], {"mediaResolution": "MEDIA_RESOLUTION_ULTRA_HIGH"}),
    ],
)
def test_the_highest_detail_counts(details: list[object], resolution: object) -> None:
    assert highest_detail(details) == resolution
