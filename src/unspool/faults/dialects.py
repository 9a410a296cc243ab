"""Whose events these are, and what they say: output, or why the answer ended.

Recognised by their JSON and their names, so that a fault need not be told a format. An event may be broken
already, by another fault or by its provider: nothing is taken for granted.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from unspool.faults.frames import JSON, AWSFraming, Frame, NDJSONFraming, framing_of, json_in
from unspool.wire.event import WireEvent

Path = tuple[str | int, ...]
"""The way through an event's JSON to a value."""

_ANTHROPIC = frozenset(
    {
        "content_block_delta",
        "content_block_start",
        "content_block_stop",
        "message_delta",
        "message_start",
        "message_stop",
        "ping",
    }
)


def word_in(body: JSON, key: str) -> str:
    """The text under a key; empty if there is none."""
    value = body.get(key)
    return value if isinstance(value, str) else ""


def object_in(body: JSON, *keys: str) -> JSON:
    """The object at the end of the keys; empty if there is none."""
    for key in keys:
        value = body.get(key)
        body = value if isinstance(value, dict) else {}
    return body


def objects_in(body: JSON, key: str) -> list[JSON]:
    """The objects in a list under a key; none if there is no such list."""
    value = body.get(key)
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def choices_in(body: JSON) -> list[JSON]:
    """The choices of an OpenAI chat chunk."""
    return objects_in(body, "choices")


def with_choices(body: JSON, change: Callable[[JSON], JSON], *, key: str = "choices") -> JSON:
    """The body with each object in a list changed."""
    value = body.get(key)
    if not isinstance(value, list):
        return body
    return {**body, key: [change(one) if isinstance(one, dict) else one for one in value]}


def without(body: JSON, *keys: str) -> JSON:
    """The body without some keys."""
    return {key: value for key, value in body.items() if key not in keys}


def value_at(body: Any, path: Path) -> Any:
    """What stands at the end of a path; None if the way isn't there."""
    for step in path:
        try:
            body = body[step]
        except (KeyError, IndexError, TypeError):
            return None
    return body


def put_at(body: Any, path: Path, new: Any) -> Any:
    """A copy with something else at the end of a path."""
    if not path:
        return new
    copy = body.copy()
    copy[path[0]] = put_at(body[path[0]], path[1:], new) if path[1:] else new
    return copy


@dataclass(frozen=True, slots=True)
class Dialect:
    """What a format's events say.

    Attributes:
        speaks: whether one has output in it: text, reasoning, a piece of a tool call.
        finishes: whether one gives the reason why the answer ended.
        unfinish: the same event without the reason; None if nothing would be left of it.
        only_finish: the same event with nothing but the reason, where it can have both.
        arguments: where an event has pieces of tool calls' arguments, as text.
    """

    speaks: Callable[[JSON, WireEvent], Any]
    finishes: Callable[[JSON, WireEvent], Any]
    unfinish: Callable[[JSON], JSON | None] = lambda _body: None
    only_finish: Callable[[JSON], JSON] = lambda body: body
    arguments: Callable[[JSON], list[Path]] = lambda _body: []


# -- OpenAI's chat, and those that put its chunks into others ------------------------------------------

_OUTPUT = (
    "audio",
    "content",
    "function_call",
    "images",
    "reasoning",
    "reasoning_content",
    "reasoning_details",
    "refusal",
    "thinking",
    "thinking_blocks",
    "tool_calls",
)


def _chat_speaks(body: JSON, _event: WireEvent) -> bool:
    return any(map(_chat_said, choices_in(body)))


def _chat_said(choice: JSON) -> bool:
    delta = object_in(choice, "delta") or object_in(choice, "message")
    return any(delta.get(key) for key in _OUTPUT)


def _chat_finishes(body: JSON, _event: WireEvent) -> bool:
    return any(_chat_reason(choice) for choice in choices_in(body))


def _chat_reason(choice: JSON) -> Any:
    return choice.get("finish_reason") or choice.get("stop_reason")


def _chat_unfinish(body: JSON) -> JSON:
    return with_choices(body, _unfinished_choice)


def _unfinished_choice(choice: JSON) -> JSON:
    return {key: None if key in {"finish_reason", "stop_reason"} else value for key, value in choice.items()}


def _chat_only_finish(body: JSON) -> JSON:
    return with_choices(without(body, "usage"), _silent_choice)


def _silent_choice(choice: JSON) -> JSON:
    if not _chat_said(choice):
        return choice
    kept = without(choice, "message", "logprobs")
    return {key: {} if key == "delta" else value for key, value in kept.items()}


def _chat_arguments(body: JSON) -> list[Path]:
    value = body.get("choices")
    return [
        ("choices", place, "delta", "tool_calls", n, "function", "arguments")
        for place, choice in enumerate(value if isinstance(value, list) else [])
        if isinstance(choice, dict)
        for n in range(len(calls_in(choice)))
    ]


def calls_in(choice: JSON) -> list[Any]:
    """The tool calls in a choice's delta, as they are."""
    value = object_in(choice, "delta").get("tool_calls")
    return value if isinstance(value, list) else []


_CHAT = Dialect(_chat_speaks, _chat_finishes, _chat_unfinish, _chat_only_finish, _chat_arguments)

_ENVELOPES = (
    ("final_result",),
    ("orchestration_result",),
    ("intermediate_results", "llm"),
    ("module_results", "llm"),
)
"""Where SAP's orchestration has OpenAI's chunk; the same one in two places."""


def _sap(ask: Callable[[JSON, WireEvent], Any]) -> Callable[[JSON, WireEvent], bool]:
    return lambda body, event: any(ask(object_in(body, *path), event) for path in _ENVELOPES)


def _in_envelopes(change: Callable[[JSON], JSON]) -> Callable[[JSON], JSON]:
    def changed(body: JSON) -> JSON:
        for path in _ENVELOPES:
            if object_in(body, *path):
                body = put_at(body, path, change(object_in(body, *path)))
        return body

    return changed


def _sap_arguments(body: JSON) -> list[Path]:
    return [
        (*path, *inner)
        for path in _ENVELOPES
        if object_in(body, *path)
        for inner in _chat_arguments(object_in(body, *path))
    ]


_SAP = Dialect(
    _sap(_chat_speaks),
    _sap(_chat_finishes),
    _in_envelopes(_chat_unfinish),
    _in_envelopes(_chat_only_finish),
    _sap_arguments,
)


# -- formats whose events have a text and a reason beside each other -----------------------------------


def _plain(text: str, reason: str, *, holder: str = "", going_on: Any = None, counts: str = "") -> Dialect:
    """A format with a text and a reason under these keys, in the event or in the objects of a list."""

    def holders(body: JSON) -> list[JSON]:
        return objects_in(body, holder) if holder else [body]

    def each(body: JSON, change: Callable[[JSON], JSON]) -> JSON:
        return with_choices(body, change, key=holder) if holder else change(body)

    def ended(one: JSON) -> bool:
        return bool(one.get(reason)) and one.get(reason) != going_on

    def unfinish(body: JSON) -> JSON:
        return each(body, lambda one: {**one, reason: going_on} if ended(one) else one)

    def only_finish(body: JSON) -> JSON:
        kept = without(body, *counts.split())
        return each(kept, lambda one: {**one, text: ""} if one.get(text) else one)

    return Dialect(
        lambda body, _: any(one.get(text) for one in holders(body)),
        lambda body, _: any(map(ended, holders(body))),
        unfinish,
        only_finish,
    )


_OLLAMA_COUNTS = (
    "eval_count",
    "eval_duration",
    "load_duration",
    "prompt_eval_count",
    "prompt_eval_duration",
    "total_duration",
)


def _ollama_said(body: JSON) -> JSON:
    message = object_in(body, "message") or body
    keys = ("content", "thinking", "tool_calls", "response")
    return {key: message[key] for key in keys if message.get(key)}


def _ollama_unfinish(body: JSON) -> JSON:
    return {key: False if key == "done" else value for key, value in body.items() if key != "done_reason"}


def _ollama_only_finish(body: JSON) -> JSON:
    said, body = _ollama_said(body), without(body, *_OLLAMA_COUNTS)
    silent = {key: "" for key in said if key in {"content", "response"}}
    if not object_in(body, "message"):
        return without(body, *(said.keys() - silent.keys())) | silent
    return {**body, "message": without(object_in(body, "message"), *said) | silent}


def _tgi_ended(body: JSON) -> bool:
    return body.get("generated_text") is not None or bool(object_in(body, "details"))


def _tgi_unfinish(body: JSON) -> JSON:
    return {key: None if key in {"generated_text", "details"} else value for key, value in body.items()}


def _tgi_only_finish(body: JSON) -> JSON:
    return {**body, "token": {**object_in(body, "token"), "text": ""}}


# -- Gemini ------------------------------------------------------------------------------------------------


def _part_says(part: JSON) -> bool:
    return any(value for key, value in part.items() if key not in {"thought", "thoughtSignature"})


def _gemini_speaks(body: JSON, _event: WireEvent) -> bool:
    return any(
        _part_says(part)
        for one in objects_in(body, "candidates")
        for part in objects_in(object_in(one, "content"), "parts")
    )


def _gemini_unfinish(body: JSON) -> JSON:
    return with_choices(body, lambda one: without(one, "finishReason", "finishMessage"), key="candidates")


def _gemini_only_finish(body: JSON) -> JSON:
    def silent(one: JSON) -> JSON:
        says = any(map(_part_says, objects_in(object_in(one, "content"), "parts")))
        return without(one, "content") if says else one

    return with_choices(without(body, "usageMetadata"), silent, key="candidates")


def _interaction_speaks(body: JSON, _event: WireEvent) -> bool:
    delta = object_in(body, "delta")
    said = without(delta, "type", "signature", "thought_signature")
    return body["event_type"] in {"step.delta", "content.delta"} and (any(said.values()) or not delta)


def _interaction_arguments(body: JSON) -> list[Path]:
    return [("delta", key) for key in ("arguments", "partial_arguments") if key in object_in(body, "delta")]


# -- formats whose events have types ---------------------------------------------------------------------


def _anthropic_speaks(body: JSON, _event: WireEvent) -> bool:
    delta = without(object_in(body, "delta"), "type", "signature")
    return body["type"] == "content_block_delta" and any(delta.values())


def _anthropic_unfinish(body: JSON) -> JSON:
    return {**body, "delta": {**object_in(body, "delta"), "stop_reason": None}}


_RESPONSES_ENDS = frozenset({"response.completed", "response.failed", "response.incomplete"})
_ARGUMENTS_DELTAS = frozenset({"response.function_call_arguments.delta", "response.mcp_call_arguments.delta"})


def _responses_arguments(body: JSON) -> list[Path]:
    return [("delta",)] if body["type"] in _ARGUMENTS_DELTAS else []


def _cohere_end(body: JSON) -> JSON | None:
    delta = without(object_in(body, "delta"), "finish_reason")
    return {**body, "delta": delta} if delta else None


def _converse_end(body: JSON) -> JSON | None:
    rest = without(body, "stopReason")
    return rest if without(rest, "p") else None


def _converse_speaks(body: JSON) -> bool:
    delta = object_in(body, "delta")
    texts = (delta.get("text"), object_in(delta, "reasoningContent").get("text"))
    return any(texts) or bool(object_in(delta, "toolUse").get("input"))


def _nova(name: str, body: JSON) -> JSON:
    return object_in(body, name)


def _resting(result: JSON) -> bool:
    """Whether an MCP server or an A2A agent says no more after a result."""
    kind = word_in(result, "kind")
    if kind not in {"artifact-update", "message", "status-update", "task"}:
        return bool(result)
    state = word_in(object_in(result, "status"), "state")
    going_on = {"submitted", "working", ""}
    return kind == "message" or bool(result.get("final")) or ("final" not in result and state not in going_on)


def _rpc_speaks(body: JSON, _event: WireEvent) -> bool:
    return any(_parts_in(object_in(body, "result")))


def _parts_in(result: JSON) -> Iterator[JSON]:
    yield from objects_in(result, "content")
    for holder in (
        result,
        object_in(result, "content"),
        object_in(result, "message"),
        object_in(result, "status", "message"),
        object_in(result, "artifact"),
        *objects_in(result, "artifacts"),
    ):
        yield from objects_in(holder, "parts")
    if object_in(result, "content"):
        yield object_in(result, "content")


def _rpc_unfinish(body: JSON) -> JSON | None:
    result = object_in(body, "result")
    if word_in(result, "kind") != "status-update":
        return None
    status = {**object_in(result, "status"), "state": "working"}
    return {**body, "result": {**result, "final": False, "status": status}}


def _rpc_only_finish(body: JSON) -> JSON:
    result = object_in(body, "result")
    silent: JSON = {key: [] for key in ("artifacts", "content", "parts") if result.get(key)}
    if object_in(result, "status", "message"):
        silent["status"] = without(object_in(result, "status"), "message")
    return {**body, "result": {**result, **silent}} if silent else body


_RUN_ENDS = frozenset(
    f"thread.run.{state}"
    for state in ("cancelled", "completed", "expired", "failed", "incomplete", "requires_action")
)


def _assistants_arguments(body: JSON) -> list[Path]:
    calls = object_in(body, "delta", "step_details").get("tool_calls")
    return [
        ("delta", "step_details", "tool_calls", n, "function", "arguments")
        for n in range(len(calls) if isinstance(calls, list) else 0)
    ]


_DIALECTS: dict[str, Dialect] = {
    "openai-chat": _CHAT,
    "sap-orchestration": _SAP,
    "openai-completions": _plain("text", "finish_reason", holder="choices", counts="usage"),
    "openai-responses": Dialect(
        lambda body, _: body["type"].endswith(".delta") and bool(body.get("delta")),
        lambda body, _: body["type"] in _RESPONSES_ENDS,
        arguments=_responses_arguments,
    ),
    "openai-transcription": Dialect(
        lambda body, _: body["type"] == "transcript.text.delta" and bool(body.get("delta")),
        lambda body, _: body["type"] == "transcript.text.done",
    ),
    "openai-assistants": Dialect(
        lambda body, event: event.name.endswith(".delta") and bool(object_in(body, "delta")),
        lambda _, event: event.name in _RUN_ENDS,
        arguments=_assistants_arguments,
    ),
    "anthropic-complete": _plain("completion", "stop_reason"),
    "anthropic-messages": Dialect(
        _anthropic_speaks,
        lambda body, _: body["type"] == "message_delta" and object_in(body, "delta").get("stop_reason"),
        _anthropic_unfinish,
        arguments=lambda body: [("delta", "partial_json")] if body["type"] == "content_block_delta" else [],
    ),
    "gemini-generate": Dialect(
        _gemini_speaks,
        lambda body, _: any(one.get("finishReason") for one in objects_in(body, "candidates")),
        _gemini_unfinish,
        _gemini_only_finish,
    ),
    "gemini-interactions": Dialect(
        _interaction_speaks,
        lambda body, _: body["event_type"] in {"interaction.complete", "interaction.completed"},
        arguments=_interaction_arguments,
    ),
    "cohere-v2": Dialect(
        lambda body, _: body["type"].endswith("-delta") and bool(object_in(body, "delta")),
        lambda body, _: body["type"] == "message-end",
        _cohere_end,
        arguments=lambda _: [("delta", "message", "tool_calls", "function", "arguments")],
    ),
    "cohere-v1": Dialect(
        lambda body, _: (
            body["event_type"] in {"text-generation", "tool-calls-chunk"}
            and any(without(body, "event_type", "is_finished").values())
        ),
        lambda body, _: body["event_type"] == "stream-end",
        arguments=lambda _: [
            ("tool_call_delta", "parameters"),
            ("tool_call_delta", "function", "arguments"),
        ],
    ),
    "ollama-ndjson": Dialect(
        lambda body, _: bool(_ollama_said(body)),
        lambda body, _: body.get("done"),
        _ollama_unfinish,
        _ollama_only_finish,
    ),
    "tgi": Dialect(
        lambda body, _: (
            bool(object_in(body, "token").get("text")) and not object_in(body, "token").get("special")
        ),
        lambda body, _: _tgi_ended(body),
        _tgi_unfinish,
        _tgi_only_finish,
    ),
    "watsonx-generation": _plain("generated_text", "stop_reason", holder="results", going_on="not_finished"),
    "replicate-sse": Dialect(
        lambda _, event: event.name == "output" and bool(event.data), lambda _, event: event.name == "done"
    ),
    "jsonrpc-sse": Dialect(
        _rpc_speaks, lambda body, _: _resting(object_in(body, "result")), _rpc_unfinish, _rpc_only_finish
    ),
    "bedrock-converse": Dialect(
        lambda body, event: event.name == "contentBlockDelta" and _converse_speaks(body),
        lambda _, event: event.name == "messageStop",
        _converse_end,
        arguments=lambda _: [("delta", "toolUse", "input")],
    ),
    "bedrock-agent": Dialect(
        lambda body, event: event.name in {"chunk", "output"} and (body.get("bytes") or body.get("text")),
        lambda _body, _event: False,
    ),
    # The model families of InvokeModel that have no format of their own elsewhere.
    "nova": Dialect(
        lambda body, _: _converse_speaks(_nova("contentBlockDelta", body)),
        lambda body, _: "messageStop" in body,
        arguments=lambda _: [("contentBlockDelta", "delta", "toolUse", "input")],
    ),
    "titan": _plain("outputText", "completionReason"),
    "llama": _plain("generation", "stop_reason"),
    "mistral": _plain("text", "stop_reason", holder="outputs"),
    "command": _plain("text", "finish_reason"),
    "command-whole": _plain("text", "finish_reason", holder="generations"),
}


# -- telling them apart --------------------------------------------------------------------------------


_SIGNS: dict[str, Callable[[JSON, str], bool]] = {
    "openai-completions": lambda body, _: any(
        "text" in choice and "delta" not in choice for choice in choices_in(body)
    ),
    "openai-chat": lambda body, _: "choices" in body,
    "sap-orchestration": lambda body, _: any(object_in(body, *path) for path in _ENVELOPES),
    "openai-responses": lambda _, kind: kind.startswith("response."),
    "openai-transcription": lambda _, kind: kind.startswith("transcript."),
    "anthropic-complete": lambda _, kind: kind == "completion",
    "anthropic-messages": lambda _, kind: kind in _ANTHROPIC,
    "gemini-generate": lambda body, _: "candidates" in body or "usageMetadata" in body,
    "cohere-v2": lambda _, kind: kind.startswith(("message-", "content-", "tool-", "citation-")),
    "gemini-interactions": lambda body, _: "." in word_in(body, "event_type"),
    "cohere-v1": lambda body, _: bool(word_in(body, "event_type")),
    "jsonrpc-sse": lambda body, _: "jsonrpc" in body,
    "tgi": lambda body, _: bool(object_in(body, "token")),
    "watsonx-generation": lambda body, _: any("generated_text" in one for one in objects_in(body, "results")),
}

_INVOKED: dict[str, Callable[[JSON, str], bool]] = {
    "anthropic-complete": lambda body, _: "completion" in body,
    "nova": lambda body, _: (
        not body.keys().isdisjoint(
            (
                "messageStart",
                "contentBlockStart",
                "contentBlockDelta",
                "contentBlockStop",
                "messageStop",
                "metadata",
            )
        )
    ),
    "titan": lambda body, _: "outputText" in body,
    "llama": lambda body, _: "generation" in body,
    "mistral": lambda body, _: "outputs" in body,
    **{name: knows for name, knows in _SIGNS.items() if name != "anthropic-complete"},
    "command": lambda body, _: "is_finished" in body,
    "command-whole": lambda body, _: "generations" in body,
}

_OWN_OF_BEDROCK = "amazon-bedrock-"


def dialect_of(frame: Frame) -> str | None:
    """The wire format that an event is of; None if it could be any's."""
    found = _read(frame)
    return found.wire_format if found else None


@dataclass(frozen=True, slots=True)
class _Spoken:
    """A model's event: its format, its dialect (another one inside of InvokeModel), and its JSON."""

    wire_format: str
    dialect: str
    body: JSON


def _read(frame: Frame) -> _Spoken | None:
    if frame.event is None:
        return None
    if isinstance(frame.framing, AWSFraming):
        return _read_aws(frame, frame.event)
    body = frame.json
    if body is None:
        return _read_named(frame.event)
    kind = word_in(body, "type")
    name = next((name for name, knows in _SIGNS.items() if knows(body, kind)), None)
    name = name or ("ollama-ndjson" if isinstance(frame.framing, NDJSONFraming) else None)
    if name is None and frame.event.name.startswith("thread."):
        name = "openai-assistants"
    return _Spoken(name, name, body) if name else _read_named(frame.event)


def _read_named(event: WireEvent) -> _Spoken | None:
    """Replicate's events say what they are by their name and their id: the data may be anything."""
    is_theirs = event.name in {"output", "done"} and bool(event.id)
    return _Spoken("replicate-sse", "replicate-sse", {}) if is_theirs else None


def _read_aws(frame: Frame, event: WireEvent) -> _Spoken | None:
    outer, inner = json_in(event.data), frame.json
    if outer is None:
        return None
    if event.name != "chunk":
        agent = {"citation", "files", "output", "returnControl", "trace"}
        name = "bedrock-agent" if event.name in agent else "bedrock-converse"
        return _Spoken(name, name, outer)
    if "bytes" not in outer or inner is None or "bytes" in inner:
        return _Spoken("bedrock-agent", "bedrock-agent", outer)
    kind = word_in(inner, "type")
    name = next((name for name, knows in _INVOKED.items() if knows(inner, kind)), "")
    is_theirs = bool(name) or any(key.startswith(_OWN_OF_BEDROCK) for key in inner)
    if not is_theirs:  # an agent's answer that is JSON
        return _Spoken("bedrock-agent", "bedrock-agent", outer)
    return _Spoken("bedrock-invoke", name, inner)


def dialect_in(body: bytes) -> str | None:
    """The wire format of a body, by the first of its events that tells; None if none does."""
    framing = framing_of(body)
    frames = (frame for step in (framing.split(body, 0.0), framing.rest()) for frame in step)
    return next((found for frame in frames if (found := dialect_of(frame))), None)


# -- asking an event -----------------------------------------------------------------------------------


def speaks(frame: Frame) -> bool:
    """Whether an event has output in it: text, reasoning, a piece of a tool call."""
    spoken, dialect = _asked(frame)
    return bool(dialect and frame.event and dialect.speaks(spoken, frame.event))


def finishes(frame: Frame) -> bool:
    """Whether an event gives the reason why the answer ended."""
    spoken, dialect = _asked(frame)
    return bool(dialect and frame.event and dialect.finishes(spoken, frame.event))


def choices_that(frame: Frame, does: Callable[[Frame], bool]) -> set[int]:
    """The indices of an event's choices for which this holds, be it `speaks` or `finishes`; 0 without `n`."""
    body, _ = _asked(frame)
    key = next((key for key in ("choices", "candidates") if objects_in(body, key)), "")
    choices = objects_in(body, key)
    if len(choices) < 2:
        alone = choices[0] if choices else {}
        return {_index_of(alone, 0)} if does(frame) else set()
    return {
        _index_of(one, place)
        for place, one in enumerate(choices)
        if does(frame.with_json({**body, key: [one]}))
    }


def _index_of(choice: JSON, place: int) -> int:
    index = choice.get("index")
    return index if isinstance(index, int) else place


def unfinished(frame: Frame) -> Frame | None:
    """The event without the reason why the answer ended; None if it has nothing else to say."""
    body, dialect = _asked(frame)
    changed = dialect.unfinish(body) if dialect else None
    return None if changed is None else frame.with_json(changed)


def only_finish(frame: Frame) -> Frame:
    """The event with nothing but the reason why the answer ended, where it can have output and usage too."""
    body, dialect = _asked(frame)
    return frame.with_json(dialect.only_finish(body)) if dialect and body else frame


def arguments_in(frame: Frame) -> dict[Path, str]:
    """The pieces of tool calls' arguments in an event, by where they stand; those that aren't empty."""
    body, dialect = _asked(frame)
    places = dialect.arguments(body) if dialect else []
    found = {path: value_at(body, path) for path in places}
    return {path: value for path, value in found.items() if isinstance(value, str) and value}


def _asked(frame: Frame) -> tuple[JSON, Dialect | None]:
    spoken = _read(frame)
    return (spoken.body, _DIALECTS.get(spoken.dialect)) if spoken else ({}, None)


def format_inside(frame: Frame) -> str | None:
    """The format of the model's own event: inside of InvokeModel that of the model, elsewhere the wire's."""
    spoken = _read(frame)
    return spoken.dialect if spoken else None


def kind_of(frame: Frame) -> str:
    """What an event calls itself: the type in its JSON, else its name."""
    spoken = _read(frame)
    if spoken is None:
        return ""
    return word_in(spoken.body, "type") or (frame.event.name if frame.event else "")


_TEXTS: dict[str, tuple[Path, ...]] = {
    "anthropic-complete": (("completion",),),
    "anthropic-messages": (("delta", "text"),),
    "bedrock-converse": (("delta", "text"),),
    "cohere-v1": (("text",),),
    "cohere-v2": (("delta", "message", "content", "text"),),
    "gemini-generate": (("candidates", 0, "content", "parts", 0, "text"),),
    "gemini-interactions": (("delta", "text"),),
    "llama": (("generation",),),
    "mistral": (("outputs", 0, "text"),),
    "nova": (("contentBlockDelta", "delta", "text"),),
    "ollama-ndjson": (("message", "content"), ("response",)),
    "openai-chat": (("choices", 0, "delta", "content"),),
    "openai-completions": (("choices", 0, "text"),),
    "openai-responses": (("delta",),),
    "tgi": (("token", "text"),),
    "titan": (("outputText",),),
    "watsonx-generation": (("results", 0, "generated_text"),),
}
"""Where an event has text of the answer, the first choice's."""


def text_path(frame: Frame) -> Path | None:
    """Where an event has some text of the answer; None if it has none."""
    spoken = _read(frame)
    if spoken is None or (spoken.dialect == "openai-responses" and kind_of(frame) != _TEXT_DELTA):
        return None
    found = ((path, value_at(spoken.body, path)) for path in _TEXTS.get(spoken.dialect, ()))
    return next((path for path, value in found if isinstance(value, str) and value), None)


_TEXT_DELTA = "response.output_text.delta"
