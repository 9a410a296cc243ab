"""What the events of Bedrock's formats say; InvokeModel's are events of the model's own format."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import cache
from typing import Any

from unspool.providers.anthropic.traits import COMPLETE
from unspool.providers.errors import Errors, StreamError, json_event
from unspool.providers.traits import (
    JSON,
    Traits,
    object_in,
    plain,
    without,
)
from unspool.wire.event import WireEvent


def _converse_end(body: JSON) -> JSON | None:
    rest = without(body, "stopReason")
    return rest if without(rest, "p") else None


def _converse_speaks(body: JSON) -> bool:
    delta = object_in(body, "delta")
    texts = (delta.get("text"), object_in(delta, "reasoningContent").get("text"))
    return any(texts) or bool(object_in(delta, "toolUse").get("input"))


_AGENT = frozenset({"citation", "files", "output", "returnControl", "trace"})

CONVERSE = Traits(
    lambda _, event: event.name not in {"chunk", *_AGENT},
    lambda body, event: event.name == "contentBlockDelta" and _converse_speaks(body),
    lambda _, event: event.name == "messageStop",
    _converse_end,
    arguments=lambda _: [("delta", "toolUse", "input")],
    texts=(("delta", "text"),),
    reason=("stopReason",),
    reasons={"length": "max_tokens", "tool_calls": "tool_use"},
)

AGENT = Traits(
    lambda _, event: event.name in _AGENT,
    lambda body, event: event.name in {"chunk", "output"} and (body.get("bytes") or body.get("text")),
    lambda _body, _event: False,
)

_NOVA = (
    "messageStart",
    "contentBlockStart",
    "contentBlockDelta",
    "contentBlockStop",
    "messageStop",
    "metadata",
)

_FIRST: dict[str, Traits] = {
    "anthropic-complete": replace(COMPLETE, looks_like=lambda body, _: "completion" in body),
    "nova": Traits(
        lambda body, _: not body.keys().isdisjoint(_NOVA),
        lambda body, _: _converse_speaks(object_in(body, "contentBlockDelta")),
        lambda body, _: "messageStop" in body,
        arguments=lambda _: [("contentBlockDelta", "delta", "toolUse", "input")],
        texts=(("contentBlockDelta", "delta", "text"),),
    ),
    "titan": plain(lambda body, _: "outputText" in body, "outputText", "completionReason"),
    "llama": plain(lambda body, _: "generation" in body, "generation", "stop_reason"),
    "mistral": plain(lambda body, _: "outputs" in body, "text", "stop_reason", holder="outputs"),
}
_LAST: dict[str, Traits] = {
    "command": plain(lambda body, _: "is_finished" in body, "text", "finish_reason"),
    "command-whole": plain(
        lambda body, _: "generations" in body, "text", "finish_reason", holder="generations"
    ),
}


@cache
def _families() -> dict[str, Traits]:
    """The model families of InvokeModel; formats spoken elsewhere, too, have the same signs."""
    from unspool.providers import FORMATS, traits_of  # noqa: PLC0415 - they are loaded after this package

    others = {
        name: traits_of(name)
        for name in FORMATS
        if name != "anthropic-complete" and not name.startswith("bedrock-")
    }
    known = {name: traits for name, traits in others.items() if not (traits.by_name or traits.takes_the_rest)}
    return {**_FIRST, **known, **_LAST}


def read_event(event: WireEvent, outer: JSON, inner: JSON | None) -> tuple[str, str, JSON]:
    """Read an event of an AWS event stream.

    Returns:
        its wire format, the format of the model's own event inside of it, and that event's JSON.
    """
    if event.name != "chunk":
        name = "bedrock-agent" if event.name in _AGENT else "bedrock-converse"
        return name, name, outer
    if "bytes" not in outer or inner is None or "bytes" in inner:
        return "bedrock-agent", "bedrock-agent", outer
    family = next((name for name, traits in _families().items() if traits.looks_like(inner, event)), "")
    if not family and not any(key.startswith(_OWN_OF_BEDROCK) for key in inner):  # an agent's JSON
        return "bedrock-agent", "bedrock-agent", outer
    return "bedrock-invoke", family, inner


def traits_inside(family: str) -> Traits | None:
    """The traits of a model family's own events; None if it has no such family."""
    return _families().get(family)


_OWN_OF_BEDROCK = "amazon-bedrock-"


def _invoked(ask: Callable[[Traits], Callable[[JSON, WireEvent], Any]]) -> Callable[[JSON, WireEvent], bool]:
    def asked(body: JSON, event: WireEvent) -> bool:
        found = (traits for traits in _families().values() if traits.looks_like(body, event))
        return any(ask(traits)(body, event) for traits in found)

    return asked


INVOKE = Traits(
    lambda _body, event: event.name == "chunk",
    _invoked(lambda traits: traits.speaks),
    _invoked(lambda traits: traits.finishes),
)


_EXCEPTIONS = {
    400: "ValidationException",
    401: "UnrecognizedClientException",
    403: "AccessDeniedException",
    404: "ResourceNotFoundException",
    408: "ModelTimeoutException",
    424: "ModelStreamErrorException",
    429: "ThrottlingException",
    500: "InternalServerException",
    503: "ServiceUnavailableException",
}


def _exception(status: int) -> str:
    """https://docs.aws.amazon.com/bedrock/latest/APIReference/CommonErrors.html."""
    return _EXCEPTIONS.get(status, "InternalServerException")


def _exception_event(error: StreamError) -> WireEvent:
    """https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_ConverseStream.html."""
    name = _exception(error.status)
    name = name[0].lower() + name[1:]
    headers = {":exception-type": name, ":content-type": "application/json", ":message-type": "exception"}
    return json_event(error.body, name, headers)


ERRORS = Errors(
    name="bedrock",
    body=lambda _status, text: {"message": text},
    request_id="00000000-0000-4000-8000-000000000001",
    request_id_headers=("x-amzn-requestid",),
    headers=lambda status: (("x-amzn-errortype", _exception(status)),),
)
STREAM_ERRORS = replace(ERRORS, event=_exception_event)
