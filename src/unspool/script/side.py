"""A provider's endpoints beside its model: stored responses, models, token counts, embeddings, traces.

Their responses are plausible and the same in every run. None uses up a turn.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

from pydantic_core import to_json

from unspool.cassette.conversation import body_of
from unspool.cassette.model import NetworkChunk, Request, Response, Timeline
from unspool.faults.provider_errors import REASONS, headers_for
from unspool.providers.errors import errors_at
from unspool.providers.reply import CREATED, made_id
from unspool.script.seen import Seen, SeenMessage, read
from unspool.tokens import token_counter

if TYPE_CHECKING:
    from unspool.script.encode import Played

JSON = dict[str, Any]
_Answer = tuple[int, Any]


@dataclass(frozen=True, slots=True)
class SideRequest:
    """A request beside the model.

    Attributes:
        request: as it was sent.
        kind: `models`, `count_tokens`, `embeddings`, `moderations`, `responses`, `conversations` or `traces`.
        status: of its answer.
    """

    request: Request
    kind: str
    status: int


class Stored:
    """The responses and conversations stored by OpenAI's Responses API."""

    def __init__(self) -> None:
        self.responses: dict[str, JSON] = {}
        self.conversations: dict[str, list[SeenMessage]] = {}
        self._histories: dict[str, tuple[SeenMessage, ...]] = {}
        self._inputs: dict[str, list[Any]] = {}

    def keep(self, seen: Seen, made: Played, message: SeenMessage) -> None:
        """Store a response, unless its request says store=false."""
        if seen.body.get("store") is not False and made.body is not None:
            self.responses[made.response_id] = made.body
            self._histories[made.response_id] = (*seen.messages, message)
            self._inputs[made.response_id] = _items(seen.body.get("input"))
        name = conversation_of(seen.body)
        if name:
            self.conversations[name] = [*seen.messages, message]

    def before(self, seen: Seen) -> tuple[SeenMessage, ...]:
        """Return the stored items that a request continues."""
        if seen.previous:
            return self._histories.get(seen.previous, ())
        return tuple(self.conversations.get(conversation_of(seen.body) or "", ()))

    def input_items(self, response_id: str) -> list[Any]:
        """Return the input of a stored response."""
        return self._inputs.get(response_id, [])


def conversation_of(body: Mapping[str, Any]) -> str | None:
    """Return the id of the stored conversation that a request belongs to."""
    given = body.get("conversation")
    given = given.get("id") if isinstance(given, dict) else given
    return given if isinstance(given, str) else None


def _items(given: Any) -> list[Any]:
    if isinstance(given, str):
        content = [{"type": "input_text", "text": given}]
        return [{"type": "message", "role": "user", "content": content}]
    return given if isinstance(given, list) else []


def side_answer(request: Request, stored: Stored, *, known: bool) -> tuple[Response, str] | None:
    """Return the answer to a request beside the model, and its kind; None for a request to the model, or an
    unknown one.

    Args:
        request: the request.
        stored: the provider's stored responses.
        known: whether it is a request to the model in a scripted format.
    """
    method, path = request.method.upper(), unquote(urlsplit(request.uri).path).rstrip("/")
    if method == "HEAD":
        return _without_body(side_answer(replace(request, method="GET"), stored, known=False))
    for wanted, pattern, kind, answer in _ROUTES:
        found = re.search(pattern, path) if method in wanted.split() else None
        if found is not None:
            return plain_response(request, *answer(request, found, stored)), kind
    refused = _refused(body_of(request), stored) if known else None
    return None if refused is None else (plain_response(request, *refused), "responses")


def _without_body(answer: tuple[Response, str] | None) -> tuple[Response, str] | None:
    """The response to HEAD, from the one to GET (RFC 9110, section 9.3.2)."""
    if answer is None:
        return None
    response, kind = answer
    return replace(response, body=b"", timeline=Timeline(headers_at=0.0, ended_at=0.0)), kind


def _refused(body: Mapping[str, Any], stored: Stored) -> _Answer | None:
    """Return OpenAI's error for a request that continues a response that isn't stored."""
    previous = body.get("previous_response_id")
    if not isinstance(previous, str) or previous in stored.responses:
        return None
    error = {
        "message": f"Previous response with id '{previous}' not found.",
        "type": "invalid_request_error",
        "param": "previous_response_id",
        "code": "previous_response_not_found",
    }
    return 400, {"error": error}


def plain_response(request: Request, status: int, body: Any) -> Response:
    """Return a JSON answer without a delay."""
    errors = errors_at(request.uri)
    data = to_json(body if body is not None else errors.body(status, "Not found."))
    headers = (("content-type", "application/json"), *headers_for(errors, status))
    timeline = Timeline(chunks=(NetworkChunk(len(data), 0.0),), headers_at=0.0, ended_at=0.0)
    return Response(status, REASONS.get(status, "OK"), headers, data, timeline)


# -- Responses -----------------------------------------------------------------------------------------


def _missing(what: str, name: str) -> _Answer:
    message = f"{what} with id '{name}' not found."
    return 404, {"error": {"message": message, "type": "invalid_request_error", "param": "id", "code": None}}


def _get_response(_: Request, found: re.Match[str], stored: Stored) -> _Answer:
    body = stored.responses.get(found[1])
    return _missing("Response", found[1]) if body is None else (200, body)


def _delete_response(_: Request, found: re.Match[str], stored: Stored) -> _Answer:
    if stored.responses.pop(found[1], None) is None:
        return _missing("Response", found[1])
    return 200, {"id": found[1], "object": "response", "deleted": True}


def _input_items(_: Request, found: re.Match[str], stored: Stored) -> _Answer:
    if found[1] not in stored.responses:
        return _missing("Response", found[1])
    return 200, _listed(stored.input_items(found[1]))


def _listed(items: list[Any]) -> JSON:
    return {"object": "list", "data": items, "has_more": False, "first_id": None, "last_id": None}


def _new_conversation(request: Request, _: re.Match[str], stored: Stored) -> _Answer:
    name = made_id("conv_", str(len(stored.conversations)), size=48, alphabet="0123456789abcdef")
    items = {"input": body_of(request).get("items") or []}
    first = read(Request("POST", request.uri, request.headers, to_json(items)), "openai-responses")
    stored.conversations[name] = list(first.messages)
    metadata = body_of(request).get("metadata") or {}
    return 200, {"id": name, "object": "conversation", "created_at": CREATED, "metadata": metadata}


def _get_conversation(_: Request, found: re.Match[str], stored: Stored) -> _Answer:
    if found[1] not in stored.conversations:
        return _missing("Conversation", found[1])
    return 200, {"id": found[1], "object": "conversation", "created_at": CREATED, "metadata": {}}


def _delete_conversation(_: Request, found: re.Match[str], stored: Stored) -> _Answer:
    if stored.conversations.pop(found[1], None) is None:
        return _missing("Conversation", found[1])
    return 200, {"id": found[1], "object": "conversation.deleted", "deleted": True}


# -- others --------------------------------------------------------------------------------------------

_MODELS = {
    "anthropic": "claude-scripted",
    "gemini": "gemini-scripted",
    "ollama": "scripted",
    "openai": "gpt-scripted",
}


def _models(request: Request, _: re.Match[str], __: Stored) -> _Answer:
    provider = errors_at(request.uri).name
    name = _MODELS.get(provider, _MODELS["openai"])
    if provider == "gemini":
        return 200, {"models": [_model(provider, name)]}
    if request.uri.partition("?")[0].endswith("/api/tags"):
        return 200, {
            "models": [{"name": name, "model": name, "modified_at": "2024-01-01T00:00:00Z", "size": 1}]
        }
    more = {"has_more": False, "first_id": name, "last_id": name} if provider == "anthropic" else {}
    return 200, {"object": "list", "data": [_model(provider, name)], **more}


def _one_model(request: Request, found: re.Match[str], _: Stored) -> _Answer:
    return 200, _model(errors_at(request.uri).name, found[1])


def _show_ollama(_: Request, __: re.Match[str], ___: Stored) -> _Answer:
    details = {"family": "scripted", "format": "gguf", "parameter_size": "1B", "quantization_level": "Q4_0"}
    capabilities = ["completion", "tools", "thinking", "vision"]
    return 200, {"details": details, "model_info": {}, "capabilities": capabilities, "template": ""}


def _running_ollama(_: Request, __: re.Match[str], ___: Stored) -> _Answer:
    return 200, {"models": [{"name": "scripted", "model": "scripted", "size": 1, "size_vram": 0}]}


def _version_ollama(_: Request, __: re.Match[str], ___: Stored) -> _Answer:
    return 200, {"version": "0.12.0"}


def _model(provider: str, name: str) -> JSON:
    if provider == "anthropic":
        return {"type": "model", "id": name, "display_name": name, "created_at": "2024-01-01T00:00:00Z"}
    if provider == "gemini":
        methods = ["generateContent", "countTokens"]
        return {"name": f"models/{name}", "displayName": name, "supportedGenerationMethods": methods}
    return {"id": name, "object": "model", "created": CREATED, "owned_by": "unspool"}


def _tokens_asked(request: Request, wire_format: str) -> int:
    seen = read(request, wire_format)
    texts = (seen.system, *(message.text for message in seen.messages))
    return sum(token_counter(text=text) + 3 for text in texts if text)


def _count_anthropic(request: Request, _: re.Match[str], __: Stored) -> _Answer:
    return 200, {"input_tokens": _tokens_asked(request, "anthropic-messages")}


def _count_responses(request: Request, _: re.Match[str], __: Stored) -> _Answer:
    counted = _tokens_asked(request, "openai-responses")
    return 200, {"object": "response.input_tokens", "input_tokens": counted}


def _count_gemini(request: Request, _: re.Match[str], __: Stored) -> _Answer:
    return 200, {"totalTokens": _tokens_asked(request, "gemini-generate")}


def _count_bedrock(request: Request, _: re.Match[str], __: Stored) -> _Answer:
    inner = body_of(request).get("input")
    inner = inner.get("converse", {}) if isinstance(inner, dict) else {}
    asked = Request(request.method, request.uri, (("content-type", "application/json"),), to_json(inner))
    return 200, {"inputTokens": _tokens_asked(asked, "bedrock-converse")}


_DIMENSIONS = 16


def _vector(text: str, size: int) -> list[float]:
    """Return an embedding: of length 1, and equal for equal texts only."""
    digest = hashlib.sha256(text.encode()).digest()
    raw = [digest[place % len(digest)] / 127.5 - 1 for place in range(size)]
    length = sum(one * one for one in raw) ** 0.5 or 1.0
    return [round(one / length, 6) for one in raw]


def _inputs(given: Any) -> list[str]:
    several = given if isinstance(given, list) and not all(isinstance(one, int) for one in given) else [given]
    return [one if isinstance(one, str) else str(one) for one in several]


def _embeddings(request: Request, _: re.Match[str], __: Stored) -> _Answer:
    from base64 import b64encode  # noqa: PLC0415 - few tests embed
    from struct import pack  # noqa: PLC0415 - as above

    body = body_of(request)
    size = int(body.get("dimensions") or _DIMENSIONS)
    texts = _inputs(body.get("input"))
    vectors: list[Any] = [_vector(text, size) for text in texts]
    if body.get("encoding_format") == "base64":
        vectors = [b64encode(pack(f"<{size}f", *one)).decode() for one in vectors]
    data = [{"object": "embedding", "index": place, "embedding": one} for place, one in enumerate(vectors)]
    counted = sum(token_counter(text=text) for text in texts)
    usage = {"prompt_tokens": counted, "total_tokens": counted}
    return 200, {"object": "list", "data": data, "model": body.get("model"), "usage": usage}


def _embed_gemini(request: Request, _: re.Match[str], __: Stored) -> _Answer:
    body = body_of(request)
    several = body.get("requests")
    values = [{"values": _vector(str(one.get("content")), _DIMENSIONS)} for one in several or [body]]
    return 200, {"embeddings": values} if several is not None else {"embedding": values[0]}


def _embed_ollama(request: Request, _: re.Match[str], __: Stored) -> _Answer:
    body = body_of(request)
    vectors = [_vector(text, _DIMENSIONS) for text in _inputs(body.get("input"))]
    return 200, {"model": body.get("model"), "embeddings": vectors}


def _embed_cohere(request: Request, _: re.Match[str], __: Stored) -> _Answer:
    texts = _inputs(body_of(request).get("texts") or [])
    vectors = [_vector(text, _DIMENSIONS) for text in texts]
    return 200, {"id": made_id("", "embed"), "embeddings": {"float": vectors}, "texts": texts}


_CATEGORIES = ("harassment", "hate", "illicit", "self-harm", "sexual", "violence")


def _moderations(request: Request, _: re.Match[str], __: Stored) -> _Answer:
    result = {
        "flagged": False,
        "categories": dict.fromkeys(_CATEGORIES, False),
        "category_scores": dict.fromkeys(_CATEGORIES, 0.0),
        "category_applied_input_types": {name: ["text"] for name in _CATEGORIES},
    }
    body = body_of(request)
    results = [result for _ in _inputs(body.get("input"))]
    return 200, {"id": made_id("modr-", "moderation"), "model": body.get("model"), "results": results}


def _sink(_: Request, __: re.Match[str], ___: Stored) -> _Answer:
    return 200, {}


_Route = tuple[str, str, str, Callable[[Request, re.Match[str], Stored], _Answer]]

_ROUTES: tuple[_Route, ...] = (
    ("GET", r"/responses/([^/]+)/input_items$", "responses", _input_items),
    ("POST", r"/responses/input_tokens$", "count_tokens", _count_responses),
    ("POST", r"/responses/([^/]+)/cancel$", "responses", _get_response),
    ("GET", r"/responses/([^/]+)$", "responses", _get_response),
    ("DELETE", r"/responses/([^/]+)$", "responses", _delete_response),
    ("POST", r"/conversations$", "conversations", _new_conversation),
    ("GET", r"/conversations/([^/]+)$", "conversations", _get_conversation),
    ("DELETE", r"/conversations/([^/]+)$", "conversations", _delete_conversation),
    ("POST", r"/messages/count_tokens$", "count_tokens", _count_anthropic),
    ("POST", r":countTokens$", "count_tokens", _count_gemini),
    ("POST", r"/model/.+/count-tokens$", "count_tokens", _count_bedrock),
    ("GET", r"/models$|/api/tags$", "models", _models),
    ("GET", r"/models/(.+)$", "models", _one_model),
    ("POST", r"/api/show$", "models", _show_ollama),
    ("GET", r"/api/ps$", "models", _running_ollama),
    ("GET", r"/api/version$", "models", _version_ollama),
    ("POST", r":(?:batchEmbedContents|embedContent)$", "embeddings", _embed_gemini),
    ("POST", r"/api/embed$", "embeddings", _embed_ollama),
    ("POST", r"/v[12]/embed$", "embeddings", _embed_cohere),
    ("POST", r"/embeddings$", "embeddings", _embeddings),
    ("POST", r"/moderations$", "moderations", _moderations),
    (
        "POST GET PATCH",
        r"/traces(/ingest)?$|/runs(/.*)?$|/telemetry|/v1/(traces|metrics|logs)$",
        "traces",
        _sink,
    ),
)
