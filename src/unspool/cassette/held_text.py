"""Text that comes in pieces, held back until no secret in it can be half unseen."""

from __future__ import annotations

from collections.abc import Callable

_MOST_BYTES = 64 * 1024
_CONTEXT_BYTES = 4 * 1024


class HeldText:
    """Scrubs text line by line, wherever it's cut: what was fed comes back when its line has ended.

    Of a line without an end, all but the last 4 KiB come back as soon as it's longer than 64 KiB; a secret
    in such a line is found if it isn't longer than that.

    Args:
        scrub: puts as many harmless bytes in the place of a secret's bytes.
    """

    def __init__(self, scrub: Callable[[bytes], bytes]) -> None:
        self._scrub = scrub
        self._raw = bytearray()
        self._released = 0  # how many of these were given back: they are kept to find what they begin

    def feed(self, data: bytes) -> bytes:
        """More text; what can be released of it and of what was held."""
        if not self._raw and data.endswith(b"\n"):  # nearly every chunk of every stream
            return self._scrub(data)
        self._raw += data
        line_end = self._raw.rfind(b"\n", len(self._raw) - len(data)) + 1
        if line_end:
            return self._release(line_end, keep_from=line_end)
        if len(self._raw) - self._released <= _MOST_BYTES:
            return b""
        until = len(self._raw) - _CONTEXT_BYTES
        return self._release(until, keep_from=until - _CONTEXT_BYTES)

    def flush(self) -> bytes:
        """What is still held, because no more will come."""
        return self._release(len(self._raw), keep_from=len(self._raw))

    def _release(self, until: int, *, keep_from: int) -> bytes:
        seen = bytes(self._raw[:until]) if keep_from == until else bytes(self._raw)
        text = self._scrub(seen)[self._released : until]
        del self._raw[:keep_from]
        self._released = until - keep_from
        return text
