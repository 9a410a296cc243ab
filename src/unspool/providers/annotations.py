"""Annotations of a text, in the one shape that a chat's have.

https://platform.openai.com/docs/api-reference/chat/object (message, annotations): a link, with its title
and the place in the text that it supports. What has no URL or no place is a citation of another kind, and
stays as its provider sent it.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from unspool.providers.json_events import JSON


def link(annotation: JSON) -> JSON | None:
    """Return an annotation in a chat's shape; None if it has no URL or no place.

    Args:
        annotation: flat, as in the Responses API, or with its fields under `url_citation`.
    """
    inner = annotation.get("url_citation")
    fields = inner if isinstance(inner, dict) else annotation
    places = [fields.get("start_index"), fields.get("end_index")]
    has_places = all(isinstance(place, int) and not isinstance(place, bool) for place in places)
    if not (isinstance(fields.get("url"), str) and fields["url"] and has_places):
        return None
    given = {key: value for key, value in fields.items() if key != "type" and value is not None}
    return {"type": "url_citation", "url_citation": {"title": "", **given}}


def sort_annotations(annotations: Iterable[Any]) -> tuple[list[JSON], list[Any]]:
    """Return the links among annotations, each in a chat's shape, and all others as they were sent."""
    links: list[JSON] = []
    others: list[Any] = []
    for annotation in annotations:
        made = link(annotation) if isinstance(annotation, dict) else None
        if made is None:
            others.append(annotation)
        else:
            links.append(made)
    return links, others
