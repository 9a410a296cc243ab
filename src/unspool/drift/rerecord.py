"""Ask providers again what was recorded, into new files beside the old ones, and compare the shapes."""

from __future__ import annotations

import json
import random
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import groupby
from pathlib import Path
from typing import Any

import httpx

from unspool.cassette.cassette import Cassette
from unspool.cassette.file_format import Document
from unspool.cassette.model import Interaction, Request
from unspool.cassette.outcomes import is_broken, is_refusal, is_unanswered
from unspool.cassette.store import load, write
from unspool.drift.asking import sendable
from unspool.drift.budget import Budget, most_tokens
from unspool.drift.findings import PROVIDER, RECORDING, Finding
from unspool.drift.recordings import Recorded, beside, recorded
from unspool.drift.shape import shape_of
from unspool.drift.shape_rules import compare
from unspool.drift.streams import decode, result_of
from unspool.errors import UnspoolError
from unspool.providers import reader_for
from unspool.transports.transport import RecordTransport

_CONNECT_SECONDS = 30.0
_SILENT_SECONDS = 600.0  # a reasoning model may send nothing for minutes
_DAY = 86400.0


@dataclass(frozen=True, slots=True)
class Selection:
    """Which recordings are asked again.

    Attributes:
        max_age: only those that are older, in days, or of unknown age; None for all.
        sample: how many of them, drawn at random; None for all.
        seed: draws another sample in each run of a weekly job, and the same one where it's repeated.
    """

    max_age: float | None = None
    sample: int | None = None
    seed: int = 0

    def of(self, recordings: Sequence[Recorded], now: float) -> list[Recorded]:
        """Return the recordings to ask again, in their order."""
        old = [one for one in recordings if self.max_age is None or _is_old(one, self.max_age, now)]
        if self.sample is None or self.sample >= len(old):
            return old
        places = random.Random(self.seed).sample(range(len(old)), self.sample)  # noqa: S311 - no secret
        return [old[place] for place in sorted(places)]


def _is_old(one: Recorded, days: float, now: float) -> bool:
    at = one.interaction.recorded_at
    return at is None or now - at > days * _DAY


def aged(recordings: Sequence[Recorded], days: float, now: float) -> Iterator[Finding]:
    """Yield a finding for each recording that is older; none for those of unknown age."""
    for one in recordings:
        at = one.interaction.recorded_at
        if at is not None and now - at > days * _DAY:
            detail = f"recorded {(now - at) / _DAY:.0f} days ago, more than {days:g}"
            yield Finding(RECORDING, "age", "", one.file, one.number, detail, one.wire_format or "")


@dataclass
class Rerecording:
    """A run that asks again.

    Attributes:
        budget: never passed.
        upstreams: base URLs by provider, as in `--upstream`.
        variables: the environment, for the keys.
        transport: makes what sends the requests.
        written: the files that were written.
        compared: the number of responses that were compared.
    """

    budget: Budget
    upstreams: Mapping[str, str]
    variables: Mapping[str, str]
    transport: Callable[[], Any] = httpx.HTTPTransport
    written: list[Path] = field(default_factory=list)
    compared: int = 0

    def run(self, recordings: Sequence[Recorded]) -> Iterator[Finding]:
        """Ask again, file by file, and yield what has drifted.

        Raises:
            CassetteError: a new file can't be written.
        """
        for path, group in groupby(recordings, key=lambda one: one.path):
            yield from self._file(path, list(group))

    def _file(self, path: Path, recordings: Sequence[Recorded]) -> Iterator[Finding]:
        ready = []
        for one in recordings:
            try:
                ready.append((one, sendable(one, self.upstreams, self.variables)))
            except UnspoolError as error:  # a `NotAskedError`, or an upstream that isn't known
                yield _not_asked(one, str(error))
        if ready:
            yield from self._ask_all(path, ready)

    def _ask_all(self, path: Path, ready: Sequence[tuple[Recorded, Request]]) -> Iterator[Finding]:
        cassette = Cassette(record_mode="all", record_failures=True, user="unspool drift")
        timeout = httpx.Timeout(_CONNECT_SECONDS, read=_SILENT_SECONDS)
        transport = RecordTransport(self.transport(), cassette)
        document, answers = load(path), dict[int, Interaction]()
        with httpx.Client(transport=transport, timeout=timeout, follow_redirects=False) as client:
            for one, request in ready:
                most = most_tokens(_json(request.body), request.body)
                refusal = self.budget.refusal(most)
                if refusal is not None:
                    yield _not_asked(one, refusal)
                    continue
                self.budget.spend(most, None)
                new = _send(client, cassette, one, request)
                self._correct(most, tokens_of(new))
                yield from self._compare(one, new)
                if _is_better(one, new):
                    answers[one.number] = new.interaction
                    self._write(path, document, answers)

    def _compare(self, one: Recorded, new: Recorded) -> Iterator[Finding]:
        self.compared += 1
        for rule, where, detail in compare(shape_of(one), shape_of(new)):
            yield Finding(PROVIDER, rule, where, one.file, one.number, detail, one.wire_format or "")

    def _write(self, path: Path, document: Document, answers: Mapping[int, Interaction]) -> None:
        """Write the whole cassette with the new responses, after each of them: they have been paid for."""
        held = enumerate(document.interactions)
        interactions = tuple(answers.get(number, interaction) for number, interaction in held)
        write(beside(path), replace(document, interactions=interactions))
        if beside(path) not in self.written:
            self.written.append(beside(path))

    def _correct(self, most: int | None, used: int | None) -> None:
        """Count what the response reports in place of the most that it could cost."""
        if used is not None:
            self.budget.used += used - (most or 0)


def _is_better(one: Recorded, new: Recorded) -> bool:
    """Whether a new response may take the old one's place: no refusal or broken one instead of a good one."""
    return not _is_bad(new.interaction) or _is_bad(one.interaction)


def _is_bad(interaction: Interaction) -> bool:
    return is_unanswered(interaction) or is_refusal(interaction) or is_broken(interaction)


def _not_asked(one: Recorded, why: str) -> Finding:
    return Finding(PROVIDER, "not-asked", "", one.file, one.number, why, one.wire_format or "")


def _json(body: bytes) -> Any:
    try:
        return json.loads(body)
    except ValueError:
        return None


def _send(client: httpx.Client, cassette: Cassette, one: Recorded, request: Request) -> Recorded:
    """Send a request, read the response as far as it arrives, and return it with the recorded request."""
    try:
        with client.stream(
            request.method, request.uri, headers=list(request.headers), content=request.body
        ) as response:
            for _ in response.iter_raw():
                pass
    except httpx.HTTPError:
        pass  # recorded, with how it ended
    return recorded(one.path, one.number, replace(cassette.recorded[-1], request=one.interaction.request))


def tokens_of(one: Recorded) -> int | None:
    """Return the tokens that a response reports, input and output; None if it isn't whole or has none."""
    if one.wire_format is None or _is_bad(one.interaction):
        return None
    if one.is_stream:
        result = result_of(one.wire_format, decode(one.wire_format, one.response.body))
        usage = result.aspects.get("usage")
        return None if usage is None or result.error is not None else sum(usage)
    try:
        response = reader_for(one.wire_format)(json.loads(one.response.body))
    except (UnspoolError, ValueError):
        return None
    usage = response.get("usage")
    return None if usage is None else usage.prompt_tokens + usage.completion_tokens


def now() -> float:
    """Return the time in seconds since 1970-01-01 UTC."""
    return time.time()
