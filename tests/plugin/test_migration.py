"""From pytest-recording by renaming a marker, as docs/how-to/from-pytest-recording.md says."""

from __future__ import annotations

from tests.loopback import Loopback
from tests.plugin.project import Project

TESTS = """
@pytest.mark.MARKER
def test_weather():
    assert "It rains" in ask()

@pytest.mark.MARKER
@pytest.mark.parametrize("city", ["Paris", "New York/Queens", "a:b?c"])
def test_city(city):
    assert "It rains" in ask(city)

@pytest.mark.MARKER
class TestForecast:
    def test_tomorrow(self):
        assert "It rains" in ask("tomorrow")
        assert "It rains" in ask("the day after")
"""
PASSED = {"passed": 5}


def run_theirs(project: Project, mode: str) -> object:
    project.write_tests(TESTS.replace("MARKER", "vcr"))
    return project.run(f"--record-mode={mode}", plugins=["pytest_recording.plugin"], fresh=True).counts


def run_ours(project: Project, mode: str) -> object:
    project.write_tests(TESTS.replace("MARKER", "stream_cassette"))
    return project.run(f"--unspool-record={mode}", plugins=["pytest_recording.plugin"], fresh=True).counts


def test_what_it_has_recorded_is_replayed(project: Project, server: Loopback) -> None:
    assert run_theirs(project, "once") == PASSED
    found = project.cassettes
    assert run_ours(project, "none") == PASSED
    assert project.cassettes == found
    assert len(server.requests) == 6


def test_it_replays_what_we_have_recorded(project: Project, server: Loopback) -> None:
    assert run_ours(project, "once") == PASSED
    assert run_theirs(project, "none") == PASSED
    assert len(server.requests) == 6


def test_both_may_mark_tests_of_one_file(project: Project, server: Loopback) -> None:
    project.write_tests(TESTS.replace("MARKER", "vcr", 1).replace("MARKER", "stream_cassette"))
    for mode in ("once", "none"):
        options = (f"--record-mode={mode}", f"--unspool-record={mode}")
        assert project.run(*options, plugins=["pytest_recording.plugin"], fresh=True).counts == PASSED
    assert len(server.requests) == 6


def test_rewriting_gives_the_recording_its_times(project: Project) -> None:
    run_theirs(project, "once")
    cassette = project.folder / "tests/cassettes/test_it/test_weather.yaml"
    assert "unspool:" not in cassette.read_text()
    assert run_ours(project, "rewrite") == PASSED
    assert "unspool:" in cassette.read_text()
