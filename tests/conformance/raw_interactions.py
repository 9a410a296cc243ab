"""The events of Gemini's Interactions API, added up naively."""

from __future__ import annotations

from tests.conformance.raw import JSON, Finish, RawError, RawStream, error_in, objects_of
from tests.conformance.raw_gemini import count_tokens
from tests.conformance.reading import Call

STATUS = {"incomplete": "length", "requires_action": "tool_calls"}
COUNTS = {
    "promptTokenCount": "total_input_tokens",
    "candidatesTokenCount": "total_output_tokens",
    "thoughtsTokenCount": "total_thought_tokens",
    "toolUsePromptTokenCount": "total_tool_use_tokens",
    "totalTokenCount": "total_tokens",
}


def read_interactions(body: bytes) -> RawStream:
    raw = RawStream(body)
    steps: dict[int, JSON] = {}
    for found in objects_of(body):
        if found is None:
            raw.saw_done = True
            continue
        if isinstance(found, RawError):
            raw.error = found
            break
        raw.objects.append(found)
        if "error" in found:
            raw.error = error_in(found)
            break
        _read(raw, steps, found)
    return raw


def _read(raw: RawStream, steps: dict[int, JSON], event: JSON) -> None:
    kind = event["event_type"]
    said = raw.reading.choices[0]
    if kind == "step.start":
        step = steps[event["index"]] = event["step"]
        if step["type"] == "function_call":
            said.calls.append(Call(step["id"], step["name"]))
    elif kind == "step.delta":
        delta = event["delta"]
        said.content += delta["text"] if delta["type"] == "text" else ""
        said.reasoning += delta["content"]["text"] if delta["type"] == "thought_summary" else ""
        if delta["type"] == "arguments_delta":
            said.calls[-1].arguments += delta["arguments"]
    elif kind == "interaction.completed":
        interaction = event["interaction"]
        reason = STATUS.get(interaction["status"], "tool_calls" if said.calls else "stop")
        raw.finishes[0] = [Finish(reason, alone=True)]
        searched = any(step["type"] == "google_search_call" for step in steps.values())
        counts = {name: interaction["usage"].get(key) for name, key in COUNTS.items()}
        raw.usages.append(count_tokens(counts, has_searched=searched))
