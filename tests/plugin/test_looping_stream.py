"""`looping_stream` from outside."""

from __future__ import annotations

import pytest
from tests.plugin.outside import run


def test_a_loop_stops_at_its_own_limit(pytester: pytest.Pytester) -> None:
    run(
        pytester,
        """
        import pytest, unspool

        def test_loop(looping_stream):
            loop = looping_stream("How are you?", limit=10)
            with pytest.raises(unspool.InternalServerError):
                for _ in loop: ...
            loop.assert_stopped(within_chunks=12)
            assert unspool.REPEATED_STREAMING_CHUNK_LIMIT == 100
        """,
    ).assert_outcomes(passed=1)


def test_without_a_limit_the_packages_counts(pytester: pytest.Pytester) -> None:
    run(
        pytester,
        """
        import pytest, unspool

        def test_loop(looping_stream):
            loop = looping_stream("How are you?")
            with pytest.raises(unspool.InternalServerError):
                for _ in loop: ...
            assert len(loop.delivered) == 100
        """,
    ).assert_outcomes(passed=1)


def test_a_loop_may_end_by_itself(pytester: pytest.Pytester) -> None:
    run(
        pytester,
        """
        def test_loop(looping_stream):
            loop = looping_stream("How are you?", repeat=5)
            assert [c.choices[0].delta.content for c in loop] == ["How are you?"] * 5 + [None]
            loop.assert_stopped(within_chunks=5)
        """,
    ).assert_outcomes(passed=1)


def test_a_loop_may_have_any_period(pytester: pytest.Pytester) -> None:
    run(
        pytester,
        """
        import pytest, unspool

        def test_loop(looping_stream):
            loop = looping_stream(["I look. ", "I wait. ", "Again. "], cycle_guard=unspool.CycleGuard())
            with pytest.raises(unspool.RepetitionError) as caught:
                for _ in loop: ...
            assert caught.value.period == 3
        """,
    ).assert_outcomes(passed=1)


def test_near_duplicates_are_counted(pytester: pytest.Pytester) -> None:
    run(
        pytester,
        """
        def test_loop(looping_stream):
            loop = looping_stream.near_duplicates("Attempt {n}. ", repeat=3)
            texts = [c.choices[0].delta.content for c in loop]
            assert texts == ["Attempt 1. ", "Attempt 2. ", "Attempt 3. ", None]

        def test_endless(looping_stream):
            loop = looping_stream.near_duplicates("Attempt {n}. ", limit=3)
            for _ in range(500):
                next(loop)
            assert next(loop).choices[0].delta.content == "Attempt 501. "
        """,
    ).assert_outcomes(passed=2)


def test_near_duplicates_vary_by_their_seed(pytester: pytest.Pytester) -> None:
    run(
        pytester,
        """
        WORDS = {"verb": ["look", "wait", "try"], "end": [".", "!"]}

        def test_loop(looping_stream):
            def said(**options):
                loop = looping_stream.near_duplicates("I {verb}{end} ", WORDS, repeat=20, **options)
                return [c.choices[0].delta.content for c in loop][:-1]
            assert said() == said(seed=0) != said(seed=1)
            assert set(said()) == {"I look. ", "I look! ", "I wait. ", "I wait! ", "I try. ", "I try! "}
        """,
    ).assert_outcomes(passed=1)


def test_a_tool_call_never_ends(pytester: pytest.Pytester) -> None:
    run(
        pytester,
        """
        import pytest, unspool

        def test_loop(looping_stream, rebuilt):
            loop = looping_stream.tool_call("list_files", '{"path": "', "../", repeat=4, strict=False)
            call = rebuilt(loop)["choices"][0]["message"]["tool_calls"][0]
            assert call["function"] == {"name": "list_files", "arguments": '{"path": "../../../../'}

        def test_endless(looping_stream):
            loop = looping_stream.tool_call("ls", '{"path": "', "../", cycle_guard=unspool.CycleGuard())
            with pytest.raises(unspool.RepetitionError) as caught:
                for _ in loop: ...
            assert caught.value.channel == "tool_calls"

        def test_without_a_beginning(looping_stream, rebuilt):
            loop = looping_stream.tool_call("list_files", "", "../", repeat=2, strict=False)
            call = rebuilt(loop)["choices"][0]["message"]["tool_calls"][0]
            assert call["function"]["arguments"] == "../../"
        """,
    ).assert_outcomes(passed=3)


def test_reasoning_never_ends(pytester: pytest.Pytester) -> None:
    run(
        pytester,
        """
        import pytest, unspool

        def test_loop(looping_stream, rebuilt):
            loop = looping_stream.reasoning("Wait. ", "No. ", repeat=2, strict=False)
            assert rebuilt(loop)["choices"][0]["message"]["reasoning_content"] == "Wait. No. Wait. No. "

        def test_endless(looping_stream):
            loop = looping_stream.reasoning("Wait. ", cycle_guard=unspool.CycleGuard())
            with pytest.raises(unspool.RepetitionError) as caught:
                for _ in loop: ...
            assert caught.value.channel == "reasoning"
        """,
    ).assert_outcomes(passed=2)


def test_a_loop_knows_how_much_was_taken(pytester: pytest.Pytester) -> None:
    run(
        pytester,
        """
        import unspool

        def test_text(looping_stream):
            loop = looping_stream("Grüezi")
            for _ in range(3):
                next(loop)
            assert (loop.pulled, loop.bytes_pulled) == (3, 21)

        def test_reasoning_and_arguments(looping_stream):
            for loop in (looping_stream.reasoning("12345"), looping_stream.tool_call("f", "12345", "1")):
                while loop.bytes_pulled < 5:
                    next(loop)
                assert loop.bytes_pulled == 5

        def test_bytes(looping_stream):
            event = b'data: {"choices":[{"index":0,"delta":{"content":"again"}}]}\\n\\n'
            loop = looping_stream([event])
            next(loop), next(loop)
            assert (loop.pulled, loop.bytes_pulled) == (2, 2 * len(event))
        """,
    ).assert_outcomes(passed=3)


def test_what_stopped_it_can_be_told(pytester: pytest.Pytester) -> None:
    run(
        pytester,
        """
        import pytest, unspool

        def test_loop(looping_stream):
            loop = looping_stream("How are you?", limit=5)
            with pytest.raises(unspool.InternalServerError):
                for _ in loop: ...
            loop.assert_stopped(within_chunks=6, error=unspool.InternalServerError)
            loop.assert_stopped(within_chunks=6, error=(unspool.Timeout, unspool.RepetitionError))
            assert isinstance(loop.error, unspool.RepetitionError)
        """,
    ).assert_outcomes(passed=1)


def test_a_consumer_that_closes_it_has_stopped_it(pytester: pytest.Pytester) -> None:
    run(
        pytester,
        """
        def test_loop(looping_stream):
            with looping_stream("How are you?") as loop:
                next(loop)
            loop.assert_stopped(within_chunks=1)
        """,
    ).assert_outcomes(passed=1)


STOPS = {
    "open": ("next(loop)", "within_chunks=12", "the stream is still open after 1 chunk"),
    "late": ("list(loop)", "within_chunks=12", "stopped after 51 chunks, which is more than 12"),
    "other error": (
        "list(loop)",
        "within_chunks=60, error=unspool.Timeout",
        "expected Timeout to have stopped the stream, but it was RepetitionError: unspool.RepetitionError",
    ),
    "left": (
        "loop.close()",
        "within_chunks=60, error=(unspool.Timeout, unspool.RateLimitError)",
        "expected Timeout or RateLimitError to have stopped the stream, but it was left by its consumer",
    ),
}


@pytest.mark.parametrize(("read", "asserted", "words"), STOPS.values(), ids=STOPS)
def test_a_consumer_that_did_otherwise_fails(
    pytester: pytest.Pytester, read: str, asserted: str, words: str
) -> None:
    result = run(
        pytester,
        f"""
        import contextlib, unspool

        def test_loop(looping_stream):
            loop = looping_stream("How are you?", limit=50)
            with contextlib.suppress(unspool.RepetitionError):
                {read}
            loop.assert_stopped({asserted})
        """,
    )
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines([f"E *AssertionError: {words}*"])
    result.stdout.no_fnmatch_line("*def assert_stopped*")


def test_a_stream_that_ended_by_itself_says_so(pytester: pytest.Pytester) -> None:
    result = run(
        pytester,
        """
        def test_loop(looping_stream):
            loop = looping_stream("How are you?", repeat=2)
            list(loop)
            loop.assert_stopped(within_chunks=2, error=ValueError)
        """,
    )
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*but it ended without an error*"])


def test_loops_are_read_async_too(pytester: pytest.Pytester) -> None:
    run(
        pytester,
        """
        import asyncio, pytest, trio, unspool

        @pytest.mark.parametrize("start", [asyncio.run, lambda coroutine: trio.run(lambda: coroutine)])
        def test_loop(looping_stream, start):
            loop = looping_stream(["one ", "two "], cycle_guard=unspool.CycleGuard(), limit=9)
            async def read():
                async for _ in loop: ...
            with pytest.raises(unspool.RepetitionError):
                start(read())
            loop.assert_stopped(within_chunks=512, error=unspool.RepetitionError)
        """,
    ).assert_outcomes(passed=2)


def test_loops_left_open_are_closed(pytester: pytest.Pytester) -> None:
    run(
        pytester,
        """
        loops = []

        def test_opens(looping_stream):
            loops.append(looping_stream("again"))
            next(loops[0])

        def test_closed():
            assert loops[0].source.closed
        """,
    ).assert_outcomes(passed=2)


@pytest.mark.parametrize("repeat", ["2.5", "0", "-1", "'3'", "None"])
def test_a_number_of_times_that_is_none_is_refused(pytester: pytest.Pytester, repeat: str) -> None:
    result = run(
        pytester,
        f"""
        import pytest, unspool

        @pytest.mark.parametrize("loop", [
            lambda loops: loops.near_duplicates("a {{n}}", repeat={repeat}),
            lambda loops: loops.tool_call("f", "a", "b", repeat={repeat}),
            lambda loops: loops("a", repeat={repeat}),
            lambda loops: loops.reasoning("a", repeat={repeat}),
        ])
        def test_repeat(looping_stream, loop):
            with pytest.raises(unspool.MockError, match="whole number from 1, or FOREVER"):
                loop(looping_stream)
        """,
    )
    result.assert_outcomes(passed=4)
