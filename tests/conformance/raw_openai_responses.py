"""The events of OpenAI's Responses API, added up naively: of each text the pieces, or the whole."""

from __future__ import annotations

from collections import defaultdict

from tests.conformance.raw import JSON, Finish, RawError, RawStream, error_in, objects_of
from tests.conformance.reading import Call, Said

PLACE = ("content_index", "summary_index")
WHOLE = ("text", "refusal", "arguments", "input")
TEXTS = {"output_text": "content", "refusal": "refusal"}
THOUGHTS = {"reasoning_summary_text": "summary_text", "reasoning_text": "reasoning_text"}
CALLS = ("function_call", "custom_tool_call")


def read_openai_responses(body: bytes) -> RawStream:
    raw = RawStream(body)
    responses: list[_Output] = []
    for found in objects_of(body):
        if found is None:
            raw.saw_done = True
            continue
        if isinstance(found, RawError):
            raw.error = found
            break
        raw.objects.append(found)
        response = found.get("response") or {}
        if found.get("type") == "error" or response.get("error"):
            raw.error = error_in(response or found)
            break
        if found.get("type") == "response.created" or not responses:
            responses.append(_Output())
        responses[-1].read(found)
        if found.get("type") in {"response.completed", "response.incomplete"}:
            _end(raw, response, responses[-1])
    for output in responses:
        output.tell(raw.reading.choices[0])
    return raw


def _end(raw: RawStream, response: JSON, output: _Output) -> None:
    why = (response.get("incomplete_details") or {}).get("reason")
    finish = {None: "tool_calls" if output.has_calls else "stop", "content_filter": "content_filter"}
    raw.finishes.setdefault(0, []).append(Finish(finish.get(why, "length"), alone=True))
    counts = response.get("usage")
    if counts:
        prompt, completion = counts["input_tokens"], counts["output_tokens"]
        total = counts.get("total_tokens") or prompt + completion
        raw.usages.append({"prompt_tokens": prompt, "completion_tokens": completion, "total_tokens": total})


class _Output:
    """One response: its items, and of each of their texts the pieces and the whole."""

    def __init__(self) -> None:
        self._items: dict[int, JSON] = {}
        self._pieces: defaultdict[tuple[int, str, int], str] = defaultdict(str)
        self._wholes: dict[tuple[int, str, int], str] = {}

    @property
    def has_calls(self) -> bool:
        return any(item.get("type") in CALLS for item in self._items.values())

    def read(self, event: JSON) -> None:
        _, _, kind = event["type"].partition("response.")
        if kind.startswith("output_item."):
            self._read_item(self._index(event["item"].get("id"), event), event["item"])
        elif kind.endswith((".delta", ".done")) and isinstance(event.get("output_index"), int):
            self._read_text(kind, event)
        elif kind in {"completed", "incomplete"}:
            for index, item in enumerate(event["response"].get("output") or ()):
                self._items.setdefault(index, {}).update(item)
                self._read_parts(index, item)

    def _index(self, item_id: str | None, event: JSON) -> int:
        known = {item.get("id"): index for index, item in self._items.items()}
        index: int = event.get("output_index", known.get(item_id, len(known)))
        return index

    def _read_item(self, index: int, item: JSON) -> None:
        self._items.setdefault(index, {}).update(item)
        self._read_parts(index, item)

    def _read_parts(self, index: int, item: JSON) -> None:
        for place, part in [*enumerate(item.get("summary") or ()), *enumerate(item.get("content") or ())]:
            self._wholes[index, part["type"], place] = part.get("text", part.get("refusal")) or ""

    def _read_text(self, kind: str, event: JSON) -> None:
        kind, _, end = kind.rpartition(".")
        place = next((event[key] for key in PLACE if key in event), 0)
        name = (event["output_index"], THOUGHTS.get(kind, kind), place)
        if end == "delta" and isinstance(event["delta"], str):
            self._pieces[name] += event["delta"]
        elif end == "done":
            self._wholes[name] = next((event[key] for key in WHOLE if key in event), "")

    def tell(self, said: Said) -> None:
        for name in sorted({*self._pieces, *self._wholes}):
            text = self._text(*name)
            if name[1] in TEXTS:
                field = TEXTS[name[1]]
                setattr(said, field, getattr(said, field) + text)
            elif name[1] in THOUGHTS.values():
                said.reasoning += text
        for index, item in sorted(self._items.items()):
            if item["type"] in CALLS:
                said.calls.append(self._call(index, item))

    def _call(self, index: int, item: JSON) -> Call:
        kind, key = ("function_call_arguments", "arguments")
        if item["type"] == "custom_tool_call":
            kind, key = ("custom_tool_call_input", "input")
        arguments = item.get(key) or self._text(index, kind, 0)
        return Call(item.get("call_id") or item["id"], item["name"], arguments)

    def _text(self, index: int, kind: str, place: int) -> str:
        """The whole if the pieces are its beginning, else the pieces: a fixture tells another text twice."""
        pieces, whole = self._pieces[index, kind, place], self._wholes.get((index, kind, place), "")
        return whole if whole.startswith(pieces) else pieces
