"""`rebuilt` from outside."""

from __future__ import annotations

import pytest
from tests.plugin.outside import run

from pytest_unspool import Rebuilt, StreamFactory


def test_a_stream_becomes_plain_data_without_ids_and_times(pytester: pytest.Pytester) -> None:
    run(
        pytester,
        """
        def test_text(stream_wrapper, rebuilt):
            assert rebuilt(stream_wrapper("It rains.")) == {
                "id": "<id 1>",
                "created": 0,
                "model": "gpt-4o-mini",
                "object": "chat.completion",
                "choices": [
                    {
                        "finish_reason": "stop",
                        "index": 0,
                        "message": {"content": "It rains.", "role": "assistant"},
                    }
                ],
                "usage": {
                    "completion_tokens": 3,
                    "prompt_tokens": 0,
                    "total_tokens": 3,
                    "completion_tokens_details": {"reasoning_tokens": 0, "text_tokens": 3},
                },
            }
        """,
    ).assert_outcomes(passed=1)


def test_fingerprints_and_calls_ids_are_placeholders_too(pytester: pytest.Pytester) -> None:
    run(
        pytester,
        """
        def test_tools(stream_wrapper, rebuilt):
            response = rebuilt(stream_wrapper(cassette="openai/parallel-tools"))
            assert response["system_fingerprint"] == "<fingerprint>"
            calls = response["choices"][0]["message"]["tool_calls"]
            assert [call["id"] for call in calls] == ["<id 2>", "<id 3>", "<id 4>"][: len(calls)]
            assert len(calls) > 1
        """,
    ).assert_outcomes(passed=1)


def test_what_the_user_wrote_is_left_alone(pytester: pytest.Pytester) -> None:
    run(
        pytester,
        """
        import unspool

        def test_data(rebuilt):
            mine = {"id": "mine", "created": 77, "expires_at": 5, "system_fingerprint": "x"}
            call = {"id": "c", "function": {"name": "f", "arguments": '{"id": "mine"}'}, "extra": mine}
            message = {"annotations": [mine], "provider_specific_fields": mine, "tool_calls": [call]}
            response = unspool.ModelResponse(id="a", citations=[mine], choices=[{"message": message}])
            stable = rebuilt(response)
            message = stable["choices"][0]["message"]
            assert message["annotations"] == stable["citations"] == [mine]
            assert message["provider_specific_fields"] == message["tool_calls"][0]["extra"] == mine
            assert message["tool_calls"][0]["id"] == "<id 2>"
        """,
    ).assert_outcomes(passed=1)


def test_equal_ids_stay_equal(pytester: pytest.Pytester) -> None:
    run(
        pytester,
        """
        import unspool

        def test_ids(rebuilt):
            calls = [{"id": id, "function": {"name": "f"}} for id in ("a", "b", "a")]
            response = unspool.ModelResponse(id="a", choices=[{"message": {"tool_calls": calls}}])
            ids = [call["id"] for call in rebuilt(response)["choices"][0]["message"]["tool_calls"]]
            assert ids == ["<id 1>", "<id 2>", "<id 1>"]
        """,
    ).assert_outcomes(passed=1)


SOURCES = {
    "stream": "stream",
    "chunks": "list(stream)",
    "generator": "(chunk for chunk in stream)",
    "response": "unspool.stream_chunk_builder(list(stream))",
    "read before": "[list(stream), stream][1]",
    "half read before": "[next(stream), stream][1]",
    "wrapper": "unspool.CustomStreamWrapper(list(stream), 'gpt-4o-mini')",
}


@pytest.mark.parametrize("source", SOURCES.values(), ids=SOURCES)
def test_it_takes_streams_chunks_and_responses(pytester: pytest.Pytester, source: str) -> None:
    run(
        pytester,
        f"""
        import unspool

        def test_source(stream_wrapper, rebuilt):
            stream = stream_wrapper("It rains.")
            assert rebuilt({source})["choices"][0]["message"]["content"] == "It rains."
        """,
    ).assert_outcomes(passed=1)


def test_a_stream_read_async_is_rebuilt(pytester: pytest.Pytester) -> None:
    run(
        pytester,
        """
        import asyncio

        async def only_async(stream):
            async for chunk in stream:
                yield chunk

        def test_async(stream_wrapper, rebuilt):
            async def read():
                stream = stream_wrapper("It rains.")
                async for _ in stream: ...
                assert rebuilt(stream)["choices"][0]["message"]["content"] == "It rains."
                chunks = [chunk async for chunk in only_async(stream_wrapper("It snows."))]
                assert rebuilt(chunks)["choices"][0]["message"]["content"] == "It snows."
            asyncio.run(read())
        """,
    ).assert_outcomes(passed=1)


def test_what_is_only_async_is_refused(pytester: pytest.Pytester) -> None:
    result = run(
        pytester,
        """
        async def answer():
            yield

        def test_async(rebuilt):
            rebuilt(answer())
        """,
    )
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["E*TypeError: *rebuilt([[]chunk async for chunk in stream[]])*"])


def test_nothing_is_rebuilt_of_nothing(pytester: pytest.Pytester) -> None:
    run(pytester, "def test_nothing(rebuilt): assert rebuilt([]) is None").assert_outcomes(passed=1)


def test_of_a_stream_that_raised_it_is_what_had_come(pytester: pytest.Pytester) -> None:
    run(
        pytester,
        """
        import httpx, pytest, unspool

        def test_partial(stream_wrapper, rebuilt):
            stream = stream_wrapper(["It ", "rai", httpx.ReadError("reset")])
            with pytest.raises(unspool.APIConnectionError):
                rebuilt(stream)
            assert rebuilt(stream)["choices"][0]["message"]["content"] == "It rai"
        """,
    ).assert_outcomes(passed=1)


def test_the_story_of_a_loop(pytester: pytest.Pytester) -> None:
    """The same, with litellm's own wrapper, is in test_litellm_stream.py."""
    run(
        pytester,
        """
        import pytest, unspool

        def test_loop(looping_stream, rebuilt):
            loop = looping_stream("How are you? ", limit=3)
            with pytest.raises(unspool.InternalServerError):
                for _ in loop: ...
            loop.assert_stopped(within_chunks=4, error=unspool.InternalServerError)
            message = {"role": "assistant", "content": "How are you? How are you? How are you? "}
            assert rebuilt(loop) == {
                "id": "<id 1>",
                "created": 0,
                "model": "gpt-4o-mini",
                "object": "chat.completion",
                "choices": [{"finish_reason": "stop", "index": 0, "message": message}],
                "usage": {
                    "completion_tokens": 10,
                    "prompt_tokens": 0,
                    "total_tokens": 10,
                    "completion_tokens_details": {"reasoning_tokens": 0, "text_tokens": 10},
                },
            }
        """,
    ).assert_outcomes(passed=1)


SNAPSHOTS = {
    "syrupy": (
        """
        def test_snapshot(stream_wrapper, rebuilt, snapshot):
            assert rebuilt(stream_wrapper(cassette="anthropic/thinking")) == snapshot
        """,
        "--snapshot-update",
    ),
    "inline_snapshot": (
        """
        from inline_snapshot import snapshot

        def test_snapshot(stream_wrapper, rebuilt):
            assert rebuilt(stream_wrapper(cassette="anthropic/thinking")) == snapshot()
        """,
        "--inline-snapshot=create",
    ),
}


@pytest.mark.parametrize(("code", "update"), SNAPSHOTS.values(), ids=SNAPSHOTS)
def test_a_snapshot_holds_from_run_to_run(
    pytester: pytest.Pytester, request: pytest.FixtureRequest, code: str, update: str
) -> None:
    module = request.node.callspec.id
    pytest.importorskip(module, reason=f"{module} isn't installed")
    pytester.makepyfile(test_downstream=code)
    pytester.runpytest_subprocess("-p", "no:asyncio", update)
    result = pytester.runpytest_subprocess("-p", "no:asyncio")

    result.assert_outcomes(passed=1)


def test_a_recordings_model_is_the_one_that_was_asked(
    stream_wrapper: StreamFactory, rebuilt: Rebuilt
) -> None:
    asked = {
        name: rebuilt(stream_wrapper(cassette=name))["model"]
        for name in ("anthropic/thinking", "gemini/thinking-and-tools", "bedrock/thinking-and-tools")
    }

    assert asked == {
        "anthropic/thinking": "claude-sonnet-4-5",
        "bedrock/thinking-and-tools": "eu.anthropic.claude-sonnet-4-5-20250929-v1:0",
        "gemini/thinking-and-tools": "gemini-3-flash-preview",
    }
    assert rebuilt(stream_wrapper(cassette="anthropic/thinking", model="mine"))["model"] == "mine"
