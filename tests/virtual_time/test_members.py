"""Which threads are on virtual time."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from unspool.virtual_time.members import TIMELINE, ahead, bequeath, here, is_back_off, join, leave, starting


@pytest.fixture(autouse=True)
def _left() -> Iterator[None]:
    leave()
    yield
    leave()


def in_thread(*, inherits: bool) -> object:
    found: list[object] = []
    thread = threading.Thread(target=lambda: found.append(here()))
    if inherits:
        bequeath(thread)
    thread.start()
    thread.join()
    return found[0]


def test_a_thread_is_on_real_time_until_it_joins() -> None:
    assert here() is None
    assert (ahead(), is_back_off(3600)) == (0.0, False)
    party = join()
    assert here() is party is join()
    leave()
    assert here() is None


def test_only_a_thread_that_was_bequeathed_to_is_on_it_too() -> None:
    party = join()
    assert in_thread(inherits=False) is None
    heir = in_thread(inherits=True)
    assert heir is not None
    assert heir is not party


def test_a_thread_on_real_time_bequeaths_nothing() -> None:
    assert in_thread(inherits=True) is None


def test_while_it_starts_another_a_thread_does_not_count() -> None:
    party = join()
    with starting():
        assert here() is None
    assert here() is party


def test_virtual_time_begins_as_real_time() -> None:
    party = join()
    assert party.base == TIMELINE.offset
    assert ahead() == 0.0


def test_short_sleeps_are_no_back_off() -> None:
    join().is_behind_answer = True
    assert is_back_off(0.1)
    assert not is_back_off(0.09)
