"""Cassettes as canned streams, from outside."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from tests.plugin.outside import run

import unspool
from unspool.cassette.file_format import Document
from unspool.cassette.model import End, Failure, Interaction, NetworkChunk, Request, Response, Timeline
from unspool.cassette.store import write

CHOICE = b'{"index":0,"delta":{"content":"It rains."},"finish_reason":"stop"}'
BODY = b'data: {"choices":[' + CHOICE + b"]}\n\ndata: [DONE]\n\n"
HEADERS = (("content-type", "text/event-stream"),)
RAIN = Interaction(
    Request("POST", "https://api.openai.com/v1/chat/completions"), Response(200, "OK", HEADERS, BODY)
)
THINKING = Interaction(
    Request("POST", "https://api.anthropic.com/v1/messages"),
    Response(200, "OK", HEADERS, unspool.sample_body("anthropic/thinking")),
)


def with_response(**changes: object) -> Interaction:
    return replace(RAIN, response=replace(RAIN.response, **changes))


def reads(call: str, said: str = "It rains.") -> str:
    """A test that reads a stream and finds what it says."""
    return f"""
        from pathlib import Path

        def test_cassette(stream_wrapper, rebuilt):
            assert rebuilt({call})["choices"][0]["message"]["content"] == {said!r}
    """


@pytest.fixture
def folder(pytester: pytest.Pytester) -> Path:
    return pytester.path / "cassettes" / "test_downstream"


@pytest.mark.parametrize(
    "call",
    [
        "stream_wrapper(cassette='rain')",
        "stream_wrapper(cassette='rain.yaml')",
        "stream_wrapper(cassette=Path('rain.yaml'))",
        "stream_wrapper(Path('rain.yaml'))",
        "stream_wrapper(Path(__file__).parent / 'cassettes' / 'test_downstream' / 'rain.yaml')",
    ],
)
def test_a_name_or_a_path_is_a_cassette_of_the_module(
    pytester: pytest.Pytester, folder: Path, call: str
) -> None:
    write(folder / "rain.yaml", Document((RAIN,), {}))
    run(pytester, reads(call)).assert_outcomes(passed=1)


def test_a_project_keeps_them_where_it_likes(pytester: pytest.Pytester) -> None:
    write(pytester.path / "kept" / "rain.json", Document((RAIN,), {}))
    pytester.makeconftest(
        """
        import pytest

        @pytest.fixture(scope="module")
        def unspool_cassette_dir(request): return request.config.rootpath / "kept"
        """
    )
    run(pytester, reads("stream_wrapper(cassette='rain.json')")).assert_outcomes(passed=1)


def test_a_cassette_that_is_read_is_no_orphan(pytester: pytest.Pytester, folder: Path) -> None:
    for name in ("rain", "snow"):
        write(folder / f"{name}.yaml", Document((RAIN,), {}))
    result = run(pytester, reads("stream_wrapper(cassette='rain')"), "--unspool-report")

    result.stdout.fnmatch_lines(
        ["replayed: 1 interaction, 1 cassette*", "orphaned: 1 cassette", "*snow.yaml"]
    )


def test_a_recording_is_read_in_the_format_of_its_url(pytester: pytest.Pytester, folder: Path) -> None:
    choice = b'{"index":0,"text":"It rains.","finish_reason":"stop"}'
    body = b'data: {"object":"text_completion","choices":[' + choice + b"]}\n\n"
    asked = Request("POST", "https://api.openai.com/v1/completions")
    completed = Interaction(asked, Response(200, "OK", HEADERS, body))
    write(folder / "rain.yaml", Document((completed,), {}))

    run(pytester, reads("stream_wrapper(cassette='rain')")).assert_outcomes(passed=1)


@pytest.mark.parametrize("name", unspool.sample_names())
def test_every_sample_is_a_stream(pytester: pytest.Pytester, name: str) -> None:
    run(
        pytester,
        f"""
        import unspool

        def test_sample(stream_wrapper):
            stream = stream_wrapper(cassette={name!r})
            assert stream.custom_llm_provider == {name.partition("/")[0]!r}
            try:
                list(stream)
            except unspool.ProviderError:
                assert {"mid-stream" in name or "loop" in name}
            assert len(stream.delivered) > 1
        """,
    ).assert_outcomes(passed=1)


def test_a_projects_cassette_hides_a_sample(pytester: pytest.Pytester, folder: Path) -> None:
    write(folder / "openai" / "text.yaml", Document((RAIN,), {}))
    run(pytester, reads("stream_wrapper(cassette='openai/text')")).assert_outcomes(passed=1)


def test_the_address_tells_whose_format_it_is(pytester: pytest.Pytester, folder: Path) -> None:
    write(folder / "thought.yaml", Document((THINKING,), {}))
    run(
        pytester,
        """
        def test_cassette(stream_wrapper, rebuilt):
            stream = stream_wrapper(cassette="thought")
            assert stream.custom_llm_provider == "anthropic"
            assert "reasoning_content" in rebuilt(stream)["choices"][0]["message"]
        """,
    ).assert_outcomes(passed=1)


def test_a_provider_that_is_named_counts_more(pytester: pytest.Pytester, folder: Path) -> None:
    gateway = replace(THINKING, request=Request("POST", "https://gateway.test/v1/messages"))
    write(folder / "thought.yaml", Document((gateway,), {}))
    run(
        pytester,
        """
        def test_cassette(stream_wrapper, rebuilt):
            stream = stream_wrapper(cassette="thought", provider="anthropic")
            assert "reasoning_content" in rebuilt(stream)["choices"][0]["message"]
        """,
    ).assert_outcomes(passed=1)


def test_one_of_several_interactions_is_asked_for(pytester: pytest.Pytester, folder: Path) -> None:
    write(folder / "two.yaml", Document((THINKING, RAIN), {}))
    run(pytester, reads("stream_wrapper(cassette='two', interaction=1)")).assert_outcomes(passed=1)


def test_the_pieces_are_the_networks(pytester: pytest.Pytester, folder: Path) -> None:
    chunks = (NetworkChunk(5, 0.1), NetworkChunk(len(BODY) - 5, 0.2))
    write(folder / "rain.yaml", Document((with_response(timeline=Timeline(chunks)),), {}))
    run(
        pytester,
        """
        import unspool

        def test_pieces(stream_wrapper):
            clock = unspool.VirtualClock()
            list(stream_wrapper(cassette="rain", delay=1, clock=clock))
            assert clock.elapsed == 2
        """,
    ).assert_outcomes(passed=1)


@pytest.mark.parametrize(
    ("response", "error"),
    [
        (
            {
                "timeline": Timeline(end=End.RESET, failure=Failure("ReadError", "reset")),
                "body": BODY.replace(b',"finish_reason":"stop"', b""),
            },
            "APIConnectionError, match='reset'",
        ),
        (
            {"timeline": Timeline(end=End.CLOSED), "body": BODY[: BODY.index(b"data: [DONE]")]},
            "APIConnectionError, match='the client reads on'",
        ),
        (
            {
                "status": 599,
                "body": b"",
                "timeline": Timeline(end=End.RESET, failure=Failure("ConnectError")),
            },
            "APIConnectionError, match='ConnectError'",
        ),
    ],
    ids=["reset", "closed", "refused"],
)
def test_a_recording_ends_as_it_ended(
    pytester: pytest.Pytester, folder: Path, response: dict[str, object], error: str
) -> None:
    write(folder / "rain.yaml", Document((with_response(**response),), {}))
    run(
        pytester,
        f"""
        import pytest, unspool

        def test_end(stream_wrapper):
            with pytest.raises(unspool.{error}):
                list(stream_wrapper(cassette="rain"))
        """,
    ).assert_outcomes(passed=1)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        ("cassette='snow'", "no cassette 'snow': there is no *snow.yaml, nor a sample*openai/text*"),
        (
            "cassette='two'",
            "expected one interaction of *two.yaml, got interaction=None; it contains 2: pass*0 to 1",
        ),
        ("cassette='two', interaction=2", "*got interaction=2; it contains 2*"),
        ("cassette='none'", "*it contains 0"),
        (
            "cassette='busy'",
            "expected a stream, but *busy.yaml contains a response with status 429*use_cassette",
        ),
        ("cassette='../two'", "expected a cassette's name inside *"),
    ],
)
def test_what_is_no_stream_is_refused(pytester: pytest.Pytester, folder: Path, call: str, words: str) -> None:
    write(folder / "two.yaml", Document((RAIN, THINKING), {}))
    write(folder / "none.yaml", Document((), {}))
    write(folder / "busy.yaml", Document((with_response(status=429),), {}))
    result = run(pytester, f"def test_cassette(stream_wrapper): stream_wrapper({call})")

    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines([f"E *Error: {words}*"])
