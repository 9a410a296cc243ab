"""The small fixtures that a project may override, from outside."""

from __future__ import annotations

from tests.loopback import Loopback
from tests.plugin.project import Project

WEATHER = "@pytest.mark.stream_cassette\ndef test_weather(): ask()\n"


def test_the_folder_of_the_cassettes(project: Project) -> None:
    project.write(
        "conftest.py",
        """
import pytest

@pytest.fixture(scope="module")
def unspool_cassette_dir(request):
    return request.config.rootpath / "recordings"
""",
    )
    project.write_tests(WEATHER)
    project.run()
    assert project.cassettes == ["recordings/test_weather.yaml"]


def test_the_usual_name_of_a_cassette(project: Project) -> None:
    project.write_tests(
        """
@pytest.fixture
def unspool_default_cassette_name(request):
    return request.node.name.removeprefix("test_")

@pytest.mark.stream_cassette
def test_weather(): ask()

@pytest.mark.stream_cassette("named")
def test_named(): ask()
"""
    )
    project.run()
    assert project.cassettes == ["tests/cassettes/test_it/named.yaml", "tests/cassettes/test_it/weather.yaml"]


def test_what_holds_for_every_cassette(project: Project, server: Loopback) -> None:
    project.write_tests(
        """
import random

@pytest.fixture(scope="module")
def unspool_config():
    return {"match_on": ["method"], "record": "all"}

@pytest.mark.stream_cassette(record="once")
def test_weather(): ask(str(random.random()))

@pytest.mark.stream_cassette
def test_anew(): ask()
"""
    )
    assert [project.run().counts, project.run().counts] == [{"passed": 2}] * 2
    assert len(server.requests) == 3


def test_what_is_kept_off_the_disk(project: Project) -> None:
    project.write_tests(
        """
@pytest.fixture(scope="module")
def unspool_redact():
    return unspool.Redactor(fields=unspool.Redactor().fields | {"ask"})

@pytest.mark.stream_cassette
def test_weather(): ask("my name is Rumpelstiltskin")
"""
    )
    assert [project.run().counts, project.run().counts] == [{"passed": 1}] * 2
    (cassette,) = project.cassettes
    assert "Rumpelstiltskin" not in (project.folder / cassette).read_text()


def test_whose_time_passes(project: Project) -> None:
    project.write_tests(
        """
import time

@pytest.fixture
def unspool_clock():
    return unspool.RealClock()

@pytest.mark.stream_cassette(timing="recorded")
def test_slow():
    began = time.monotonic()
    httpx.get(URL + "slow")
    assert time.monotonic() - began >= 0.29
"""
    )
    assert [project.run().counts, project.run().counts] == [{"passed": 1}] * 2
