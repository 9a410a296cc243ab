"""respx and pytest-httpx inside a cassette: their mocks come first, and what they let through is refused."""

from __future__ import annotations

import pytest
from tests.loopback import Loopback
from tests.plugin.project import Project

TESTS = """
import respx

@pytest.mark.stream_cassette
def test_respx_answers(respx_mock, stream_cassette):
    respx_mock.post(URL).respond(200, text="mocked")
    assert ask() == "mocked"
    assert stream_cassette.recorded == []

@respx.mock
@pytest.mark.stream_cassette
def test_respx_answers_as_a_decorator(stream_cassette):
    respx.post(URL).respond(200, text="mocked")
    assert ask() == "mocked"
    assert stream_cassette.recorded == []

def test_after_respx_the_cassette_records_or_answers(stream_cassette):
    with respx.mock:
        respx.post(URL).respond(200, text="mocked")
        assert ask() == "mocked"
    assert "It rains" in ask()
    assert len(stream_cassette.recorded) + stream_cassette.play_count == 1

@pytest.mark.stream_cassette(allowed_hosts=())
def test_what_respx_lets_through_is_refused(respx_mock, stream_cassette):
    respx_mock.post(URL).pass_through()
    with pytest.raises(unspool.NetworkBlockedError):
        ask()
    assert stream_cassette.recorded == []

@pytest.mark.stream_cassette
def test_httpx_mock_answers(httpx_mock, stream_cassette):
    httpx_mock.add_response(text="mocked")
    assert ask() == "mocked"
    assert stream_cassette.recorded == []

def test_httpx_mock_answers_where_it_comes_first(httpx_mock, stream_cassette):
    httpx_mock.add_response(text="mocked")
    assert ask() == "mocked"
    assert stream_cassette.recorded == []

@pytest.mark.httpx_mock(should_mock=lambda request: False)
@pytest.mark.stream_cassette(allowed_hosts=())
def test_what_httpx_mock_lets_through_is_refused(httpx_mock, stream_cassette):
    with pytest.raises(unspool.NetworkBlockedError):
        ask()
    assert stream_cassette.recorded == []

@pytest.mark.httpx_mock(should_mock=lambda request: False)
def test_what_it_lets_through_is_refused_where_it_comes_first(httpx_mock, tmp_path):
    with unspool.use_cassette(tmp_path / "a.yaml", allowed_hosts=()) as cassette:
        with pytest.raises(unspool.NetworkBlockedError):
            ask()
    assert cassette.recorded == []
"""


def test_mocks_of_other_tools_come_first(project: Project, server: Loopback) -> None:
    pytest.importorskip("respx")
    pytest.importorskip("pytest_httpx")
    project.write_tests(TESTS)

    for _ in range(2):
        outcome = project.run(plugins=("respx.plugin", "pytest_httpx"))
        assert outcome.counts == {"passed": 8}, outcome

    assert len(server.requests) == 1
