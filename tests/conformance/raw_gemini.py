"""Gemini's responses, added up naively: one after the other, whatever they were framed in."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from itertools import pairwise
from typing import Any

from tests.conformance.raw import JSON, Finish, RawError, RawStream, error_in, objects_of
from tests.conformance.reading import Call, Said, Usage, settle_reason

REASON_NUMBERS = {1: "STOP", 2: "MAX_TOKENS", 3: "SAFETY", 4: "RECITATION"}


def read_gemini(body: bytes) -> RawStream:
    return read_responses(body, objects_of(body))


def read_gemini_array(body: bytes) -> RawStream:
    found = json.loads(body)
    return read_responses(body, found if isinstance(found, list) else [found])


def read_responses(body: bytes, found: Iterable[JSON | RawError | None]) -> RawStream:
    """What these responses add up to."""
    raw = RawStream(body)
    answer = _Answer(raw)
    for each in found:
        if isinstance(each, RawError):
            raw.error = each
            break
        if each is None:
            continue
        raw.objects.append(each)
        if "error" in each:
            raw.error = error_in(each)
            break
        answer.read(each)
    answer.complete()
    return raw


class _Answer:
    """All candidates, and how often a call had to be given an id."""

    def __init__(self, raw: RawStream) -> None:
        self._raw = raw
        self._id = ""
        self._nameless = 0
        self._partial: dict[int, JSON] = {}
        """By choice, the arguments of a call that come piece by piece."""
        self._has_searched = False

    def read(self, response: JSON) -> None:
        self._id = response.get("responseId") or self._id
        candidates = response.get("candidates") or []
        for place, candidate in enumerate(candidates):
            self._read_candidate(candidate.get("index", place), candidate)
        blocked = (response.get("promptFeedback") or {}).get("blockReason")
        if blocked and not candidates:
            self._raw.finishes[0] = [Finish("SAFETY", alone=True)]
            self._raw.reading.choices[0] = Said()
        self._count(response.get("usageMetadata") or {}, candidates)

    def complete(self) -> None:
        for index in list(self._partial):
            self._end_call(index, whole=False)

    def _read_candidate(self, index: int, candidate: JSON) -> None:
        said = self._raw.reading.choices[index]
        parts = (candidate.get("content") or {}).get("parts") or []
        for part in parts:
            if "functionCall" in part:
                self._read_call(index, said, part["functionCall"])
            elif part.get("thought"):
                said.reasoning += part.get("text") or ""
            else:
                said.content += part.get("text") or ""
        reason = candidate.get("finishReason")
        if reason:
            name = str(REASON_NUMBERS.get(reason, reason))
            called = said.calls and settle_reason(name) == "stop"
            finish = Finish("tool_calls" if called else name, alone=not any(map(_says_something, parts)))
            self._raw.finishes.setdefault(index, []).append(finish)

    def _read_call(self, index: int, said: Said, call: JSON) -> None:
        if call.get("name"):
            self._end_call(index)
            if not call.get("id"):
                name = f"call_{self._id}_{self._nameless}" if self._id else f"call_{self._nameless}"
                self._nameless += 1
            said.calls.append(Call(call.get("id") or name, call["name"], _as_text(call.get("args") or {})))
        if call.get("name") and call.get("willContinue"):
            self._partial[index] = {}
        for piece in call.get("partialArgs") or ():
            _put(self._partial[index], piece)
        if index in self._partial and not call.get("willContinue"):
            self._end_call(index)

    def _end_call(self, index: int, *, whole: bool = True) -> None:
        arguments = self._partial.pop(index, None)
        if arguments is not None and whole:
            self._raw.reading.choices[index].calls[-1].arguments = _as_text(arguments)

    def _count(self, reported: JSON, candidates: list[JSON]) -> None:
        groundings = [candidate.get("groundingMetadata") or {} for candidate in candidates]
        self._has_searched |= any(each.get("webSearchQueries") for each in groundings)
        if "totalTokenCount" in reported:
            self._raw.usages.append(count_tokens(reported, has_searched=self._has_searched))


def count_tokens(reported: JSON, *, has_searched: bool) -> Usage:
    """What LiteLLM counts: thoughts are a part of the answer, and what tools read one of the prompt."""
    prompt, answer, tools, thoughts = (
        reported.get(f"{key}TokenCount") or 0 for key in ("prompt", "candidates", "toolUsePrompt", "thoughts")
    )
    total = reported.get("totalTokenCount") or 0
    has_thoughts_inside = prompt + answer + tools == total
    return {
        "prompt_tokens": prompt + (0 if has_searched else tools),
        "completion_tokens": answer + (0 if has_thoughts_inside else thoughts),
        "total_tokens": total,
    }


def _says_something(part: JSON) -> bool:
    return bool(part.get("text") or part.keys() - {"text"})


def _as_text(arguments: Any) -> str:
    return json.dumps(arguments, ensure_ascii=False)


def _put(target: Any, piece: JSON) -> None:
    """A piece of the arguments where its path says, after what is there if that's text."""
    found = re.findall(r"\.([^.\[]+)|\[(\d+)\]", piece["jsonPath"])
    steps = [int(place) if place else name for name, place in found]
    for step, after in pairwise(steps):
        target = _child(target, step, [] if isinstance(after, int) else {})
    value = next((piece[key] for key in ("stringValue", "numberValue", "boolValue") if key in piece), None)
    before = _child(target, steps[-1], "" if isinstance(value, str) else None)
    target[steps[-1]] = before + value if isinstance(value, str) else value


def _child(target: Any, step: int | str, empty: Any) -> Any:
    if isinstance(target, list):
        target += [empty] * (len(target) <= step)
        return target[step]
    return target.setdefault(step, empty)
