"""A stream that repeats itself, and the account of how far its consumer went along."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from unspool import FOREVER, CustomStreamWrapper, FakeStream


class LoopingStream(CustomStreamWrapper):
    """The real wrapper around an endless source.

    Args:
        script: what repeats: a text, which is one chunk, or a script as `FakeStream` takes it.
        limit: how many equal chunks may pass; by default the package's own limit.
        repeat: how often, for ever by default.
        options: those of `CustomStreamWrapper`.
    """

    def __init__(
        self,
        script: str | Iterable[Any],
        *,
        limit: int | None = None,
        repeat: float = FOREVER,
        model: str = "gpt-4o-mini",
        **options: Any,
    ) -> None:
        self.source = FakeStream([script] if isinstance(script, str) else script, repeat=repeat)
        super().__init__(self.source, model, repeated_chunk_limit=limit, **options)

    @property
    def pulled(self) -> int:
        """How many chunks were taken from the source."""
        return self.source.pulled

    def assert_stopped(self, *, within_chunks: int) -> None:
        """Fail unless the stream has ended, for whatever reason, after at most so many chunks."""
        __tracebackhide__ = True
        if not self.source.closed:
            raise AssertionError(f"the stream is still open, after {self.pulled} chunks; nobody stopped it")
        if self.pulled > within_chunks:
            raise AssertionError(f"stopped after {self.pulled} chunks, which is more than {within_chunks}")
