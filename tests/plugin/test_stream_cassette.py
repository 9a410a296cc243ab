"""A test's cassette, from outside: recorded once, replayed ever after."""

from __future__ import annotations

import pytest
from tests.loopback import Loopback
from tests.plugin.project import Project

MARKED = """
@pytest.mark.stream_cassette
def test_weather():
    assert "It rains" in ask()
"""


def test_a_marked_test_is_recorded_once_and_offline_ever_after(project: Project, server: Loopback) -> None:
    project.write_tests(MARKED)
    assert project.run().counts == {"passed": 1}
    assert project.cassettes == ["tests/cassettes/test_it/test_weather.yaml"]
    server.shutdown()
    assert project.run().counts == {"passed": 1}
    assert len(server.requests) == 1


def test_the_fixture_alone_will_do(project: Project, server: Loopback) -> None:
    project.write_tests(
        """
def test_weather(stream_cassette):
    assert isinstance(stream_cassette, unspool.Cassette)
    assert "It rains" in ask()
    assert len(stream_cassette.recorded) + stream_cassette.play_count == 1
"""
    )
    assert [project.run().counts, project.run().counts] == [{"passed": 1}] * 2
    assert len(server.requests) == 1


def test_a_cassette_is_named_after_its_test(project: Project) -> None:
    project.write_tests(
        """
pytestmark = pytest.mark.stream_cassette

@pytest.mark.parametrize("city", ["Paris", "a/b:c"])
def test_city(city):
    ask(city)

class TestWeather:
    def test_rain(self):
        ask()
"""
    )
    project.run()
    assert project.cassettes == [
        "tests/cassettes/test_it/TestWeather.test_rain.yaml",
        "tests/cassettes/test_it/test_city[Paris].yaml",
        "tests/cassettes/test_it/test_city[a-b-c].yaml",
    ]


def test_unittest_classes_are_served_too(project: Project, server: Loopback) -> None:
    project.write_tests(
        """
import unittest

@pytest.mark.stream_cassette
class TestWeather(unittest.TestCase):
    def test_rain(self):
        self.assertIn("It rains", ask())
"""
    )
    assert [project.run().counts, project.run().counts] == [{"passed": 1}] * 2
    assert len(server.requests) == 1


def test_a_test_without_a_marker_is_left_alone(project: Project, server: Loopback) -> None:
    project.write_tests("def test_live():\n    ask()\n")
    assert [project.run().counts, project.run().counts] == [{"passed": 1}] * 2
    assert len(server.requests) == 2
    assert project.cassettes == []


def test_a_fixture_of_wider_scope_has_a_cassette_of_its_own(project: Project, server: Loopback) -> None:
    project.write_tests(
        """
@pytest.fixture(scope="module")
def answer(stream_cassette_factory):
    with stream_cassette_factory("shared/answer.yaml", match_on=["method"]):
        return ask()

def test_one(answer): assert "It rains" in answer
def test_two(answer): assert "It rains" in answer
"""
    )
    assert [project.run().counts, project.run().counts] == [{"passed": 2}] * 2
    assert project.cassettes == ["shared/answer.yaml"]
    assert len(server.requests) == 1


@pytest.mark.parametrize(
    ("marker", "cassette"),
    [
        ('("rain")', "rain"),
        ('(name="rain.yaml")', "rain"),
        ('(name="shared/rain")', "shared/rain"),
    ],
)
def test_the_marker_names_the_cassette(project: Project, marker: str, cassette: str) -> None:
    project.write_tests(f"@pytest.mark.stream_cassette{marker}\ndef test_weather(): ask()\n")
    project.run()
    assert project.cassettes == [f"tests/cassettes/test_it/{cassette}.yaml"]


@pytest.mark.parametrize("word", ["record", "record_mode"])
def test_the_marker_says_when_to_record(project: Project, server: Loopback, word: str) -> None:
    project.write_tests(f'@pytest.mark.stream_cassette({word}="all")\ndef test_weather(): ask()\n')
    project.run()
    project.run()
    assert len(server.requests) == 2


def test_the_marker_says_what_must_agree(project: Project, server: Loopback) -> None:
    project.write_tests(
        """
import random

@pytest.mark.stream_cassette(ignore=["ask"])
def test_ignoring():
    ask(str(random.random()))

@pytest.mark.stream_cassette(match_on=["method", "path"])
def test_matching():
    ask(str(random.random()))
"""
    )
    assert [project.run().counts, project.run().counts] == [{"passed": 2}] * 2
    assert len(server.requests) == 2


def test_the_marker_stops_time(project: Project) -> None:
    project.write_tests(
        """
from datetime import datetime, timezone

@pytest.mark.stream_cassette(freeze_time=True)
def test_weather(stream_cassette):
    ask()
    if stream_cassette.play_count:
        (one,) = stream_cassette.interactions
        assert abs(datetime.now(timezone.utc).timestamp() - one.recorded_at) < 1e-3
"""
    )
    assert [project.run().counts, project.run().counts] == [{"passed": 1}] * 2


def test_recorded_times_pass_in_virtual_time(project: Project) -> None:
    project.write_tests(
        """
@pytest.mark.stream_cassette(timing="recorded")
def test_slow(unspool_clock):
    httpx.get(URL + "slow")
    assert unspool_clock.elapsed == 0 or 0.3 <= unspool_clock.elapsed < 3
    print("elapsed", unspool_clock.elapsed > 0.2)
"""
    )
    assert "elapsed False" in project.run("-s").text  # the network's time is real
    assert "elapsed True" in project.run("-s").text


def test_the_nearest_marker_has_the_last_word(project: Project) -> None:
    project.write_tests(
        """
pytestmark = pytest.mark.stream_cassette("module")

@pytest.mark.stream_cassette("of-class")
class TestWeather:
    def test_class(self): ask()

    @pytest.mark.stream_cassette("test")
    def test_own(self): ask()
"""
    )
    project.run()
    assert project.cassettes == ["tests/cassettes/test_it/of-class.yaml", "tests/cassettes/test_it/test.yaml"]


@pytest.mark.parametrize(
    ("marker", "complaint"),
    [
        ('("a", 3)', "expected @pytest.mark.stream_cassette with names of cassettes"),
        ('(record="all", record_mode="all")', "expected record or record_mode"),
        ("(rekord=True)", "got rekord"),
        ('(name="../../escape")', "whose '..' leads out"),
        ('(record="sometimes")', "expected a record mode, one of 'none'"),
        ('(timing="fast")', "expected --unspool-timing to be instant, recorded or a factor"),
    ],
)
def test_a_marker_that_makes_no_sense_says_so(project: Project, marker: str, complaint: str) -> None:
    project.write_tests(f"@pytest.mark.stream_cassette{marker}\ndef test_weather(): ask()\n")
    outcome = project.run()
    assert complaint in outcome.text
    assert outcome.counts == {"error": 1}


def test_a_request_without_a_recording_fails_the_test_at_once(project: Project) -> None:
    project.write_tests(
        """
@pytest.mark.stream_cassette(record="none")
def test_weather():
    try:
        ask()
    except Exception:
        print("swallowed")
"""
    )
    outcome = project.run("-s")
    assert outcome.counts == {"failed": 1}
    assert "swallowed" not in outcome.text.partition("= FAILURES =")[0]
    assert "tests/test_it.py::test_weather: " in outcome.text
    assert (
        "To record what is missing: remove record_mode='none' from the marker, then pytest"
        " tests/test_it.py::test_weather --unspool-record=new_episodes" in outcome.text
    )
    assert "site-packages/httpx/_client.py" not in outcome.text


def test_a_miss_in_another_thread_fails_the_test(project: Project) -> None:
    project.write_tests(
        """
import threading
from concurrent.futures import ThreadPoolExecutor

@pytest.mark.stream_cassette(record="none")
def test_weather():
    with ThreadPoolExecutor(1) as pool:
        pool.submit(ask).exception()
"""
    )
    outcome = project.run()
    assert outcome.counts == {"failed": 1}
    assert "has no recording for POST" in outcome.text


# Hypothesis


def test_a_miss_and_an_error_of_hypothesis_suggest_the_same_inputs_in_every_run(project: Project) -> None:
    tests = """
import time
from hypothesis import given, settings, strategies

@pytest.mark.stream_cassette
@settings(database=None, max_examples=2, deadline=None)
@given(strategies.just({text!r}))
def test_miss(text):
    ask(text)

@pytest.mark.stream_cassette
@settings(database=None, max_examples=2, deadline=1)
@given(strategies.just("same"))
def test_slow(text):
    time.sleep(0.01)
"""
    project.write_tests(tests.format(text="one"))
    assert project.run("-k", "miss").counts["passed"] == 1
    project.write_tests(tests.format(text="other"))
    told = project.run().text
    assert "Hypothesis chooses other inputs in each run" in told
    assert "@settings(derandomize=True, deadline=None)" in told


# Hosts and hooks of the project


@pytest.mark.parametrize("line", ["unspool_ignore_hosts = 127.0.0.1", "unspool_ignore_localhost = true"])
def test_hosts_that_the_ini_file_ignores_are_not_recorded(
    project: Project, server: Loopback, line: str
) -> None:
    project.write("pytest.ini", f"[pytest]\n{line}\n")
    project.write_tests("@pytest.mark.stream_cassette\ndef test_it():\n    assert 'rains' in ask()\n")
    for _ in range(2):
        assert project.run().counts == {"passed": 1}
    assert project.cassettes == []
    assert len(server.requests) == 2


def test_hooks_apply_to_what_is_loaded(project: Project) -> None:
    project.write_tests(
        """
@pytest.fixture(scope="module")
def unspool_config():
    def anonymous(request):
        request.body = request.body.replace(b"Ann", b"X").replace(b"Bob", b"X")
        return request
    def loud(response):
        response["body"]["string"] = response["body"]["string"].replace(b"rains", b"RAINS")
        return response
    return {"before_record_request": NAMES and anonymous, "before_record_response": LOUD and loud}

@pytest.mark.stream_cassette
def test_it():
    assert WORD in ask(NAME)
"""
    )
    path = project.folder / "tests/test_it.py"
    tests = path.read_text("utf-8")
    for settings in ('"Ann", None, None, "rains"', '"Bob", 1, 1, "RAINS"'):
        path.write_text(f"NAME, NAMES, LOUD, WORD = {settings}\n{tests}", "utf-8")
        assert project.run().counts == {"passed": 1}
