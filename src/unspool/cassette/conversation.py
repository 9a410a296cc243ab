"""Find a request's position in its conversation, and whether it is a request to a model.

Providers store no conversation for a client: each request repeats the earlier messages. So a request alone
shows its turn: the number of the model's answers in it. OpenAI's Responses are the exception: a
request may name the answer before it by `previous_response_id`.
"""

from __future__ import annotations

import re
from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import dropwhile, takewhile
from typing import Any
from urllib.parse import urlsplit

from pydantic_core import to_json

from unspool.cassette.body import JSON, read_body
from unspool.cassette.model import Interaction, Request

_MESSAGES = ("messages", "input", "contents", "chat_history", "prompt", "message", "inputs", "inputText")
_PROMPT = ("system", "instructions", "systemInstruction", "system_instruction", "preamble")
_OF_MODEL = frozenset({"assistant", "model", "chatbot", "ai"})
_TYPES_OF_MODEL = frozenset({"reasoning", "item_reference", "compaction", "mcp_list_tools"})

_NOT_A_MODEL = frozenset({"jsonrpc-sse", "openai-transcription"})
_BESIDE_A_MODEL = re.compile(
    r"[/:](count[-_]?tokens|input_tokens|embed[a-z]*(content)?|models?|files|batch(es)?|moderations?|(de)?tokenize"
    r"|rerank|images?(/.*)?|audio(/.*)?|cancel|token|query|search)/?$",
    re.IGNORECASE,
)
"""Ends of a provider's paths beside those of its models, and of a tool's."""


@dataclass(frozen=True, slots=True)
class Position:
    """A request's place in its conversation.

    Attributes:
        conversation: equal for all requests of one conversation: the address, the model and how it began.
        turn: the number of the model's response that it requests, from 1.
    """

    conversation: Hashable
    turn: int


def body_of(request: Request) -> dict[str, Any]:
    """Return the JSON object in a request's body; empty if there is none."""
    body = read_body(request)
    return body.document if body.kind == JSON and isinstance(body.document, dict) else {}


def position_of(request: Request, answered: Mapping[str, Position]) -> Position:
    """Find a request's position in its conversation.

    Args:
        request: the request.
        answered: the positions of earlier requests by the ids of their answers.
    """
    body = body_of(request)
    before = answered.get(str(body.get("previous_response_id")))
    said = _messages(body)
    turns = _turns(said)
    if before is not None:
        return Position(before.conversation, before.turn + turns)
    if body.get("previous_response_id"):
        turns += 1  # its conversation began before the first known request
    opening = list(takewhile(lambda one: not _is_models(one), said))
    began = to_json([body.get("model"), [body.get(key) for key in _PROMPT], opening])
    return Position((_address(request), began), turns)


class Conversations:
    """The conversations in a cassette; empty without one.

    Args:
        interactions: the recordings, in order.

    Attributes:
        answered: the positions of recorded requests by the ids of their answers, where these have any.
    """

    def __init__(self, interactions: Sequence[Interaction] = ()) -> None:
        self._interactions = interactions
        self.answered: dict[str, Position] = {}
        for interaction in interactions:
            found = _RESPONSE_ID.search(interaction.response.body[:4096])
            if found:
                position = position_of(interaction.request, self.answered)
                self.answered[found.group(1).decode()] = position

    def turn_of(self, request: Request) -> int:
        """Return the number of the model's response that a request asks for in its conversation, from 1."""
        return position_of(request, self.answered).turn

    def asks_a_model(self, request: Request) -> bool:
        """Whether a request is to a model, as far as it shows.

        An ambiguous one may be a tool's, or go to a model's server at another URL: it counts as the latter
        unless the cassette contains known requests to a model.
        """
        known = is_model_request(request)
        return not self._has_models if known is None else known

    @cached_property
    def _has_models(self) -> bool:
        return any(is_model_request(interaction.request) for interaction in self._interactions)

    def nearest(self, request: Request) -> Iterator[int]:
        """Return the indexes of recordings at a request's position, the likeliest first.

        That is the same turn of the same conversation, the same turn of another one with a different start,
        the last turn before it. For a request to no model, it's the same method and URL.
        """
        recorded = [one.request for one in self._interactions]
        if not self.asks_a_model(request):
            same = (index for index, one in enumerate(recorded) if _endpoint(one) == _endpoint(request))
            yield from same
            return
        wanted = position_of(request, self.answered)
        there = [
            (index, position_of(one, self.answered))
            for index, one in enumerate(recorded)
            if _endpoint(one) == _endpoint(request) and self.asks_a_model(one)
        ]
        mine = [pair for pair in there if pair[1].conversation == wanted.conversation]
        for pairs in (mine, there):
            turns = sorted({at.turn for _, at in pairs if at.turn <= wanted.turn}, reverse=True)[:1]
            yield from (index for index, at in pairs if at.turn in turns)


_RESPONSE_ID = re.compile(rb'"id":\s*"(resp_[^"]+)"')


def asked_again(request: Request) -> Hashable:
    """Return a key that is equal for a request and its retry, even with another id or time in it."""
    body = body_of(request)
    said = [body[key] for key in ("model", "previous_response_id", *_PROMPT, *_MESSAGES) if key in body]
    return request.method, _address(request), to_json(said) if _messages(body) else request.body


def is_model_request(request: Request) -> bool | None:
    """Whether a request is to a model; None if unknown.

    Tools, token counts and embeddings aren't.
    """
    from unspool.providers.detect import format_of_exchange  # noqa: PLC0415 - it takes its time

    path = urlsplit(request.uri).path
    known = format_of_exchange(request.uri, "text/event-stream")
    if request.method.upper() != "POST":
        return known not in {None, *_NOT_A_MODEL} and "stream" in request.uri
    if _BESIDE_A_MODEL.search(path):
        return False
    body = body_of(request)
    if known not in {None, *_NOT_A_MODEL}:
        return True
    if "jsonrpc" in body:
        return False
    asks = "messages" in body or "contents" in body or ("model" in body and bool(_messages(body)))
    return True if asks else None


def _endpoint(request: Request) -> tuple[str, str, str]:
    return request.method.upper(), *_address(request)


def _address(request: Request) -> tuple[str, str]:
    parts = urlsplit(request.uri)
    return parts.netloc, parts.path


def _messages(body: Mapping[str, Any]) -> list[Any]:
    """Return the messages so far, oldest first."""
    return [item for key in _MESSAGES for item in _listed(body.get(key))]


def _listed(value: Any) -> Iterator[Any]:
    if isinstance(value, list):
        yield from value
    elif value:
        yield value


def _turns(said: list[Any]) -> int:
    """Return one more than the number of the model's answers; an answer that the request itself begins
    doesn't count.
    """
    kinds = [_is_models(one) for one in said]
    finished = list(dropwhile(bool, reversed(kinds)))[::-1]
    return 1 + sum(now and not before for before, now in zip([False, *finished], finished, strict=False))


def _is_models(item: Any) -> bool:
    if not isinstance(item, dict):
        return False
    kind = str(item.get("type", ""))
    return str(item.get("role", "")).lower() in _OF_MODEL or kind in _TYPES_OF_MODEL or kind.endswith("_call")
