"""Each option and each ini key of the plugin, from outside."""

from __future__ import annotations

import pytest
from tests.loopback import Loopback
from tests.plugin.project import Outcome, Project

WEATHER = "@pytest.mark.stream_cassette\ndef test_weather(): ask()\n"


def run_with(project: Project, way: str, key: str, value: str) -> Outcome:
    """A run that is told something, by the option or by the ini key."""
    if way == "option":
        option = f"--unspool-{key.replace('_', '-')}"
        return project.run(option if value == "true" else f"{option}={value}")
    project.write("pytest.ini", f"[pytest]\nunspool_{key} = {value}\n")
    return project.run()


WAYS = pytest.mark.parametrize("way", ["option", "ini"])


@WAYS
def test_record_says_when_to_record(project: Project, server: Loopback, way: str) -> None:
    project.write_tests(WEATHER)
    assert run_with(project, way, "record", "none").counts == {"failed": 1}
    assert run_with(project, way, "record", "all").counts == {"passed": 1}
    assert run_with(project, way, "record", "all").counts == {"passed": 1}
    assert len(server.requests) == 2


def test_the_command_line_goes_before_the_marker(project: Project, server: Loopback) -> None:
    project.write_tests('@pytest.mark.stream_cassette(record="all")\ndef test_weather(): ask()\n')
    assert project.run("--unspool-record=none").counts == {"failed": 1}
    assert server.requests == []


def test_but_a_marker_that_says_never_to_record_is_heard(project: Project, server: Loopback) -> None:
    project.write_tests('@pytest.mark.stream_cassette(record="none")\ndef test_weather(): ask()\n')
    assert project.run("--unspool-record=rewrite").counts == {"failed": 1}
    assert server.requests == []


def test_the_marker_goes_before_the_ini_file(project: Project, server: Loopback) -> None:
    project.write("pytest.ini", "[pytest]\nunspool_record = none\n")
    project.write_tests('@pytest.mark.stream_cassette(record="all")\ndef test_weather(): ask()\n')
    assert project.run().counts == {"passed": 1}


@pytest.mark.parametrize("said", ["marker", "ini", "nothing"])
def test_with_ci_set_nothing_is_recorded(project: Project, server: Loopback, said: str) -> None:
    marker = '(record="all")' if said == "marker" else ""
    project.write_tests(f"@pytest.mark.stream_cassette{marker}\ndef test_weather(): ask()\n")
    if said == "ini":
        project.write("pytest.ini", "[pytest]\nunspool_record = all\n")
    outcome = project.run(env={"CI": "true"})
    assert outcome.counts == {"failed": 1}
    assert "env -u CI pytest tests/test_it.py::test_weather --unspool-record=new_episodes" in outcome.text
    assert server.requests == []
    assert project.cassettes == []


def test_with_ci_set_asking_to_record_is_an_error(project: Project) -> None:
    project.write_tests(WEATHER)
    outcome = project.run("--unspool-record=rewrite", env={"CI": "true"})
    assert (
        "--unspool-record=rewrite has no effect: with CI in the environment nothing is recorded"
        in outcome.text
    )
    assert outcome.counts == {}


@WAYS
def test_timing_says_when_chunks_come(project: Project, way: str) -> None:
    project.write_tests(
        """
@pytest.mark.stream_cassette
def test_slow(unspool_clock, stream_cassette):
    httpx.get(URL + "slow")
    if stream_cassette.play_count:
        assert 0.6 <= unspool_clock.elapsed < 6
"""
    )
    assert project.run().counts == {"passed": 1}
    assert run_with(project, way, "timing", "2").counts == {"passed": 1}


@pytest.mark.parametrize("key", ["record", "timing"])
@WAYS
def test_a_word_that_is_none_is_told_before_any_test_runs(project: Project, key: str, way: str) -> None:
    project.write_tests(WEATHER)
    outcome = run_with(project, way, key, "sideways")
    assert f"expected --unspool-{key} to be" in outcome.text
    assert outcome.counts == {}


@WAYS
def test_block_network_keeps_every_test_from_the_network(project: Project, way: str) -> None:
    project.write_tests(
        """
import socket

def test_by_httpx():
    try:
        httpx.get("http://models.example.com/v1", timeout=0.1)
    except Exception:
        pass

def test_by_socket():
    try:
        socket.create_connection(("models.example.com", 443), timeout=0.1)
    except OSError:
        pass

def test_this_machine():
    ask()
"""
    )
    outcome = run_with(project, way, "block_network", "true")
    assert outcome.counts == {"failed": 2, "passed": 1}
    assert "tests/test_it.py::test_by_httpx: something reached for models.example.com" in outcome.text
    assert "tests/test_it.py::test_by_socket: something reached for models.example.com:443" in outcome.text
    assert "mark it with @pytest.mark.stream_cassette and run it once" in outcome.text


def test_in_a_cassette_the_network_is_blocked_anyway(project: Project) -> None:
    project.write_tests(
        """
import socket

@pytest.mark.stream_cassette
def test_by_socket():
    try:
        socket.create_connection(("models.example.com", 443), timeout=0.1)
    except OSError:
        pass
"""
    )
    outcome = project.run()
    assert outcome.counts == {"failed": 1}
    assert "something reached for models.example.com:443 inside" in outcome.text


def test_allowed_hosts_may_be_reached(project: Project) -> None:
    project.write(
        "pytest.ini",
        "[pytest]\nunspool_block_network = true\nunspool_allowed_hosts = *.example\n 192.0.2.0/24\n",
    )
    project.write_tests(
        """
def test_allowed():
    with pytest.raises(httpx.TransportError):
        httpx.get("http://192.0.2.1/", timeout=0.01)
"""
    )
    assert project.run().counts == {"passed": 1}


@WAYS
def test_fail_on_unplayed_fails_a_test_that_asks_for_less(project: Project, way: str) -> None:
    project.write_tests('@pytest.mark.stream_cassette\ndef test_weather():\n    ask("one"); ask("two")\n')
    project.run()
    project.write_tests('@pytest.mark.stream_cassette\ndef test_weather():\n    ask("one")\n')
    assert project.run().counts == {"passed": 1}
    outcome = run_with(project, way, "fail_on_unplayed", "true")
    assert outcome.counts == {"failed": 1}
    assert "1 of 2 interactions of" in outcome.text


def test_the_marker_too_can_fail_on_unplayed(project: Project) -> None:
    project.write_tests('@pytest.mark.stream_cassette\ndef test_weather():\n    ask("one"); ask("two")\n')
    project.run()
    project.write_tests(
        '@pytest.mark.stream_cassette(fail_on_unplayed=True)\ndef test_weather():\n    ask("one")\n'
    )
    assert project.run().counts == {"failed": 1}


@pytest.mark.parametrize(("mode", "outcome"), [("all", "failed"), ("rewrite", "passed")])
def test_what_is_recorded_anew_is_not_unplayed(project: Project, mode: str, outcome: str) -> None:
    project.write_tests('@pytest.mark.stream_cassette\ndef test_weather():\n    ask("one"); ask("two")\n')
    project.run()
    options = ("--unspool-fail-on-unplayed", f"--unspool-record={mode}")
    assert project.run(*options).counts == {"passed": 1}

    project.write_tests('@pytest.mark.stream_cassette\ndef test_weather():\n    ask("one")\n')
    assert project.run(*options).counts == {outcome: 1}  # "two" stays in the file, or goes


def test_every_option_and_ini_key_begins_with_unspool(project: Project) -> None:
    ours = project.run("--help").text
    assert ours.count("--unspool-") >= 5
    assert ours.count("unspool_allowed_hosts (args)") == 1


def test_the_plugin_is_there_by_itself(project: Project) -> None:
    project.write_tests(WEATHER)
    assert project.run_bare("-p", "no:asyncio").counts == {"passed": 1}  # that one wants to be configured
    assert project.cassettes == ["tests/cassettes/test_it/test_weather.yaml"]
