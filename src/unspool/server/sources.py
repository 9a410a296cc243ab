"""Sources of a server's responses: recordings, or a script. A source uses no socket and no clock."""

from __future__ import annotations

import os
from collections.abc import AsyncGenerator, Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol
from urllib.parse import urlsplit, urlunsplit

from unspool.cassette import store
from unspool.cassette.cassette import ASIDE, Cassette
from unspool.cassette.content_coding import decoded
from unspool.cassette.conversation import Conversations
from unspool.cassette.model import Headers, Interaction, Request, Response, header
from unspool.cassette.names import SUFFIXES
from unspool.cassette.rules import Rule
from unspool.cassette.store import cassettes_in
from unspool.errors import CassetteNotFoundError, UnspoolError
from unspool.faults.parts import Part, parts_in, unsized
from unspool.server.addresses import split_tag
from unspool.server.journal import Entry
from unspool.transports.breaker import BrokenResponse

_MOST_SETTLED = 1_000
_SMALL_BODY_BYTES = 65_536

MATCH_ON = ("method", "path", "query", "body")
"""What must match: not the host, as a client calls this machine instead of the recorded one."""


@dataclass(frozen=True, slots=True)
class Answer:
    """A response that a source has chosen.

    Attributes:
        interaction: the request and its response, with times.
        answered_by: the name of the recording or the turn.
        give_back: lets the same request be answered again, because the client didn't get the response whole.
        broken: the response under the turn's own fault; None if it has none.
    """

    interaction: Interaction
    answered_by: str
    give_back: Callable[[], None]
    broken: BrokenResponse | None = None


@dataclass(frozen=True, slots=True)
class Live:
    """A response that arrives from an upstream.

    Attributes:
        parts: its parts, as they arrive; they end with a `Stop`.
        answered_by: the upstream's address.
    """

    parts: AsyncGenerator[Part, None]
    answered_by: str


class UpstreamError(UnspoolError):
    """A request has no upstream, or its upstream would reject it."""


class Source(Protocol):
    """A source of responses.

    Attributes:
        factor: the default factor for a response's own times.
    """

    factor: float

    def answer(self, request: Request, entry: Entry, /) -> Answer | Live:
        """Choose the response to a request.

        Args:
            request: the request.
            entry: its line in the journal, which shows how much of the response has been sent.

        Raises:
            CassetteError: no response matches. UpstreamError: it can't be forwarded.
        """

    @property
    def conversations(self) -> Conversations:
        """The source's conversations, in which a fault finds its target turn."""

    def reset(self) -> None:
        """Reset, as if there had been no requests.

        Raises:
            UnspoolError: it can't be reset.
        """

    def has_changed(self) -> bool:
        """Whether a file that it was read from has changed since."""

    def problems(self) -> list[str]:
        """Problems that fail a run, beside requests without a response."""


class Recordings:
    """A source that answers from cassettes; each recording once, or repeatedly.

    Args:
        paths: cassettes, and folders of them.
        repeats: whether a request whose recordings have all been played gets the last of them again.
        ignore: what of a request's body or query doesn't count, and
        match: which rules forgive what changes by itself; both as in `Cassette`.

    Raises:
        CassetteNotFoundError: there is no such file, or no cassette in the folder.
        CassetteFormatError: a file isn't a cassette.
    """

    factor = 0.0

    def __init__(
        self,
        paths: Iterable[Path],
        *,
        repeats: bool = True,
        ignore: Sequence[str] = (),
        match: Sequence[Rule] = (),
    ) -> None:
        self.paths = list(paths)
        self._repeats = repeats
        self._ignore, self._match = ignore, match
        self.reset()

    def reset(self) -> None:
        """Load the cassettes again, with none of their recordings played."""
        self._seen = self._stamps()
        self._names: dict[int, str] = {}
        found: list[Interaction] = []
        for path in self._files():
            for number, interaction in enumerate(store.load(path).interactions):
                self._names[id(interaction)] = f"{path.name}[{number}]"
                found.append(interaction)
        self._cassette = Cassette.of(
            found,
            match_on=MATCH_ON,
            ignore=self._ignore,
            match=self._match,
            allow_playback_repeats=self._repeats,
        )
        self._latest: dict[tuple[str, str, bytes], Answer] = {}
        self._settled: dict[tuple[str, str, bytes], Answer] = {}

    def has_changed(self) -> bool:
        """Whether a file has been changed, added or deleted since the last load."""
        return self._stamps() != self._seen

    def _stamps(self) -> dict[str, tuple[int, int]]:
        stamps = {}
        for path in self._files():
            found = os.stat(path)
            stamps[str(path)] = (found.st_mtime_ns, found.st_size)
        return stamps

    def _files(self) -> Iterator[Path]:
        for path in self.paths:
            if not path.exists():
                raise CassetteNotFoundError(f"there is no {path}: expected a cassette, or a folder of them")
            found = [file for file in cassettes_in(path) if ASIDE not in file.suffixes]
            if not found:
                raise CassetteNotFoundError(
                    f"{path} holds no cassette: expected files that end in {', '.join(SUFFIXES)}"
                )
            yield from found

    @property
    def conversations(self) -> Conversations:
        """The conversations in all the cassettes."""
        return self._cassette.conversations

    def answer(self, request: Request, _entry: object = None, /) -> Answer:
        """Choose the recording of a request.

        Raises:
            UnrecordedRequestError: there is none, or none left.
        """
        request = _untagged(request)
        key = request.method, request.uri, request.body
        settled = self._settled.get(key)
        return self._found(key, request) if settled is None else settled

    def _found(self, key: tuple[str, str, bytes], request: Request) -> Answer:
        found = self._cassette.ask(request)
        if not isinstance(found, Interaction):  # no hook and no recording here
            raise TypeError(f"expected a recording, got {found!r}")
        answer = Answer(found, self._names.get(id(found), ""), lambda: self._give_back(key, found))
        before = self._latest.get(key)
        if before is not None and before.interaction is found and len(self._settled) < _MOST_SETTLED:
            self._settled[key] = answer  # it answers repeatedly: no need to match this request
        elif len(request.body) < _SMALL_BODY_BYTES:
            self._latest[key] = answer
        return answer

    def _give_back(self, key: tuple[str, str, bytes], found: Interaction) -> None:
        self._settled.pop(key, None)
        self._latest.pop(key, None)
        self._cassette.give_back(found)

    def problems(self) -> list[str]:
        """Nothing: a recording may be left over."""
        return []


def _untagged(request: Request) -> Request:
    """Return the request without the provider that its path may name for a recording proxy, as in
    `/@mistral/v1`.
    """
    if "/@" not in request.uri:
        return request
    parts = urlsplit(request.uri)
    return replace(request, uri=urlunsplit(parts._replace(path=split_tag(parts.path)[1])))


def parts_to_send(interaction: Interaction, request: Request) -> Iterator[Part]:
    """Return the parts of a recorded response to send to this client.

    A body stays compressed as it was recorded if the client accepts that coding.
    """
    response = interaction.response
    coding = (header(response.headers, "content-encoding") or "identity").strip().lower()
    accepted = (header(request.headers, "accept-encoding") or "").lower()
    if coding != "identity" and coding not in accepted:
        response = decoded(response)
    return parts_in(request, response, _headers(response, request))


def _headers(response: Response, request: Request) -> Headers:
    """Return the recorded headers, without a content-length that an edited body no longer has."""
    length = header(response.headers, "content-length")
    if length is None or request.method == "HEAD" or length == str(len(response.body)):
        return response.headers
    if response.timeline is not None and response.timeline.failure is not None:
        return response.headers  # the connection broke before the whole length had come
    return unsized(response.headers)
