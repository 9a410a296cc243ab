from __future__ import annotations

import base64
import gzip
import resource
import zlib
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from unspool.cassette import content_coding
from unspool.cassette.content_coding import decoded, frame_texts, reframed, sized
from unspool.cassette.model import NetworkChunk, Response, Timeline, sizes_fit
from unspool.errors import CassetteFormatError
from unspool.wire.aws import AWSEventStreamDecoder, encode_aws
from unspool.wire.event import WireEvent

EVENTS = [b"data: one\n\n", b"data: two\n\n", b"data: three\n\n"]


def deflated(pieces: list[bytes], wbits: int) -> list[bytes]:
    """The pieces as a server sends them that flushes after each; the stream's end is the last piece."""
    encoder = zlib.compressobj(wbits=wbits)
    return [
        *(encoder.compress(piece) + encoder.flush(zlib.Z_SYNC_FLUSH) for piece in pieces),
        encoder.flush(),
    ]


def response(pieces: list[bytes], coding: str = "gzip", **headers: str) -> Response:
    chunks = tuple(NetworkChunk(len(piece), float(at)) for at, piece in enumerate(pieces, start=1))
    return Response(
        200,
        headers=(("Content-Encoding", coding), *headers.items()),
        body=b"".join(pieces),
        timeline=Timeline(chunks=chunks),
    )


def sizes_and_times(got: Response) -> list[tuple[int, float]]:
    assert got.timeline is not None
    return [(chunk.size, chunk.at) for chunk in got.timeline.chunks]


GZIPPED = deflated(EVENTS, 31)


def test_without_a_content_encoding_the_response_itself_comes_back() -> None:
    plain = Response(200, headers=(("content-type", "text/plain"),), body=b"x")

    assert decoded(plain) is plain


@pytest.mark.parametrize(
    ("coding", "wbits"), [("gzip", 31), ("x-gzip", 31), ("GZIP", 31), ("deflate", 15), ("deflate", -15)]
)
def test_each_chunk_becomes_what_it_decodes_to_at_its_own_time(coding: str, wbits: int) -> None:
    got = decoded(response(deflated(EVENTS, wbits), coding))

    assert got.body == b"".join(EVENTS)
    assert sizes_and_times(got) == [(11, 1.0), (11, 2.0), (13, 3.0)]


def test_the_header_is_gone_and_the_length_is_the_new_one() -> None:
    got = decoded(response(GZIPPED, **{"Content-Length": "99", "date": "today"}))

    assert got.headers == (("Content-Length", "35"), ("date", "today"))


def test_a_length_that_nobody_stated_is_not_added() -> None:
    assert sized((("date", "today"),), 35) == (("date", "today"),)


def test_several_codings_are_undone_from_the_last_to_the_first() -> None:
    body = zlib.compress(gzip.compress(b"hello"))

    assert decoded(response([body], "gzip, deflate")).body == b"hello"


def test_codings_in_two_headers_count_as_one_list() -> None:
    twice = Response(
        200,
        headers=(("content-encoding", "gzip"), ("content-encoding", "identity, deflate")),
        body=zlib.compress(gzip.compress(b"hello")),
    )

    assert decoded(twice) == Response(200, body=b"hello")


def test_identity_changes_nothing_but_the_header() -> None:
    assert decoded(response(EVENTS, "identity")).body == b"".join(EVENTS)


def test_a_body_that_was_cut_is_decoded_as_far_as_it_goes() -> None:
    got = decoded(response([*GZIPPED[:2], GZIPPED[2][:2]]))

    assert got.body == b"".join(EVENTS[:2])
    assert sizes_and_times(got) == [(11, 1.0), (11, 2.0)]


@given(st.lists(st.integers(0, len(b"".join(GZIPPED))), max_size=6))
def test_no_cut_loses_a_byte(cuts: list[int]) -> None:
    body = b"".join(GZIPPED)
    bounds = sorted({0, len(body), *cuts})

    got = decoded(response([body[a:b] for a, b in pairwise(bounds)]))

    assert got.body == b"".join(EVENTS)
    assert sizes_fit(got)


@given(st.integers(1, 10))
def test_a_bare_deflate_is_told_from_a_wrapped_one_however_it_is_cut(size: int) -> None:
    for wbits in (15, -15):
        body = b"".join(deflated(EVENTS, wbits))
        pieces = [body[start : start + size] for start in range(0, len(body), size)]
        assert decoded(response(pieces, "deflate")).body == b"".join(EVENTS)


def test_two_gzip_members_in_a_row_are_one_body() -> None:
    body = gzip.compress(b"one, ") + gzip.compress(b"two")

    assert decoded(response([body[:25], body[25:30], body[30:]])).body == b"one, two"


def test_what_follows_a_gzip_member_and_is_none_is_ignored() -> None:
    assert decoded(response([gzip.compress(b"one") + b"\0\0", b"\0rest"])).body == b"one"


def test_no_body_decodes_to_no_body() -> None:
    assert decoded(response([])).body == b""


def test_sizes_that_do_not_fit_stay_as_they_are_and_the_body_is_decoded_whole() -> None:
    stale = Timeline(chunks=(NetworkChunk(3, 1.0),))
    edited = Response(
        200, headers=(("content-encoding", "gzip"),), body=gzip.compress(b"hello"), timeline=stale
    )

    assert decoded(edited) == Response(200, body=b"hello", timeline=stale)


def test_without_a_timeline_the_body_is_decoded_whole() -> None:
    untimed = Response(200, headers=(("content-encoding", "gzip"),), body=gzip.compress(b"hello"))

    assert decoded(untimed) == Response(200, body=b"hello")


def test_an_unknown_coding_is_named() -> None:
    with pytest.raises(CassetteFormatError, match="gzip, x-gzip, deflate, br, zstd or identity, got 'lzma'"):
        decoded(response([b"x"], "lzma"))


def test_a_body_that_is_not_under_its_coding_is_explained() -> None:
    with pytest.raises(CassetteFormatError, match="under content-encoding gzip, got bytes that aren't"):
        decoded(response([b"data: already decoded\n\n"]))


@pytest.mark.parametrize(("coding", "package"), [("br", "brotli"), ("zstd", "zstandard")])
def test_a_package_that_is_missing_is_named(
    coding: str, package: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def nothing_installed(name: str) -> None:
        raise ImportError(name)

    monkeypatch.setattr(content_coding, "import_module", nothing_installed)

    with pytest.raises(CassetteFormatError, match=f"pip install {package}"):
        decoded(response([b"x"], coding))


def test_a_few_bytes_do_not_become_gigabytes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(content_coding, "_MOST_BYTES", 1000)

    with pytest.raises(CassetteFormatError, match="at most 1,000 bytes"):
        decoded(response([gzip.compress(b"\0" * 1001)]))


@pytest.mark.parametrize(
    ("coding", "package"),
    [("br", "brotli"), ("br", "brotlicffi"), ("zstd", "zstandard"), ("zstd", "backports.zstd")],
)
def test_other_codings_are_inflated_within_bounds(
    coding: str, package: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    module = pytest.importorskip(package)
    monkeypatch.setattr(content_coding, "_BROTLI" if coding == "br" else "_ZSTD", (package,))
    bomb = module.compress(bytes(200_000_000))
    assert len(bomb) < 20_000

    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(CassetteFormatError, match="at most 67,108,864 bytes"):
        decoded(response([bomb], coding))
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 200_000  # of 1,024 bytes


def test_base64_in_a_frame_is_found_however_its_json_is_spaced() -> None:
    wrapped = base64.b64encode(b"a secret").decode()
    for text in (f'{{"bytes":"{wrapped}"}}', f'{{ "bytes" : "{wrapped}" }}'):
        assert base64.b64encode(b"a SECRET").decode() in read(reframed(frame(text), upper))[0]


@pytest.mark.parametrize("package", ["brotli", "brotlicffi"])
def test_brotli_is_decoded_chunk_by_chunk(package: str, monkeypatch: pytest.MonkeyPatch) -> None:
    module = pytest.importorskip(package)
    monkeypatch.setattr(content_coding, "_BROTLI", (package,))
    body = module.compress(b"".join(EVENTS))

    got = decoded(response([body[:10], body[10:]], "br"))

    assert got.body == b"".join(EVENTS)
    assert sizes_fit(got)


@pytest.mark.parametrize("package", ["zstandard", "backports.zstd", "compression.zstd"])
def test_zstd_is_decoded_chunk_by_chunk(package: str, monkeypatch: pytest.MonkeyPatch) -> None:
    module = pytest.importorskip(package)
    monkeypatch.setattr(content_coding, "_ZSTD", (package,))
    body = module.compress(b"".join(EVENTS)) + module.compress(b"another frame")

    got = decoded(response([body[:10], body[10:50], body[50:]], "zstd"))

    assert got.body == b"".join(EVENTS) + b"another frame"
    assert sizes_fit(got)


# --- AWS event streams


def frame(data: str) -> bytes:
    return encode_aws(WireEvent(name="chunk", data=data))


def upper(data: bytes) -> bytes:
    return data.replace(b"secret", b"SECRET")


def read(frames: bytes) -> list[str]:
    decoder = AWSEventStreamDecoder()
    events = [*decoder.feed(frames), *decoder.flush()]
    return [event.data for event in events]


def test_a_changed_frame_gets_its_checksum_anew() -> None:
    frames = frame("a secret") + frame("nothing")

    got = reframed(frames, upper)

    assert read(got) == ["a SECRET", "nothing"]
    assert len(got) == len(frames)


def test_frames_without_a_change_keep_every_byte() -> None:
    frames = frame("nothing") + frame("")

    assert reframed(frames, upper) == frames


def test_a_frame_that_came_broken_stays_broken() -> None:
    broken = frame("a secret")[:-1] + b"\0"

    assert reframed(broken, upper) == upper(broken)


def test_a_frame_that_was_cut_is_changed_as_it_stands() -> None:
    frames = frame("one") + frame("a secret")[:-5]

    assert reframed(frames, upper) == upper(frames)


def test_what_is_no_event_stream_is_changed_as_it_stands() -> None:
    assert reframed(b'{"message": "a secret"}', upper) == b'{"message": "a SECRET"}'


def test_a_header_of_a_frame_is_changed_too() -> None:
    event = WireEvent(
        name="error", headers={":error-code": "error", ":error-message": "a secret"}, data="data"
    )

    assert next(iter(AWSEventStreamDecoder().feed(reframed(encode_aws(event), upper)))).headers == {
        ":error-code": "error",
        ":error-message": "a SECRET",
    }


def test_what_bedrock_wraps_in_base64_is_changed_inside_it() -> None:
    wrapped = base64.b64encode(b'{"text":"a secret"}').decode()

    got = reframed(frame(f'{{"bytes":"{wrapped}","p":"abc"}}'), upper)

    assert frame_texts(got) == b'{"text":"a SECRET"}'
    assert read(got)


def test_what_only_looks_like_base64_is_left_alone() -> None:
    frames = frame('{"bytes":"abcde"}')

    assert reframed(frames, upper) == frames
    assert frame_texts(frames) == b""
