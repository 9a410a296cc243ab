"""Choose the turn that answers a request: by its conversation, never by the order of arrival.

A script has lists of turns: its own, and one for each `agent`. A request belongs to the agent whose `when`
matches it, else to the list of the turn that it continues, else to the script's own. Within a list:

- a repeated request gets the same turn again, unless that turn was an error
- one that continues the latest turn gets the next one
- another conversation may take the next turn only if the choice doesn't depend on timing: if the previous one
  is over, or the same task or thread makes the request
- each conversation plays a repeating list separately
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from unspool.errors import ScriptError
from unspool.script.seen import Seen, SeenMessage
from unspool.script.turns import FOREVER, AnyOrder, Group, Turn, When, as_turn
from unspool.script.when import check_when, unlike


class Asker(Protocol):
    """The task or thread that makes a request."""

    def is_gone(self) -> bool:
        """Whether it has ended."""
        ...


@dataclass(eq=False, slots=True)
class Slot:
    """A turn's place in a script.

    Attributes:
        index: among all turns of the script.
        turn: the turn itself.
        bag: turns of one bag may be played in any order.
    """

    index: int
    turn: Turn
    bag: int
    group: TurnList


@dataclass(eq=False, slots=True)
class TurnList:
    """Turns for one kind of conversation: the script's own, or an agent's."""

    name: str
    when: When
    repeat: float
    optional: bool = False
    slots: list[Slot] = field(default_factory=list)
    rounds: list[Round] = field(default_factory=list)
    first_wins: bool = False


@dataclass(eq=False, slots=True)
class Round:
    """A list being played.

    Attributes:
        number: from 1.
        uses: how many requests each slot has answered, by the slot's index.
        openings: the first messages of the conversations that play it.
        last: the latest answer.
    """

    turns: TurnList
    number: int
    uses: dict[int, int] = field(default_factory=dict)
    openings: set[bytes] = field(default_factory=set)
    last: Given | None = None

    def left(self) -> list[Slot]:
        """The turns that must still be played."""
        return [slot for slot in self.turns.slots if self._owes(slot)]

    def _owes(self, slot: Slot) -> bool:
        used = self.uses.get(slot.index, 0)
        return not used if slot.turn.repeat == FOREVER else used < slot.turn.repeat

    def may_use(self, slot: Slot) -> bool:
        return self.uses.get(slot.index, 0) < slot.turn.repeat

    def open_bags(self) -> Iterator[list[Slot]]:
        """The turns that may be next, from the first bag that isn't used up."""
        for bag in dict.fromkeys(slot.bag for slot in self.turns.slots):
            slots = [slot for slot in self.turns.slots if slot.bag == bag]
            if any(map(self.may_use, slots)):
                yield [slot for slot in slots if self.may_use(slot)]


@dataclass(eq=False, slots=True)
class Given:
    """A turn given to a request.

    Attributes:
        slot, round: the turn.
        use: how many requests the slot has answered with it.
        seen: the request.
        asker: the task or thread that made it.
        message: the model's message, as the next request should repeat it; None for an error.
        response_id: of OpenAI's Responses; else empty.
        failed: whether the turn was an error, so that a retry gets the next one.
        attempts: how often it was requested.
        is_followed: whether a request has continued it.
        delivered: whether the client has received all of it; a function, as it's known only later.
    """

    slot: Slot
    round: Round
    use: int
    seen: Seen
    asker: Asker
    turn: Turn = field(default_factory=Turn)
    message: SeenMessage | None = None
    response_id: str = ""
    failed: bool = False
    attempts: int = 0
    is_followed: bool = False
    played: Any = None
    deliveries: list[Any] = field(default_factory=list)

    def is_delivered(self) -> bool:
        return bool(self.deliveries) and any(one.is_whole() for one in self.deliveries)

    def is_open(self, asker: Asker) -> bool:
        """Whether another task or thread may still continue its conversation."""
        if self.asker == asker or self.is_followed or self.failed:
            return False
        if self.message is not None and self.message.calls and self.is_delivered():
            return True
        return not self.is_delivered() and not self._was_left() and not self.asker.is_gone()

    def _was_left(self) -> bool:
        """Whether the client abandoned it: the turn counts as used, and its conversation as over."""
        return bool(self.deliveries) and all(one.was_left() for one in self.deliveries)


def lists_of(turns: Sequence[Any], *, any_order: AnyOrder, repeat: float) -> list[TurnList]:
    """Return the lists of a script, its own first.

    Raises:
        ScriptError: an item is no turn, or can never be reached.
    """
    own = TurnList("the script", None, repeat, first_wins=any_order == "first")
    lists, count, bags = [own], 0, 0
    for one in turns:
        if not isinstance(one, Group):
            bags += 0 if any_order else 1
            own.slots.append(Slot(count, _turn(one), bags, own))
            count += 1
            continue
        target = own
        if one.when is not None:
            check_when(one.when)
            target = TurnList(one.name or f"agent {len(lists)}", one.when, one.repeat, one.optional)
            target.first_wins = one.any_order == "first"
            lists.append(target)
        bags += 1
        for inner in one.turns:
            bags += 0 if one.any_order or (any_order and target is own) else 1
            target.slots.append(Slot(count, _turn(inner), bags, target))
            count += 1
    for each in lists:
        _check_reachable(each)
    return lists


def _turn(value: Any) -> Turn:
    turn = as_turn(value)
    check_when(turn.when)
    if turn == Turn() and turn.make is None:
        raise ScriptError("expected a turn that says something, got an empty one")
    return turn


def _check_reachable(turns: TurnList) -> None:
    bags: dict[int, list[Slot]] = {}
    for slot in turns.slots:
        bags.setdefault(slot.bag, []).append(slot)
    *earlier, _ = [*bags.values(), []][: len(bags)] or [[]]
    for slots in bags.values():
        unknown = [slot for slot in slots if slot.turn.when is None]
        if len(slots) > 1 and unknown and not turns.first_wins:
            raise ScriptError(
                f"expected each turn that may come in any order to have its own when=, got"
                f" {unknown[0].turn!r}: turn(…, when={{'user': 'Oslo'}})"
            )
    for slots in earlier:
        endless = next((s for s in slots if s.turn.repeat == FOREVER and s.turn.when is None), None)
        if endless is not None:
            raise ScriptError(
                f"what follows {endless.turn!r} is never reached: it repeats FOREVER without a when="
            )


def list_for(lists: Sequence[TurnList], seen: Seen, followed: Given | None) -> TurnList:
    """Return the list that a request belongs to.

    Raises:
        ScriptError: several agents match it, or none does and the script has no turns of its own.
    """
    own, *agents = lists
    knowing = [one for one in agents if unlike(one.when, seen) is None]
    if len(knowing) == 1:
        return knowing[0]
    if followed is not None and (not knowing or followed.round.turns in knowing):
        return followed.round.turns
    if knowing:
        names = ", ".join(one.name for one in knowing)
        raise ScriptError(
            f"it could be asked by several agents ({names}): give each a when= that only it fits"
        )
    if own.slots or not agents:
        return own
    reasons = "; ".join(f"{one.name}: {unlike(one.when, seen)}" for one in agents)
    raise ScriptError(f"no agent of the script knows it ({reasons})")


def round_for(turns: TurnList, seen: Seen, followed: Given | None, asker: Asker) -> Round:
    """Return the round of a list that a request continues or begins.

    Raises:
        ScriptError: the list is used up, or which conversation gets the next turn depends on timing.
    """
    unfinished = [one for one in turns.rounds if next(one.open_bags(), None)]
    mine = [one for one in unfinished if followed is not None and followed.round is one]
    mine = mine or [one for one in unfinished if seen.opening in one.openings]
    if mine:
        _refuse_luck(mine[0], seen, followed, asker)
        return mine[0]
    if len(turns.rounds) < turns.repeat:
        fresh = Round(turns, len(turns.rounds) + 1)
        turns.rounds.append(fresh)
        return fresh
    if not unfinished:
        raise ScriptError(f"{_spoken(turns)} has no turn left: all {len(turns.slots)} are used")
    if len(unfinished) > 1:
        raise ScriptError(f"it begins a new conversation, and {len(unfinished)} others play {_spoken(turns)}")
    _refuse_luck(unfinished[0], seen, followed, asker)
    return unfinished[0]


def _spoken(turns: TurnList) -> str:
    return turns.name if turns.when is None else f"{turns.name} (when={turns.when!r})"


def _refuse_luck(playing: Round, seen: Seen, followed: Given | None, asker: Asker) -> None:
    last = playing.last
    if last is None or followed is last or playing.turns.first_wins or not last.is_open(asker):
        return
    goes_on = seen.opening == last.seen.opening and len(seen.messages) > len(last.seen.messages)
    if followed is None and goes_on:
        return
    raise ScriptError(
        f"two conversations could take the next turn of {_spoken(playing.turns)}: this one, and the one of"
        f" call {last.seen.index + 1}, which isn't over. Which asks first is luck. Give each its own turns,"
        " agent(…, when=…); or let each play all turns, repeat=FOREVER"
    )


def slot_for(playing: Round, seen: Seen) -> Slot:
    """Return the turn of a round that answers a request.

    Raises:
        ScriptError: the next turn is for other requests, or several match.
    """
    wrong: list[str] = []
    for slots in playing.open_bags():
        fitting = [slot for slot in slots if unlike(slot.turn.when, seen) is None]
        is_clear = playing.turns.first_wins or all(slot.turn == fitting[0].turn for slot in fitting)
        if fitting and is_clear:
            return fitting[0]
        if fitting:
            shown = ", ".join(f"turn {slot.index}" for slot in fitting)
            raise ScriptError(f"several turns fit it ({shown}): give each a when= that only its request fits")
        wrong += [f"turn {slot.index}, {slot.turn!r}: {unlike(slot.turn.when, seen)}" for slot in slots]
        if any(slot in playing.left() for slot in slots):
            break
    raise ScriptError(f"the next turn isn't for it. {'; '.join(wrong)}")


def followed_by(given: Sequence[Given], seen: Seen) -> Given | None:
    """Return the answer that a request continues: the latest one that its last message of the model
    repeats.
    """
    said = next((one for one in reversed(seen.messages) if one.role == "assistant"), None)
    if said is None:
        return None
    same = [one for one in given if one.message is not None and repeats(said, one.message)]
    near = [one for one in same if one.seen.opening == seen.opening]
    return next(reversed(near or [one for one in same if _has_ids(one.message)]), None)


def _has_ids(message: SeenMessage | None) -> bool:
    return message is not None and any(call.id for call in message.calls)


def repeats(said: SeenMessage, message: SeenMessage) -> bool:
    """Whether a message in a request equals one that the script sent."""
    ids = {call.id for call in message.calls if call.id}
    if ids:
        return bool(ids & {call.id for call in said.calls})
    if message.calls:
        return [one.name for one in said.calls] == [one.name for one in message.calls]
    return bool(message.text.strip()) and said.text.strip() == message.text.strip()
