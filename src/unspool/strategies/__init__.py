"""Hypothesis strategies for streams: failing examples are minimised, and printed as code.

    @given(strategies.chunk_lists())
    def test_my_reader(chunks):
        my_reader(unspool.CustomStreamWrapper(unspool.FakeStream(chunks), model="m"))

Hypothesis comes with the extra: `pip install "unspool[hypothesis]"`.
"""

from __future__ import annotations

try:
    import hypothesis as _hypothesis  # noqa: F401
except ImportError as error:
    raise ImportError(
        'unspool.strategies needs Hypothesis, which isn\'t installed: pip install "unspool[hypothesis]"'
    ) from error

from unspool.strategies.chunks import answers, chunk_lists, chunks
from unspool.strategies.faults import faults
from unspool.strategies.wire import byte_streams, pieces, recording, recordings

__all__ = [
    "answers",
    "byte_streams",
    "chunk_lists",
    "chunks",
    "faults",
    "pieces",
    "recording",
    "recordings",
]
