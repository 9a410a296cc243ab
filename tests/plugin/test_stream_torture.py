"""`@pytest.mark.stream_torture` from outside."""

from __future__ import annotations

import pytest
from tests.plugin.outside import run
from tests.plugin.project import Project

from unspool.faults import CATALOGUE

READ = """
    import pytest
    import unspool

    TEXT = [*unspool.text_chunks("It rains."), unspool.finish_chunk()]

    def read(stream):
        try:
            return "".join(chunk.choices[0].delta.content or "" for chunk in stream if chunk.choices)
        except unspool.ProviderError as error:
            return type(error).__name__
"""


def names_of(result: pytest.RunResult) -> set[str]:
    return {
        line.partition("[")[2].partition("]")[0] for line in result.outlines if line.startswith("test_down")
    }


def test_a_test_runs_as_it_is_and_under_every_scenario(pytester: pytest.Pytester) -> None:
    code = f"{READ}\n    @pytest.mark.stream_torture\n    def test_it(stream_wrapper): ..."
    result = run(pytester, code, "--collect-only", "-q")
    assert names_of(result) == {"unbroken", *(one.name for one in CATALOGUE)}


def test_each_breaks_a_canned_stream(pytester: pytest.Pytester) -> None:
    code = f"""{READ}
    SAID = {{}}

    @pytest.mark.stream_torture(only=["unbroken", "reset-in-mid-answer", "rate-limit-in-mid-answer"])
    def test_it(stream_wrapper, unspool_fault):
        SAID[unspool_fault.name if unspool_fault else ""] = read(stream_wrapper(TEXT))

    def test_said():
        assert SAID == {{
            "": "It rains.",
            "reset-in-mid-answer": "APIConnectionError",
            "rate-limit-in-mid-answer": "RateLimitError",
        }}
    """
    run(pytester, code).assert_outcomes(passed=4)


def test_one_without_a_place_in_a_canned_stream_is_skipped(pytester: pytest.Pytester) -> None:
    code = f"""{READ}
    @pytest.mark.stream_torture(skip=[])
    def test_it(stream_wrapper):
        read(stream_wrapper(TEXT))
    """
    result = run(pytester, code, "-rs", "-k", "broken-arguments or event-twice")
    result.assert_outcomes(passed=1, skipped=1, deselected=len(CATALOGUE) - 1)
    result.stdout.fnmatch_lines(["SKIPPED*BrokenArguments() needs pieces of a tool call's arguments*"])


def test_one_that_is_asked_for_by_name_must_have_a_place(pytester: pytest.Pytester) -> None:
    code = f"""{READ}
    @pytest.mark.stream_torture(only="broken-arguments")
    def test_it(stream_wrapper):
        list(stream_wrapper(TEXT))
    """
    result = run(pytester, code)
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["E *BrokenArguments() needs pieces of a tool call's arguments*"])


def test_a_second_stream_is_the_second_attempt(pytester: pytest.Pytester) -> None:
    code = f"""{READ}
    @pytest.mark.stream_torture(only="rate-limited-once")
    def test_it(stream_wrapper):
        assert [read(stream_wrapper(TEXT)) for _ in range(2)] == ["RateLimitError", "It rains."]
    """
    run(pytester, code).assert_outcomes(passed=1)


@pytest.mark.parametrize("repeat", ["3", "unspool.FOREVER"])
def test_a_loop_is_broken_once(pytester: pytest.Pytester, repeat: str) -> None:
    code = f"""{READ}
    @pytest.mark.stream_torture(only="event-twice")
    def test_it(looping_stream):
        stream = looping_stream(["a", "b"], repeat={repeat})
        assert [next(stream).choices[0].delta.content for _ in range(7)] == list("abaabab")[:7]
    """
    run(pytester, code).assert_outcomes(passed=1)


def test_options_choose(pytester: pytest.Pytester) -> None:
    code = f"""{READ}
    @pytest.mark.stream_torture(skip=["unbroken", "no-done"], formats="openai-chat")
    def test_it(stream_wrapper): ...
    """
    names = names_of(run(pytester, code, "--collect-only", "-q"))
    assert names == {one.name for one in CATALOGUE if not one.formats or "openai-chat" in one.formats} - {
        "no-done"
    }


@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        ("only='nope'", "*only= knows no 'nope'; there are all-at-once, *"),
        ("skip=['bad-key', 'nope']", "*skip= knows no 'nope'; there are *"),
        ("formats='smoke-signals'", "*formats= knows no 'smoke-signals'; there are *"),
        ("'bad-key'", "*expected @pytest.mark.stream_torture with only=, skip= and formats=*bad-key*"),
    ],
)
def test_what_the_marker_does_not_know(pytester: pytest.Pytester, options: str, complaint: str) -> None:
    code = f"{READ}\n    @pytest.mark.stream_torture({options})\n    def test_it(stream_wrapper): ..."
    result = run(pytester, code)
    assert result.ret != 0
    result.stdout.fnmatch_lines([complaint])


def test_a_failure_tells_how_to_break_it_again(pytester: pytest.Pytester) -> None:
    code = f"""{READ}
    @pytest.mark.stream_torture
    @pytest.mark.parametrize("text", ["It rains.", "It snows."])
    def test_it(stream_wrapper, text):
        assert read(stream_wrapper(text)) == text
    """
    result = run(pytester, code, "-k", "stall-for-ever and rains")
    result.assert_outcomes(failed=1, deselected=2 * len(CATALOGUE) + 1)
    again = "test_downstream.py::test_it[It rains.-stall-for-ever]"
    result.stdout.fnmatch_lines(
        [
            "under scenario('stall-for-ever'): The stream falls silent,* See https://*",
            f"break it again:  pytest '{again.replace('[', '[[]')}'  # Hang(after=2)",
        ]
    )
    run(pytester, code, again).assert_outcomes(failed=1)


def test_a_fault_of_ones_own(pytester: pytest.Pytester) -> None:
    code = f"""{READ}
    from unspool.faults import Break, Status

    @pytest.mark.parametrize("unspool_fault", [Break(after=1), Status(503)])
    def test_parameters(stream_wrapper):
        assert read(stream_wrapper(TEXT)) in ("APIConnectionError", "MidStreamFallbackError")

    class TestAll:
        @pytest.fixture
        def unspool_fault(self): return Status(429)

        def test_fixture(self, stream_wrapper):
            assert read(stream_wrapper(TEXT)) == "RateLimitError"
    """
    run(pytester, code).assert_outcomes(passed=3)


def test_an_async_stream_is_broken_too(pytester: pytest.Pytester) -> None:
    code = f"""{READ}
    @pytest.mark.anyio
    @pytest.mark.stream_torture(skip="unbroken")
    async def test_it(stream_wrapper, unspool_fault):
        with pytest.raises(unspool.APIConnectionError):
            async for chunk in stream_wrapper(TEXT): ...

    @pytest.fixture
    def anyio_backend(): return "trio"
    """
    options = ("-k", "reset-after-role or no-done")
    run(pytester, code, *options).assert_outcomes(passed=1, skipped=1, deselected=len(CATALOGUE) - 2)


# Cassettes


def test_without_the_marker_unspool_is_not_imported(project: Project) -> None:
    project.write("tests/test_it.py", "import sys\ndef test_it(): assert 'unspool' not in sys.modules\n")
    assert project.run(fresh=True).counts == {"passed": 1}


def test_the_unbroken_run_records_what_the_others_break(project: Project) -> None:
    project.write_tests(
        """
@pytest.mark.stream_cassette
@pytest.mark.stream_torture(skip=["refused", "no-answer"])
def test_weather():
    try:
        ask(timeout=30)
    except httpx.HTTPError:
        pass
"""
    )
    first = project.run("-k", "unbroken or bad-key")
    assert first.counts == {"passed": 2, "deselected": len(CATALOGUE) - 3}, first
    assert project.cassettes == ["tests/cassettes/test_it/test_weather.yaml"]
    second = project.run()
    assert second.counts.keys() == {"passed"}, second
    assert 30 < second.counts["passed"] < len(CATALOGUE), "what doesn't fit isn't collected"


def test_pauses_of_a_cassette_count_and_nobody_waits(project: Project) -> None:
    project.write_tests(
        """
@pytest.mark.stream_cassette
@pytest.mark.stream_torture(only=["unbroken", "stall-for-ever", "bad-key"])
def test_weather(): assert ask(timeout=30)
"""
    )
    project.run("-k", "unbroken")
    result = project.run()
    assert result.counts == {"passed": 2, "failed": 1}
    assert "ReadTimeout: no byte for 30 seconds" in result.text
    again = "pytest 'tests/test_it.py::test_weather[stall-for-ever]'  # Hang(after=2) on "
    (line,) = (line for line in result.text.splitlines() if line.startswith("break it again:"))
    assert again in line
    assert line.endswith("test_weather.yaml")


def test_before_anything_is_recorded_there_is_nothing_to_break(project: Project) -> None:
    project.write_tests(
        """
@pytest.mark.stream_cassette
@pytest.mark.stream_torture
def test_weather(): ask()
"""
    )
    result = project.run("-k", "bad-key", "-rs")
    assert result.counts["skipped"] == 1
    assert "nothing has been recorded yet to " in result.text
    assert project.cassettes == []


def test_where_the_folder_is_unusual_what_does_not_fit_is_skipped(project: Project) -> None:
    project.write_tests(
        """
@pytest.fixture(scope="module")
def unspool_cassette_dir(request): return request.config.rootpath / "kept"

@pytest.mark.stream_cassette
@pytest.mark.stream_torture
def test_weather(): ask()
"""
    )
    result = project.run("-k", "unbroken or broken-arguments", "-rs")
    assert (result.counts["passed"], result.counts["skipped"]) == (1, 1)
    assert "no response of the cassette has a place for scenario('broken-arguments')" in result.text


def test_an_answer_without_a_place_for_it_stays_whole(project: Project) -> None:
    project.write_tests(
        """
@pytest.mark.stream_cassette
@pytest.mark.stream_torture
def test_weather():
    page = httpx.get(URL + "slow").text
    assert page == "data: 1\\n\\ndata: 2\\n\\n"
    assert "finish_reason" in ask()
"""
    )
    result = project.run("-k", "unbroken or finish-twice")
    assert result.counts["passed"] == 2, result


def test_a_cassette_takes_one_fault(project: Project) -> None:
    project.write_tests(
        """
from unspool.faults import Refuse

@pytest.mark.stream_cassette(fault=Refuse())
@pytest.mark.stream_torture(only="bad-key")
def test_weather(): ask()
"""
    )
    result = project.run()
    assert "expected fault= of the cassette or the fixture unspool_fault, got both" in result.text
