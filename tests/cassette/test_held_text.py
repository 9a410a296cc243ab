from __future__ import annotations

import json
import re
from base64 import b64decode, b64encode
from collections.abc import Callable
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from unspool.cassette.held_text import HeldChannels, HeldFrames, HeldText, Release
from unspool.cassette.redact import Redactor
from unspool.wire.aws import AWSEventStreamDecoder, encode_aws
from unspool.wire.event import WireEvent

REDACTOR = Redactor()
SECRET = re.compile(rb"sk-\w+")
KEY = b"sk-" + b"a1" * 20


def mask(data: bytes) -> bytes:
    return SECRET.sub(lambda found: b"*" * len(found[0]), data)


def test_a_whole_line_comes_back_at_once() -> None:
    assert HeldText(mask).feed(b"data: hello\n\n") == b"data: hello\n\n"


def test_a_line_without_its_end_is_held() -> None:
    held = HeldText(mask)

    assert held.feed(b"one\ntwo") == b"one\n"
    assert held.feed(b" and a half\nthree") == b"two and a half\n"
    assert held.flush() == b"three"


def test_flushing_twice_gives_nothing_twice() -> None:
    held = HeldText(mask)
    held.feed(b"x")

    assert held.flush() == b"x"
    assert held.flush() == b""


def test_a_secret_cut_in_two_is_scrubbed() -> None:
    held = HeldText(mask)

    assert held.feed(b"key: " + KEY[:10]) == b""
    assert held.feed(KEY[10:] + b"\n") == b"key: " + b"*" * len(KEY) + b"\n"


def test_an_endless_line_comes_back_but_for_its_tail() -> None:
    held = HeldText(mask)

    assert held.feed(b"x" * 65_536) == b""
    assert held.feed(b"y") == b"x" * (65_537 - 4096)


def test_a_secret_where_an_endless_line_is_cut_is_scrubbed() -> None:
    held = HeldText(mask)
    line = b" " * (66_000 - 4096 - 20) + KEY + b" " * 66_000

    text = b"".join(held.feed(line[i : i + 66_000]) for i in range(0, len(line), 66_000)) + held.flush()

    assert text == mask(line)


@given(
    st.lists(
        st.sampled_from([b"data: ", KEY, b"\n", b"\r\n", b" ", b"x" * 5000, b"y" * 70_000]), max_size=12
    ),
    st.lists(st.integers(0, 200_000), max_size=12),
)
def test_cuts_change_nothing(words: list[bytes], cuts: list[int]) -> None:
    text = b" ".join(words)
    bounds = sorted({0, len(text), *(cut for cut in cuts if cut < len(text))})
    held = HeldText(mask)

    released = b"".join(held.feed(text[a:b]) for a, b in pairwise(bounds))

    assert released + held.flush() == mask(text)


# --- channels

SECRETS = (
    "sk-" + "aB3dE6gH9jK2mN5pQ8sT1vW4" * 2,
    "Bearer " + "aB3dE6gH9jK2mN5pQ8sT1vW4",
    "ghp_" + "aB3dE6gH9jK2mN5pQ8sT1vW4xY7zAb0CdEfA",
    "AKIA" + "IOSFODNN7EXAMPLE",
    "eyJhbGciOiJIUzI1NiJ9." + "eyJ" + "aB3dE6gH9jK2mN5p" * 3 + "." + "aB3dE6gH9jK2mN5p" * 2,
    "postgres://app:hunter2hunter2@db/x",
    "-----BEGIN PRIVATE KEY-----\n" + "aB3dE6gH9jK2mN5p" * 9 + "\n-----END PRIVATE KEY-----",
)


def event(text: str, index: int = 0) -> bytes:
    return b"data: %b\n\n" % json.dumps({"choices": [{"index": index, "delta": {"content": text}}]}).encode()


def spoken(body: bytes, index: int = 0) -> str:
    choices = [json.loads(line[6:])["choices"][0] for line in body.split(b"\n") if line.startswith(b"data:")]
    return "".join(choice["delta"]["content"] for choice in choices if choice["index"] == index)


class Written:
    """What a journal's reader makes of releases."""

    def __init__(self) -> None:
        redactor = Redactor()
        self.held = HeldChannels(redactor.same_length, redactor.begins_at, redactor.is_quiet)
        self.body = bytearray()
        self.pending: dict[int, int] = {}

    def take(self, release: Release) -> None:
        self.body += release.data
        self.pending.update(release.held)
        for start, data in release.fills:
            self.body[start : start + len(data)] = data
            size = self.pending.pop(start, len(data))
            if size > len(data):
                self.pending[start + len(data)] = size - len(data)

    @property
    def known(self) -> bytes:
        gone = {at for start, size in self.pending.items() for at in range(start, start + size)}
        return bytes(byte for at, byte in enumerate(self.body) if at not in gone)


@pytest.mark.parametrize("size", [1, 3, 10, 1000])
@pytest.mark.parametrize("secret", SECRETS)
def test_a_secret_over_deltas_is_never_released(secret: str, size: int) -> None:
    text = f"So here it is: {secret} and now you have it."
    written = Written()

    for start in range(0, len(text), size):
        written.take(written.held.feed(event(text[start : start + size])))
        assert secret[-16:] not in written.body.decode()
        so_far = spoken(written.known)
        assert text.startswith(so_far) or "REDACTED"[: len(so_far)] in so_far
    written.take(written.held.flush())

    assert written.pending == {}
    assert spoken(bytes(written.body)).endswith(" and now you have it.")
    assert "aB3dE6gH9jK2mN5p" not in spoken(bytes(written.body)).replace("eyJhbGciOiJIUzI1NiJ9", "")
    assert len(spoken(bytes(written.body))) >= len(text) - 5


@pytest.mark.parametrize(
    "text", ["Hello", " world", "It's 12 o'clock", "x = foo_bar(1)", "2024-01-05", "the end."]
)
def test_plain_text_is_released_at_once(text: str) -> None:
    written = Written()

    written.take(written.held.feed(event(text)))

    assert written.pending == {}
    assert spoken(bytes(written.body)) == text


def test_other_channels_are_not_held_back() -> None:
    written = Written()
    written.take(written.held.feed(event("Your key is sk-", 0)))

    for number in range(50):
        written.take(written.held.feed(event(f"line {number} ", 1)))

    assert spoken(written.known, 0) == "Your key is "
    assert spoken(written.known, 1) == "".join(f"line {number} " for number in range(50))


def test_no_more_than_4_kib_of_a_channel_are_held_back() -> None:
    written = Written()
    written.take(written.held.feed(event("sk-")))
    for _ in range(100):
        written.take(written.held.feed(event("aB3dE6gH9j" * 20)))
        assert sum(written.pending.values()) <= 4096 + 200

    assert len(spoken(bytes(written.body))) == 20_003


@given(
    st.lists(
        st.sampled_from(["Hi ", "sk-", "aB3", "=", "key", ' "', "é", "\n", "x" * 300, "://", "9" * 30]),
        max_size=30,
    )
)
def test_in_the_end_the_whole_text_is_as_long_as_it_was(texts: list[str]) -> None:
    written = Written()
    for number, text in enumerate(texts):
        written.take(written.held.feed(event(text, number % 2)))
    written.take(written.held.flush())

    assert written.pending == {}
    assert len(written.body) == sum(len(event(text, number % 2)) for number, text in enumerate(texts))


# Frames of an AWS event stream


def frame(text: str, index: int = 0) -> bytes:
    data = json.dumps({"contentBlockIndex": index, "delta": {"text": text}, "p": "abcdef"})
    return encode_aws(WireEvent(name="contentBlockDelta", data=data))


def invoked(text: str) -> bytes:
    """A frame of InvokeModel, whose event is in base64."""
    inner = json.dumps({"type": "content_block_delta", "index": 0, "delta": {"text": text}}).encode()
    return encode_aws(WireEvent(name="chunk", data=json.dumps({"bytes": b64encode(inner).decode()})))


def held_frames() -> HeldFrames:
    return HeldFrames(REDACTOR.same_length, REDACTOR.begins_at, REDACTOR.is_quiet)


@pytest.mark.parametrize("make", [frame, invoked])
@pytest.mark.parametrize("size", [1, 7, 1000])
@pytest.mark.parametrize("secret", SECRETS)
def test_frames_come_back_without_a_secret_over_their_deltas(
    secret: str, size: int, make: Callable[[str], bytes]
) -> None:
    text = f"So here it is: {secret} and now you have it."
    frames = [make(text[start : start + size]) for start in range(0, len(text), size)]
    held = held_frames()

    came = b"".join([*(held.feed(one).data for one in frames), held.flush().data])

    assert len(came) == sum(map(len, frames))
    assert list(AWSEventStreamDecoder().feed(came))  # whose checksums are right
    assert "aB3dE6gH9jK2mN5p" not in spoken_in_frames(came).replace("eyJhbGciOiJIUzI1NiJ9", "")
    assert spoken_in_frames(came).endswith(" and now you have it.")


def spoken_in_frames(body: bytes) -> str:
    documents = [json.loads(event.data) for event in AWSEventStreamDecoder().feed(body)]
    documents = [json.loads(b64decode(one["bytes"])) if "bytes" in one else one for one in documents]
    return "".join(one["delta"]["text"] for one in documents)


def test_a_frame_is_released_as_soon_as_it_is_whole() -> None:
    held, one = held_frames(), frame("It rains ")

    assert held.feed(one[:10]).data == b""
    assert held.feed(one[10:]).data == one
    assert held.feed(one + one).data == one + one


def test_only_frames_in_which_a_secret_may_have_begun_are_held_back() -> None:
    held, frames = held_frames(), [frame("It's sk-"), frame("and so", 1), frame("aB3dE6"), frame(" no. ")]

    released = [held.feed(one).data for one in frames]

    assert released[:3] == [b"", b"", b""]
    assert released[3] == b"".join(frames)


def test_what_is_no_frame_comes_back_at_the_end_without_its_secrets() -> None:
    held = held_frames()
    data = b'{"message": "sk-proj-aB3dE6gH9jK2mN5pQ8sT1vW4xY7z"}'

    assert held.feed(data).data == b""
    assert held.flush().data == REDACTOR.same_length(data) != data
