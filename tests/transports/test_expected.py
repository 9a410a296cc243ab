"""Misses that a test expects, and those that it only seems to expect."""

from __future__ import annotations

import threading
import unittest
from collections.abc import Callable
from contextlib import suppress

import httpx
import pytest

from unspool.cassette.cassette import Cassette
from unspool.cassette.model import Interaction, Request, Response
from unspool.errors import CassetteError, UnrecordedRequestError, UnspoolError
from unspool.transports.use_cassette import use_cassette

URL = "https://api.example.com/v1/chat"
NOTHING_RECORDED = Cassette.of([])


def leaves_with_a_miss(block: Callable[[Cassette], None]) -> bool:
    """Whether a block with an empty cassette raises a miss, once more, at its end."""
    try:
        with use_cassette(Cassette.of([])) as cassette:
            block(cassette)
    except UnrecordedRequestError:
        return True
    return False


def swallow() -> None:
    with suppress(Exception):
        httpx.get(URL)


@pytest.mark.parametrize("kind", [UnrecordedRequestError, CassetteError, (ValueError, CassetteError)])
def test_raises_around_the_request_expects_its_miss(kind: type[Exception]) -> None:
    def block(_cassette: Cassette) -> None:
        with pytest.raises(kind):
            httpx.get(URL)

    assert not leaves_with_a_miss(block)


def test_assert_raises_does_too() -> None:
    class Case(unittest.TestCase):
        def runTest(self) -> None:  # noqa: N802 - unittest's name
            with self.assertRaises(UnrecordedRequestError):  # noqa: PT027 - that's what is tested
                httpx.get(URL)

    assert not leaves_with_a_miss(lambda _cassette: Case().debug())


@pytest.mark.parametrize("kind", [Exception, UnspoolError, (UnspoolError, KeyError)])
def test_a_class_of_other_errors_too_expects_none(kind: type[Exception]) -> None:
    def block(_cassette: Cassette) -> None:
        with pytest.raises(kind):
            httpx.get(URL)

    assert leaves_with_a_miss(block)


def test_a_miss_that_was_swallowed_below_is_not_expected() -> None:
    def block(_cassette: Cassette) -> None:
        with pytest.raises(UnrecordedRequestError):  # noqa: PT012 - a client that handles a miss itself
            swallow()
            raise UnrecordedRequestError("another one")

    assert leaves_with_a_miss(block)


def test_a_swallowed_miss_is_raised_at_the_end() -> None:
    assert leaves_with_a_miss(lambda _cassette: swallow())


def test_misses_that_are_expected_are_not_raised_again() -> None:
    def block(cassette: Cassette) -> None:
        with cassette.expect_misses() as misses:
            swallow()
            thread = threading.Thread(target=swallow)
            thread.start()
            thread.join()
        assert [type(miss) for miss in misses] == [UnrecordedRequestError] * 2

    assert not leaves_with_a_miss(block)


def test_other_misses_are_raised_all_the_same() -> None:
    def block(cassette: Cassette) -> None:
        with cassette.expect_misses():
            swallow()
        swallow()

    assert leaves_with_a_miss(block)


def test_it_is_an_error_to_expect_misses_where_there_is_none() -> None:
    one = Interaction(Request("GET", URL), Response(200, body=b"hi"))
    message = r"each had one or was recorded \(record_mode='none'\)"
    with (
        use_cassette(Cassette.of([one])) as cassette,
        pytest.raises(CassetteError, match=message),
        cassette.expect_misses(),
    ):
        assert httpx.get(URL).text == "hi"


def test_an_error_of_the_block_comes_before_the_lack_of_misses() -> None:
    with use_cassette(Cassette.of([])) as cassette, pytest.raises(KeyError), cassette.expect_misses():
        raise KeyError
