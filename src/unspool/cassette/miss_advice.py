"""Advice on the differences between a request and a recording: the likeliest cause first."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

_MOST_NAMED = 3
_INDEX = re.compile(r"(?<=.)\[\d+\]")  # not that of a list which is the whole body
_LAST_KEY = re.compile(r"([\w-]+)(?:\[\*\])?$")

_MOMENT = re.compile(
    r"\d{4}-\d\d-\d\d|\b\d{1,2}:\d\d(?::\d\d)?\b|\b1[6-9]\d{8}(?:\d{3})?\b"
    r"|\b(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[a-z]* \d{1,2}\b"
)
_ID = re.compile(
    r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|\b[a-z]{2,12}[_-][A-Za-z0-9]{8,}\b|\b[0-9a-f]{16,}\b",
    re.IGNORECASE,
)
# The question itself. A test that ignores it plays any answer to any question.
_PROMPT = {
    "messages",
    "content",
    "text",
    "input",
    "contents",
    "parts",
    "prompt",
    "system",
    "instructions",
    "query",
}
_MODEL_OR_TOOLS = {"model", "tools", "name", "description", "parameters", "input_schema", "tool_choice"}


@dataclass(frozen=True, slots=True)
class Difference:
    """One place in which two requests differ.

    Attributes:
        where: such as `method`, `query.alt`, `body.messages[1].content`, `matcher same_user`.
        recorded: the value in the recording, as short text: JSON, or `absent`.
        came: the value in the request; for a matcher, why it rejects it.
    """

    where: str
    recorded: str
    came: str

    @property
    def ignorable_as(self) -> str | None:
        """Return the path to write into `ignore`, for all items of a list; None if no path selects it."""
        if self.where.startswith("query."):
            return "?" + self.where.removeprefix("query.")
        if self.where.startswith(("body.", "body[")):
            return _INDEX.sub("[*]", self.where.removeprefix("body").removeprefix("."))
        return None

    @property
    def is_of_the_prompt(self) -> bool:
        """Whether the question differs here, or a whole turn of it."""
        return self.where == "body" or self._key in _PROMPT

    @property
    def is_of_the_model(self) -> bool:
        """Whether the model, or one of its tools, differs here."""
        return self._key in _MODEL_OR_TOOLS

    @property
    def is_only_a_moment(self) -> bool:
        """Whether the two differ only in a date, a time of day or a time stamp."""
        return self._agrees_without(_MOMENT)

    @property
    def is_only_an_id(self) -> bool:
        """Whether the two differ only in an id."""
        return self._agrees_without(_ID)

    @property
    def _key(self) -> str:
        found = _LAST_KEY.search(_INDEX.sub("[*]", self.where))
        return found[1] if found else ""

    def _agrees_without(self, pattern: re.Pattern[str]) -> bool:
        old, new = (pattern.sub("…", text) for text in (self.recorded, self.came))
        return bool(pattern.search(self.recorded) or pattern.search(self.came)) and _alike(old, new)


def _alike(old: str, new: str) -> bool:
    """Whether two excerpts are equal; each may be cut at another place."""
    return old.strip('…"') == new.strip('…"') or old.replace("…", "") == new.replace("…", "")


def advice(places: Sequence[Difference]) -> Iterator[str]:
    """Return lines with the likely cause and what to do about it."""
    if any(place.is_only_a_moment for place in places):
        yield (
            "A date or a time differs: freeze_time=True lets time stand at the moment of each recording; or"
            " let a function write a fixed one: before_record_request."
        )
    ids = [place for place in places if place.is_only_an_id]
    if any(place.is_of_the_prompt for place in ids):
        yield "An id in the text differs: let a function write a fixed one: before_record_request."
    asked = [place for place in places if place.is_of_the_prompt and not _varies(place)]
    if asked:
        yield "What is asked differs: if the code is meant to ask this now, record it again."
    elif any(place.is_of_the_model for place in places):
        yield "The model or its tools differ: if they are meant to, record it again."
    paths = [place.ignorable_as for place in places]
    if None not in paths and not any(place.is_of_the_prompt for place in places):
        named = list(dict.fromkeys(path for path in paths if path is not None))
        more = ", …" if len(named) > _MOST_NAMED else ""
        shown = ", ".join(repr(path) for path in named[:_MOST_NAMED])
        yield f"If such a value changes with every run, leave it out: ignore=[{shown}{more}]."


def _varies(place: Difference) -> bool:
    return place.is_only_a_moment or place.is_only_an_id
