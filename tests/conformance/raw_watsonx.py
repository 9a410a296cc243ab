"""watsonx's text generation, added up naively."""

from __future__ import annotations

from tests.conformance.raw import Finish, RawError, RawStream, objects_of


def read_watsonx(body: bytes) -> RawStream:
    raw = RawStream(body)
    said = raw.reading.choices[0]
    prompt = 0
    for event in objects_of(body):
        if not isinstance(event, dict):
            continue
        raw.objects.append(event)
        if event.get("errors"):
            raw.error = RawError(event.get("status_code", 500), event["errors"][0]["message"])
            break
        result = event["results"][0]
        said.content += result["generated_text"]
        prompt += result["input_token_count"]
        completion = result["generated_token_count"]
        total = prompt + completion
        raw.usages.append({"prompt_tokens": prompt, "completion_tokens": completion, "total_tokens": total})
        if result["stop_reason"] != "not_finished":
            raw.finishes[0] = [Finish(result["stop_reason"], alone=not result["generated_text"])]
    return raw
