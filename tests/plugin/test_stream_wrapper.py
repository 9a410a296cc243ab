"""`stream_wrapper` from outside: projects that have the plugin installed, and ask for it."""

from __future__ import annotations

import pytest
from tests.plugin.outside import run


def test_canned_chunks_go_through_the_real_wrapper(pytester: pytest.Pytester) -> None:
    run(
        pytester,
        """
        import unspool

        def test_canned(stream_wrapper):
            stream = stream_wrapper(["Hel", "lo"])
            assert isinstance(stream, unspool.CustomStreamWrapper)
            assert "".join(c.choices[0].delta.content or "" for c in stream) == "Hello"
        """,
    ).assert_outcomes(passed=1)


def test_a_text_is_cut_into_chunks(pytester: pytest.Pytester) -> None:
    run(
        pytester,
        """
        def test_text(stream_wrapper):
            texts = [c.choices[0].delta.content for c in stream_wrapper("Hello there")]
            assert texts == ["Hel", "lo ", "the", "re", None]
        """,
    ).assert_outcomes(passed=1)


@pytest.mark.parametrize("text", ["openai/text", "see config.yaml", "/etc/passwd"])
def test_a_string_is_a_text_whatever_it_looks_like(pytester: pytest.Pytester, text: str) -> None:
    run(
        pytester,
        f"""
        def test_text(stream_wrapper, rebuilt):
            assert rebuilt(stream_wrapper({text!r}))["choices"][0]["message"]["content"] == {text!r}
        """,
    ).assert_outcomes(passed=1)


@pytest.mark.parametrize(
    "item",
    [
        '"Hello"',
        '{"choices": [{"index": 0, "delta": {"content": "Hello"}}]}',
        '{"text": "Hello", "is_finished": False, "finish_reason": None, "usage": None}',
        'unspool.ModelResponse(choices=[{"index": 0, "delta": {"content": "Hello"}}], stream=True)',
        'unspool.ModelResponse(choices=[{"index": 0, "message": {"content": "Hello"}}])',
        'unspool.ModelResponseStream(choices=[{"index": 0, "delta": {"content": "Hello"}}])',
        'SDKChunk.model_construct(id="c", choices=[{"index": 0, "delta": {"content": "Hello"}}])',
        'WireEvent("", \'{"choices": [{"index": 0, "delta": {"content": "Hello"}}]}\')',
        'b\'data: {"choices": [{"index": 0, "delta": {"content": "Hello"}}]}\\n\\n\'',
    ],
    ids=["text", "dict", "generic", "documented", "response", "chunk", "sdk", "event", "bytes"],
)
def test_whatever_says_a_chunk_is_one(pytester: pytest.Pytester, item: str) -> None:
    run(
        pytester,
        f"""
        import unspool
        from openai.types.chat import ChatCompletionChunk as SDKChunk
        from unspool.wire.event import WireEvent

        def test_item(stream_wrapper):
            chunks = list(stream_wrapper([{item}], strict=False))
            assert [c.choices[0].delta.content for c in chunks] == ["Hello", None]
        """,
    ).assert_outcomes(passed=1)


def test_a_lone_chunk_needs_no_list(pytester: pytest.Pytester) -> None:
    run(
        pytester,
        """
        import unspool

        def test_lone(stream_wrapper):
            chunk = unspool.text_chunks("Hello", size=9)[0]
            for lone in (chunk, chunk.model_dump(), unspool.sample_body("openai/text")):
                for delay in (0, 1):
                    assert next(iter(stream_wrapper(lone, delay=delay))).choices[0].delta.role == "assistant"
        """,
    ).assert_outcomes(passed=1)


def test_a_script_is_played_as_often_as_asked(pytester: pytest.Pytester) -> None:
    run(
        pytester,
        """
        def test_repeat(stream_wrapper):
            stream = stream_wrapper(["a", "b"], repeat=3)
            assert [c.choices[0].delta.content for c in stream] == ["a", "b", "a", "b", "a", "b", None]
            assert stream.pulled == 6
        """,
    ).assert_outcomes(passed=1)


def test_delays_pass_in_virtual_time(pytester: pytest.Pytester) -> None:
    run(
        pytester,
        """
        import unspool

        def test_delay(stream_wrapper):
            clock = unspool.VirtualClock()
            list(stream_wrapper(["a", "b"], repeat=3, delay=60, clock=clock))
            assert clock.elapsed == 360
        """,
    ).assert_outcomes(passed=1)


def test_a_tests_clock_is_the_streams_unless_they_have_their_own(pytester: pytest.Pytester) -> None:
    run(
        pytester,
        """
        import unspool

        def test_delay(stream_wrapper, looping_stream, unspool_clock):
            list(stream_wrapper("a", delay=60))
            list(looping_stream("a", repeat=2, delay=60))
            list(stream_wrapper("a", delay=60, clock=unspool.VirtualClock()))
            assert unspool_clock.elapsed == 180
        """,
    ).assert_outcomes(passed=1)


def test_a_failing_test_shows_the_last_chunks(pytester: pytest.Pytester) -> None:
    result = run(
        pytester,
        """
        def test_fails(stream_wrapper):
            next(stream_wrapper("Hello"))
            list(stream_wrapper(cassette="openai/text"))
            assert False
        """,
    )
    result.stdout.fnmatch_lines(
        [
            "*streams before the failure*",
            "a stream from given items: 1 chunk read",
            '  {"choices":*"content":"Hel"*',
            "a stream from the cassette openai/text: 15 chunks read",
            *['  {"choices":*'] * 2,
            '  {"choices":*"finish_reason":"stop"*',
        ]
    )


def test_a_providers_bytes_and_the_wrappers_options(pytester: pytest.Pytester) -> None:
    run(
        pytester,
        """
        import unspool

        def test_bytes(stream_wrapper):
            body = unspool.sample_body("anthropic/thinking")
            stream = stream_wrapper([body], provider="anthropic", stream_options={"include_usage": True})
            assert stream.custom_llm_provider == "anthropic"
            assert list(stream)[-1].usage.completion_tokens == 38
        """,
    ).assert_outcomes(passed=1)


def test_chunks_carry_the_models_name(pytester: pytest.Pytester) -> None:
    run(
        pytester,
        """
        def test_model(stream_wrapper):
            assert {c.model for c in stream_wrapper("Hello", model="my-model")} == {"my-model"}
        """,
    ).assert_outcomes(passed=1)


def test_a_limit_holds_for_one_stream(pytester: pytest.Pytester) -> None:
    run(
        pytester,
        """
        import pytest, unspool

        def test_limit(stream_wrapper):
            with pytest.raises(unspool.InternalServerError):
                list(stream_wrapper(["again"] * 9, limit=3))
            assert len(list(stream_wrapper(["again"] * 9))) == 10
        """,
    ).assert_outcomes(passed=1)


def test_what_a_test_leaves_open_is_closed(pytester: pytest.Pytester) -> None:
    run(
        pytester,
        """
        streams = []

        def test_opens(stream_wrapper):
            streams.append(stream_wrapper(["a", "b"]))
            next(streams[0])

        def test_closed():
            assert list(streams[0]) == []
            assert streams[0].completion_stream is None
        """,
    ).assert_outcomes(passed=2)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        ("stream_wrapper()", "expected items, a text or a path, or else cassette="),
        ("stream_wrapper('a', cassette='openai/text')", "and not both"),
        ("stream_wrapper('a', implementation='langchain')", "'unspool' or 'litellm', got 'langchain'"),
        ("stream_wrapper(cassette='openai/text', repeat=2)", "got repeat=2"),
    ],
)
def test_what_is_no_stream_is_refused(pytester: pytest.Pytester, call: str, words: str) -> None:
    result = run(pytester, f"def test_refused(stream_wrapper): {call}")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines([f"E *MockError: *{words}*"])


READERS = {
    "anyio": """
import pytest

@pytest.fixture(params=["asyncio", "trio"])
def anyio_backend(request): return request.param

@pytest.mark.anyio
async def test_read({fixtures}):
    {body}
""",
    "pytest-asyncio": """
import pytest

@pytest.mark.asyncio
async def test_read({fixtures}):
    {body}
""",
    "trio": """
import trio

def test_read({fixtures}):
    async def read():
        {body}
    trio.run(read)
""",
}


@pytest.mark.parametrize("reader", READERS)
def test_a_stream_is_read_async_too(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, reader: str
) -> None:
    body = "assert [c.choices[0].delta.content async for c in stream_wrapper(['Hello'])] == ['Hello', None]"
    pytester.makepyfile(test_downstream=READERS[reader].format(fixtures="stream_wrapper", body=body))
    if reader == "pytest-asyncio":
        pytest.importorskip("pytest_asyncio", reason="pytest-asyncio isn't installed")
        pytester.makeini("[pytest]\nasyncio_default_fixture_loop_scope = function\n")
        monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
        plugins = ("-p", "pytest_unspool.plugin", "-p", "pytest_asyncio.plugin")
        result = pytester.runpytest_subprocess(*plugins, "-W", "error")
    else:
        result = pytester.runpytest("-p", "no:asyncio", "-p", "no:recording", "-W", "error")
    result.assert_outcomes(passed=2 if reader == "anyio" else 1)
