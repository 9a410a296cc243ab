"""`stream_verdict` from outside."""

from __future__ import annotations

import pytest
from tests.plugin.project import Project

CLIENTS = """
import asyncio, httpx, json, pytest
from unspool.faults import CutEvents, ErrorEvent, NoAnswer, scenario
URL = "https://api.openai.com/v1/chat/completions"

def texts(lines):
    for line in lines:
        if line.startswith("data: {"):
            for choice in json.loads(line[6:]).get("choices", ()):
                yield choice["delta"].get("content") or ""

def careless(transport):
    with httpx.Client(transport=transport) as http, http.stream("POST", URL) as response:
        yield from texts(response.iter_lines())

async def acareless(transport):
    async with httpx.AsyncClient(transport=transport) as http:
        return "".join(texts((await http.post(URL)).text.splitlines()))
"""


def run(project: Project, code: str) -> str:
    project.write("tests/test_it.py", CLIENTS + code)
    return str(project.run())


def test_a_client_that_does_nothing_wrong_passes(project: Project) -> None:
    text = run(
        project,
        """
def test_it(stream_verdict):
    verdict = stream_verdict(careless, "openai/text")
    assert verdict.log.outcome.text.startswith("Hello! I'm doing well")
    assert verdict.findings == ()
""",
    )

    assert "1 passed" in text


def test_what_is_found_fails_the_test_and_is_explained(project: Project) -> None:
    text = run(
        project,
        """
def test_it(stream_verdict):
    stream_verdict(careless, "openai/text", scenario("cut-between-events"))
""",
    )

    assert "1 failed" in text
    assert "scenario('cut-between-events'): 6 characters, 1 request\n" in text
    assert "accepted-truncated: request 1: 2 chunks, 580 bytes, then the end, no finish reason" in text
    assert "    The client accepted a stream that was cut off as a complete response.\n" in text
    assert "def stream_verdict" not in text


def test_only_chosen_findings_fail_it(project: Project) -> None:
    text = run(
        project,
        """
def test_chosen(stream_verdict):
    stream_verdict(careless, "openai/text", ErrorEvent(1), fail_on=["swallowed-error"])

def test_not_chosen(stream_verdict):
    verdict = stream_verdict(careless, "openai/text", ErrorEvent(1), fail_on=["left-open"])
    assert verdict.kinds == ("swallowed-error",)
""",
    )

    assert "1 failed, 1 passed" in text


@pytest.mark.parametrize("fail_on", ['["no-such"]', '"left-open"'])
def test_a_finding_that_doesnt_exist_is_a_mistake(project: Project, fail_on: str) -> None:
    text = run(
        project,
        f"""
def test_it(stream_verdict):
    stream_verdict(careless, "openai/text", fail_on={fail_on})
""",
    )

    assert "1 failed" in text
    assert "UsageError: expected fail_on to be a list of accepted-truncated, left-early, " in text


def test_async_clients_are_run_in_a_loop_of_their_own(project: Project) -> None:
    text = run(
        project,
        """
@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_it(stream_verdict, backend):
    verdict = stream_verdict(acareless, "openai/text", CutEvents(2), fail_on=[], backend=backend)
    assert verdict.kinds == ("accepted-truncated",)
""",
    )

    assert "2 passed" in text


def test_cassettes_are_looked_for_where_the_projects_are(project: Project) -> None:
    text = run(
        project,
        """
def test_it(stream_verdict, unspool_cassette_dir):
    import unspool
    unspool_cassette_dir.mkdir(parents=True)
    own = unspool.sample_path("openai/text").read_text("utf-8").replace("Hello!", "Salve!")
    (unspool_cassette_dir / "own.yaml").write_text(own, "utf-8")
    assert stream_verdict(careless, "own").log.outcome.text.startswith("Salve!")
    (interaction,) = unspool.Cassette.load(unspool_cassette_dir / "own.yaml").interactions
    assert stream_verdict(careless, interaction).log.outcome.text.startswith("Salve!")

def test_none(stream_verdict):
    stream_verdict(careless, "missing")
""",
    )

    assert "1 failed, 1 passed" in text
    assert "CassetteNotFoundError: no cassette 'missing'" in text


def test_under_torture_each_scenario_is_judged(project: Project) -> None:
    text = run(
        project,
        """
@pytest.mark.stream_torture(only=["unbroken", "cut-between-events", "call-without-id"])
def test_it(stream_verdict):
    stream_verdict(careless, "openai/text")
""",
    )

    assert "accepted-truncated: request 1" in text
    assert "FAILED tests/test_it.py::test_it[cut-between-events]" in text
    assert "1 passed" in text


def test_under_torture_a_scenario_without_a_place_is_skipped(project: Project) -> None:
    text = run(
        project,
        """
@pytest.mark.stream_torture(only=["CallsWithout"])
def test_it(stream_verdict):
    stream_verdict(careless, "openai/text", fail_on=["left-open"])
""",
    )

    assert "skipped" in text
    assert "failed" not in text
