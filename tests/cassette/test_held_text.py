from __future__ import annotations

import re
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from unspool.cassette.held_text import HeldText

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
