"""The whole catalogue against our own client: in virtual time, over both libraries, sync and async."""

from __future__ import annotations

import re

import pytest
from tests.faults import answers
from tests.faults.consuming import Outcome, aconsume, consume
from tests.faults.outcomes import CHANGED, CUT, ERRORS
from tests.faults.reading import pieces

import unspool
from unspool.cassette.model import Interaction
from unspool.errors import FaultError
from unspool.faults import CATALOGUE, NoFault, Scenario, scenario
from unspool.providers import FORMATS

# httpx's `aiter_bytes` leaves the generators underneath it to the garbage collector where a body can't be
# decompressed, of which trio warns; nobody else can get hold of them.
MARKS = {"bad-gzip": pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")}
PAIRS = [
    pytest.param(one, recorded, id=f"{one.name}-{name}", marks=MARKS.get(one.name, ()))
    for one in CATALOGUE
    for name, recorded in answers.ASKED.items()
    # The one with tool calls for those that need some.
    if one.fits(recorded) and (name != "tools" or not one.fits(answers.OPENAI))
]


@pytest.mark.parametrize(("fault", "recorded"), PAIRS)
def test_our_client_reports_what_happened(fault: Scenario, recorded: Interaction) -> None:
    assert consume(recorded, fault).error == ERRORS.get(fault.name, "")


@pytest.mark.parametrize(("fault", "recorded"), PAIRS)
def test_no_text_before_the_fault_is_lost(fault: Scenario, recorded: Interaction) -> None:
    whole = consume(recorded, NoFault())
    seen = consume(recorded, fault)

    if fault.name in {*CHANGED, "loop-one-chunk"}:
        return
    if fault.name in ERRORS:
        assert whole.text.startswith(seen.text)
        assert whole.arguments.startswith(seen.arguments)
    else:
        assert (seen.text, seen.arguments) == (whole.text, whole.arguments)


@pytest.mark.parametrize(("fault", "recorded"), PAIRS)
def test_httpx2_sees_what_httpx_sees(fault: Scenario, recorded: Interaction) -> None:
    assert consume(recorded, fault, family="httpx2") == consume(recorded, fault, family="httpx")


@pytest.mark.anyio
@pytest.mark.parametrize(("fault", "recorded"), PAIRS)
async def test_async_sees_what_sync_sees(fault: Scenario, recorded: Interaction) -> None:
    assert await aconsume(recorded, fault) == consume(recorded, fault)


@pytest.mark.parametrize(("fault", "recorded"), PAIRS)
def test_a_client_waits_no_longer_than_its_timeout(fault: Scenario, recorded: Interaction) -> None:
    assert consume(recorded, fault).seconds < 100


def test_the_second_attempt_is_spared() -> None:
    transport = fault_transport(scenario("rate-limited-once"))
    ask = {"model": "openai/gpt-4o-mini", "messages": [], "stream": True, "transport": transport}

    with pytest.raises(unspool.RateLimitError) as caught:
        unspool.completion(**ask)
    assert caught.value.headers["retry-after"] == "7"
    assert text_of(unspool.completion(**ask)) == "It rains ☔ in Łódź."


def fault_transport(fault: Scenario) -> unspool.FaultTransport:
    cassette = unspool.Cassette.of([answers.OPENAI], match_on=["path"], allow_playback_repeats=True)
    return unspool.FaultTransport(unspool.ReplayTransport(cassette), fault)


def text_of(stream: object) -> str:
    return "".join(chunk.choices[0].delta.content or "" for chunk in stream)


@pytest.mark.parametrize("fault", CATALOGUE)
def test_every_scenario_fits_some_answer(fault: Scenario) -> None:
    assert any(map(fault.fits, (*answers.ALL.values(), *answers.TOOL_EVENTS.values())))


@pytest.mark.parametrize("fault", CATALOGUE)
def test_a_scenario_is_named_told_and_linked(fault: Scenario) -> None:
    assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", fault.name)
    assert fault.story.endswith((".", "?"))
    assert re.fullmatch(r"https://\S+", fault.link)


def test_names_are_not_given_twice() -> None:
    assert len({one.name for one in CATALOGUE}) == len(CATALOGUE)


@pytest.mark.parametrize("fault", CATALOGUE)
def test_its_repr_is_the_code_that_finds_it(fault: Scenario) -> None:
    assert eval(repr(fault)) is fault


def test_pytest_calls_a_test_after_the_scenario() -> None:
    assert scenario("bad-key").__name__ == "bad-key"


def test_an_unknown_name_is_answered_with_all_of_them() -> None:
    with pytest.raises(FaultError, match=r"no scenario 'nope'; there are .*bad-key"):
        scenario("nope")


def test_every_outcome_belongs_to_a_scenario() -> None:
    names = {one.name for one in CATALOGUE}

    assert (ERRORS.keys() | CHANGED) - names == set()


def test_a_scenario_does_not_fit_another_format() -> None:
    assert not scenario("anthropic-error-event").fits(answers.OPENAI)


def test_known_formats_are_named_as_in_the_table() -> None:
    named = {name for one in CATALOGUE for name in one.formats}

    assert named & FORMATS.keys() >= {"anthropic-messages", "openai-chat"}


def test_without_a_fault_everything_comes() -> None:
    assert consume(answers.OPENAI, NoFault()) == Outcome("It rains ☔ in Łódź.", "", "", "stop", 2.0)


@pytest.mark.parametrize("name", sorted(CUT))
@pytest.mark.parametrize("recorded", [answers.OPENAI, answers.ANTHROPIC], ids=["openai", "anthropic"])
def test_a_cut_goes_unnoticed_only_on_request(name: str, recorded: Interaction) -> None:
    provider = "anthropic" if recorded is answers.ANTHROPIC else "openai"
    script = unspool.FakeStream(pieces(scenario(name).apply(recorded)), provider=provider)

    chunks = list(unspool.CustomStreamWrapper(script, model="m", custom_llm_provider=provider, strict=False))
    assert chunks[-1].choices[0].finish_reason == "stop"
