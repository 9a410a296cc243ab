"""The openai SDK's view of the streams that aren't chats."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from typing import Any

from tests.conformance.reading import Call, Reading, Said, Usage, read_counts
from tests.conformance.sdk_result import SDKResult

JSON = dict[str, Any]


def run_responses(client: Any) -> SDKResult:
    """Its stream helper's final response. Where it raises or has no output, what the events' models say."""
    error = None
    with client.responses.stream(model="any", input="") as stream:
        try:
            response = stream.get_final_response().to_dict()
        except RuntimeError as raised:
            error, response = str(raised), {}
    if not response.get("output"):
        response = _from_events(client)
    return SDKResult(_read_response(response), {}, error, tells_reasoning=True)


def _from_events(client: Any) -> JSON:
    items, response = [], {}
    for event in client.responses.create(model="any", input="", stream=True):
        if event.type == "response.output_item.done":
            items.append(event.item.to_dict())
        response = event.response.to_dict() if event.type in ENDS else response
    return {**response, "output": response.get("output") or items}


ENDS = ("response.completed", "response.incomplete")


def _read_response(response: JSON) -> Reading:
    said = Said()
    for item in response["output"]:
        kind = item["type"]
        for part in (*(item.get("summary") or ()), *(item.get("content") or ())):
            text, refusal = part.get("text") or "", part.get("refusal") or ""
            said.reasoning += text if kind == "reasoning" else ""
            said.content += text if kind == "message" else ""
            said.refusal += refusal
        if kind in {"function_call", "custom_tool_call"}:
            said.calls.append(Call(item["call_id"], item["name"], item.get("arguments", item.get("input"))))
    incomplete = {"max_output_tokens": "length", "content_filter": "content_filter"}
    why = (response.get("incomplete_details") or {}).get("reason")
    said.finish = incomplete.get(why) or ("tool_calls" if said.calls else "stop")
    return Reading(defaultdict(Said, {0: said}), _counts(response.get("usage")))


def _counts(usage: JSON | None) -> Usage | None:
    names = {"prompt_tokens": "input_tokens", "completion_tokens": "output_tokens"}
    renamed = {name: (usage or {}).get(theirs) for name, theirs in names.items()}
    return read_counts({**renamed, "total_tokens": usage.get("total_tokens")}) if usage else None


def run_completions(client: Any) -> SDKResult:
    reading = Reading()
    for chunk in client.completions.create(model="any", prompt="", stream=True):
        usage = chunk.to_dict().get("usage")
        reading.usage = read_counts(usage) if usage else reading.usage
        for choice in chunk.choices:
            said = reading.choices[choice.index or 0]
            said.content += choice.text or ""
            said.finish = choice.finish_reason or said.finish
    return SDKResult(reading)


def run_assistants(client: Any) -> SDKResult:
    with client.beta.threads.runs.stream(thread_id="any", assistant_id="any") as stream:
        messages, run = stream.get_final_messages(), stream.get_final_run()
    texts = [part.text.value for message in messages for part in message.content]
    was_cut = run.incomplete_details or any(message.incomplete_details for message in messages)
    said = Said(content="".join(texts), finish="length" if was_cut else "stop")
    return SDKResult(Reading(defaultdict(Said, {0: said}), read_counts(run.usage.to_dict())))


def run_transcription(client: Any) -> SDKResult:
    events = client.audio.transcriptions.create(model="any", file=b"", stream=True)
    last = [event for event in events if event.type == "transcript.text.done"][-1].to_dict()
    said = Said(content=last["text"], finish="stop")
    return SDKResult(Reading(defaultdict(Said, {0: said}), _counts(last["usage"])))


RUNS: dict[str, Callable[[Any], SDKResult]] = {
    "openai-assistants": run_assistants,
    "openai-completions": run_completions,
    "openai-responses": run_responses,
    "openai-transcription": run_transcription,
}
