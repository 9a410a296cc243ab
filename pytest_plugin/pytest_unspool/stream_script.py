"""`stream_script`: the test's model says what the test scripts, at the wire."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

import pytest

from pytest_unspool import stash
from pytest_unspool.failure_report import FailedAtOnce
from unspool.script import Script
from unspool.script.playing import ScriptContext
from unspool.transports.expected import is_expected_here
from unspool.transports.network_guard import LOOPBACK

if TYPE_CHECKING:
    from unspool import CassetteError, Clock
    from unspool.script.turns import AnyOrder, Chunks, Pace


class ScriptFactory:
    """Scripts the models of a test; what each returns is an `unspool.Script`, in use until the test ends.

    Args:
        node: the test.
        stack: ends the scripts with the test.
        clock: whose time pauses take.
    """

    def __init__(self, node: pytest.Item, stack: ExitStack, clock: Clock) -> None:
        self._node = node
        self._stack = stack
        self._clock = clock

    def __call__(
        self,
        *turns: Any,
        format: str | None = None,  # noqa: A002 - the field's word
        chunks: Chunks = None,
        pace: Pace | float | None = None,
        any_order: AnyOrder = False,
        repeat: float = 1,
        allowed_hosts: Iterable[str] = LOOPBACK,
        **options: Any,
    ) -> Script:
        """Answer the test's model requests with these turns; the arguments are those of `use_script`."""
        if len(turns) == 1 and isinstance(turns[0], Script):
            script = turns[0]
        else:
            script = Script(
                *turns, format=format, chunks=chunks, pace=pace, any_order=any_order, repeat=repeat
            )
        context = ScriptContext(
            lambda: script,
            clock=self._clock,
            allowed_hosts=frozenset(allowed_hosts),
            checks=False,  # the test is failed before its teardown
            on_miss=self._fail,
            **options,
        )
        self._node.stash.setdefault(stash.SCRIPTS, []).append(script)
        stash.watch(self._node, lambda: _told(script))
        self._stack.enter_context(context)
        return script

    def _fail(self, error: CassetteError) -> None:
        """Fail the test: a client's own error handling would swallow an exception, wait and try again."""
        __tracebackhide__ = True
        if not is_expected_here(error):
            raise FailedAtOnce(f"{self._node.nodeid}: {error}") from None


def _told(script: Script) -> Iterator[str]:
    yield from script.story().splitlines()
    for turn in script.unplayed:
        yield f"not asked for: turn {turn.index}: {turn.turn!r}"
