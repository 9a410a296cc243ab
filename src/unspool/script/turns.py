"""The turns of a scripted model: pure data, independent of wire formats, sockets and clocks.

    call("get_weather", city="Oslo")
    reasoning("Oslo, then.") + text("Rain in Oslo.", chunks="words") + finish("length")
    text("It rai") + error(529)
    text("Hello") | Stall(after=1, seconds=90)

A turn is one answer of the model, made of parts in order. Its `repr` is the code that makes it.
"""

from __future__ import annotations

import json
import random
from base64 import b64encode
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from math import inf
from typing import TYPE_CHECKING, Any, Final, Literal

from unspool.errors import ScriptError
from unspool.faults.fault import Fault
from unspool.graphemes import graphemes
from unspool.providers.reply import Call, Citation, Image, Reasoning, Refusal, Text, Tokens
from unspool.providers.reply import Part as ReplyPart

if TYPE_CHECKING:
    from unspool.script.seen import Seen

FOREVER: Final = inf
"""Without limit; the same as `unspool.FOREVER`."""

Chunks = Literal["graphemes", "words"] | int | Sequence[str] | None
"""How texts are cut: at each grapheme, before each word, in pieces of a size, or into these pieces."""

AnyOrder = bool | Literal["first"]
"""Whether turns may come at any time; `first`: of several that fit a request, the first one answers."""

When = str | Mapping[str, Any] | Callable[["Seen"], Any] | None
"""A condition on requests: see `unspool.script.agent`."""

Scripted = Any
"""A `Turn`, a text, a list of these, or a function that takes the request and returns one of them."""


@dataclass(frozen=True, slots=True)
class Structured:
    """A value, rendered as the request asks for it."""

    value: Any
    valid: bool = True


Part = ReplyPart | Structured


@dataclass(frozen=True, slots=True)
class Failure:
    """An error instead of an answer, or of the rest of it."""

    status: int
    message: str | None = None
    retry_after: float | None = None


@dataclass(frozen=True, slots=True)
class Pace:
    """When the pieces of an answer arrive, in seconds.

    Attributes:
        first: from the request to the headers and the first piece.
        between: from one piece to the next.
        jitter: at most how much more or less each of these is.
        seed: the seed of the jitter.
    """

    first: float = 0.0
    between: float = 0.0
    jitter: float = 0.0
    seed: int = 0

    def moments(self, count: int) -> list[float]:
        """Return when each of so many pieces arrives, in seconds since the request."""
        drawn, at, moments = random.Random(self.seed), 0.0, []  # noqa: S311 - a test's jitter is no secret
        for place in range(count):
            usual = self.between if place else self.first
            at += max(0.0, usual + self.jitter * drawn.uniform(-1, 1)) if self.jitter else usual
            moments.append(round(at, 4))
        return moments


@dataclass(frozen=True)
class Turn:
    """One answer of the model, made by `text`, `call` and the like; joined with `+`, broken with `|`.

    Attributes:
        parts: its content, in order.
        finish: the finish reason; None for the usual one.
        tokens: its usage; None counts the tokens.
        failure: an error instead of it, or after its parts.
        chunks: how its texts are cut.
        pace: when its pieces arrive; None for the script's own pace.
        fault: the fault that breaks it.
        when: the requests that it may answer; None for all.
        repeat: how many requests it answers.
        interleaved: whether the pieces of neighbouring calls alternate.
        make: the function that makes it; None for a fixed turn.
    """

    parts: tuple[Part, ...] = ()
    finish: str | None = None
    tokens: Tokens | None = None
    failure: Failure | None = None
    chunks: Chunks = None
    pace: Pace | None = None
    fault: Fault | None = None
    when: When = None
    repeat: float = 1
    interleaved: bool = False
    make: Callable[..., Any] | None = field(default=None, compare=False)

    def __add__(self, other: Scripted) -> Turn:
        if not isinstance(other, Turn | str):
            return NotImplemented
        return joined(self, as_turn(other))

    def __radd__(self, other: Scripted) -> Turn:
        if not isinstance(other, str):
            return NotImplemented
        return joined(as_turn(other), self)

    def __or__(self, fault: Fault) -> Turn:
        if not isinstance(fault, Fault):
            hint = f"; write {fault.__name__}(…)" if isinstance(fault, type) else ""
            raise ScriptError(f"expected a fault of unspool.faults after a turn and |, got {fault!r}{hint}")
        return replace(self, fault=fault if self.fault is None else self.fault | fault)

    def __repr__(self) -> str:
        from unspool.script.code import code_of  # noqa: PLC0415 - most turns are never shown

        return code_of(self)


# -- makers --------------------------------------------------------------------------------------------


def text(text: str, /, *, citations: Sequence[Citation] = (), chunks: Chunks = None) -> Turn:
    """Make a turn with a text.

    Args:
        text: the words.
        citations: the sources of these words, made by `citation`.
        chunks: how to cut it: `graphemes`, `words`, a number of graphemes, or a list of pieces.

    Raises:
        ScriptError: the pieces don't add up to the text.
    """
    _check(text, str, "text")
    part = Text(text, tuple(citations))
    if isinstance(chunks, list | tuple):
        return Turn((replace(part, pieces=_pieces_adding_up(text, chunks)),))
    return Turn((part,), chunks=checked_chunks(chunks))


def reasoning(
    text: str = "", /, *, signature: str | None = None, redacted: str | None = None, chunks: Chunks = None
) -> Turn:
    """Make a turn with reasoning.

    A provider that signs thoughts signs this one; the client must send it back unchanged.

    Args:
        text: the thought, or the summary that the provider shows of it.
        signature: Anthropic's signature, Gemini's thought signature, OpenAI's encrypted content.
        redacted: opaque data instead of a readable thought.
        chunks: as in `text`.
    """
    _check(text, str, "reasoning")
    part = Reasoning(text, signature, redacted)
    if isinstance(chunks, list | tuple):
        return Turn((replace(part, pieces=_pieces_adding_up(text, chunks)),))
    return Turn((part,), chunks=checked_chunks(chunks))


def call(name: str, arguments: Mapping[str, Any] | str | None = None, /, **named: Any) -> Turn:
    """Make a turn that calls a tool: `call("get_weather", city="Oslo")`.

    Args:
        name: the tool's name.
        arguments: instead of keywords: a dict, or JSON text, which may be broken or cut off.
        named: the arguments.
    """
    _check(name, str, "a tool's name")
    if arguments is not None and named:
        raise ScriptError(f"expected the arguments of {name} as one dict or as keywords, got both")
    given = named if arguments is None else arguments
    return Turn((Call(name, given if isinstance(given, str) else _json(given)),))


def with_id(turn: Turn, *ids: str) -> Turn:
    """Set the ids of a turn's calls, in order."""
    calls = [part for part in turn.parts if isinstance(part, Call)]
    if len(calls) != len(ids):
        raise ScriptError(f"expected as many ids as calls ({len(calls)}), got {', '.join(ids) or 'none'}")
    left = iter(ids)
    return replace(
        turn,
        parts=tuple(replace(part, id=next(left)) if isinstance(part, Call) else part for part in turn.parts),
    )


def structured(value: Any, /, *, valid: bool = True) -> Turn:
    """Make a turn with a structured output, in the form that the request asks for.

    That is a call of the tool that the request demands, or of `final_result`, or JSON text if it sends a
    schema. The value is checked against that schema.

    Args:
        value: a JSON value, or a pydantic model.
        valid: False for a value that violates the schema, which a client should reject and request again.
    """
    if hasattr(value, "model_dump"):
        value = value.model_dump(mode="json")
    _json(value)
    return Turn((Structured(value, valid),))


def refusal(text: str = "I'm sorry, I can't help with that.", /) -> Turn:
    """Make a turn with a refusal."""
    _check(text, str, "a refusal")
    return Turn((Refusal(text),))


def image(data: bytes | str, /, *, media_type: str = "image/png") -> Turn:
    """Make a turn with an image: its bytes, or these in base64."""
    return Turn((Image(b64encode(data).decode() if isinstance(data, bytes) else data, media_type),))


def citation(url: str, title: str = "", quote: str = "") -> Citation:
    """Make a source of a text: its URL, its title, and the words that it supports (all, by default)."""
    return Citation(url, title, quote)


def finish(reason: str, /) -> Turn:
    """Set the finish reason: `stop`, `length`, `tool_calls`, `content_filter`, or the provider's own."""
    return Turn(finish=reason)


def usage(
    input: int | None = None,  # noqa: A002 - the field's word
    output: int | None = None,
    *,
    cached: int = 0,
    reasoning: int = 0,
) -> Turn:
    """Set the usage of a turn, in tokens. Omitted figures are counted."""
    return Turn(
        tokens=Tokens(-1 if input is None else input, -1 if output is None else output, cached, reasoning)
    )


def error(status: int, message: str | None = None, *, retry_after: float | None = None) -> Turn:
    """Make a turn that fails: the provider's error with this status; after other parts, in mid-stream.

    Args:
        status: 400 to 599.
        message: the error's text; by default one that fits the status.
        retry_after: the seconds that the `retry-after` header asks for.
    """
    if not 400 <= status <= 599:
        raise ScriptError(f"expected an error's status, 400 to 599, got {status!r}")
    return Turn(failure=Failure(status, message, retry_after))


def pace(*, first: float = 0.0, between: float = 0.0, jitter: float = 0.0, seed: int = 0) -> Pace:
    """Set when pieces arrive, in seconds of virtual time: to the first, between them, and the jitter."""
    if min(first, between, jitter) < 0:
        raise ScriptError(
            f"expected seconds >= 0, got first={first!r}, between={between!r}, jitter={jitter!r}"
        )
    return Pace(first, between, jitter, seed)


def turn(
    *parts: Scripted,
    finish: str | None = None,
    usage: Turn | None = None,
    chunks: Chunks = None,
    pace: Pace | float | None = None,
    fault: Fault | None = None,
    when: When = None,
    repeat: float = 1,
    interleaved: bool = False,
) -> Turn:
    """Make one turn of several parts, with options for all of them.

    Args:
        parts: turns, texts, or one function of the request.
        finish: the finish reason.
        usage: its usage, made by `usage`.
        chunks: how its texts and arguments are cut.
        pace: when its pieces arrive; a number is the seconds between them.
        fault: the fault that breaks it; the same as `turn | fault`.
        when: the requests that it may answer, as for `agent`.
        repeat: how many requests it answers; `FOREVER` for all that follow.
        interleaved: whether the pieces of neighbouring calls alternate.

    Raises:
        ScriptError: an argument is invalid.
    """
    made = joined(*map(as_turn, parts)) if parts else Turn()
    if finish is not None:
        made = joined(made, Turn(finish=finish))
    if usage is not None:
        made = joined(made, usage)
    if isinstance(chunks, list | tuple):
        made = _cut_by_hand(made, chunks)
    elif chunks is not None:
        made = replace(made, chunks=checked_chunks(chunks))
    if pace is not None:
        made = replace(made, pace=as_pace(pace))
    if fault is not None:
        made = made | fault
    changed: dict[str, Any] = {} if when is None else {"when": when}
    changed |= {} if repeat == 1 else {"repeat": checked_repeat(repeat)}
    return replace(made, **changed, interleaved=interleaved or made.interleaved)


# -- what they share -----------------------------------------------------------------------------------


def as_turn(value: Scripted) -> Turn:
    """Convert a value to a turn.

    Raises:
        ScriptError: it can't be converted.
    """
    if isinstance(value, Turn):
        return value
    if isinstance(value, str):
        return text(value)
    if isinstance(value, list | tuple):
        return joined(*map(as_turn, value))
    if isinstance(value, type) or not callable(value):
        raise ScriptError(
            f"expected a turn (text(…), call(…), error(…), …), a text, or a function of the request, got"
            f" {type(value).__name__}: {value!r:.200}"
        )
    return Turn(make=value)


def joined(*turns: Turn) -> Turn:
    """Join turns into one, in order."""
    made = Turn()
    for one in turns:
        made = _joined(made, one)
    return made


_JOINED = ("finish", "tokens", "failure", "chunks", "pace", "fault", "when", "make")


def _joined(before: Turn, after: Turn) -> Turn:
    if before.failure is not None and (after.parts or after.failure):
        raise ScriptError(
            f"nothing can follow {before!r} in a turn: an error ends it. Make it a turn of its own"
        )
    if (before.make and (after.parts or after.make)) or (before.parts and after.make):
        raise ScriptError("a function makes a whole turn: have it return the other parts too")
    fields = {}
    for name in _JOINED:
        first, second = getattr(before, name), getattr(after, name)
        if first is not None and second is not None and first != second:
            raise ScriptError(f"expected one {name} for a turn, got two: {first!r} and {second!r}")
        fields[name] = second if first is None else first
    return replace(
        before,
        parts=before.parts + after.parts,
        repeat=max(before.repeat, after.repeat),
        interleaved=before.interleaved or after.interleaved,
        **fields,
    )


def as_pace(given: Pace | float) -> Pace:
    """Return a pace; a number is the seconds between pieces."""
    if isinstance(given, Pace):
        return given
    if given >= 0:
        return Pace(0.0, float(given))
    raise ScriptError(f"expected pace(first=…, between=…) or the seconds between pieces, got {given!r}")


def checked_repeat(repeat: float) -> float:
    """Check how often something is played.

    Raises:
        ScriptError: it isn't a whole number from 1, or FOREVER.
    """
    if repeat != FOREVER and (type(repeat) is not int or repeat < 1):
        raise ScriptError(f"expected repeat to be a whole number from 1, or FOREVER, got {repeat!r}")
    return repeat


def cut(words: str, chunks: Chunks, *, default: int | str = "words") -> tuple[str, ...]:
    """Return the pieces of a text; one empty piece for an empty one."""
    how = default if chunks is None else chunks
    if not words:
        return ("",)
    if how == "words":
        return _words(words)
    units = graphemes(words)
    size = 1 if how == "graphemes" else int(str(how))
    return tuple("".join(units[start : start + size]) for start in range(0, len(units), size))


def _words(words: str) -> tuple[str, ...]:
    """Cut before each word, as tokens are; white space belongs to the word after it."""
    pieces, start, seen_word = [], 0, False
    for at, char in enumerate(words):
        if char.isspace() and seen_word:
            pieces.append(words[start:at])
            start, seen_word = at, False
        elif not char.isspace():
            seen_word = True
    return (*pieces, words[start:])


def checked_chunks(chunks: Any) -> Any:
    """Check how texts are cut.

    Raises:
        ScriptError: the value is invalid.
    """
    if chunks is None or chunks in ("graphemes", "words"):
        return chunks
    if isinstance(chunks, int) and not isinstance(chunks, bool) and chunks > 0:
        return chunks
    raise ScriptError(
        f"expected chunks 'graphemes', 'words', a size from 1, or a list of texts, got {chunks!r}"
    )


def _pieces_adding_up(whole: str, pieces: Sequence[str]) -> tuple[str, ...]:
    if not all(isinstance(piece, str) for piece in pieces) or "".join(pieces) != whole:
        raise ScriptError(f"expected pieces that add up to {whole!r:.200}, got {list(pieces)!r:.200}")
    return tuple(pieces)


def _cut_by_hand(turn: Turn, pieces: Sequence[str]) -> Turn:
    (*others,) = (place for place, part in enumerate(turn.parts) if isinstance(part, Text | Reasoning | Call))
    if len(others) != 1:
        raise ScriptError("expected a list of chunks for a turn of one text or call: cut each part by itself")
    parts = list(turn.parts)
    part: Any = parts[others[0]]
    whole = part.arguments if isinstance(part, Call) else part.text
    parts[others[0]] = replace(part, pieces=_pieces_adding_up(whole, pieces))
    return replace(turn, parts=tuple(parts))


def _check(value: object, kind: type, what: str) -> None:
    if not isinstance(value, kind):
        raise ScriptError(
            f"expected {what} to be {kind.__name__}, got {type(value).__name__}: {value!r:.200}"
        )


def _json(value: Any) -> str:
    try:
        return json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    except (TypeError, ValueError) as problem:
        raise ScriptError(f"expected what JSON can hold, got {value!r:.200}: {problem}") from problem


# -- groups --------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Group:
    """Turns for one kind of conversation: what `agent` and `any_order` make."""

    turns: tuple[Any, ...]
    when: When = None
    name: str = ""
    any_order: AnyOrder = False
    repeat: float = 1
    optional: bool = False


def agent(
    *turns: Scripted,
    when: When,
    name: str = "",
    any_order: AnyOrder = False,
    repeat: float = 1,
    optional: bool = False,
) -> Group:
    """Turns for one kind of conversation, beside others.

        agent(call("search", q="Oslo"), text("Done."), when={"system": "You are a researcher"})

    Args:
        turns: what the model says in such a conversation, in order.
        when: which requests belong to it: a text in the system prompt or the last user text, or the model's
            or a tool's name; a dict of `system`, `user`, `model`, `tool`, `format`, `result` (the
            results' text), `has_result` (since the user's last message), `turn` (how often the model has
            answered), `call_id` (of the last result) or `response_format`, all of which must match; or a
            function of the request.
        name: its name in messages.
        any_order: whether turns may be played in any order; each then needs `turn(…, when=…)`, and
            two that fit a request are an error. With `first`, the first of them answers.
        repeat: how many conversations, or rounds of one, play these turns; `FOREVER` for all.
        optional: whether the turns may be left over, as those of a title that an application asks for only
            where it has the time.
    """
    if when is None:
        raise ScriptError("expected agent(…, when=…): a text, a dict or a function that knows its requests")
    return Group(tuple(turns), when, name, any_order, checked_repeat(repeat), optional)


def any_order(*turns: Scripted) -> Group:
    """Make turns that may be played in any order, each for the request that its own `when` matches."""
    return Group(tuple(turns), any_order=True)
