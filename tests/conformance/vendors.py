"""The views that vendors' own SDKs have of a stream's bytes: their events, added up here.

Cohere's, Mistral's, Groq's and Ollama's SDKs have no accumulators. What they do is parse, drop and rename.
"""

from __future__ import annotations

import json
import warnings
from collections.abc import Callable, Iterable
from typing import Any

import httpx
from tests.conformance.corpus import RecordedStream
from tests.conformance.reading import Call, CallFragments, Reading, Said, Usage, read_counts
from tests.conformance.sdk_result import SDKResult

SSE = "text/event-stream"
LINES = "application/x-ndjson"


def vendor_of(stream: RecordedStream) -> str | None:
    """The name of the SDK that reads a stream, if its vendor has one."""
    return _OF_FORMAT.get(stream.wire_format) or _OF_PROVIDER.get(f"{stream.provider} {stream.wire_format}")


def read_by_vendor(stream: RecordedStream) -> SDKResult:
    """What the SDK makes of it.

    Raises:
        ImportError: it isn't installed.
    """
    read = _READERS[vendor_of(stream) or ""]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # pydantic's, of fields that aren't what an SDK declares
        try:
            return SDKResult(read(stream.body), tells_reasoning=True)
        except ImportError:
            raise
        except Exception as error:  # noqa: BLE001 - a difference like any other
            return SDKResult(error=f"{type(error).__name__}: {error}")


def _client(body: bytes, content_type: str) -> httpx.Client:
    return httpx.Client(transport=_answering(body, content_type), base_url="http://sdk.test")


def _answering(body: bytes, content_type: str) -> httpx.MockTransport:
    headers = {"content-type": content_type}
    return httpx.MockTransport(lambda _: httpx.Response(200, headers=headers, content=body))


# -- Cohere -------------------------------------------------------------------------------------------


def _read_cohere_v2(body: bytes) -> Reading:
    import cohere

    client = cohere.ClientV2("none", base_url="http://sdk.test", httpx_client=_client(body, SSE))
    reading = Reading()
    said = reading.choices[0]
    fragments = CallFragments(said.calls)
    for event in client.chat_stream(model="any", messages=[]):
        message = getattr(getattr(event, "delta", None), "message", None)
        if event.type in {"content-start", "content-delta"}:
            said.content += message.content.text or ""
            said.reasoning += message.content.thinking or ""
        elif event.type == "tool-call-start":
            function = message.tool_calls.function
            fragments.add(event.index, message.tool_calls.id, function.name, function.arguments or "")
        elif event.type == "tool-call-delta":
            fragments.add(event.index, "", "", message.tool_calls.function.arguments or "")
        elif event.type == "message-end":
            said.finish = event.delta.finish_reason
            reading.usage = _counts_of_cohere(event.delta.usage.tokens)
    return reading


def _read_cohere_v1(body: bytes) -> Reading:
    import cohere

    client = cohere.Client("none", base_url="http://sdk.test", httpx_client=_client(body, LINES))
    generates = b'"generations"' in body
    events = client.generate_stream(prompt="any") if generates else client.chat_stream(message="any")
    reading = Reading()
    said = reading.choices[0]
    for event in events:
        if event.event_type == "text-generation":
            said.content += event.text
        elif event.event_type == "tool-calls-generation":
            said.calls += [
                Call(f"call_{index}", call.name, json.dumps(call.parameters))
                for index, call in enumerate(event.tool_calls)
            ]
        elif event.event_type == "stream-end":
            said.finish = event.finish_reason
            meta = getattr(event.response, "meta", None)
            billed = getattr(meta, "billed_units", None) or meta["billed_units"]
            reading.usage = _counts_of_cohere(billed)
    return reading


def _counts_of_cohere(counts: Any) -> Usage:
    # Of /v1/generate the SDK declares no such thing, and hands on a mere dict.
    said = counts if isinstance(counts, dict) else vars(counts)
    prompt, completion = int(said["input_tokens"]), int(said["output_tokens"])
    return read_counts({"prompt_tokens": prompt, "completion_tokens": completion})


# -- Ollama -------------------------------------------------------------------------------------------


def _read_ollama(body: bytes) -> Reading:
    import ollama

    client = ollama.Client(host="http://sdk.test", transport=_answering(body, LINES))
    chats = b'"message"' in body.split(b"\n", 1)[0]
    asked = client.chat(model="any", stream=True) if chats else client.generate(model="any", stream=True)
    reading = Reading()
    said = reading.choices[0]
    for part in asked:
        spoken = part.message if chats else part
        said.content += (spoken.content if chats else spoken.response) or ""
        said.reasoning += spoken.thinking or ""
        for call in (spoken.tool_calls or ()) if chats else ():
            arguments = json.dumps(dict(call.function.arguments))
            said.calls.append(Call(f"call_{len(said.calls)}", call.function.name, arguments))
        if part.done:
            said.finish = part.done_reason
            prompt, completion = part.prompt_eval_count or 0, part.eval_count or 0
            reading.usage = read_counts({"prompt_tokens": prompt, "completion_tokens": completion})
    return reading


# -- Mistral and Groq ---------------------------------------------------------------------------------


def _read_mistral(body: bytes) -> Reading:
    from mistralai.client import Mistral

    client = Mistral(api_key="none", server_url="http://sdk.test", client=_client(body, SSE))
    with client.chat.stream(model="any", messages=[]) as events:
        return _read_chunks(event.data for event in events)


def _read_groq(body: bytes) -> Reading:
    import groq

    options: dict[str, Any] = {"api_key": "none", "base_url": "http://sdk.test", "max_retries": 0}
    client = groq.Groq(**options, http_client=_client(body, SSE))
    return _read_chunks(client.chat.completions.create(model="any", messages=[], stream=True))


def _read_chunks(chunks: Iterable[Any]) -> Reading:
    reading = Reading()
    fragments: dict[int, CallFragments] = {}
    for chunk in chunks:
        usage = getattr(chunk, "usage", None) or getattr(getattr(chunk, "x_groq", None), "usage", None)
        if usage:
            reading.usage = read_counts(usage.model_dump())
        for choice in chunk.choices:
            said = reading.choices[choice.index]
            _read_content(choice.delta, said)
            calls = fragments.setdefault(choice.index, CallFragments(said.calls))
            for call in choice.delta.tool_calls or ():
                _add_call(call, calls)
            said.finish = choice.finish_reason or said.finish
    return reading


def _read_content(delta: Any, said: Said) -> None:
    if isinstance(delta.content, str):
        said.content += delta.content
    for part in delta.content if isinstance(delta.content, list) else ():
        said.content += part.text if part.type == "text" else ""
        said.reasoning += _thought(part) if part.type == "thinking" else ""
    said.reasoning += getattr(delta, "reasoning", None) or ""


def _thought(part: Any) -> str:
    return "".join(inner.text for inner in part.thinking if inner.type == "text")


def _add_call(call: Any, fragments: CallFragments) -> None:
    arguments = call.function.arguments or ""
    arguments = arguments if isinstance(arguments, str) else json.dumps(arguments)
    fragments.add(call.index, call.id or "", call.function.name or "", arguments)


_OF_FORMAT = {"cohere-v1": "cohere-v1", "cohere-v2": "cohere-v2", "ollama-ndjson": "ollama"}
_OF_PROVIDER = {"groq openai-chat": "groq", "mistral openai-chat": "mistral"}

_READERS: dict[str, Callable[[bytes], Reading]] = {
    "cohere-v1": _read_cohere_v1,
    "cohere-v2": _read_cohere_v2,
    "groq": _read_groq,
    "mistral": _read_mistral,
    "ollama": _read_ollama,
}

DISTRIBUTIONS = {
    "cohere-v1": "cohere",
    "cohere-v2": "cohere",
    "groq": "groq",
    "mistral": "mistralai",
    "ollama": "ollama",
}
"""By the SDK's name here, what it is installed as."""
