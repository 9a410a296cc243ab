"""A model's reply as values: what the encoders of the formats write, streamed or whole.

A part is what a model says in one go: a text, a thought, a tool call. Its `pieces` are what one event each
says of it. No id here is random and no time is the present.
"""

from __future__ import annotations

import hashlib
import string
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import chain, zip_longest
from typing import Any

from pydantic_core import from_json

from unspool.errors import ScriptError

CREATED = 1_704_067_200
"""When every scripted reply was created: 2024-01-01, in seconds since 1970-01-01 UTC."""


@dataclass(frozen=True, slots=True)
class Citation:
    """A source of a text.

    Attributes:
        url: the source's address.
        title: the source's title.
        quote: the words of the text that the source supports; empty for all of them.
    """

    url: str
    title: str = ""
    quote: str = ""


@dataclass(frozen=True, slots=True)
class Text:
    """Words for the user."""

    text: str
    citations: tuple[Citation, ...] = ()
    pieces: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Reasoning:
    """A thought, or what a provider shows of one.

    Attributes:
        text: the thought; empty where it's redacted.
        signature: what the provider signs or encrypts it with; None where it does neither.
        redacted: opaque data in the place of the text; None for a thought that is readable.
    """

    text: str
    signature: str | None = None
    redacted: str | None = None
    pieces: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Call:
    """A tool call.

    Attributes:
        name: the tool's.
        arguments: as JSON text, which may be broken or cut off.
        id: the call's; None where the provider gives calls none.
    """

    name: str
    arguments: str
    id: str | None = None
    pieces: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Refusal:
    """The model declines."""

    text: str
    pieces: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Image:
    """A picture: its bytes in base64."""

    data: str
    media_type: str = "image/png"


Part = Text | Reasoning | Call | Refusal | Image


@dataclass(frozen=True, slots=True)
class Tokens:
    """What a reply costs.

    Attributes:
        input: tokens of the request, those that were cached included.
        output: tokens of the reply, those of its reasoning included.
        cached: how many of `input` were read from a cache.
        reasoning: how many of `output` are reasoning.
    """

    input: int = 0
    output: int = 0
    cached: int = 0
    reasoning: int = 0

    @property
    def total(self) -> int:
        return self.input + self.output


@dataclass(frozen=True, slots=True)
class Reply:
    """One reply, ready to be written in a format.

    Attributes:
        seed: what ids are derived from; equal seeds make equal ids.
        model: as the client named it.
        parts: in order.
        finish: why it ended: `stop`, `length`, `tool_calls`, `content_filter`, `refusal`, or the format's own
            word.
        tokens: what it costs.
        asked: the request's body.
        dialect: the provider, where several share a format.
        interleaved: whether the pieces of neighbouring calls alternate.
    """

    seed: str
    model: str
    parts: tuple[Part, ...]
    finish: str = "stop"
    tokens: Tokens = Tokens()
    asked: Mapping[str, Any] = field(default_factory=dict)
    dialect: str = "openai"
    interleaved: bool = False

    def id(self, prefix: str, place: int | str = "", *, size: int = 24, alphabet: str = "") -> str:
        """An id in a provider's style, of this reply or of one of its parts."""
        return made_id(prefix, f"{self.seed}/{place}", size=size, alphabet=alphabet)

    @property
    def calls(self) -> tuple[Call, ...]:
        return tuple(part for part in self.parts if isinstance(part, Call))

    @property
    def text(self) -> str:
        return "".join(part.text for part in self.parts if isinstance(part, Text))


ALPHANUMERIC = string.ascii_letters + string.digits
LOWER_HEX = string.hexdigits[:16]


def made_id(prefix: str, seed: str, *, size: int = 24, alphabet: str = "") -> str:
    """An id that depends on the seed only."""
    letters = alphabet or ALPHANUMERIC
    number = int.from_bytes(hashlib.sha512(f"{prefix}{seed}".encode()).digest())
    out = []
    for _ in range(size):
        number, digit = divmod(number, len(letters))
        out.append(letters[digit])
    return prefix + "".join(out)


def pieces_of(part: Text | Reasoning | Call | Refusal) -> tuple[str, ...]:
    """What one event each says of a part; at least one piece, be it empty."""
    if part.pieces:
        return part.pieces
    return (part.arguments if isinstance(part, Call) else part.text,)


def parsed_arguments(call: Call) -> dict[str, Any] | None:
    """A call's arguments as the object that their JSON is; None if it's none."""
    try:
        arguments = from_json(call.arguments or "{}")
    except ValueError:
        return None
    return arguments if isinstance(arguments, dict) else None


def arguments_of(call: Call, where: str) -> dict[str, Any]:
    """A call's arguments, where a format sends them as JSON and not as text.

    Raises:
        ScriptError: they aren't a JSON object.
    """
    arguments = parsed_arguments(call)
    if arguments is None:
        raise ScriptError(
            f"{where} that isn't streamed sends arguments as a JSON object, so it can't show"
            f" {call.name}'s {call.arguments!r:.200}: ask for a stream, or give whole arguments"
        )
    return arguments


def unshown(what: str, where: str) -> ScriptError:
    """The error of a part that a format has no place for."""
    return ScriptError(f"{where} has no place for {what}: leave it out, or ask in a format that has one")


def grouped(reply: Reply) -> Iterator[tuple[Part, ...]]:
    """The parts, with neighbouring calls together where their pieces alternate."""
    calls: list[Call] = []
    for part in reply.parts:
        if isinstance(part, Call) and reply.interleaved:
            calls.append(part)
            continue
        if calls:
            yield tuple(calls)
            calls = []
        yield (part,)
    if calls:
        yield tuple(calls)


def in_turns(several: Iterable[Iterable[Any]]) -> Iterator[Any]:
    """The first of each, then the second of each, and so on."""
    missing = object()
    return (
        one for one in chain.from_iterable(zip_longest(*several, fillvalue=missing)) if one is not missing
    )


def refuse_interleaving(reply: Reply, where: str) -> None:
    """Raise ScriptError where the format can't alternate between calls."""
    if reply.interleaved and len(reply.calls) > 1:
        raise unshown("interleaved calls", where)


def finish_word(reply: Reply, words: Mapping[str, str], where: str) -> str:
    """The format's word for why the reply ended.

    Raises:
        ScriptError: the format has no such word.
    """
    if reply.finish in words:
        return words[reply.finish]
    if reply.finish in words.values():
        return reply.finish
    known = ", ".join(dict.fromkeys([*words, *words.values()]))
    raise ScriptError(f"expected one of {where}'s finish reasons ({known}), got {reply.finish!r}")


def span_of(text: str, citation: Citation) -> tuple[int, int]:
    """Where in a text the words stand that a source supports."""
    start = text.find(citation.quote)
    if start < 0:
        raise ScriptError(f"expected the citation's quote {citation.quote!r} to stand in the text {text!r}")
    return start, start + len(citation.quote or text)
