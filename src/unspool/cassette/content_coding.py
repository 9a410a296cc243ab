"""Decode bodies from their content coding, with the network's boundaries preserved.

A body is decoded piece by piece, as by a client: an incomplete end is dropped, and each network chunk becomes
the bytes that the decoder returned for it.
"""

from __future__ import annotations

import re
import zlib
from base64 import b64decode, b64encode
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from functools import reduce
from importlib import import_module
from typing import Any

from unspool.cassette.model import NetworkChunk, Response, Timeline, cut, sizes_fit
from unspool.errors import CassetteFormatError
from unspool.headers import Headers, header, tokens_of, without

Feed = Callable[[bytes], bytes]
"""A function that decodes the next bytes of a body."""

_MOST_BYTES = 64 * 1024**2  # of a decompressed body: a hostile file's few bytes would become gigabytes

_STEP_BYTES = 16 * 1024  # deflate makes at most a thousand times as much of them
_HOSTILE_STEP_BYTES = 64  # Brotli and Zstandard, many thousand times
_GZIP_MAGIC = b"\x1f\x8b"
_ZSTD_MAGIC = b"\x28\xb5\x2f\xfd"
# Alternative packages; the first is recommended.
_BROTLI = ("brotli", "brotlicffi")
_ZSTD = ("zstandard", "backports.zstd", "compression.zstd")


def decoded(response: Response) -> Response:
    """Return a copy with a decoded body and without a content-encoding.

    Its chunks keep their times; those that decoded to nothing are dropped, and a content-length is corrected.
    A body that was cut is decoded as far as possible. Without a content-encoding the response itself is
    returned.

    Raises:
        CassetteFormatError: the coding is unknown, needs a package that isn't installed, or isn't that of
            the body.
    """
    if header(response.headers, "content-encoding") is None:
        return response
    decode = decoder_of(response.headers)
    pieces = [decode(piece) for piece in _pieces(response)]
    body = b"".join(pieces)
    kept = without(response.headers, "content-encoding")
    return replace(response, headers=sized(kept, len(body)), body=body, timeline=_timeline(response, pieces))


def decoder_of(headers: Headers) -> Feed:
    """Return a function that undoes the content-encoding in the headers, piece by piece.

    Raises:
        CassetteFormatError: as `decoded`; from the function too.
    """
    feeds = [_feed(coding) for coding in reversed(_codings(headers))]
    return lambda data: reduce(lambda data, feed: feed(data), feeds, data)


def gunzipped(data: bytes) -> bytes | None:
    """Decompress bytes that begin as gzip; None if they aren't, or if it's too much."""
    if not data.startswith(_GZIP_MAGIC):
        return None
    try:
        return _checked("gzip", _gzip())(data)
    except CassetteFormatError:
        return None


def regzipped(content: bytes, size: int) -> bytes:
    """Compress the content to exactly this size, if possible; a comment in the gzip header is the padding."""
    packed = zlib.compress(content, 9, wbits=zlib.MAX_WBITS | 16)
    missing = size - len(packed)
    if missing < 1:
        return packed
    flags = packed[3] | 16  # FCOMMENT of RFC 1952
    return packed[:3] + bytes([flags]) + packed[4:10] + b" " * (missing - 1) + b"\0" + packed[10:]


def sized(headers: Headers, length: int) -> Headers:
    """Return the headers with this content-length, in bytes, if they had one."""
    return tuple(
        (name, str(length)) if name.lower() == "content-length" else (name, value) for name, value in headers
    )


def _codings(headers: Headers) -> list[str]:
    """Return the codings in the order in which they were applied."""
    return [coding for coding in tokens_of(headers, "content-encoding") if coding != "identity"]


def _pieces(response: Response) -> list[bytes]:
    if response.timeline is None or not sizes_fit(response):
        return [response.body]
    return [piece for _, piece in cut(response.body, response.timeline.chunks)]


def _timeline(response: Response, pieces: Iterable[bytes]) -> Timeline | None:
    timeline = response.timeline
    if timeline is None or not sizes_fit(response):
        return timeline
    sizes = zip(timeline.chunks, pieces, strict=True)
    return replace(
        timeline, chunks=tuple(NetworkChunk(len(piece), chunk.at) for chunk, piece in sizes if piece)
    )


def _feed(coding: str) -> Feed:
    start = _STARTS.get(coding)
    if start is None:
        raise CassetteFormatError(
            f"expected a content-encoding of {', '.join(_STARTS)} or identity, got {coding!r};"
            " such a body can't be read"
        )
    return _checked(coding, start())


def _checked(coding: str, feed: Feed) -> Feed:
    left = _MOST_BYTES
    step = _HOSTILE_STEP_BYTES if coding in {"br", "zstd"} else _STEP_BYTES

    def checked(data: bytes) -> bytes:
        nonlocal left
        out = []
        for start in range(0, len(data), step):
            out.append(_decoded_step(coding, feed, data[start : start + step]))
            left -= len(out[-1])
            if left < 0:  # a hostile file, whose few bytes would become many
                raise CassetteFormatError(
                    f"expected a body of at most {_MOST_BYTES:,} bytes once it is inflated, got more"
                )
        return b"".join(out)

    return checked


def _decoded_step(coding: str, feed: Feed, data: bytes) -> bytes:
    try:
        return feed(data)
    except Exception as error:  # each package has its own
        raise CassetteFormatError(
            f"expected a body under content-encoding {coding}, got bytes that aren't: {error}. Recorders that"
            " decode bodies and keep the header write such cassettes: delete the header, and it can be read"
        ) from error


def _gzip() -> Feed:
    return _members(lambda: zlib.decompressobj(16 + zlib.MAX_WBITS), _GZIP_MAGIC)


def _deflate() -> Feed:
    """Decode deflate in zlib's format, as HTTP requires, or bare, as many servers send it."""
    head = b""
    decoder = None

    def feed(data: bytes) -> bytes:
        nonlocal head, decoder
        if decoder is None:
            head = data = head + data
            if len(head) < 2:
                return b""
            decoder = zlib.decompressobj(zlib.MAX_WBITS if _is_zlib(head) else -zlib.MAX_WBITS)
        return decoder.decompress(data)

    return feed


def _is_zlib(data: bytes) -> bool:
    return data[0] & 0x0F == 8 and int.from_bytes(data[:2]) % 31 == 0


def _brotli() -> Feed:
    decoder = _module("br", _BROTLI).Decompressor()
    process: Feed = getattr(decoder, "process", None) or decoder.decompress

    def feed(data: bytes) -> bytes:
        return b"" if decoder.is_finished() else process(data)  # the rest is ignored, as by clients

    return feed


def _zstd() -> Feed:
    module = _module("zstd", _ZSTD)
    if module.__name__ == "zstandard":
        return _members(lambda: module.ZstdDecompressor().decompressobj(), _ZSTD_MAGIC)
    return _members(module.ZstdDecompressor, _ZSTD_MAGIC)


_STARTS: dict[str, Callable[[], Feed]] = {
    "gzip": _gzip,
    "x-gzip": _gzip,
    "deflate": _deflate,
    "br": _brotli,
    "zstd": _zstd,
}


def _members(start: Callable[[], Any], magic: bytes) -> Feed:
    """A decoder of consecutive members; other data after a whole one is ignored, as by clients."""
    decoder = start()

    def feed(data: bytes) -> bytes:
        nonlocal decoder
        out = b""
        while data:
            if decoder.eof:
                if not data.startswith(magic[: len(data)]):
                    break
                decoder = start()
            out += decoder.decompress(data)
            data = decoder.unused_data
        return out

    return feed


def _module(coding: str, names: tuple[str, ...]) -> Any:
    """Return the first of these modules that is installed."""
    for name in names:
        try:
            return import_module(name)
        except ImportError:
            continue
    raise CassetteFormatError(
        f"a body under content-encoding {coding} needs the package {names[0]} to be read, and it isn't"
        f" installed: pip install {names[0]}"
    )


# --- AWS event streams: the frame is drawn in `unspool.wire.aws`

_PRELUDE_BYTES = 12
_CRC_BYTES = 4
# Bedrock's InvokeModelWithResponseStream wraps each event of the model again.
_BASE64 = re.compile(rb'("bytes"\s*:\s*")([A-Za-z0-9+/]++={0,2})(?=")')


def frame_texts(data: bytes) -> bytes:
    """The decoded base64 in an AWS event stream, a line each."""
    return b"\n".join(_from_base64(match[2]) for match in _BASE64.finditer(data))


def reframed(data: bytes, change: Feed) -> bytes:
    """Change the headers and payloads of an AWS event stream's frames, base64 too, and their checksums.

    Args:
        data: the frames; the rest after the last whole one is changed as plain bytes.
        change: returns as many bytes as it gets.
    """
    pieces = []
    at = 0
    while size := _frame_size(data, at):
        pieces.append(_changed_frame(data[at : at + size], change))
        at += size
    return b"".join([*pieces, change(data[at:])])


def lines_of_frames(data: bytes) -> bytes:
    """Return the texts of an AWS event stream, a line each: headers, payloads, decoded base64 in these, the
    rest.
    """
    return b"\n".join(text.translate(_NO_LINE_ENDS) for text in _texts_of_frames(data))


def frames_with_lines(data: bytes, lines: bytes) -> bytes:
    """Replace the texts of an AWS event stream by these lines, of the same sizes."""
    texts = _texts_of_frames(data)
    changed = _unjoined(lines, b"\n".join(text.translate(_NO_LINE_ENDS) for text in texts), texts)
    return reframed(data, lambda _: next(changed))


_NO_LINE_ENDS = bytes(0x20 if byte in b"\r\n" else byte for byte in range(256))


def _texts_of_frames(data: bytes) -> list[bytes]:
    texts: list[bytes] = []

    def collect(text: bytes) -> bytes:
        texts.append(text)
        return text

    reframed(data, collect)
    return texts


def _unjoined(clean: bytes, joined: bytes, texts: Iterable[bytes]) -> Iterator[bytes]:
    """Split a joined text, with the differences between it and the clean one applied."""
    at = 0
    for text in texts:
        old, new = joined[at : at + len(text)], clean[at : at + len(text)]
        at += len(text) + 1
        yield (
            text if old == new else bytes(n if n != o else t for t, o, n in zip(text, old, new, strict=True))
        )


def first_frame(data: bytes | bytearray) -> bytes:
    """Return the first whole frame of an AWS event stream; nothing if it hasn't arrived."""
    return bytes(data[: _frame_size(data, 0)])


def _frame_size(data: bytes | bytearray, at: int) -> int:
    """Return the size of the frame that begins there; 0 without a whole one."""
    size, headers = (int.from_bytes(data[at + start : at + start + 4]) for start in (0, 4))
    return size if _PRELUDE_BYTES + headers + _CRC_BYTES <= size <= len(data) - at else 0


def _changed_frame(frame: bytes, change: Feed) -> bytes:
    payload = _PRELUDE_BYTES + int.from_bytes(frame[4:8])
    checked, crc = frame[:-_CRC_BYTES], frame[-_CRC_BYTES:]
    text = _BASE64.sub(lambda match: match[1] + _changed_base64(match[2], change), change(checked[payload:]))
    changed = checked[:_PRELUDE_BYTES] + change(checked[_PRELUDE_BYTES:payload]) + text
    was_right = zlib.crc32(checked) == int.from_bytes(crc)  # a broken frame stays broken
    return changed + (zlib.crc32(changed).to_bytes(_CRC_BYTES) if was_right else crc)


def _changed_base64(text: bytes, change: Feed) -> bytes:
    plain = _from_base64(text)
    changed = change(plain)
    return text if changed == plain else b64encode(changed)


def _from_base64(text: bytes) -> bytes:
    """Decode base64; return nothing if it isn't base64."""
    try:
        return b64decode(text, validate=True)
    except ValueError:
        return b""
