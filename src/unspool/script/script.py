"""A script: turns of a model, chosen for each request by its conversation."""

from __future__ import annotations

import inspect
import os
import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from pydantic_core import from_json

from unspool.cassette.file_format import Document
from unspool.cassette.model import Interaction, Request
from unspool.cassette.outcomes import MARK
from unspool.cassette.redact import Redactor
from unspool.cassette.store import load, write
from unspool.errors import ScriptError, UnplayedTurnsError, UnscriptedRequestError
from unspool.faults.fault import Asked, Fault
from unspool.faults.notes import Ledger
from unspool.providers.detect import format_of_exchange, provider_at
from unspool.providers.reply import Call, Reasoning, Reply
from unspool.script.choose import (
    Asker,
    Given,
    Round,
    Slot,
    followed_by,
    list_for,
    lists_of,
    round_for,
    slot_for,
)
from unspool.script.code import script_code
from unspool.script.echo import Broken, broken_rules
from unspool.script.encode import CODECS, Manner, Played, played
from unspool.script.seen import Seen, SeenCall, SeenMessage, SeenResult, SeenThought, read
from unspool.script.side import SideRequest, Stored, plain_response, side_answer
from unspool.script.turns import (
    AnyOrder,
    Chunks,
    Pace,
    Turn,
    as_pace,
    as_turn,
    checked_chunks,
    checked_repeat,
    joined,
)
from unspool.transports.expected import was_expected


@dataclass(frozen=True, slots=True)
class Answer:
    """The answer to a request.

    Attributes:
        interaction: the answer, unbroken.
        asked: the request, for the aim of faults; None for a request beside the model.
        fault: the fault that breaks it; None for none.
        ledger: the record of the fault.
        given: the turn; None for a request beside the model.
    """

    interaction: Interaction
    asked: Asked | None = None
    fault: Fault | None = None
    ledger: Ledger | None = None
    given: Given | None = None


class ScriptedTurn:
    """A turn of a script: `script[1] | ErrorEvent(after=2)` breaks it."""

    def __init__(self, script: Script, slot: Slot) -> None:
        self._script = script
        self._slot = slot

    @property
    def index(self) -> int:
        return self._slot.index

    @property
    def turn(self) -> Turn:
        """The turn itself."""
        return self._slot.turn

    @property
    def calls(self) -> list[Seen]:
        """The requests that it has answered."""
        return [seen for seen in self._script.calls if seen.turn == self.index]

    def __or__(self, fault: Fault) -> ScriptedTurn:
        self._slot.turn = self._slot.turn | fault
        return self

    def __repr__(self) -> str:
        return f"<turn {self.index}: {self.turn!r}>"


class Script:
    """A scripted model, which answers any client in the client's own wire format.

        script = Script(call("get_weather", city="Oslo"), text("Rain in Oslo."))
        with use_script(script): …

    Args:
        turns: the answers, in order: turns, texts, functions of the request; and `agent(…)` for
            conversations of their own.
        format: the wire format of all requests, if their URLs don't identify it.
        chunks: how texts are cut, unless a turn sets it.
        pace: when pieces arrive, unless a turn sets it; in virtual time.
        any_order: whether turns may be played in any order; each then needs `turn(…, when=…)`.
        repeat: how often the script is played; each conversation then plays it separately.

    Attributes:
        calls: the requests to the model, in the order of their arrival.
        side_requests: all others: token counts, lists of models, embeddings, traces.
        misses: the errors of requests that no turn answered.
        broken: errors in the history of requests.

    Raises:
        ScriptError: an argument is no turn.
    """

    def __init__(
        self,
        *turns: Any,
        format: str | None = None,  # noqa: A002 - the field's word
        chunks: Chunks = None,
        pace: Pace | float | None = None,
        any_order: AnyOrder = False,
        repeat: float = 1,
    ) -> None:
        if format is not None and format not in CODECS:
            raise ScriptError(f"expected format= to be one of {', '.join(CODECS)}, got {format!r}")
        self.format = format
        self.calls: list[Seen] = []
        self.side_requests: list[SideRequest] = []
        self.misses: list[UnscriptedRequestError] = []
        self.broken: list[Broken] = []
        self._manner = Manner(checked_chunks(chunks), None if pace is None else as_pace(pace))
        self._written = turns
        self._options = {"format": format, "chunks": chunks, "pace": pace, "any_order": any_order}
        self._options |= {} if repeat == 1 else {"repeat": repeat}
        self._lists = lists_of(turns, any_order=any_order, repeat=checked_repeat(repeat))
        self._slots = sorted((slot for one in self._lists for slot in one.slots), key=lambda slot: slot.index)
        self._given: list[Given] = []
        self._played: list[Interaction] = []
        self._by_key: dict[bytes, Given] = {}
        self._conversations: dict[bytes, int] = {}
        self._stored = Stored()
        self._ledgers: dict[int, tuple[Fault, Ledger]] = {}
        self._lock = threading.RLock()

    @classmethod
    def from_cassette(cls, path: str | os.PathLike[str], *, ids: bool = False, **options: Any) -> Script:
        """Make a script from the model's messages in a cassette; print it for code to start from.

        Args:
            path: the cassette's file.
            ids: whether calls keep their recorded ids.
            options: those of `Script`.

        Raises:
            CassetteError: there is no such file, or it isn't a cassette.
            ScriptError: it contains no recording of a model, or one that broke off.
        """
        from unspool.script.recorded import turns_of  # noqa: PLC0415 - most scripts are written by hand

        return cls(*turns_of(load(Path(path)).interactions, ids=ids), **options)

    @classmethod
    def from_aimock(
        cls, fixtures: str | os.PathLike[str] | Mapping[str, Any] | Sequence[Any], **options: Any
    ) -> Script:
        """The script of aimock's fixtures: each is a turn for the requests that it matches.

        Of several that fit, the first answers; a `turnIndex` must be met exactly. What of a fixture can't be
        scripted is left out: `unspool script FILE` names it.

        Args:
            fixtures: a JSON file, or what is in it.
            options: those of `Script`.

        Raises:
            CassetteFormatError: a fixture breaks aimock's format.
            ScriptError: there are none of chats.
        """
        from unspool.script.aimock import turns_of_aimock  # noqa: PLC0415 - few scripts come from there

        found: Any = fixtures
        if isinstance(fixtures, str | os.PathLike):
            found = from_json(Path(fixtures).read_bytes())
        return cls(*turns_of_aimock(found)[0], any_order="first", **options)

    def save(self, path: str | os.PathLike[str]) -> None:
        """Save the played interactions as a cassette, which is marked as made, not recorded.

        Credentials are redacted, as in every cassette.

        Raises:
            CassetteWriteError: the file can't be written.
        """
        redactor = Redactor()
        made = [replace(redactor.interaction(one), extra={"made": "by a script"}) for one in self._played]
        write(Path(path), Document(tuple(made), {MARK: {"made": "by a script"}}))

    # -- its turns

    def __len__(self) -> int:
        return len(self._slots)

    def __getitem__(self, index: int) -> ScriptedTurn:
        return ScriptedTurn(self, self._slots[index])

    def __setitem__(self, index: int, turn: Any) -> None:
        if not isinstance(turn, ScriptedTurn):
            self._slots[index].turn = as_turn(turn)

    def __iter__(self) -> Iterator[ScriptedTurn]:
        return (ScriptedTurn(self, slot) for slot in self._slots)

    @property
    def has_time(self) -> bool:
        """Whether any turn takes time."""
        return self._manner.pace is not None or any(
            slot.turn.pace is not None or slot.turn.fault is not None or slot.turn.make is not None
            for slot in self._slots
        )

    # -- answering

    def answer(self, request: Request, asker: Asker) -> Answer:
        """Answer a request.

        Raises:
            UnscriptedRequestError: no turn answers it.
        """
        with self._lock:
            try:
                return self._side(request) or self._turn(request, asker)
            except ScriptError as problem:
                raise self._miss(request, str(problem)) from problem

    def sink(self, request: Request) -> Answer:
        """Answer a library's own requests: accept reports, and send 404 for the rest."""
        response = plain_response(request, *((200, {}) if request.method.upper() == "POST" else (404, {})))
        with self._lock:
            self.side_requests.append(SideRequest(request, "traces", response.status))
        return Answer(Interaction(request, response))

    def _side(self, request: Request) -> Answer | None:
        found = side_answer(request, self._stored, known=self._wire_format(request) is not None)
        if found is None:
            return None
        response, kind = found
        self.side_requests.append(SideRequest(request, kind, response.status))
        return Answer(Interaction(request, response))

    def _wire_format(self, request: Request) -> str | None:
        if request.method.upper() != "POST":
            return None
        found = self.format or format_of_exchange(request.uri)
        return found if found in CODECS else None

    def _turn(self, request: Request, asker: Asker) -> Answer:
        wire_format = self._wire_format(request)
        if wire_format is None:
            raise ScriptError(_UNKNOWN_ADDRESS)
        seen = self._told_before(read(request, wire_format, provider_at(request.uri)))
        given = self._given_for(seen, asker)
        given.attempts += 1
        seen = replace(
            seen,
            index=len(self.calls),
            attempt=given.attempts,
            turn=given.slot.index,
            conversation=self._conversations.setdefault(self._thread(seen), len(self._conversations) + 1),
        )
        self.calls.append(seen)
        self._say(given, seen)
        turn_number = 1 + sum(one.role == "assistant" for one in seen.messages)
        fault = given.turn.fault
        self._played.append(given.played.interaction)
        asked = Asked(request, given.attempts, turn_number)
        return Answer(given.played.interaction, asked, fault, self._ledger(given, fault), given)

    def _told_before(self, seen: Seen) -> Seen:
        """Return the request with its provider's state: the responses that it continues."""
        before = self._stored.before(seen)
        names = {call.id: call.name for one in self._given if one.message for call in one.message.calls}
        messages = tuple(_with_names(message, names) for message in (*before, *seen.messages))
        return replace(seen, messages=messages)

    def _thread(self, seen: Seen) -> bytes:
        followed = followed_by(self._given[:-1], seen)
        return seen.opening if followed is None else self._root(followed)

    def _root(self, given: Given) -> bytes:
        before = followed_by(self._given[: self._given.index(given)], given.seen)
        return given.seen.opening if before is None else self._root(before)

    def _given_for(self, seen: Seen, asker: Asker) -> Given:
        known = self._by_key.get(seen.key)
        if known is not None and not known.failed:
            return known
        wrong = next(broken_rules(seen, self._given), None)
        if wrong is not None:
            self.broken.append(wrong)
            raise ScriptError(wrong.text)
        followed = followed_by(self._given, seen)
        turns = list_for(self._lists, seen, followed)
        playing = round_for(turns, seen, followed, asker)
        slot = slot_for(playing, seen)
        use = playing.uses.get(slot.index, 0) + 1
        given = Given(slot, playing, use, seen, asker)
        given.turn = _resolved(slot.turn, replace(seen, index=len(self.calls), turn=slot.index))
        given.failed = given.turn.failure is not None
        self._write(given, seen)
        if followed is not None:
            followed.is_followed = True
        self._note(given, playing, seen)
        return given

    def _note(self, given: Given, playing: Round, seen: Seen) -> None:
        playing.uses[given.slot.index] = given.use
        playing.openings.add(seen.opening)
        playing.last = given
        self._given.append(given)
        self._by_key[seen.key] = given

    def _say(self, given: Given, seen: Seen) -> None:
        """Encode the turn again, if a retry requests it in another way."""
        if given.seen.request is not seen.request:
            given.seen = replace(given.seen, request=seen.request, streamed=seen.streamed)
            self._write(given, seen)

    def _write(self, given: Given, seen: Seen) -> None:
        seed = f"{given.slot.index}/{given.round.number}/{given.use}"
        made: Played = played(given.turn, seen, seed=seed, manner=self._manner)
        given.played = made
        given.message = None if made.reply is None else _message(made.reply, seen)
        given.response_id = made.response_id
        if made.reply is not None and made.response_id:
            self._stored.keep(seen, made, _message(made.reply, seen))

    def _ledger(self, given: Given, fault: Fault | None) -> Ledger | None:
        if fault is None:
            return None
        known = self._ledgers.get(given.slot.index)
        if known is None or known[0] != fault:
            known = fault, Ledger(fault)
            self._ledgers[given.slot.index] = known
        return known[1]

    # -- the end

    @property
    def unplayed(self) -> list[ScriptedTurn]:
        """The turns that no request has used."""
        return [ScriptedTurn(self, slot) for slot in self._slots if self._is_left(slot)]

    def _is_left(self, slot: Slot) -> bool:
        if slot.group.optional:
            return False
        rounds = slot.group.rounds
        wanted = 1 if slot.group.repeat == float("inf") else slot.group.repeat
        return len(rounds) < wanted or any(slot in one.left() for one in rounds)

    def assert_complete(self) -> None:
        """Check that each request got a turn, and each turn was used.

        Raises:
            UnscriptedRequestError: a request got none. UnplayedTurnsError: a turn was left over.
            FaultError: a fault found nothing to break.
        """
        for miss in self.misses:
            if not was_expected(miss):
                raise miss
        for error in self.fault_errors():
            raise error
        left = self.unplayed
        if left:
            shown = "\n".join(f"  turn {one.index}: {one.turn!r}" for one in left)
            raise UnplayedTurnsError(
                f"{len(left)} of {len(self)} turns were not asked for:\n{shown}\n{self.story()}"
            )

    def fault_errors(self) -> list[Exception]:
        """Return the errors of faults that broke nothing."""
        return [error for _, ledger in self._ledgers.values() for error in ledger.errors()]

    def story(self) -> str:
        """Describe the conversations so far, request by request."""
        if not self.calls:
            return "the model was asked nothing"
        return "\n".join(["the model was asked:", *map(self._line, self.calls)])

    def _line(self, seen: Seen) -> str:
        attempt = f", attempt {seen.attempt}" if seen.attempt > 1 else ""
        place = f"  call {seen.index} (conversation {seen.conversation}{attempt})"
        said = repr(self._slots[seen.turn].turn) if seen.turn is not None else "nothing"
        return f"{place}: {_asked(seen)} → turn {seen.turn}: {said:.300}"

    def _miss(self, request: Request, problem: str) -> UnscriptedRequestError:
        address = f"{request.method} {request.uri.partition('?')[0]}"
        error = UnscriptedRequestError(f"{address}: {problem}\n{self._next()}{self.story()}")
        self.misses.append(error)
        return error

    def _next(self) -> str:
        left = self.unplayed
        return f"next would be turn {left[0].index}: {left[0].turn!r:.300}\n" if left else ""

    def __repr__(self) -> str:
        return script_code(self._written, self._options)


_UNKNOWN_ADDRESS = (
    "no scripted format answers at this address. Those that do end in /chat/completions, /responses,"
    " /v1/messages, :generateContent, :streamGenerateContent, /model/…/converse, /model/…/invoke,"
    f" /v2/chat, /api/chat or /api/generate; for others say format= ({', '.join(CODECS)}). A tool's own"
    " requests pass with ignore_hosts=[…]"
)


def _resolved(turn: Turn, seen: Seen) -> Turn:
    """Return the turn; call a function that makes it."""
    if turn.make is None:
        return turn
    value = turn.make(seen)
    if inspect.isawaitable(value):
        if inspect.iscoroutine(value):
            value.close()
        raise ScriptError(f"expected {turn!r} to be a plain function, got an async one")
    if value is None:
        raise ScriptError(f"expected {turn!r} to return a turn or a text, got None")
    made = as_turn(value)
    if made.make is not None:
        raise ScriptError(f"expected {turn!r} to return a turn or a text, got a function")
    return joined(replace(turn, make=None, when=None, repeat=1), made)


def _message(reply: Reply, seen: Seen) -> SeenMessage:
    """Return the message that the client should send back."""
    calls = tuple(
        SeenCall(part.id or "", part.name, part.arguments) for part in reply.parts if isinstance(part, Call)
    )
    thoughts = tuple(
        SeenThought(part.text, part.signature or part.redacted)
        for part in reply.parts
        if isinstance(part, Reasoning) and _is_signed(seen)
    )
    return SeenMessage("assistant", reply.text, calls, (), thoughts)


def _is_signed(seen: Seen) -> bool:
    if seen.format == "openai-responses":
        return "reasoning.encrypted_content" in (seen.body.get("include") or ())
    return CODECS[seen.format].signs


def _with_names(message: SeenMessage, names: Mapping[str, str]) -> SeenMessage:
    if all(one.name for one in message.results):
        return message
    results = (
        one if one.name else SeenResult(one.id, names.get(one.id, ""), one.text) for one in message.results
    )
    return replace(message, results=tuple(results))


def _asked(seen: Seen) -> str:
    if seen.results:
        return ", ".join(f"{one.name or one.id} → {one.text:.80}" for one in seen.results)
    return f"user {seen.user!r:.100}"
