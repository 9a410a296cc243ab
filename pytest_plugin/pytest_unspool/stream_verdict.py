"""Clients run against broken answers, and the test failed on what is found."""

from __future__ import annotations

import os
from collections.abc import Collection
from pathlib import Path
from typing import Any

import pytest

from pytest_unspool import recordings, run_report
from unspool.cassette.model import Interaction
from unspool.faults import Fault, NoFault
from unspool.verdict import FINDINGS, Verdict, examine
from unspool.verdict.examine import Client


class Examiner:
    """Runs clients against broken answers.

    Args:
        config: of this run of pytest.
        folder: where cassettes are looked for.
    """

    def __init__(self, config: pytest.Config, folder: Path) -> None:
        self._config = config
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
            fault: what happens to it; None for nothing.
            fail_on: keys of `unspool.verdict.FINDINGS`; None for all of them.
            options: `limits` and `backend` of `unspool.verdict.examine`.

        Raises:
            FaultError: there is nothing in the answer for this fault to break.
            CassetteError: there is no such cassette, or it holds more than one interaction.
            UsageError: there is no such finding.
        """
        __tracebackhide__ = True
        chosen = _known(FINDINGS if fail_on is None else fail_on, FINDINGS)
        verdict = examine(client, self._answer(answer), fault or NoFault(), **options)
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
        return recordings.interaction_in(path, None)


def _known(kinds: Collection[str], known: Collection[str]) -> Collection[str]:
    unknown = [kind for kind in kinds if kind not in known] if not isinstance(kinds, str) else [kinds]
    if unknown:
        raise pytest.UsageError(
            f"expected fail_on to be a list of {', '.join(known)}; got {', '.join(unknown)}"
        )
    return kinds
