"""A cassette in use: it replays or records requests, and is saved at the end."""

from __future__ import annotations

import os
import sys
import threading
import time
import warnings
from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Any, ClassVar

from unspool.cassette import store
from unspool.cassette.conversation import Conversations
from unspool.cassette.difference import (
    Difference,
    explain_growth,
    explain_miss,
    is_redacted_form,
    nearest,
    printable,
)
from unspool.cassette.file_format import Document
from unspool.cassette.journal import Journal
from unspool.cassette.known_values import KnownValues, environment_values, sent_values
from unspool.cassette.match import DEFAULT_MATCH_ON, Matching
from unspool.cassette.model import Interaction, Request
from unspool.cassette.outcomes import (
    Marks,
    is_final,
    is_unanswered,
    spoiled_by,
    with_user,
    without_user,
)
from unspool.cassette.player import Play, Player
from unspool.cassette.recording import Take
from unspool.cassette.recovery import leftovers, mark, recover
from unspool.cassette.redact import Redactor
from unspool.cassette.request_headers import named_headers, with_headers, written_names
from unspool.cassette.rules import Rule, rules_given
from unspool.cassette.vcr_compat import Hook, adapt
from unspool.cassette.vcr_options import translated
from unspool.counts import counted
from unspool.errors import (
    CassetteError,
    CassetteFormatError,
    CassetteWarning,
    UnplayedInteractionsError,
    UnrecordedRequestError,
)

_HERE = str(Path(__file__).parent.parent)


def warn(message: str) -> None:
    """Warn with a `CassetteWarning` that names the nearest caller outside Unspool."""
    warnings.warn(message, CassetteWarning, stacklevel=_levels_to_the_user())


def _levels_to_the_user() -> int:
    level, frame = 1, sys._getframe(1)
    while frame.f_back is not None and frame.f_code.co_filename.startswith(_HERE):
        level, frame = level + 1, frame.f_back
    return level


_NOTHING = Document((), {})

ASIDE = ".failed"
"""The end of the name, before the suffix, of a file with the recordings of a failed run."""


class Cassette:
    """Recorded interactions, and the record of their use: played, recorded, missed.

    Safe to use from several threads and tasks.

    Args:
        path: its file, YAML or JSON by the suffix, which need not exist; None for a cassette in memory.
        record_mode: `none`, `once`, `new_episodes`, `all` or `rewrite`. By default `none` if the environment
            has `CI`, else `once`.
        match_on: what must match between a recording and a request: names out of `method`, `scheme`,
            `host`, `port`, `path`, `query`, `uri`, `headers`, `headers.NAME`, `body`, `raw_body`, and vcrpy's
            matchers.
        ignore: parts of the JSON body or the query to ignore, by path: `metadata.trace_id`,
            `messages[*].id`, `?api-version`.
        match: what may differ between a request and its recording because it changes by itself: `llm` for
            the rules `models`, `sessions`, `dates`, `durations`, `processes`, `folders`, `tools`, `ids` and
            `results`; some of these names; `-NAME` for all but one, as in `["llm", "-dates"]`; functions that
            are given a request's JSON body and return the one to compare.
        allow_headers: names of request headers to write in addition to those that describe the request
            (`accept`, `content-type`, `anthropic-beta` and the like) and those that `match_on` names.
        allow_playback_repeats: whether a request repeated after its last recording gets that one again.
        redactor: redacts secrets before they are written.
        before_record_request: a hook of vcrpy's kind: called with vcrpy's request, it returns the request to
            record and match, or None to let it pass unrecorded.
        before_record_response: a hook of vcrpy's kind: called with vcrpy's response, a dict, it returns the
            response to record, or None to drop the interaction.
        record_failures: whether to record requests that get no response at all (refused, blocked, cancelled
            or timed out before the headers), so that a replay raises the same error.
        ignore_hosts: hosts whose requests aren't recorded or replayed: names, addresses, networks. They reach
            the network while recording and if a block allows their host; otherwise they fail with the
            connection error of their client.
        ignore_localhost: whether this machine is such a host.
        read_also: further cassettes to replay from; nothing is written to them.
        drop_unused_requests: whether a save drops loaded recordings that answered no request.
        record_on_exception: whether to save recordings if the block or test failed.
        max_chunks: how many network chunks of each response to record; the client gets them all.
        max_seconds: for how long to record each response.
        on_miss: called with the error of each request that the cassette can't answer; it may raise another.
        on_notice: called with each message that is no error; by default it becomes a `CassetteWarning`.
        user: who uses the cassette, such as a test's id; the file names it as long as only its failed runs
            have written it.
        vcr_options: vcrpy's other options, as far as supported: `filter_headers`,
            `filter_query_parameters`, `filter_post_data_parameters`, `decode_compressed_response`,
            `additional_matchers`, `serializer`; and `record`, short for `record_mode`.

    Attributes:
        set_aside: the file beside the cassette with the recordings of a failed run; None if there is none.
        shared_since: a time, in seconds since 1970-01-01 UTC, if other tests share the file. In the modes
            `all` and `rewrite`, later recordings stay, and so do those of other requests.
        misses: the errors of such requests, and of other code that tried to reach the network.
        plays: the interactions played so far, in the order of the requests.
        answered_by_position: requests without a recording that were answered, under a fault, by the one in
            their place in the conversation.

    Raises:
        CassetteFormatError: the file isn't a cassette.
        ValueError: for an unknown mode, matcher or malformed path.
    """

    answers_housekeeping: ClassVar[bool] = False
    """Whether traces and other housekeeping of libraries are answered instead of passed on."""

    def __init__(
        self,
        path: str | os.PathLike[str] | None = None,
        *,
        record_mode: str | None = None,
        match_on: Sequence[str | Callable[..., Any]] = DEFAULT_MATCH_ON,
        ignore: Sequence[str] = (),
        match: Rule | Sequence[Rule] = (),
        allow_headers: Sequence[str] | None = None,
        allow_playback_repeats: bool = False,
        redactor: Redactor | None = None,
        before_record_request: Hook = None,
        before_record_response: Hook = None,
        record_failures: bool = False,
        ignore_hosts: Iterable[str] = (),
        ignore_localhost: bool = False,
        read_also: Sequence[str | os.PathLike[str]] = (),
        drop_unused_requests: bool = False,
        record_on_exception: bool = True,
        max_chunks: int | None = None,
        max_seconds: float | None = None,
        on_miss: Callable[[CassetteError], None] | None = None,
        on_notice: Callable[[str], None] = warn,
        user: str = "a block of use_cassette",
        **vcr_options: Any,
    ) -> None:
        record_mode, match_on, hooks = translated(
            vcr_options,
            path=path,
            record_mode=record_mode,
            match_on=match_on,
            hooks=(before_record_request, before_record_response),
        )
        self.path = None if path is None else Path(path)
        self.record_mode = parse_record_mode(record_mode, os.environ)
        self.misses: list[CassetteError] = []
        self.plays: list[Play] = []
        self.answered_by_position: list[Request] = []
        self._expecting: list[list[CassetteError]] = []
        self.set_aside: Path | None = None
        self.shared_since: float | None = None
        self.user = user
        self._on_miss, self._on_notice = on_miss, on_notice
        self._hooks = hooks
        self._matching = Matching(
            tuple(_criterion(one) for one in match_on), tuple(ignore), rules_given(match)
        )
        self._headers = written_names(self._matching, allow_headers)
        self.redactor = _showing(
            _usual_redactor() if redactor is None else redactor, named_headers(self._matching, allow_headers)
        )
        self._repeats = allow_playback_repeats
        self._max_chunks, self._max_seconds = max_chunks, max_seconds
        self._record_failures, self._drops_unused = record_failures, drop_unused_requests
        self._record_on_exception = record_on_exception
        self._lock = threading.RLock()
        self._takes: list[Take] = []
        self._saved: list[Interaction] = []
        self.ignore_hosts, self.ignore_localhost = _several(ignore_hosts), ignore_localhost
        self._failed = self._knows_environment = False
        self._known = KnownValues()
        self._recorder = self.redactor.knowing(self._known)
        self._done: dict[int, tuple[int, int, Interaction]] = {}
        self._also = tuple(one for other in read_also for one in store.load(Path(other)).interactions)
        self._insert(self._found())
        self._journal = None if self.path is None else Journal(self.path, redactor=self._recorder)

    @classmethod
    def load(cls, path: str | os.PathLike[str], **options: Any) -> Cassette:
        """Load a file's cassette, to replay; the options are those of the class.

        Raises:
            CassetteNotFoundError: there is no such file.
            CassetteFormatError: the file isn't a cassette.
        """
        document = store.load(Path(path))
        cassette = cls.of((), **options)
        cassette.path = Path(path)
        cassette._insert(document)
        return cassette

    @classmethod
    def of(cls, interactions: Sequence[Interaction], **options: Any) -> Cassette:
        """Make a cassette in memory that replays these interactions; the options are those of the class."""
        cassette = cls(**{"record_mode": "none", **options})
        cassette._insert(Document(tuple(interactions), {}))
        return cassette

    def _found(self) -> Document:
        """Load the file, with the leftovers of killed runs if the cassette isn't finished."""
        if self.path is None:
            return _NOTHING
        document = store.load(self.path) if os.path.exists(self.path) else _NOTHING
        left = leftovers(self.path)
        if not left:
            return document
        is_begun = not document.interactions or bool(Marks.of(document.extra).unfinished)
        if not is_begun or self.record_mode not in {RecordMode.ONCE, RecordMode.NEW_EPISODES}:
            self._on_notice(_left_behind(self.path, left))
            return document
        try:
            count = recover(self.path)
        except CassetteFormatError as error:  # a damaged journal: its readable part is in the cassette now
            message = str(error)
        else:
            if not count:
                return document
            message = (
                f"{self.path}: recovered {counted(count, 'recording')} of a run that was killed. Answers"
                " that it had not read to the end are recorded again."
            )
        self._on_notice(message)
        return mark(self.path, lambda marks: with_user(marks, self.user))

    def _insert(self, document: Document) -> None:
        self._conversations: Conversations | None = None
        self._loaded, self._marks = document, Marks.of(document.extra)
        self._existed = bool(document.interactions)  # an empty cassette counts as none
        is_unfinished = bool(self._marks.unfinished) and self.record_mode is not RecordMode.NONE
        self._cut = [one for one in document.interactions if not is_final(one, unfinished=is_unfinished)]
        final = [one for one in document.interactions if is_final(one, unfinished=is_unfinished)]
        self._deck = [(seen, one) for one in (*final, *self._also) if (seen := self._hooks.loaded(one))]
        self._player = Player(
            [seen for seen, _ in self._deck],
            self._matching,
            allow_playback_repeats=self._repeats,
            scrub=self.redactor.request,  # a recording by vcrpy may contain a key in its URL
        )
        failures = sum(map(is_unanswered, final))
        if failures and self.path is not None and not (self._marks.failures or self._record_failures):
            self._on_notice(_holds_failures(self.name, failures))

    def _scrubbed(self, interaction: Interaction) -> Interaction:
        request = self.redactor.request(interaction.request)
        return interaction if request is interaction.request else replace(interaction, request=request)

    @property
    def name(self) -> str:
        """Its name in messages: the path, if it has one."""
        return "the cassette in memory" if self.path is None else str(self.path)

    # Requests

    @property
    def is_recording(self) -> bool:
        """Whether a request without a recording goes to the network and is recorded."""
        if self.record_mode is RecordMode.ONCE:
            return not self._existed or bool(self._marks.unfinished) or bool(self._cut)
        return self.record_mode is not RecordMode.NONE

    @property
    def _replays(self) -> bool:
        return self.record_mode not in {RecordMode.ALL, RecordMode.REWRITE}

    @property
    def conversations(self) -> Conversations:
        """The conversations in the loaded interactions."""
        if self._conversations is None:
            recorded = [self._scrubbed(interaction) for interaction in self._player.interactions]
            self._conversations = Conversations(recorded)
        return self._conversations

    def ask(
        self, request: Request, *, under_fault: bool = False, by_position: bool = False
    ) -> Interaction | Take | None:
        """Choose what to do with a request: play this interaction, or send it and record it with this take.

        None: send it unrecorded, as a hook demands.

        Args:
            request: the request.
            under_fault: whether a fault is active, so that nothing is recorded in any record mode.
            by_position: whether a request without a recording is answered by the recording at its position in
                the conversation: after a fault in an early turn the later requests differ.

        Raises:
            UnrecordedRequestError: no recording matches, and the record mode forbids recording.
            CassetteWriteError: it would be recorded, but the cassette's folder can't be written to.
        """
        seen = self._hooks.seen(request)
        if seen is None:
            return None
        sent, seen = seen, self.redactor.request(seen)  # by shapes and names only: these never change
        with self._lock:
            replays = self._replays or under_fault
            found = self._player.find(seen, repeats=by_position) if replays else None
            if found is None and by_position:
                found = self._in_place_of(seen)
            if found is not None:
                return found
            self._learn(request)
            if under_fault or not self.is_recording:
                raise self._miss(seen, under_fault=under_fault)
            return self._new_take(with_headers(self._recorder.request(sent), self._headers))

    def _learn(self, request: Request) -> None:
        """Redact this request's credentials, and those of the environment, in everything that is written."""
        self._learn_environment()
        self._known.add(sent_values(request, self.redactor.names))

    def _learn_environment(self) -> None:
        if not self._knows_environment:
            self._knows_environment = True
            self._known.add(environment_values(os.environ))

    def _in_place_of(self, request: Request) -> Interaction | None:
        found = self._player.find_among(self.conversations.nearest(request))
        if found is not None:
            self.answered_by_position.append(request)
        return found

    def give_back(self, interaction: Interaction) -> None:
        """Let a recording answer the next such request again: because of a fault its client didn't receive
        it.
        """
        with self._lock:
            self._player.give_back(interaction)

    def _miss(self, request: Request, *, under_fault: bool = False) -> UnrecordedRequestError:
        # Without known values too: an excerpt may cut one in two.
        message = self._why_not(request, under_fault=under_fault) + explain_miss(
            self._recorder.request(request),
            [replace(one, request=self._recorder.request(one.request)) for one in self._player.interactions],
            self._player.play_counts,
            self._matching,
            path=self.name,
            record_mode=str(self.record_mode),
            under_fault=under_fault,
            by_hypothesis=_is_hypothesis_running(),
        )
        shown = "\n".join(map(printable, self._recorder.text(message).split("\n")))
        error = UnrecordedRequestError(shown)
        error.request = self._recorder.request(request)
        self.missed(error)
        return error

    def nearest(self, request: Request) -> list[Difference] | None:
        """Return where the nearest recording differs from a request; None if there are no recordings.

        Args:
            request: the request, redacted, as in `UnrecordedRequestError.request`.
        """
        found = nearest(self._player.interactions, request, self._matching, self._player.play_counts)
        return None if found is None else found[1]

    def _why_not(self, request: Request, *, under_fault: bool) -> str:
        """Return the start of the message if the matching recording was interrupted."""
        key = self._matching.key(request)
        if not any(self._matching.key(self._scrubbed(one).request) == key for one in self._cut):
            return ""
        again = (
            "Run the test once without the fault."
            if under_fault
            else "Record it again with record_mode='once'."
        )
        return (
            f"{self.name} contains only the beginning of the response to this request: the recording run"
            f" was interrupted or killed. {again}\n"
        )

    def mark_failed(self, *, interruption: str | None = None) -> None:
        """Note that the block or test that uses it failed: a good file stays unchanged, a new one unfinished.

        Args:
            interruption: the interruption of the run, such as `KeyboardInterrupt`; None if there was none.
        """
        self._failed = True
        if interruption is not None:
            with self._lock:
                takes = list(self._takes)
            for take in takes:
                take.interrupt(interruption)

    def note_late(self, message: str) -> None:
        """Report requests after the cassette's use, to `on_notice` if it is set."""
        if self._on_notice is not warn:  # a warning would appear in the next test
            self._on_notice(message)

    def missed(self, error: CassetteError) -> None:
        """Store an error, once, in case the client swallows it."""
        if self._expecting and isinstance(error, UnrecordedRequestError):
            self._expecting[-1].append(error)
            return
        if str(error) not in map(str, self.misses):
            self.misses.append(error)
        if self._on_miss is not None:
            self._on_miss(error)

    @contextmanager
    def expect_misses(self) -> Iterator[list[CassetteError]]:
        """Expect requests without a recording in a block: only the client gets their errors.

        A test needs it if a client, a task or a helper handles the error; a `pytest.raises` around the
        request needs nothing else. It yields a list of the errors.

        Raises (at the end of the block):
            CassetteError: every request had a recording, or was recorded.
        """
        expected: list[CassetteError] = []
        self._expecting.append(expected)
        try:
            yield expected
        finally:
            self._expecting.remove(expected)
        if not expected:
            raise CassetteError(
                f"expected a request that {self.name} has no recording for, but each had one or was recorded"
                f" (record_mode={str(self.record_mode)!r})"
            )

    def play(self, interaction: Interaction) -> Play:
        """Note that an interaction is being played."""
        play = Play(interaction)
        self.plays.append(play)
        return play

    def _new_take(self, request: Request) -> Take:
        slot, now = len(self._takes), time.time()
        if self._journal is not None:
            self._journal.begin(slot, request, now)
        take = Take(
            request,
            recorded_at=now,
            slot=slot,
            max_chunks=self._max_chunks,
            max_seconds=self._max_seconds,
            observer=self._journal,
        )
        self._takes.append(take)
        return take

    # Contents

    @property
    def recorded(self) -> list[Interaction]:
        """The interactions recorded since it was loaded, redacted, in the order of the requests."""
        return [one for one in self._came() if self._record_failures or not is_unanswered(one)]

    def _came(self) -> list[Interaction]:
        with self._lock:
            takes = list(self._takes)
        kept = (self._hooks.kept(self._redacted(take)) for take in takes)
        return [interaction for interaction in kept if interaction is not None]

    def _redacted(self, take: Take) -> Interaction:
        """Return the recording of a take, redacted again only if it or the known credentials have changed."""
        raw, known = take.interaction(), len(self._known)
        if take.ended and (done := self._done.get(id(take))) and done[:2] == (id(raw), known):
            return done[2]
        redacted = self._recorder.interaction(raw)
        self._done[id(take)] = (id(raw), known, redacted)
        return redacted

    @property
    def interactions(self) -> list[Interaction]:
        """The current contents, as they would be saved."""
        recorded = self.recorded
        dropped = self._dropped(recorded)
        return [*(old for old in self._loaded.interactions if not dropped(old)), *recorded]

    def _dropped(self, recorded: Sequence[Interaction]) -> Callable[[Interaction], bool]:
        """Return the loaded interactions that a save drops."""
        if self.record_mode is RecordMode.NONE:
            return lambda _old: False
        replaces = self._replacing(recorded)
        is_finished = not self._failed and not set(self._marks.unfinished) - {self.user}
        cut = {id(one) for one in self._cut if is_finished or replaces(one)}
        unused = {id(one) for one in self.unused} if self._drops_unused and not self._failed else set()
        if self.record_mode in {RecordMode.ALL, RecordMode.REWRITE}:
            since = self.shared_since
            is_everything = self.record_mode is RecordMode.REWRITE and since is None
            return lambda old: (
                is_everything
                or (replaces(old) and (since is None or (old.recorded_at or 0.0) < since))
                or id(old) in unused
            )
        return lambda old: id(old) in cut or id(old) in unused

    def _replacing(self, recorded: Sequence[Interaction]) -> Callable[[Interaction], bool]:
        """Whether one of the new recordings answers the same request as an old one."""
        matching, anew = self._matching, defaultdict[Hashable, list[Request]](list)
        for interaction in recorded:
            anew[matching.key(interaction.request)].append(interaction.request)

        def is_anew(old: Interaction) -> bool:
            request = self._scrubbed(self._hooks.loaded(old) or old).request
            same = anew.get(matching.key(request)) or [
                came
                for several in anew.values()
                for came in several
                if is_redacted_form(request, came, matching) or is_redacted_form(came, request, matching)
            ]
            return any(matching.others_agree(came, request) for came in same)

        return is_anew

    def __repr__(self) -> str:
        name = "in memory" if self.path is None else repr(str(self.path))
        held = (
            f"{len(self._loaded.interactions)} loaded, {len(self.plays)} played, {len(self._takes)} recorded"
        )
        return f"<Cassette {name}, record_mode={str(self.record_mode)!r}: {held}>"

    def __len__(self) -> int:
        return len(self.interactions)

    @property
    def unused(self) -> list[Interaction]:
        """The loaded interactions that haven't answered a request."""
        own = {id(one) for one in self._loaded.interactions}
        pairs = zip(self._deck, self._player.play_counts, strict=True)
        return [one for (_, one), count in pairs if not count and id(one) in own]

    @property
    def unplayed(self) -> list[Interaction]:
        """The loaded interactions that haven't answered a request, except those that a new recording
        replaces.
        """
        replaced = self._dropped(self.recorded)
        return [one for one in self.unused if not replaced(one)]

    @property
    def all_played(self) -> bool:
        """Whether all loaded interactions have answered a request."""
        return not self.unplayed

    @property
    def play_count(self) -> int:
        """The number of requests answered from it."""
        return sum(self._player.play_counts)

    # Saving

    def save(self, path: str | os.PathLike[str] | None = None) -> None:
        """Save the recordings, merged with those of other writers.

        Args:
            path: another file than the cassette's own, for everything in the cassette.

        Raises:
            CassetteWriteError: it can't be written. The file is unchanged; the message says where the
                recording was saved instead.
            ValueError: a cassette in memory is to be saved without a path.
        """
        if path is not None:
            store.write(Path(path), Document(tuple(self.interactions), self._loaded.extra))
            return
        if self.path is None:
            raise ValueError("this cassette is in memory only: expected a path to save it to, got none")
        if self._failed and not self._record_on_exception:
            self._discard_journal()
            return
        recorded = self.recorded
        spoiling = self._spoiled() if recorded else None
        if recorded and self._existed and self._replaces_file and (self._failed or spoiling is not None):
            self._set_aside(recorded, spoiling)
        else:
            self._save(recorded)
            self._report_growth(recorded)
        self._saved = recorded
        self._discard_journal()

    @property
    def _replaces_file(self) -> bool:
        return self.record_mode in {RecordMode.ALL, RecordMode.REWRITE}

    def _spoiled(self) -> Interaction | None:
        return spoiled_by(self._loaded.interactions, self._came(), self._matching)

    def _save(self, recorded: list[Interaction]) -> None:
        assert self.path is not None  # noqa: S101 - `save` has checked
        marks = self._new_marks(recorded)
        dropped, mine = self._dropped(recorded), self._saved
        goes_anyway = any(map(dropped, self._loaded.interactions)) and not self._replaces_file
        if recorded == mine and marks == self._marks and not goes_anyway:
            return  # a test that failed before its first request doesn't empty its cassette
        written = store.merge(
            self.path,
            base=Document((*self._loaded.interactions, *mine), self._loaded.extra),
            added=recorded,
            # the recordings of an earlier save are written again
            dropped=lambda old: old in mine or dropped(old),
            extra=lambda extra: self._changed(Marks.of(extra), recorded).put(extra),
        )
        self._marks = Marks.of(written.extra)

    def _report_growth(self, recorded: list[Interaction]) -> None:
        """Report that `new_episodes` has made a cassette larger; as a warning, only if it will happen
        again.
        """
        new = recorded[len(self._saved) :]
        if not new or not self._existed or self.record_mode is not RecordMode.NEW_EPISODES:
            return
        old = [self._scrubbed(one) for one in self._player.interactions]
        message, is_certain_again = explain_growth(new, old, self._matching, name=self.name)
        if is_certain_again or self._on_notice is not warn:
            self._on_notice(printable(self._recorder.text(message)))

    def _new_marks(self, recorded: list[Interaction]) -> Marks:
        return self._changed(self._marks, recorded)

    def _changed(self, marks: Marks, recorded: list[Interaction]) -> Marks:
        """Return a file's marks after this run."""
        if self._record_failures and any(map(is_unanswered, recorded)):
            marks = replace(marks, failures=True)
        if not self._failed:
            return without_user(marks, self.user)
        if recorded and (not self._existed or marks.unfinished):
            return with_user(marks, self.user)
        return marks

    def _set_aside(self, recorded: list[Interaction], spoiling: Interaction | None) -> None:
        assert self.path is not None  # noqa: S101 - `save` has checked
        self.set_aside = self.path.with_name(f"{self.path.stem}{ASIDE}{self.path.suffix}")
        mine = self._saved
        base = Document(tuple(mine), {})
        store.merge(self.set_aside, base=base, added=recorded, dropped=lambda old: old in mine)
        why = "the run failed" if spoiling is None else _spoiling(spoiling)
        self._on_notice(
            f"{self.path} is unchanged, because {why}. What was recorded is in {self.set_aside}: move it to"
            f" {self.path.name} to use it, or delete it."
        )

    def _discard_journal(self) -> None:
        if self._journal is not None:
            self._journal.discard()

    def close(self) -> None:
        """Save the recordings, if the cassette has a file. Idempotent.

        The next block or another client can still use it; their recordings are saved when they close it.

        Raises: CassetteWriteError: as `save`.
        """
        drops = self._drops_unused and self.record_mode is not RecordMode.NONE
        if self.path is not None and (self.is_recording or drops):
            self.save()

    def raise_for_misses(self) -> None:
        """Raise the first miss, which a client's own error handling may have swallowed.

        Raises:
            UnrecordedRequestError: there was one.
        """
        if self.misses:
            raise self.misses[0]

    def raise_for_unplayed(self, *, under_fault: bool = False) -> None:
        """Check that all interactions have answered a request.

        Args:
            under_fault: whether a fault was active.

        Raises:
            UnplayedInteractionsError: there are some; the message lists them.
        """
        unplayed = self.unplayed
        if unplayed:
            self._learn_environment()
            requests = [self._recorder.request(one.request) for one in unplayed[:10]]
            listed = "\n".join(f"  {request.method} {request.uri}" for request in requests)
            more = f"\n  and {len(unplayed) - 10} more" if len(unplayed) > 10 else ""
            raise UnplayedInteractionsError(
                f"{len(unplayed)} of {counted(len(self._loaded.interactions), 'interaction')} of {self.name}"
                f" {'was' if len(unplayed) == 1 else 'were'} not played:\n{listed}{more}\n"
                f"{_UNPLAYED_UNDER_FAULT if under_fault else _UNPLAYED}"
            )


_UNPLAYED = (
    "Record it again with record_mode='rewrite', or look for the request that the code no longer makes."
)
_UNPLAYED_UNDER_FAULT = (
    "A fault was in force, after which a client may have had reason to make fewer requests. Drop the check"
    " for this test if that is right, or look for the request that the code no longer makes."
)


def _several(hosts: str | Iterable[str]) -> tuple[str, ...]:
    return (hosts,) if isinstance(hosts, str) else tuple(hosts)


def _is_hypothesis_running() -> bool:
    """Whether Hypothesis has chosen the input of the current test."""
    hypothesis = sys.modules.get("hypothesis")
    return hypothesis is not None and bool(hypothesis.currently_in_test_context())


def _holds_failures(name: str, count: int) -> str:
    return (
        f"{name} contains {counted(count, 'request')} without any response, such as a refused connection; a"
        " replay raises the error again. Record the cassette again with record_mode='rewrite', or delete the"
        " file and run once. Pass record_failures=True if they were recorded on purpose."
    )


def _left_behind(path: Path, journals: Sequence[Path]) -> str:
    names = ", ".join(journal.name for journal in journals)
    return (
        f"{path}: a run that was killed left recordings behind ({names}). Add them with `unspool recover"
        f" {path}`, or delete them."
    )


def _spoiling(interaction: Interaction) -> str:
    request = interaction.request
    address = request.uri.partition("?")[0]
    outcome = "got no response" if is_unanswered(interaction) else f"got {interaction.response.status}"
    return f"{request.method} {address} {outcome} this time"


def _criterion(one: str | Callable[..., Any]) -> str | Callable[..., Any]:
    return adapt(one) if callable(one) else one


def _showing(redactor: Redactor, names: frozenset[str]) -> Redactor:
    """A redactor that stores the values of these headers too: a redacted one would match any other."""
    hidden = names - redactor.allow_headers
    return replace(redactor, allow_headers=redactor.allow_headers | hidden) if hidden else redactor


@cache
def _usual_redactor() -> Redactor:
    return Redactor()  # a shared one, because its patterns take milliseconds to compile


class RecordMode(StrEnum):
    """When to replay, and when to record."""

    NONE = "none"
    """Replay only; a request without a recording is an error."""

    ONCE = "once"
    """Record all if there is no cassette yet, else like NONE."""

    NEW_EPISODES = "new_episodes"
    """Replay recorded requests, and record others."""

    ALL = "all"
    """Replay nothing and record all; a new recording replaces the old one of the same request."""

    REWRITE = "rewrite"
    """Replay nothing and record all; old recordings are dropped."""


def parse_record_mode(mode: str | None, environ: Mapping[str, str]) -> RecordMode:
    """Return a record mode by its name; by default NONE if `CI` is set, else ONCE.

    Raises:
        ValueError: there is no such mode.
    """
    if mode is None:
        return RecordMode.NONE if environ.get("CI") else RecordMode.ONCE
    try:
        return RecordMode(getattr(mode, "value", mode))  # vcrpy's are members of an enumeration, too
    except ValueError:
        known = ", ".join(repr(str(known)) for known in RecordMode)
        raise ValueError(f"expected a record mode, one of {known}; got {mode!r}") from None
