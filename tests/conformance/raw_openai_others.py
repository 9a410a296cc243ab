"""OpenAI's text completions, Assistants and transcriptions, added up naively."""

from __future__ import annotations

import json

from tests.conformance.raw import JSON, Finish, RawError, RawStream, error_in, objects_of, split_sse
from tests.conformance.reading import read_counts


def read_openai_completions(body: bytes) -> RawStream:
    raw = RawStream(body)
    for found in objects_of(body):
        if found is None:
            raw.saw_done = True
            break
        if isinstance(found, RawError) or found.get("error"):
            raw.error = found if isinstance(found, RawError) else error_in(found)
            break
        raw.objects.append(found)
        if found.get("usage"):
            raw.usages.append(read_counts(found["usage"]))
        for choice in found.get("choices") or ():
            index, text, reason = choice.get("index") or 0, choice.get("text"), choice.get("finish_reason")
            raw.reading.choices[index].content += text or ""
            if reason:
                raw.finishes.setdefault(index, []).append(Finish(reason, alone=not text))
    return raw


def read_openai_assistants(body: bytes) -> RawStream:
    raw = RawStream(body)
    was_cut = False
    for payload in split_sse(body):
        if payload.text == "[DONE]":
            raw.saw_done = True
            continue
        found: JSON = json.loads(payload.text)
        raw.objects.append(found)
        if payload.event == "thread.message.delta":
            for part in found["delta"]["content"]:
                raw.reading.choices[0].content += (part.get("text") or {}).get("value") or ""
        was_cut |= payload.event == "thread.message.incomplete"
        if payload.event == "thread.run.completed":
            was_cut |= found["incomplete_details"] is not None
            raw.finishes[0] = [Finish("length" if was_cut else "stop", alone=True)]
            raw.usages.append(read_counts(found["usage"]))
    return raw


def read_openai_transcription(body: bytes) -> RawStream:
    raw = RawStream(body)
    for found in objects_of(body):
        if not isinstance(found, dict):
            raw.saw_done = found is None
            continue
        raw.objects.append(found)
        raw.reading.choices[0].content += found.get("delta") or ""
        if found["type"] == "transcript.text.done":
            assert raw.reading.choices[0].content == found["text"]
            raw.finishes[0] = [Finish("stop", alone=True)]
            counts = found["usage"]
            names = {"prompt_tokens": "input_tokens", "completion_tokens": "output_tokens"}
            renamed = {name: counts[theirs] for name, theirs in names.items()}
            raw.usages.append({**renamed, "total_tokens": counts["total_tokens"]})
    return raw
