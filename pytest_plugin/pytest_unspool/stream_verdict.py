"""Clients run against broken answers, and the test failed on what is found."""

from __future__ import annotations

import os
from collections.abc import Collection
from pathlib import Path
from typing import Any

import pytest

from pytest_unspool import recordings, run_report, stash
from pytest_unspool.stream_torture import Broken
from unspool.cassette.model import Interaction
from unspool.faults import Fault, NoFault
from unspool.transports.breaker import Breaker
from unspool.transports.in_force import force
from unspool.transports.recorded_stream import interaction_of
from unspool.verdict import FINDINGS, Verdict, examine
from unspool.verdict.examine import Client


class Examiner:
    """Runs clients against broken answers.

    Args:
        node: the test.
        folder: where cassettes are looked for.
    """

    def __init__(self, node: pytest.Item, folder: Path) -> None:
        self._node = node
        self._config = node.config
        self._folder = folder

    def __call__(
        self,
        client: Client,
        answer: Interaction | str | os.PathLike[str],
        fault: Fault | None = None,
        *,
        fail_on: Collection[str] | None = None,
        **options: Any,
    ) -> Verdict:
        """What the client did; it fails the test, if that is to be found fault with.

        Args:
            client: see `unspool.verdict.examine`.
            answer: an interaction; or a cassette's name or path in the folder, or a sample of the package,
                such as `openai/text`.
            fault: what happens to it; None for nothing, or for the fault that the test is under, as with
                `stream_torture`.
            fail_on: keys of `unspool.verdict.FINDINGS`; None for all of them.
            options: `limits` and `backend` of `unspool.verdict.examine`.

        Raises:
            FaultError: there is nothing in the answer for this fault to break.
            CassetteError: there is no such cassette, or it holds more than one interaction.
            UsageError: there is no such finding.
        """
        __tracebackhide__ = True
        chosen = _known(FINDINGS if fail_on is None else fail_on, FINDINGS)
        broken = self._node.stash.get(stash.BROKEN, None) if fault is None else None
        with force(None):  # each stream goes through one fault
            verdict = examine(client, self._answer(answer), fault or _fault_of(broken), **options)
        if broken is not None and not isinstance(broken.breaker.fault, NoFault):
            _note_broken(broken.breaker, verdict)
        found = verdict.of(chosen)
        if found:
            meant = (f"{one}\n    The client {FINDINGS[one.kind]}." for one in found)
            pytest.fail("\n".join([verdict.headline, *meant]), pytrace=False)
        return verdict

    def _answer(self, answer: Interaction | str | os.PathLike[str]) -> Interaction:
        if not isinstance(answer, str | os.PathLike):
            return answer
        path, _ = recordings.located(answer, self._folder)
        run_report.keep(self._config, run_report.account_of_canned(path))
        return interaction_of(path, None)


def _fault_of(broken: Broken | None) -> Fault:
    return NoFault() if broken is None else broken.breaker.fault


def _note_broken(breaker: Breaker, verdict: Verdict) -> None:
    """Note that the test's fault has happened to a client: the test has shown something."""
    breaker.ledger.requests += len(verdict.log.attempts)
    breaker.ledger.notes().broke.append(breaker.fault)


def _known(kinds: Collection[str], known: Collection[str]) -> Collection[str]:
    unknown = [kind for kind in kinds if kind not in known] if not isinstance(kinds, str) else [kinds]
    if unknown:
        raise pytest.UsageError(
            f"expected fail_on to be a list of {', '.join(known)}; got {', '.join(unknown)}"
        )
    return kinds
