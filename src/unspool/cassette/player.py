"""Choose the interaction that answers a request: each is played once, in the order of recording.

A player has no lock: a caller that shares one between threads must lock each call.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain

from unspool.cassette.difference import is_redacted_form
from unspool.cassette.match import Matching
from unspool.cassette.model import Interaction, Request


def _as_it_is(request: Request) -> Request:
    return request


class Player:
    """The interactions of a cassette, and which of them have been played.

    Equal requests get their recordings one after the other. A key is computed when it's first needed: a test
    that makes its requests in the order of recording needs no key beyond the last one it plays.

    Args:
        interactions: the cassette's interactions, in the order of recording.
        matching: the parts of a request that must match its recording.
        allow_playback_repeats: after all matches have been played in order, the last of them is played again,
            without limit.
        scrub: redacts a recorded request before comparing it with a redacted one.
    """

    def __init__(
        self,
        interactions: Sequence[Interaction],
        matching: Matching,
        *,
        allow_playback_repeats: bool = False,
        scrub: Callable[[Request], Request] = _as_it_is,
    ) -> None:
        self._matching = matching
        self._scrub = scrub
        self._repeats = allow_playback_repeats
        self._interactions = list(interactions)
        self._play_counts = [0] * len(self._interactions)
        # Our own recordings are usually redacted already, so this is done only if there is no match without
        # it.
        self._scrubs = any(interaction.response.timeline is None for interaction in interactions)
        self._unkeyed = deque(range(len(self._interactions)))
        self._waiting: dict[Hashable, deque[int]] = {}
        self._keys: dict[int, Hashable] = {}
        self._played: dict[Hashable, list[int]] = {}

    @property
    def interactions(self) -> list[Interaction]:
        """All interactions."""
        return list(self._interactions)

    @property
    def play_counts(self) -> list[int]:
        """How often each of `interactions` has been played."""
        return list(self._play_counts)

    @property
    def unplayed(self) -> list[Interaction]:
        """The interactions that haven't been played."""
        pairs = zip(self._interactions, self._play_counts, strict=True)
        return [interaction for interaction, count in pairs if not count]

    def find(self, request: Request, *, repeats: bool = False) -> Interaction | None:
        """Return the interaction that answers a request, and mark it as played; None if there is none, or
        none left.

        Args:
            request: the request.
            repeats: like `allow_playback_repeats`, for this request.
        """
        key = self._matching.key(request)
        index = self._first(self._unplayed(key, request), request)
        if index is None and not self._scrubs:
            self._scrub_from_now_on()
            index = self._first(self._unplayed(key, request), request)
        if index is None:
            index = self._first(self._redacted_forms(self._left(), request), request)
        if index is not None:
            self._waiting[self._keys[index]].remove(index)
            self._played.setdefault(key, []).append(index)
        elif self._repeats or repeats:
            index = self._last_played(key, request)
        return None if index is None else self._played_now(index)

    def _played_now(self, index: int) -> Interaction:
        self._play_counts[index] += 1
        return self._interactions[index]

    def find_among(self, indexes: Iterable[int]) -> Interaction | None:
        """Return the first of these that hasn't been played, else the first, and mark it as played."""
        likely = list(indexes)
        index = next((one for one in likely if not self._play_counts[one]), None)
        if index is None:
            return self._played_now(likely[0]) if likely else None
        for key, waiting in self._waiting.items():
            if index in waiting:
                waiting.remove(index)
                self._played.setdefault(key, []).append(index)
        if index in self._unkeyed:
            self._unkeyed.remove(index)
            key = self._matching.key(self._recorded(index))
            self._waiting.setdefault(key, deque())
            self._played.setdefault(key, []).append(index)
        return self._played_now(index)

    def give_back(self, interaction: Interaction) -> None:
        """Let an interaction answer the next such request again, because its client didn't receive all of
        it.
        """
        for key, played in self._played.items():
            for index in played:
                if self._interactions[index] is interaction:
                    played.remove(index)
                    self._waiting.setdefault(key, deque()).appendleft(index)
                    self._keys[index] = key
                    return

    def _unplayed(self, key: Hashable, request: Request) -> Iterator[int]:
        """Return the remaining indexes with the key of this request, in order."""
        yield from self._waiting.get(key, ())
        while self._unkeyed:
            index = self._unkeyed.popleft()
            recorded = self._interactions[index].request
            if recorded != request and self._scrubs:
                recorded = self._scrub(recorded)
            found = key if self._matching.is_same(recorded, request) else self._matching.key(recorded)
            self._waiting.setdefault(found, deque()).append(index)
            self._keys[index] = found
            if found == key:
                yield index

    def _scrub_from_now_on(self) -> None:
        self._scrubs = True
        self._unkeyed.extend(self._left())
        self._waiting.clear()

    def _left(self) -> list[int]:
        return sorted(chain.from_iterable(self._waiting.values()))

    def _redacted_forms(self, indexes: Iterable[int], request: Request) -> Iterator[int]:
        """Return those that equal the request except for a credential that was known when they were
        recorded.
        """
        return (i for i in indexes if is_redacted_form(self._recorded(i), request, self._matching))

    def _last_played(self, key: Hashable, request: Request) -> int | None:
        index = self._first(reversed(self._played.get(key, [])), request)
        if index is not None:
            return index
        played = sorted(chain.from_iterable(self._played.values()), reverse=True)
        return self._first(self._redacted_forms(played, request), request)

    def _first(self, indexes: Iterable[int], request: Request) -> int | None:
        if not self._matching.others:
            return next(iter(indexes), None)
        agree = self._matching.others_agree
        return next((i for i in indexes if agree(request, self._recorded(i))), None)

    def _recorded(self, index: int) -> Request:
        return self._scrub(self._interactions[index].request)


@dataclass(slots=True)
class Play:
    """One interaction, being played.

    Attributes:
        interaction: the recording.
        pieces: how many pieces of the body its client has been given so far.
        is_over: whether the client has read the response to its end, or has closed it.
    """

    interaction: Interaction
    pieces: int = 0
    is_over: bool = False
