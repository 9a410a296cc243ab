"""Stages and chains."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from unspool.pipeline import Chain


class Pairs:
    """Hands items on two at a time."""

    def __init__(self) -> None:
        self._held: list[str] = []

    def feed(self, item: str, /) -> Iterator[str]:
        self._held.append(item)
        if len(self._held) == 2:
            yield "".join(self._held)
            self._held.clear()

    def flush(self) -> Iterator[str]:
        yield from self._held


class Shout:
    """Refuses digits."""

    def feed(self, item: str, /) -> Iterator[str]:
        if item.isdigit():
            raise ValueError(item)
        yield item.upper()

    def flush(self) -> Iterator[str]:
        yield "!"


def test_what_one_stage_gives_the_next_one_takes() -> None:
    chain = Chain(Pairs(), Shout())
    assert [list(chain.feed(letter)) for letter in "abc"] == [[], ["AB"], []]


def test_a_flush_runs_down_the_chain() -> None:
    chain = Chain(Pairs(), Shout())
    list(chain.feed("a"))
    assert list(chain.flush()) == ["A", "!"]


def test_a_chain_is_a_stage() -> None:
    assert list(Chain(Chain(Shout()), Pairs()).feed("a")) == []


def test_an_empty_chain_hands_everything_on() -> None:
    assert (list(Chain().feed("a")), list(Chain().flush())) == (["a"], [])


def test_what_came_before_an_error_is_delivered() -> None:
    class Letters:
        def feed(self, item: str, /) -> Iterator[str]:
            yield from item

        def flush(self) -> Iterator[str]:
            return iter(())

    out = Chain(Letters(), Shout()).feed("ab1c")
    assert [next(out), next(out)] == ["A", "B"]
    with pytest.raises(ValueError, match="1"):
        next(out)
