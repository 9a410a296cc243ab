from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from unspool.cassette.file_format import Document
from unspool.cassette.model import End, Interaction, Request, Response
from unspool.cassette.store import load, write
from unspool.faults import Break, BrokenArguments, Malformed, NoFinish
from unspool.reading.check import DAY, RULES, Finding, check_file, unused_by_tests
from unspool.samples import sample_names, sample_path

KEY = "sk-proj-" + "a1" * 20


def sample(name: str) -> Interaction:
    return load(sample_path(name)).interactions[0]


TEXT, TOOLS = sample("openai/text"), sample("openai/parallel-tools")
RECORDED = TEXT.recorded_at or 0.0


@pytest.fixture
def found(tmp_path: Path) -> Callable[..., list[Finding]]:
    def check(*interactions: Interaction, max_age: float | None = None) -> list[Finding]:
        write(tmp_path / "a.yaml", Document(interactions))
        return check_file(tmp_path / "a.yaml", max_age=max_age, now=RECORDED + 10 * DAY)

    return check


def rules(findings: list[Finding]) -> list[str]:
    return [one.rule for one in findings]


def asking(interaction: Interaction, change: Callable[[dict[str, Any]], None]) -> Interaction:
    body = json.loads(interaction.request.body)
    change(body)
    return replace(interaction, request=replace(interaction.request, body=json.dumps(body).encode()))


Check = Callable[..., list[Finding]]


@pytest.mark.parametrize("name", sample_names())
def test_nothing_is_wrong_with_the_samples(name: str) -> None:
    assert [
        one for one in check_file(sample_path(name), max_age=None, now=RECORDED) if one.level != "info"
    ] == []


def test_what_is_no_cassette_is_unreadable(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("interactions: 3")

    (one,) = check_file(tmp_path / "a.yaml", max_age=None, now=0.0)
    assert (one.rule, one.level, one.interaction) == ("unreadable", "error", None)


def test_a_body_that_cannot_be_read_is_a_problem(found: Check) -> None:
    assert rules(found(Malformed(after=3).apply(TEXT))) == ["problem"]


def test_a_stream_without_a_finish_reason_may_be_cut_off(found: Check) -> None:
    assert rules(found(NoFinish().apply(TEXT))) == ["finish"]


def test_a_client_that_left_is_reported_instead(found: Check) -> None:
    timeline = NoFinish().apply(TEXT).response.timeline
    assert timeline is not None
    left = NoFinish().apply(TEXT)
    left = replace(left, response=replace(left.response, timeline=replace(timeline, end=End.CLOSED)))

    assert rules(found(left)) == ["failed"]


def test_a_broken_stream_is_a_failure_that_an_older_version_kept(found: Check) -> None:
    assert rules(found(Break(3).apply(TEXT))) == ["failed"]


def test_broken_arguments_are_an_error(found: Check) -> None:
    assert "arguments" in rules(found(BrokenArguments().apply(TOOLS)))


def test_a_usage_that_was_asked_for_and_is_missing_is_reported(found: Check) -> None:
    wanted = asking(TEXT, lambda body: body.update(stream_options={"include_usage": True}))

    assert rules(found(wanted)) == ["usage"]
    assert rules(found(TOOLS)) == []


def test_a_body_of_another_length_than_announced_is_an_error(found: Check) -> None:
    headers = (("content-type", "text/plain"), ("content-length", "5"))
    request = Request("GET", "https://example.org/")

    assert rules(found(Interaction(request, Response(200, "OK", headers, b"four")))) == ["size"]
    assert rules(found(Interaction(request, Response(200, "OK", headers, b"fives")))) == []


def test_an_edited_body_is_only_told(found: Check) -> None:
    edited = replace(
        TEXT, response=replace(TEXT.response, body=TEXT.response.body.replace(b"well", b"very well"))
    )

    (one,) = found(edited)
    assert (one.rule, one.level) == ("edited", "info")


def test_times_of_a_newer_version_are_reported(found: Check) -> None:
    newer = replace(TEXT, response=replace(TEXT.response, timeline=None, extra={"unspool": {"v": 99}}))

    assert rules(found(newer)) == ["version"]


def test_a_secret_is_an_error(found: Check) -> None:
    leaky = replace(TEXT, request=replace(TEXT.request, headers=(("authorization", f"Bearer {KEY}"),)))

    assert rules(found(leaky)) == ["secret"]


def test_a_recording_is_old_from_the_given_age_on(found: Check) -> None:
    assert rules(found(TEXT, max_age=9 * DAY)) == ["age"]
    assert rules(found(TEXT, max_age=11 * DAY)) == []


def test_the_same_request_and_response_twice_is_a_duplicate(found: Check) -> None:
    (one,) = found(TEXT, TOOLS, TEXT)

    assert (one.rule, one.interaction) == ("duplicate", 2)


def test_an_answer_by_another_model_is_told_but_not_one_by_its_dated_name(found: Check) -> None:
    assert rules(found(asking(TEXT, lambda body: body.update(model="gpt-4o-mini-2024-07-18")))) == []
    (one,) = found(asking(TEXT, lambda body: body.update(model="gpt-5")))
    assert (one.rule, one.level) == ("model", "info")


def test_an_error_s_status_is_told(found: Check) -> None:
    refused = replace(
        TEXT, response=Response(429, "", (("content-type", "application/json"),), b'{"error": {}}')
    )

    (one,) = found(refused)
    assert (one.rule, one.level) == ("status", "info")


def test_an_empty_cassette_is_of_no_use(found: Check) -> None:
    assert rules(found()) == ["unused"]


def test_every_rule_that_is_found_is_in_the_table(found: Check) -> None:
    assert set(RULES.values()) == {"error", "warning", "info"}
    with pytest.raises(KeyError):
        RULES["nonsense"]


# Cassettes that no test uses


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "test_rain.py").write_text(
        "def test_oslo(): ...\n\nclass TestCity:\n    def test_rome(self): ...\n"
    )
    return tmp_path / "cassettes" / "test_rain"


@pytest.mark.parametrize("name", ["test_oslo", "test_oslo[fast]", "TestCity.test_rome"])
def test_a_cassette_with_the_name_of_a_test_is_used(project: Path, name: str) -> None:
    assert unused_by_tests(project / f"{name}.yaml") is None


def test_one_of_a_test_that_is_gone_is_not(project: Path) -> None:
    said = unused_by_tests(project / "test_paris.yaml")

    assert said is not None
    assert "has no test test_paris" in said


def test_nor_is_one_of_a_module_that_is_gone(project: Path) -> None:
    said = unused_by_tests(project.parent / "test_snow" / "test_oslo.yaml")

    assert said is not None
    assert "no test uses it" in said


def test_of_one_that_lies_elsewhere_nothing_is_known(tmp_path: Path) -> None:
    assert unused_by_tests(tmp_path / "recordings" / "a.yaml") is None
