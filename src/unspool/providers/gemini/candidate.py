"""One candidate of a response, part by part: what it says to a chunk's delta."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from unspool.providers.chunk_factory import OwnFields
from unspool.providers.gemini.arguments import ArgumentsWriter
from unspool.providers.json_events import JSON, object_in, objects_in, text_in
from unspool.providers.retold_text import RunningText

_Read = Callable[["Candidate", JSON, JSON], None]


@dataclass(slots=True)
class Candidate:
    """The state of a candidate that is needed to read the rest.

    Attributes:
        next_id: makes an id for a call without one.
    """

    next_id: Callable[[], str]
    calls: int = 0
    _images: int = 0
    _text: RunningText = field(default_factory=RunningText)
    _thought: RunningText = field(default_factory=RunningText)
    _writer: ArgumentsWriter | None = None  # of a call whose arguments aren't complete
    _own: OwnFields = field(default_factory=OwnFields)

    def read(self, candidate: JSON) -> JSON:
        """The fields of a delta that these parts are."""
        delta: JSON = {}
        for part in objects_in(object_in(candidate, "content"), "parts"):
            read = next((_READERS[key] for key in _READERS if key in part), Candidate._read_other)
            read(self, part, delta)
            if part.get("thoughtSignature"):
                self._add(delta, "thought_signatures", part["thoughtSignature"])
        return delta

    def _read_text(self, part: JSON, delta: JSON) -> None:
        text = text_in(part, "text")
        if (self._thought if part.get("thought") else self._text).is_made_by(text):
            text = ""
        if part.get("thought"):
            signature = text_in(part, "thoughtSignature")
            signed = {"signature": signature} if signature else {}
            block = {"type": "thinking", "thinking": text, **signed}
            delta["reasoning_content"] = delta.get("reasoning_content", "") + text
            delta["thinking_blocks"] = [*delta.get("thinking_blocks", ()), block]
        elif text:
            delta["content"] = delta.get("content", "") + text

    def _read_call(self, part: JSON, delta: JSON) -> None:
        call = object_in(part, "functionCall")
        fragments = delta.setdefault("tool_calls", [])
        if text_in(call, "name"):
            fragments += self._end_call()
            fragments.append(self._start_call(call, text_in(part, "thoughtSignature")))
        if self._writer is not None:
            pieces = "".join(self._writer.write(piece) for piece in objects_in(call, "partialArgs"))
            fragments += self._fragment(pieces)
            fragments += [] if call.get("willContinue") else self._end_call()
        elif call and not call.get("name"):
            self._add(delta, "other_parts", part)
        if not fragments:
            del delta["tool_calls"]

    def _start_call(self, call: JSON, signature: str) -> JSON:
        is_partial = bool(call.get("willContinue") or call.get("partialArgs"))
        self._writer = ArgumentsWriter() if is_partial else None
        self.calls += 1
        arguments = "" if is_partial else json.dumps(object_in(call, "args"), ensure_ascii=False)
        started = {
            "index": self.calls - 1,
            "id": text_in(call, "id") or self.next_id(),
            "type": "function",
            "function": {"name": text_in(call, "name"), "arguments": arguments},
        }
        return started | ({"provider_specific_fields": {"thought_signature": signature}} if signature else {})

    def _fragment(self, arguments: str) -> list[JSON]:
        return [{"index": self.calls - 1, "function": {"arguments": arguments}}] if arguments else []

    def _end_call(self) -> list[JSON]:
        writer, self._writer = self._writer, None
        return [] if writer is None else self._fragment(writer.close())

    def _read_data(self, part: JSON, delta: JSON) -> None:
        blob = object_in(part, "inlineData")
        read = _MEDIA.get(text_in(blob, "mimeType").partition("/")[0])
        if read is None:
            self._add(delta, "other_parts", part)
        else:
            read(self, blob, delta)

    def _read_image(self, blob: JSON, delta: JSON) -> None:
        url = f"data:{text_in(blob, 'mimeType')};base64,{text_in(blob, 'data')}"
        image = {"type": "image_url", "image_url": {"url": url, "detail": "auto"}, "index": self._images}
        self._images += 1
        delta["images"] = [*delta.get("images", ()), image]

    def _read_sound(self, blob: JSON, delta: JSON) -> None:
        before = delta.get("audio", {}).get("data", "")
        mime_type = text_in(blob, "mimeType")
        delta["audio"] = {"data": before + text_in(blob, "data"), "transcript": "", "mime_type": mime_type}

    def _read_code(self, part: JSON, delta: JSON) -> None:
        self._add(delta, "executable_code", object_in(part, "executableCode"))

    def _read_code_result(self, part: JSON, delta: JSON) -> None:
        self._add(delta, "code_execution_results", object_in(part, "codeExecutionResult"))

    def _read_invocation(self, part: JSON, delta: JSON) -> None:
        call = object_in(part, "toolCall")
        said = {"tool_type": call.get("toolType"), "id": call.get("id"), "args": call.get("args")}
        self._add(delta, "server_side_tool_invocations", {**said, **_signed(part, "thought_signature")})

    def _read_invocation_result(self, part: JSON, delta: JSON) -> None:
        """Goes to the call that it answers: to LiteLLM the two are one."""
        result = object_in(part, "toolResponse")
        said = {"response": result.get("response"), **_signed(part, "response_thought_signature")}
        invocations = self._own["server_side_tool_invocations"]
        for place, call in enumerate(invocations):
            if call.get("id") == result.get("id") and "response" not in call:
                answered = [*invocations[:place], {**call, **said}, *invocations[place + 1 :]]
                self._replace(delta, "server_side_tool_invocations", answered)
                return
        named = {"id": result.get("id"), "tool_type": result.get("toolType")}
        self._add(delta, "server_side_tool_invocations", {**named, **said})

    def _read_other(self, part: JSON, delta: JSON) -> None:
        if part.keys() - {"thoughtSignature", "thought"}:
            self._add(delta, "other_parts", part)

    def _add(self, delta: JSON, name: str, item: Any) -> None:
        self._replace(delta, name, [*self._own[name], item])

    def _replace(self, delta: JSON, name: str, items: list[Any]) -> None:
        fields = self._own.replace(name, items)["provider_specific_fields"]
        delta.setdefault("provider_specific_fields", {}).update(fields)


def _signed(part: JSON, name: str) -> JSON:
    return {name: part["thoughtSignature"]} if part.get("thoughtSignature") else {}


_MEDIA: dict[str, _Read] = {"audio": Candidate._read_sound, "image": Candidate._read_image}

# By the key that identifies a part. A call may have a text beside it, an empty one.
_READERS: dict[str, _Read] = {
    "functionCall": Candidate._read_call,
    "inlineData": Candidate._read_data,
    "executableCode": Candidate._read_code,
    "codeExecutionResult": Candidate._read_code_result,
    "toolCall": Candidate._read_invocation,
    "toolResponse": Candidate._read_invocation_result,
    "text": Candidate._read_text,
}
