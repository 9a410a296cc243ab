"""What a fault must not do to the bookkeeping, and what nothing may hide: no client, thread or `xfail`."""

from __future__ import annotations

import pickle

import pytest
from tests.plugin.outside import run
from tests.plugin.project import Project

from pytest_unspool.failure_report import FailedAtOnce
from unspool.errors import (
    CassetteNotFoundError,
    FaultError,
    NetworkBlockedError,
    RecordingEndedError,
    UnplayedInteractionsError,
    UnrecordedRequestError,
)

AGENT = """
    import json, threading
    import httpx, pytest, unspool
    from unspool.cassette.model import Interaction, Request, Response
    from unspool.faults import Break, Status

    URL = "https://api.openai.com/v1/chat/completions"

    def messages(*texts):
        said = [{"role": ("user", "assistant")[n % 2], "content": text} for n, text in enumerate(texts)]
        return json.dumps({"model": "m", "messages": said}).encode()

    def recorded(*texts, answer):
        body = b"".join(
            b"data: %s\\n\\n" % json.dumps({"choices": [{"index": 0, "delta": {"content": text}}]}).encode()
            for text in answer
        ) + b'data: {"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}\\n\\ndata: [DONE]\\n\\n'
        headers = (("content-type", "text/event-stream"),)
        return Interaction(Request("POST", URL, body=messages(*texts)), Response(200, "OK", headers, body))

    TURNS = [
        recorded("Hi", answer=["It ", "rains ", "cats."]),
        recorded("Hi", "It rains cats.", "Go on", answer=["Bye."]),
    ]

    @pytest.fixture(scope="session")
    def cassette(tmp_path_factory):
        path = tmp_path_factory.mktemp("made") / "agent.yaml"
        unspool.Cassette.of(TURNS).save(path)
        return path

    def ask(client, *texts):
        got = ""
        with client.stream("POST", URL, content=messages(*texts)) as response:
            for line in response.iter_lines():
                if line.startswith("data: {"):
                    got += json.loads(line[6:])["choices"][0]["delta"].get("content", "")
        return got

    def agent(client, retries=2):
        said = ["Hi"]
        for question in ("Go on", None):
            for left in reversed(range(retries + 1)):
                try:
                    said.append(ask(client, *said))
                    break
                except (httpx.HTTPError, ValueError):
                    if not left:
                        return said
            said += [question] if question else []
        return said
"""


# Torture


def test_it_reaches_blocks_of_use_cassette(pytester: pytest.Pytester) -> None:
    code = f"""{AGENT}
    @pytest.mark.stream_torture(only=["unbroken", "refused", "bad-key", "reset-in-mid-answer"])
    def test_it(cassette, unspool_fault):
        with unspool.use_cassette(cassette), httpx.Client() as client:
            said = agent(client, retries=0)
        assert (len(said) == 4) == (unspool_fault is None or unspool_fault.name == "bad-key")
    """
    run(pytester, code).assert_outcomes(passed=4)


def test_a_client_that_retries_passes_where_it_should(pytester: pytest.Pytester) -> None:
    names = ["rate-limited-once", "overloaded-twice", "retry-after-partial-output"]
    code = f"""{AGENT}
    @pytest.mark.stream_torture(only={names})
    def test_it(cassette):
        with unspool.use_cassette(cassette, require_all_played=True), httpx.Client() as client:
            client.event_hooks["response"].append(lambda response: response.raise_for_status())
            assert agent(client) == ["Hi", "It rains cats.", "Go on", "Bye."]
    """
    run(pytester, code).assert_outcomes(passed=3)


def test_it_reaches_cassettes_of_the_factory(pytester: pytest.Pytester) -> None:
    code = f"""{AGENT}
    @pytest.mark.stream_torture(only=["unbroken", "refused"])
    def test_it(cassette, stream_cassette_factory, unspool_fault):
        with stream_cassette_factory(cassette), httpx.Client() as client:
            assert (len(agent(client)) == 4) == (unspool_fault is None)
    """
    run(pytester, code).assert_outcomes(passed=2)


def test_what_tests_share_is_not_broken(pytester: pytest.Pytester) -> None:
    code = f"""{AGENT}
    @pytest.fixture(scope="module")
    def said(cassette, stream_cassette_factory):
        with stream_cassette_factory(cassette), httpx.Client() as client:
            return agent(client)

    @pytest.mark.stream_torture(only=["refused"])
    def test_broken(said):
        assert len(said) == 4

    def test_whole(said):
        assert len(said) == 4
    """
    result = run(pytester, code)
    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines(["*scenario('refused') broke nothing in this test: no request was made*"])


def test_a_test_without_a_stream_is_skipped(pytester: pytest.Pytester) -> None:
    code = f"""{AGENT}
    @pytest.mark.stream_torture(skip="unbroken", formats="openai-chat")
    def test_it(): ...
    """
    result = run(pytester, code, "-rs")
    assert result.parseoutcomes().keys() == {"skipped"}
    result.stdout.fnmatch_lines(["*broke nothing in this test: no request was made*"])


def test_nothing_recorded_is_a_reason_to_skip(pytester: pytest.Pytester) -> None:
    code = f"""{AGENT}
    @pytest.mark.stream_torture(skip="unbroken")
    def test_it(tmp_path):
        with unspool.use_cassette(tmp_path / "none.yaml"), httpx.Client() as client:
            agent(client)
    """
    result = run(pytester, code, "-rs")
    assert result.parseoutcomes().keys() == {"skipped"}
    result.stdout.fnmatch_lines(["*nothing has been recorded yet to *none.yaml*"])


def test_what_was_answered_by_its_place_is_reported_of_a_test_that_passes_too(
    pytester: pytest.Pytester,
) -> None:
    code = f"""{AGENT}
    @pytest.mark.stream_torture(only=["unbroken", "cut-between-events", "cut-in-an-event"])
    def test_it(cassette):
        with unspool.use_cassette(cassette, timing="recorded"), httpx.Client() as client:
            agent(client)
    """
    result = run(pytester, code, "-rP")
    assert "failed" not in result.parseoutcomes()
    lines = [line for line in result.outlines if "got the answer in their place in the conversation" in line]
    assert len(lines) == 1
    assert lines[0].startswith("test_downstream.py::test_it: ")
    result.stdout.fnmatch_lines(["  POST * isn't recorded as it came after the fault*"])


def test_later_turns_are_answered_by_their_place(pytester: pytest.Pytester) -> None:
    code = f"""{AGENT}
    @pytest.mark.stream_torture(only=["cut-between-events"])
    def test_it(cassette):
        with unspool.use_cassette(cassette, timing="recorded") as used, httpx.Client() as client:
            said = agent(client)
        assert said[1] == "It rains " and len(said) == 4
        assert len(used.answered_by_position) == 1
        assert not "shown"
    """
    result = run(pytester, code)
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        [
            "what the client did:",
            "  1. POST https://api.openai.com/v1/chat/completions (turn 1, attempt 1): broken: 200, *",
            "  2. POST https://api.openai.com/v1/chat/completions (turn 2, attempt 1): *",
            "  *isn't recorded as it came after the fault*",
            "break it again:  pytest 'test_downstream.py::test_it[[]cut-between-events]'*",
        ]
    )


def test_scenarios_are_chosen_by_name_kind_and_format(pytester: pytest.Pytester) -> None:
    code = f"""{AGENT}
    @pytest.mark.stream_torture(only=["stall", "Refuse", "anthropic-error*", "bedrock-converse"])
    def test_it(): ...
    """
    names = {
        line.partition("[")[2].rstrip("]")
        for line in run(pytester, code, "--collect-only", "-q").outlines
        if "[" in line
    }
    assert {"stall-and-resume", "stall-for-ever", "refused", "anthropic-error-event", "bad-checksum"} <= names
    assert not names & {"unbroken", "byte-by-byte", "bad-key"}


def test_what_is_known_to_fail_has_its_reason(pytester: pytest.Pytester) -> None:
    code = f"""{AGENT}
    @pytest.mark.stream_torture(
        only=["unbroken", "refused", "rate-limited-once", "reset-after-role"],
        xfail={{"Refuse": "known: #12", "reset": ""}},
    )
    def test_it(cassette, unspool_fault):
        with unspool.use_cassette(cassette), httpx.Client() as client:
            assert len(agent(client, retries=0)) == 4
    """
    result = run(pytester, code, "-rx")
    result.assert_outcomes(passed=2, xfailed=2)
    result.stdout.fnmatch_lines(["XFAIL *[[]refused] - known: #12"])


# Under a fault nothing is recorded


def test_no_command_line_records_under_a_fault(project: Project) -> None:
    project.write_tests(
        """
from unspool.faults import Break

@pytest.mark.stream_cassette("weather")
def test_whole(): ask()

@pytest.mark.stream_cassette("weather", fault=Break(1))
def test_marked():
    with pytest.raises(httpx.ReadError):
        ask()

@pytest.mark.stream_cassette("weather")
@pytest.mark.stream_torture(only="reset-after-role")
def test_tortured():
    with pytest.raises(httpx.ReadError):
        ask()

@pytest.mark.stream_cassette("weather", fault=Break(1).on(1))
def test_missing(): ask("Another question")
"""
    )
    assert project.run("-k", "whole").counts["passed"] == 1
    before = project.folder.joinpath(project.cassettes[0]).read_bytes()
    outcome = project.run("-k", "not whole", "--unspool-record=rewrite")
    assert outcome.counts == {"passed": 2, "failed": 1, "deselected": 1}, outcome
    assert project.folder.joinpath(project.cassettes[0]).read_bytes() == before
    assert "a fault is in force, under which nothing is recorded" in outcome.text
    assert "--unspool-record" not in outcome.text
    assert "(record_mode=" not in outcome.text
    assert "use record_mode=" not in outcome.text


# What can't be hidden


@pytest.mark.parametrize(
    "body",
    [
        "asyncio.run(gathered(client))",
        "in_a_thread(lambda: ask(client, 'Unknown'))",
        "swallow(lambda: ask(client, 'Unknown'))",
    ],
)
@pytest.mark.parametrize("marker", ["", "@pytest.mark.xfail"])
def test_a_miss_reaches_the_test(pytester: pytest.Pytester, body: str, marker: str) -> None:
    code = f"""{AGENT}
    import asyncio

    def in_a_thread(work):
        thread = threading.Thread(target=swallow, args=[work])
        thread.start()
        thread.join()

    def swallow(work):
        try:
            work()
        except BaseException: ...

    async def gathered(client):
        async def ask_in_vain(): ask(client, "Unknown")
        await asyncio.gather(ask_in_vain(), return_exceptions=True)

    @pytest.fixture(scope="module")
    def unspool_cassette_dir(cassette): return cassette.parent

    {marker}
    @pytest.mark.stream_cassette("agent.yaml", record="none")
    def test_it(stream_transport):
        with httpx.Client(transport=stream_transport) as client:
            {body}
    """
    result = run(pytester, code)
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*has no recording for POST https://api.openai.com/v1/chat/completions*"])


def test_a_miss_in_a_teardown_is_an_error(pytester: pytest.Pytester) -> None:
    code = f"""{AGENT}
    @pytest.fixture(scope="module")
    def unspool_cassette_dir(cassette): return cassette.parent

    @pytest.fixture
    def late(stream_cassette):
        yield
        try:
            with httpx.Client() as client: ask(client, "Unknown")
        except BaseException: ...

    @pytest.mark.stream_cassette("agent.yaml", record="none")
    def test_it(late): ...
    """
    result = run(pytester, code)
    result.assert_outcomes(passed=1, errors=1)
    result.stdout.fnmatch_lines(["*UnrecordedRequestError*"])


def test_a_block_in_a_thread_reaches_the_test(project: Project) -> None:
    project.write(
        "tests/test_it.py",
        """
        import socket, threading, pytest

        def connect():
            try:
                socket.create_connection(("192.0.2.1", 80), timeout=1)
            except BaseException: ...

        @pytest.mark.xfail
        def test_it():
            thread = threading.Thread(target=connect)
            thread.start()
            thread.join()
        """,
    )
    outcome = project.run("--unspool-block-network")
    assert outcome.counts == {"failed": 1}, outcome
    assert "something reached for 192.0.2.1:80, and the network is blocked" in outcome.text


def test_a_fault_that_does_not_happen_fails_the_test(pytester: pytest.Pytester) -> None:
    code = f"""{AGENT}
    @pytest.fixture(scope="module")
    def unspool_cassette_dir(cassette): return cassette.parent

    @pytest.mark.xfail
    @pytest.mark.stream_cassette("agent.yaml", fault=Break(9).on(1))
    def test_marked():
        try:
            with httpx.Client() as client: ask(client, "Hi")
        except Exception: ...

    def test_canned(stream_faults):
        stream = stream_faults(Break(9), ["It ", "rains."])
        with pytest.raises(unspool.APIConnectionError):
            list(stream)

    @pytest.mark.parametrize("unspool_fault", [Break(9)])
    def test_given(stream_wrapper):
        list(stream_wrapper([*unspool.text_chunks("It rains."), unspool.finish_chunk()]))
    """
    result = run(pytester, code)
    result.assert_outcomes(failed=3)
    assert result.stdout.str().count("Break(after=9) needs 10 network chunks") >= 3


@pytest.mark.parametrize(
    "kind",
    [
        CassetteNotFoundError,
        FailedAtOnce,
        FaultError,
        NetworkBlockedError,
        RecordingEndedError,
        UnplayedInteractionsError,
        UnrecordedRequestError,
    ],
)
def test_it_comes_out_of_a_process_pool(kind: type[BaseException]) -> None:
    error = pickle.loads(pickle.dumps(kind("why")))

    assert (type(error), str(error)) == (kind, "why")
