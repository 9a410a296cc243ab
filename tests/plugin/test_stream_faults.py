"""`stream_faults` and the marker's `fault`, from outside."""

from __future__ import annotations

from tests.plugin.project import Project


def test_a_canned_stream_breaks(project: Project) -> None:
    project.write_tests(
        """
from unspool.faults import Break, ErrorEvent

def test_reset(stream_faults):
    stream = stream_faults(Break(after=2), ["It ", "rains ", "cats."])
    with pytest.raises(unspool.APIConnectionError) as caught:
        list(stream)
    assert caught.value.generated_content == "It rains "
    assert isinstance(caught.value.original_exception.__cause__ or caught.value.__cause__, httpx.ReadError)

def test_error_event(stream_faults):
    stream = stream_faults(ErrorEvent(after=1, status=429), ["It ", "rains."])
    with pytest.raises(unspool.RateLimitError):
        list(stream)
"""
    )
    assert project.run().counts == {"passed": 2}


def test_a_sample_breaks(project: Project) -> None:
    project.write_tests(
        """
from unspool.faults import CutBeforeDone, NoFinish

def test_cut(stream_faults):
    stream = stream_faults(NoFinish() | CutBeforeDone(), cassette="openai/text", strict=True)
    with pytest.raises(unspool.IncompleteStreamError):
        list(stream)
"""
    )
    assert project.run().counts == {"passed": 1}


def test_what_the_cassette_answers_breaks_from_there_on(project: Project) -> None:
    project.write_tests(
        """
from unspool.faults import Break, Status

@pytest.mark.stream_cassette(allow_playback_repeats=True)
def test_weather(stream_cassette, stream_faults):
    assert "It rains" in ask()
    if stream_cassette.play_count:
        stream_faults.in_cassette(Status(529).on(1) | Break(after=1).on(2))
        assert httpx.post(URL, json={"ask": "How are you?"}).status_code == 529
        with pytest.raises(httpx.ReadError):
            ask()
        assert "It rains" in ask()
"""
    )
    assert [project.run().counts, project.run().counts] == [{"passed": 1}] * 2


def test_the_marker_may_name_a_fault_and_its_pauses_count(project: Project) -> None:
    project.write_tests(
        """
from unspool.faults import Hang

def read():
    try:
        return ask(timeout=30)
    except httpx.ReadTimeout:
        return "timeout"

@pytest.mark.stream_cassette("weather")
def test_recorded():
    assert "It rains" in read()

@pytest.mark.stream_cassette("weather", fault=Hang(after=1))
def test_broken(unspool_clock):
    assert read() == "timeout"
    assert unspool_clock.elapsed >= 30
"""
    )
    assert project.run().counts == {"passed": 2}


def test_without_a_cassette_there_is_nothing_to_break_but_the_fixture_sets_one_up(project: Project) -> None:
    project.write_tests(
        """
from unspool.faults import Break, Refuse

def test_refused(stream_faults):
    stream_faults.in_cassette(Refuse())
    with pytest.raises(httpx.ConnectError):
        ask()

def test_unrecorded(stream_faults):
    stream_faults.in_cassette(Break())
    ask()
"""
    )
    outcome = project.run()
    assert outcome.counts == {"passed": 1, "failed": 1}
    assert "a fault is in force, under which nothing is recorded" in outcome.text
    assert project.cassettes == []
