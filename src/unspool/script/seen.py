"""A request to a scripted model: every wire format in one form."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any
from urllib.parse import unquote, urlsplit

from pydantic_core import to_json

from unspool.cassette.conversation import body_of
from unspool.cassette.model import Request

JSON = dict[str, Any]


@dataclass(frozen=True, slots=True)
class SeenCall:
    """A tool call in a request's history."""

    id: str
    name: str
    arguments: Any


@dataclass(frozen=True, slots=True)
class SeenResult:
    """A tool's result in a request."""

    id: str
    name: str
    text: str


@dataclass(frozen=True, slots=True)
class SeenThought:
    """A thought in a request's history: its text, and its signature or encrypted content."""

    text: str
    signature: str | None = None


@dataclass(frozen=True, slots=True)
class SeenMessage:
    """A message: its role is `user`, `assistant`, `tool` or `system`."""

    role: str
    text: str = ""
    calls: tuple[SeenCall, ...] = ()
    results: tuple[SeenResult, ...] = ()
    thoughts: tuple[SeenThought, ...] = ()
    references: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SeenTool:
    """A tool that the request offers: its name, what it does, and the JSON schema of its arguments."""

    name: str
    description: str = ""
    schema: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Seen:
    """A request to the model.

    Attributes:
        request: as it was sent.
        format: its wire format.
        provider: the provider that it was sent to, by LiteLLM's name; None if unknown.
        model: the model, as the client named it.
        streamed: whether it asks for a stream.
        system: the system prompt; several are joined by line feeds.
        messages: all others, oldest first.
        tools: the tools that the model may call.
        body: the request's JSON.
        previous: the id of the response that it continues, if it names one.
        index: its place among the script's calls.
        attempt: the number of the attempt, from 1.
        turn: the index of the turn that answered it; None if none did.
        conversation: the number of its conversation, from 1.
    """

    request: Request
    format: str
    provider: str | None = None
    model: str = ""
    streamed: bool = False
    system: str = ""
    messages: tuple[SeenMessage, ...] = ()
    tools: tuple[SeenTool, ...] = ()
    body: Mapping[str, Any] = field(default_factory=dict, repr=False)
    previous: str | None = None
    index: int = 0
    attempt: int = 1
    turn: int | None = None
    conversation: int = 1

    @property
    def url(self) -> str:
        return self.request.uri

    @property
    def params(self) -> dict[str, Any]:
        """The settings in the body beside model, messages and tools."""
        return {key: value for key, value in self.body.items() if key not in _NO_PARAMS}

    @property
    def user(self) -> str:
        """The last text of the user."""
        return next((one.text for one in reversed(self.messages) if one.role == "user" and one.text), "")

    @property
    def results(self) -> tuple[SeenResult, ...]:
        """The tools' results since the model's last answer."""
        found: list[SeenResult] = []
        for message in reversed(self.messages):
            if message.role == "assistant":
                break
            found[:0] = message.results
        return tuple(found)

    @property
    def tool_results(self) -> dict[str, Any]:
        """The same by the tool's name: its text, or a list of them if it was called several times."""
        found: dict[str, list[str]] = {}
        for result in self.results:
            found.setdefault(result.name, []).append(result.text)
        return {name: texts[0] if len(texts) == 1 else texts for name, texts in found.items()}

    @property
    def tool_names(self) -> tuple[str, ...]:
        return tuple(tool.name for tool in self.tools)

    @cached_property
    def key(self) -> bytes:
        """Equal for a request and its retry."""
        return to_json(
            [
                *(self.format.removesuffix("-jsonarray"), self.model, self.system, self.previous),
                [_plain(message) for message in self.messages],
                [self.tool_names, self.body.get("tool_choice"), self.body.get("response_format")],
                self.body.get("conversation"),
            ],
            fallback=str,
        )

    @cached_property
    def opening(self) -> bytes:
        """Equal for the requests of a conversation that repeat how it began."""
        first = next((one.text for one in self.messages if one.role == "user"), "")
        return to_json([self.system, first])


_NO_PARAMS = frozenset(
    [
        "contents",
        "input",
        "instructions",
        "messages",
        "model",
        "prompt",
        "stream",
        "system",
        "systemInstruction",
        "system_instruction",
        "toolConfig",
        "tools",
    ]
)


def _plain(message: SeenMessage) -> list[Any]:
    calls = [[one.id, one.name, one.arguments] for one in message.calls]
    results = [[one.id, one.name, one.text] for one in message.results]
    return [message.role, message.text, calls, results, message.references]


def read(request: Request, wire_format: str, provider: str | None = None) -> Seen:
    """Parse a request.

    Args:
        request: a request to a model.
        wire_format: its format.
        provider: the provider that it is sent to.
    """
    body = body_of(request)
    path = unquote(urlsplit(request.uri).path)
    read_body = _READERS.get(_inner_format(wire_format, body), _read_chat)
    system, messages = read_body(body)
    system += [one.text for one in messages if one.role == "system" and one.text]
    named = _named([one for one in messages if one.role != "system"])
    previous = body.get("previous_response_id")
    return Seen(
        request=request,
        format=wire_format,
        provider=provider,
        model=str(body.get("model") or _model_in(path)),
        streamed=_is_streamed(wire_format, path, body),
        system="\n".join(filter(None, system)),
        messages=tuple(named),
        tools=tuple(_tools(body)),
        body=body,
        previous=previous if isinstance(previous, str) else None,
    )


def _model_in(path: str) -> str:
    """Return the model that Google's, Bedrock's and Azure's paths name."""
    if "/model/" in path:
        return path.partition("/model/")[2].rpartition("/")[0]
    for mark in ("/models/", "/deployments/", "/tunedModels/"):
        if mark in path:
            return path.partition(mark)[2].partition("/")[0].partition(":")[0]
    return ""


def _is_streamed(wire_format: str, path: str, body: Mapping[str, Any]) -> bool:
    if wire_format.startswith("gemini-generate"):
        return "streamGenerateContent" in path
    if "/model/" in path:
        return path.endswith("-stream")
    if path.endswith("streamRawPredict"):
        return True
    return bool(body.get("stream", wire_format == "ollama-ndjson"))


def _inner_format(wire_format: str, body: Mapping[str, Any]) -> str:
    """Return the format of an InvokeModel's body: that of its model's own API."""
    if wire_format != "bedrock-invoke":
        return wire_format
    if "anthropic_version" in body:
        return "anthropic-messages"
    if "inferenceConfig" in body or "toolConfig" in body:
        return "bedrock-converse"
    return "openai-chat"


def _named(messages: Sequence[SeenMessage]) -> Iterator[SeenMessage]:
    """Return the messages, with the tool's name on each result that names only its call."""
    names: dict[str, str] = {}
    for message in messages:
        names |= {call.id: call.name for call in message.calls}
        if any(not one.name for one in message.results):
            results = (
                one if one.name else SeenResult(one.id, names.get(one.id, ""), one.text)
                for one in message.results
            )
            yield SeenMessage(message.role, message.text, message.calls, tuple(results), message.thoughts)
        else:
            yield message


# -- the formats ---------------------------------------------------------------------------------------

_Read = tuple[list[str], list[SeenMessage]]


def _dicts(value: Any) -> list[JSON]:
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def _dict(value: Any) -> JSON:
    return value if isinstance(value, dict) else {}


def _text(content: Any) -> str:
    """Return the text of a content, a string or parts."""
    if isinstance(content, str):
        return content
    if isinstance(content, dict):
        content = [content]
    found = (one if isinstance(one, str) else _part_text(one) for one in content or () if one)
    return "".join(found)


def _part_text(part: Any) -> str:
    if not isinstance(part, dict):
        return ""
    if isinstance(part.get("text"), str):
        return str(part["text"])
    if "document" in part:  # Cohere's
        data = _dict(part["document"]).get("data")
        return _unwrapped(_arguments(data))
    if "data" in part and part.get("type") in {None, "json"}:
        return _unwrapped(part["data"])
    if "json" in part:
        return _unwrapped(part["json"])
    return str(part.get("refusal") or "")


_WRAPPING = frozenset({"content", "output", "response", "result", "return_value"})


def _unwrapped(value: Any) -> str:
    """Return a result as text; an object that only wraps a text is that text."""
    if isinstance(value, dict) and len(value) == 1 and next(iter(value)) in _WRAPPING:
        (value,) = value.values()
    if isinstance(value, str):
        return value
    return json.dumps(value, ensure_ascii=False)


def _arguments(given: Any) -> Any:
    """Parse a call's arguments; text that isn't JSON stays text."""
    if not isinstance(given, str):
        return given
    try:
        return json.loads(given or "{}")
    except ValueError:
        return given


def _read_chat(body: Mapping[str, Any]) -> _Read:
    messages = [_chat_message(one) for one in _dicts(body.get("messages"))]
    if not messages and body.get("prompt"):
        messages = [SeenMessage("user", _text(body["prompt"]))]
    return [_text(body.get("system"))], messages


_ROLES = {"developer": "system", "model": "assistant", "chatbot": "assistant", "function": "tool"}


def _chat_message(message: JSON) -> SeenMessage:
    role = str(message.get("role", "user")).lower()
    role = _ROLES.get(role, role)
    text = _text(message.get("content"))
    if role == "tool":
        call_id = str(message.get("tool_call_id") or "")
        name = str(message.get("name") or message.get("tool_name") or "")
        return SeenMessage("tool", results=(SeenResult(call_id, name, text),))
    calls = tuple(
        SeenCall(
            str(call.get("id") or ""),
            str(_dict(call.get("function")).get("name") or ""),
            _arguments(_dict(call.get("function")).get("arguments")),
        )
        for call in _dicts(message.get("tool_calls"))
    )
    thought = message.get("reasoning_content") or message.get("reasoning") or message.get("thinking")
    thoughts = (SeenThought(thought),) if isinstance(thought, str) else ()
    return SeenMessage(role, text, calls, (), thoughts)


def _read_anthropic(body: Mapping[str, Any]) -> _Read:
    return [_text(body.get("system"))], [_anthropic_message(one) for one in _dicts(body.get("messages"))]


def _anthropic_message(message: JSON) -> SeenMessage:
    role, content = str(message.get("role", "user")), message.get("content")
    blocks = [{"type": "text", "text": content}] if isinstance(content, str) else _dicts(content)
    of: Callable[[str], list[JSON]] = lambda kind: [one for one in blocks if one.get("type") == kind]  # noqa: E731
    calls = [
        SeenCall(str(one.get("id", "")), str(one.get("name", "")), one.get("input")) for one in of("tool_use")
    ]
    results = [
        SeenResult(str(one.get("tool_use_id", "")), "", _text(one.get("content")))
        for one in of("tool_result")
    ]
    thoughts = [SeenThought(str(one.get("thinking", "")), one.get("signature")) for one in of("thinking")]
    thoughts += [SeenThought("", one.get("data")) for one in of("redacted_thinking")]
    text = "".join(str(one.get("text", "")) for one in of("text"))
    role = "tool" if results and not text else role
    return SeenMessage(role, text, tuple(calls), tuple(results), tuple(thoughts))


def _read_converse(body: Mapping[str, Any]) -> _Read:
    return [_text(body.get("system"))], [_converse_message(one) for one in _dicts(body.get("messages"))]


def _converse_message(message: JSON) -> SeenMessage:
    blocks = _dicts(message.get("content"))
    used = [_dict(one["toolUse"]) for one in blocks if "toolUse" in one]
    answered = [_dict(one["toolResult"]) for one in blocks if "toolResult" in one]
    thought = [_dict(one["reasoningContent"]) for one in blocks if "reasoningContent" in one]
    calls = [SeenCall(str(one.get("toolUseId")), str(one.get("name")), one.get("input")) for one in used]
    results = [SeenResult(str(one.get("toolUseId")), "", _text(one.get("content"))) for one in answered]
    texts = [_dict(one.get("reasoningText")) for one in thought if "reasoningText" in one]
    thoughts = [SeenThought(str(one.get("text", "")), one.get("signature")) for one in texts]
    thoughts += [SeenThought("", one["redactedContent"]) for one in thought if "redactedContent" in one]
    text = "".join(str(one["text"]) for one in blocks if "text" in one)
    text += "".join(
        _text(_dict(one["citationsContent"]).get("content")) for one in blocks if "citationsContent" in one
    )
    role = "tool" if results and not text else str(message.get("role", "user"))
    return SeenMessage(role, text, tuple(calls), tuple(results), tuple(thoughts))


def _read_gemini(body: Mapping[str, Any]) -> _Read:
    system = _dict(body.get("systemInstruction") or body.get("system_instruction"))
    contents = body.get("contents")
    contents = [contents] if isinstance(contents, dict) else contents
    return [_text(system.get("parts"))], [_gemini_message(one) for one in _dicts(contents)]


def _gemini_message(content: JSON) -> SeenMessage:
    parts = _dicts(content.get("parts"))
    called = [_dict(one["functionCall"]) for one in parts if "functionCall" in one]
    answered = [_dict(one["functionResponse"]) for one in parts if "functionResponse" in one]
    calls = [
        SeenCall(str(one.get("id") or ""), str(one.get("name")), one.get("args") or {}) for one in called
    ]
    results = [
        SeenResult(str(one.get("id") or ""), str(one.get("name")), _unwrapped(one.get("response")))
        for one in answered
    ]
    thoughts = [
        SeenThought(str(one["text"]) if one.get("thought") else "", one.get("thoughtSignature"))
        for one in parts
        if one.get("thought") or one.get("thoughtSignature")
    ]
    text = "".join(str(one["text"]) for one in parts if "text" in one and not one.get("thought"))
    role = "assistant" if content.get("role") == "model" else "tool" if results and not text else "user"
    return SeenMessage(role, text, tuple(calls), tuple(results), tuple(thoughts))


def _read_responses(body: Mapping[str, Any]) -> _Read:
    given = body.get("input")
    items = [{"role": "user", "content": given}] if isinstance(given, str) else _dicts(given)
    return [str(body.get("instructions") or "")], list(_joined(map(_responses_item, items)))


def _responses_item(item: JSON) -> SeenMessage:
    kind = item.get("type", "message")
    if kind in {"function_call", "custom_tool_call"}:
        given = item.get("arguments", item.get("input"))
        called = SeenCall(str(item.get("call_id")), str(item.get("name")), _arguments(given))
        return SeenMessage("assistant", calls=(called,))
    if kind in {"function_call_output", "custom_tool_call_output"}:
        result = SeenResult(str(item.get("call_id")), "", _text(item.get("output")))
        return SeenMessage("tool", results=(result,))
    if kind == "reasoning":
        thought = SeenThought(_text(item.get("summary")), item.get("encrypted_content"))
        return SeenMessage("assistant", thoughts=(thought,), references=(str(item.get("id") or ""),))
    if kind == "item_reference":
        return SeenMessage("assistant", references=(str(item.get("id")),))
    if kind == "message" or "role" in item:
        role = str(item.get("role", "user"))
        return SeenMessage(_ROLES.get(role, role), _text(item.get("content")))
    return SeenMessage("assistant" if kind.endswith("_call") else "other")


def _joined(messages: Iterable[SeenMessage]) -> Iterator[SeenMessage]:
    """Join consecutive items of the model into one message."""
    open_one: SeenMessage | None = None
    for message in messages:
        if open_one is not None and message.role == open_one.role == "assistant":
            open_one = SeenMessage(
                "assistant",
                open_one.text + message.text,
                open_one.calls + message.calls,
                (),
                open_one.thoughts + message.thoughts,
                open_one.references + message.references,
            )
            continue
        if open_one is not None:
            yield open_one
        open_one = message
    if open_one is not None:
        yield open_one


_READERS: dict[str, Callable[[Mapping[str, Any]], _Read]] = {
    "anthropic-messages": _read_anthropic,
    "bedrock-converse": _read_converse,
    "gemini-generate": _read_gemini,
    "gemini-generate-jsonarray": _read_gemini,
    "openai-responses": _read_responses,
}


def _tools(body: Mapping[str, Any]) -> Iterator[SeenTool]:
    """Return the functions that a request offers, in any format."""
    for tool in _offered(body):
        declared = tool.get("functionDeclarations") or tool.get("function_declarations")
        for one in _dicts(declared) or [_dict(tool.get("function") or tool.get("toolSpec")) or tool]:
            if one.get("name"):
                yield SeenTool(str(one["name"]), str(one.get("description") or ""), _schema(one))


def _offered(body: Mapping[str, Any]) -> Iterator[JSON]:
    """The tools as they stand in a request; Responses may have them in namespaces, and in the input."""
    yield from _flat(body.get("tools") or _dict(body.get("toolConfig")).get("tools"))
    for item in _dicts(body.get("input")):
        if item.get("type") == "additional_tools":
            yield from _flat(item.get("tools"))


def _flat(tools: Any) -> Iterator[JSON]:
    for tool in _dicts(tools):
        if tool.get("type") == "namespace":
            yield from _flat(tool.get("tools"))
        else:
            yield tool


_SCHEMAS = (
    *("parameters", "input_schema", "inputSchema"),
    *("parametersJsonSchema", "parameters_json_schema", "parameter_definitions"),
)


def _schema(tool: JSON) -> JSON:
    found = (tool.get(key) for key in _SCHEMAS)
    schema = next((one for one in found if isinstance(one, dict)), {})
    return _dict(schema.get("json", schema))
