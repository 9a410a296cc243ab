"""Annotations in the shape that a chat's have."""

from __future__ import annotations

from typing import Any

import pytest
from openai.types.chat.chat_completion_message import Annotation
from tests.providers.streams import deltas, run, sse

from unspool.providers.annotations import link, sort_annotations

FIELDS = {"url": "https://example.org", "title": "A page", "start_index": 0, "end_index": 5}


@pytest.mark.parametrize(
    "annotation",
    [
        {"type": "url_citation", **FIELDS},
        {"type": "url_citation", "url_citation": FIELDS},
        {"type": "url_citation", **FIELDS, "title": None},
    ],
    ids=["flat", "nested", "without a title"],
)
def test_a_link_has_the_shape_that_the_sdk_validates(annotation: dict[str, Any]) -> None:
    made = link(annotation)
    assert Annotation.model_validate(made).url_citation.url == "https://example.org"


@pytest.mark.parametrize("lacking", ["url", "start_index", "end_index"])
def test_without_a_url_or_a_place_it_is_no_link(lacking: str) -> None:
    annotation = {"type": "url_citation", **FIELDS, lacking: None}
    assert sort_annotations([annotation]) == ([], [annotation])


def test_a_chat_s_flat_annotation_is_nested_and_one_without_a_place_is_a_citation() -> None:
    flat, other = {"type": "url_citation", **FIELDS}, {"type": "file_citation", "file_id": "f"}
    delta = {"content": "Hi", "annotations": [flat, other]}
    (said,) = deltas(run("openai-chat", sse({"choices": [{"index": 0, "delta": delta}]})))
    assert said.annotations == [{"type": "url_citation", "url_citation": FIELDS}]
    assert said.provider_specific_fields == {"citations": [other]}
