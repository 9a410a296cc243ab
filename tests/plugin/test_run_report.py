"""What `--unspool-report` says, from outside; and what a failing test says of its streams."""

from __future__ import annotations

import json

import pytest
from tests.plugin.project import Project

TWO = """
KEY = "sk-proj-abcdefghijklmnopqrstuvwxyz0123456789"

@pytest.mark.stream_cassette
def test_one():
    ask(f"Is this right: {KEY}")
    ask("two")

@pytest.mark.stream_cassette
def test_two():
    httpx.get(URL + "slow")
"""
FEWER = """
@pytest.mark.stream_cassette
def test_one():
    ask("two")
"""
ECHO = """
@pytest.mark.stream_cassette
def test_refused():
    httpx.get(URL + "refusal")
"""
REPORT = "--unspool-report"


def report_of(project: Project, *options: str, plugins: tuple[str, ...] = ()) -> str:
    return project.run(REPORT, *options, plugins=plugins).text.partition(" Unspool ")[2]


@pytest.mark.parametrize("ini", [False, True])
def test_it_counts_what_was_recorded_and_scrubbed(project: Project, ini: bool) -> None:
    project.write_tests(TWO)
    if ini:
        project.write("pytest.ini", "[pytest]\nunspool_report = true\n")
    told = project.run(*([] if ini else [REPORT])).text
    assert "recorded: 3 interactions, 2 cassettes, 1 secret scrubbed" in told
    assert "replayed: 0 interactions, 0 cassettes" in told


def test_nothing_is_said_unless_asked_for(project: Project) -> None:
    project.write_tests(TWO)
    assert "Unspool" not in project.run().text


def test_it_counts_what_was_replayed_and_the_time_that_saved(project: Project) -> None:
    project.write_tests(TWO)
    project.run()
    told = report_of(project)
    assert "recorded: 0 interactions, 0 cassettes" in told
    assert "replayed: 3 interactions, 2 cassettes, " in told
    saved = float(told.partition("2 cassettes, ")[2].partition(" s of waiting saved")[0])
    assert 0.3 <= saved < 30


def test_it_names_cassettes_with_unplayed_interactions(project: Project) -> None:
    project.write_tests(TWO)
    project.run()
    project.write_tests(FEWER)
    assert "unplayed: 1 interaction, 1 cassette\n  tests/cassettes/test_it/test_one.yaml: 1" in report_of(
        project
    )


def test_it_names_cassettes_that_no_test_uses(project: Project) -> None:
    project.write_tests(TWO)
    project.write_tests(TWO, "tests/test_gone.py")
    project.run()
    (project.folder / "tests/test_gone.py").unlink()
    project.write_tests(FEWER)
    gone = ["test_gone/test_one", "test_gone/test_two", "test_it/test_two"]
    listed = "\n".join(f"  tests/cassettes/{name}.yaml" for name in gone)
    assert f"orphaned: 3 cassettes\n{listed}\n" in report_of(project)


@pytest.mark.parametrize(
    "part", [("-k", "one"), ("tests/test_it.py::test_one",), ("--deselect", "tests/test_it.py::test_two")]
)
def test_a_test_that_was_not_run_keeps_its_cassette(project: Project, part: tuple[str, ...]) -> None:
    project.write_tests(TWO)
    project.run()
    assert "orphaned: 0 cassettes" in report_of(project, *part)


def test_workers_hand_in_their_accounts(project: Project) -> None:
    project.write_tests(TWO)
    told = report_of(project, "-n2", plugins=("xdist",))
    assert "recorded: 3 interactions, 2 cassettes, 1 secret scrubbed" in told
    told = report_of(project, "-n2", plugins=("xdist",))
    assert "replayed: 3 interactions, 2 cassettes" in told
    assert "orphaned: 0 cassettes" in told


# Of a failing test


def test_a_failing_test_shows_the_end_of_its_stream(project: Project) -> None:
    project.write_tests('@pytest.mark.stream_cassette\ndef test_weather():\n    assert "snows" in ask()\n')
    for word in ("recorded to", "replayed from"):
        told = project.run().text
        assert "streams before the failure (call)" in told
        assert word in told
        assert 'data: {"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]}' in told
        assert "replay it:   pytest tests/test_it.py::test_weather --unspool-record=none" in told
        assert "look at it:  unspool show " in told


def test_a_failure_over_a_recorded_refusal_names_the_command_that_records_it_anew(project: Project) -> None:
    project.write_tests(ECHO + "    assert False\n")
    project.run()
    told = project.run().text
    assert "the recording is of a 401; to record it again: pytest tests/test_it.py::test_refused" in told
    assert "--unspool-record=rewrite" in told


def test_it_shows_how_far_the_stream_was_read(project: Project) -> None:
    project.write_tests(
        """
@pytest.mark.stream_cassette
def test_weather(stream_cassette):
    with httpx.stream("POST", URL, json={}) as response:
        pieces = response.iter_raw()
        next(pieces)
        if not stream_cassette.play_count:
            list(pieces)
        assert not stream_cassette.play_count, "halfway"
"""
    )
    project.run()
    assert ", 1 of 3 pieces read\n" in project.run().text


def test_a_passing_test_shows_nothing(project: Project) -> None:
    project.write_tests(TWO)
    assert "streams before the failure" not in project.run("-rA").text


def test_it_says_where_redaction_changed_a_response(project: Project) -> None:
    project.write_tests(ECHO)
    told = report_of(project)
    assert "differs from the server's responses at error.message" in told


def test_a_failure_says_where_redaction_changed_a_response(project: Project) -> None:
    project.write_tests(ECHO + "    assert False\n")
    told = project.run().text
    assert "redacted:    the server sent something else at error.message" in told
    assert "Redactor(allow_paths=('error.message',))" in told


# What a recording is


def test_it_names_streams_that_broke_or_were_left(project: Project) -> None:
    project.write_tests(
        """
@pytest.mark.stream_cassette
def test_left():
    with httpx.stream("GET", URL + "slow") as response:
        next(response.iter_raw())

@pytest.mark.stream_cassette
def test_broken():
    with pytest.raises(httpx.RemoteProtocolError):
        httpx.get(URL + "cut")
"""
    )
    told = report_of(project)
    assert "  tests/cassettes/test_it/test_broken.yaml: 1 stream broken by the network\n" in told
    assert "  tests/cassettes/test_it/test_left.yaml: 1 stream left by their client\n" in told


@pytest.mark.parametrize("option", [(), (REPORT,)])
def test_new_episodes_says_that_a_cassette_grew(project: Project, option: tuple[str, ...]) -> None:
    project.write_tests(
        """
import uuid
@pytest.mark.stream_cassette(record_mode="new_episodes")
def test_one():
    httpx.post(URL, json={"user": str(uuid.uuid4())})
"""
    )
    assert "grew" not in project.run(*option).text
    told = project.run(*option).text
    assert "tests/cassettes/test_it/test_one.yaml grew by 1 interaction, and may with every run:" in told
    assert "leave it out: ignore=['user']" in told


BEFORE = """
@pytest.mark.stream_cassette
def test_one():
    ask("one")

@pytest.mark.stream_cassette
def test_two():
    ask("two")
"""
STORED = (
    BEFORE.replace('ask("', 'store("')
    + """
def store(question):
    httpx.post(URL, json={"ask": question, "store": True})
"""
)


def test_fields_of_requests_that_are_new_are_one_row_for_all_tests(project: Project) -> None:
    project.write_tests(BEFORE)
    project.run()
    project.write_tests(STORED)
    told = report_of(project)
    assert "unrecorded: 2 requests of 2 tests" in told
    assert "field-new body.store in 2: true" in told
    assert "pytest tests/test_it.py::test_one tests/test_it.py::test_two --unspool-record=rewrite" in told


def test_misses_are_written_for_drift(project: Project) -> None:
    project.write_tests(BEFORE)
    project.run()
    project.write_tests(STORED)
    project.run("--unspool-misses=misses.json")
    misses = json.loads((project.folder / "misses.json").read_text("utf-8"))["misses"]
    assert [miss["test"] for miss in misses] == ["tests/test_it.py::test_one", "tests/test_it.py::test_two"]
    assert misses[0]["fields"] == [{"where": "body.store", "recorded": "absent", "came": "true"}]


def test_workers_send_their_misses(project: Project) -> None:
    project.write_tests(BEFORE)
    project.run()
    project.write_tests(STORED)
    project.run("--unspool-misses=misses.json", "-n", "2", plugins=("xdist",))
    assert len(json.loads((project.folder / "misses.json").read_text("utf-8"))["misses"]) == 2


def test_a_run_without_misses_writes_none(project: Project) -> None:
    project.write_tests(BEFORE)
    project.run("--unspool-misses=misses.json")
    assert json.loads((project.folder / "misses.json").read_text("utf-8"))["misses"] == []


def test_a_miss_that_a_test_expects_is_no_drift(project: Project) -> None:
    project.write_tests(
        """
        @pytest.mark.stream_cassette(record_mode="none")
        def test_one(stream_cassette):
            with stream_cassette.expect_misses(), pytest.raises(Exception):
                ask("one")
        """
    )
    project.run("--unspool-misses=misses.json")
    assert json.loads((project.folder / "misses.json").read_text("utf-8"))["misses"] == []
