from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.loopback import Answer, Loopback, serve

from unspool.cassette.file_format import Document
from unspool.cassette.model import End, Interaction, NetworkChunk, Request, Response, Timeline
from unspool.cassette.store import load, write
from unspool.drift.budget import Budget
from unspool.drift.findings import Finding, Tier
from unspool.drift.recordings import beside, recordings_in
from unspool.drift.rerecord import Rerecording, Selection, aged
from unspool.errors import NetworkBlockedError
from unspool.transports.block_network import block_network

PATH = "/v1/chat/completions"
ASKED = {
    "model": "gpt-4o-mini",
    "stream": True,
    "max_tokens": 50,
    "messages": [{"role": "user", "content": "Hi"}],
}
EVENTS = {"content-type": "text/event-stream"}
JSON = dict[str, Any]


def _chunk(delta: JSON, finish: str | None = None, **others: Any) -> JSON:
    choices = [{"index": 0, "delta": delta, "finish_reason": finish}]
    named = {
        "id": "chatcmpl-1",
        "object": "chat.completion.chunk",
        "obfuscation": "x7",
        "model": "gpt-4o-mini-2024-07-18",
    }
    return {**named, "choices": choices, **others}


def _usage_chunk() -> JSON:
    usage = {"prompt_tokens": 9, "completion_tokens": 3, "total_tokens": 12}
    return {**_chunk({}), "choices": [], "usage": usage}


def _chunks(*words: str) -> list[JSON]:
    said = [_chunk({"content": word}) for word in words]
    return [_chunk({"role": "assistant", "content": ""}), *said, _chunk({}, "stop"), _usage_chunk()]


RECORDED = _chunks("Hello", ", ", "world")


def _body(chunks: list[JSON], *, done: bool = True) -> bytes:
    return b"".join(f"data: {json.dumps(one)}\n\n".encode() for one in chunks) + (
        b"data: [DONE]\n\n" if done else b""
    )


def _cassette(
    path: Path,
    uri: str,
    body: bytes | None = None,
    *,
    status: int = 200,
    asked: JSON = ASKED,
    at: float | None = None,
) -> Path:
    held = _body(RECORDED) if body is None else body
    request = Request("POST", uri, (("content-type", "application/json"),), json.dumps(asked).encode())
    kind = EVENTS if status == 200 else {"content-type": "application/json"}
    timeline = Timeline((NetworkChunk(len(held), 0.1),), 0.05, at, "HTTP/1.1", End.COMPLETE, 0.2)
    response = Response(status, headers=tuple(kind.items()), body=held, timeline=timeline)
    write(path, Document((Interaction(request, response),), {}))
    return path


def _asked_again(path: Path, answer: Answer, **options: Any) -> tuple[list[Finding], Loopback, Rerecording]:
    """Record one thing, let the provider answer another, and ask again."""
    recorded = options.pop("recorded", None)
    status, budget = options.pop("status", 200), options.pop("budget", Budget())
    with serve({PATH: answer}) as server:
        _cassette(path, server.url + PATH, recorded, status=status, **options)
        run = Rerecording(budget, {}, {})
        return list(run.run(list(recordings_in([path])))), server, run


def _rules(findings: list[Finding]) -> set[tuple[str, Tier]]:
    return {(finding.rule, finding.tier) for finding in findings}


def _without_usage(chunks: list[JSON]) -> list[JSON]:
    return [one for one in chunks if "usage" not in one]


def _inline_usage(chunks: list[JSON]) -> list[JSON]:
    *others, finish, usage = chunks
    return [*others, {**finish, "usage": usage["usage"]}]


def _each(change: Callable[[JSON], JSON]) -> Callable[[list[JSON]], list[JSON]]:
    return lambda chunks: [change(one) for one in chunks]


def _finish_as(reason: str) -> Callable[[list[JSON]], list[JSON]]:
    return lambda chunks: [
        {
            **one,
            "choices": [
                {**choice, "finish_reason": choice["finish_reason"] and reason} for choice in one["choices"]
            ],
        }
        for one in chunks
    ]


def _with_event(chunks: list[JSON]) -> list[JSON]:
    return [chunks[0], {"object": "chat.moderation", "flagged": False, "choices": []}, *chunks[1:]]


WAYS: dict[str, tuple[Callable[[list[JSON]], list[JSON]], str, Tier]] = {
    "a new field": (_each(lambda one: {**one, "service_tier": "default"}), "field-new", Tier.INFO),
    "a field less": (
        _each(lambda one: {key: value for key, value in one.items() if key != "id"}),
        "field-gone",
        Tier.WARNING,
    ),
    "a field of another type": (_each(lambda one: {**one, "obfuscation": 7}), "field-type", Tier.ERROR),
    "a new type of event": (_with_event, "event-new", Tier.WARNING),
    "no token counts": (_without_usage, "usage-gone", Tier.ERROR),
    "token counts in the last chunk": (_inline_usage, "usage-moved", Tier.WARNING),
    "another finish reason": (_finish_as("length"), "finish-reason", Tier.WARNING),
    "no finish reason": (_finish_as(""), "finish-gone", Tier.ERROR),
    "another model": (_each(lambda one: {**one, "model": "gpt-9"}), "model", Tier.WARNING),
    "a newer version of the model": (
        _each(lambda one: {**one, "model": "gpt-4o-mini-2026-11-30"}),
        "model-date",
        Tier.INFO,
    ),
}


@pytest.mark.parametrize("way", WAYS)
def test_a_provider_that_changes_its_stream_is_reported_in_the_right_tier(tmp_path: Path, way: str) -> None:
    change, rule, tier = WAYS[way]
    answer = Answer([_body(change(_chunks("Guten", " Tag", "!")))])
    findings, _, _ = _asked_again(tmp_path / "chat.yaml", answer)
    assert _rules(findings) == {(rule, tier)}


OTHERS: dict[str, tuple[Answer, str, Tier]] = {
    "no end marker": (Answer([_body(RECORDED, done=False)]), "end-mark", Tier.ERROR),
    "an error's status": (Answer.json({"error": {"message": "no"}}, 400), "status", Tier.ERROR),
    "JSON in place of a stream": (Answer.json({"choices": []}), "wire-format", Tier.ERROR),
    "an error in mid-stream": (
        Answer([_body([RECORDED[0], {"error": {"message": "overloaded"}}])]),
        "stream-error",
        Tier.ERROR,
    ),
    "a connection that breaks": (
        Answer([_body(RECORDED[:2], done=False)], ending="cut"),
        "stream-broken",
        Tier.ERROR,
    ),
    "no output": (Answer([_body([RECORDED[0], *RECORDED[-2:]])]), "content-gone", Tier.ERROR),
}


@pytest.mark.parametrize("way", OTHERS)
def test_a_provider_that_answers_otherwise_is_reported_in_the_right_tier(tmp_path: Path, way: str) -> None:
    answer, rule, tier = OTHERS[way]
    findings, _, _ = _asked_again(tmp_path / "chat.yaml", answer)
    assert (rule, tier) in _rules(findings)


def test_other_words_in_other_chunks_are_no_drift(tmp_path: Path) -> None:
    pieces = [
        f"data: {json.dumps(one)}\n\n".encode() for one in _chunks("Guten", " ", "Tag", ", ", "Welt", "!")
    ]
    findings, _, run = _asked_again(
        tmp_path / "chat.yaml", Answer([*pieces, b"data: [DONE]\n\n"]), recorded=_body(RECORDED)
    )
    assert [one for one in findings if one.rule != "chunk-sizes"] == []
    assert run.compared == 1


def test_the_new_response_is_recorded_beside_the_old_one(tmp_path: Path) -> None:
    path = tmp_path / "chat.yaml"
    _, _, run = _asked_again(path, Answer([_body(_chunks("Guten Tag"))]))
    assert run.written == [tmp_path / "chat.rerecorded.yaml"] == [beside(path)]
    assert b"Guten Tag" in load(beside(path)).interactions[0].response.body
    assert b"Hello" in load(path).interactions[0].response.body


def test_what_was_asked_again_is_no_recording_to_ask_again(tmp_path: Path) -> None:
    _asked_again(tmp_path / "chat.yaml", Answer([_body(RECORDED)]))
    assert [one.path.name for one in recordings_in([tmp_path])] == ["chat.yaml"]


def test_the_recorded_request_is_sent(tmp_path: Path) -> None:
    _, server, _ = _asked_again(tmp_path / "chat.yaml", Answer([_body(RECORDED)]))
    assert [request.body for request in server.requests] == [ASKED]


def test_a_server_that_cannot_be_reached_is_an_error(tmp_path: Path) -> None:
    with serve({}) as server:
        gone = server.url
    path = _cassette(tmp_path / "chat.yaml", gone + PATH)
    findings = list(Rerecording(Budget(), {}, {}).run(list(recordings_in([path]))))
    assert ("status", Tier.ERROR) in _rules(findings)


def test_a_budget_of_requests_is_never_passed(tmp_path: Path) -> None:
    with serve({PATH: Answer([_body(RECORDED)])}) as server:
        for number in range(3):
            _cassette(tmp_path / f"{number}.yaml", server.url + PATH)
        findings = list(Rerecording(Budget(requests=2), {}, {}).run(list(recordings_in([tmp_path]))))
        assert len(server.requests) == 2
    assert [(one.rule, Path(one.file).name) for one in findings] == [("not-asked", "2.yaml")]


def test_a_budget_of_tokens_counts_what_responses_report(tmp_path: Path) -> None:
    _, _, run = _asked_again(tmp_path / "chat.yaml", Answer([_body(RECORDED)]), budget=Budget(tokens=5000))
    assert run.budget.used == 12


def test_a_request_that_may_pass_the_budget_is_not_sent(tmp_path: Path) -> None:
    findings, server, _ = _asked_again(tmp_path / "chat.yaml", Answer([]), budget=Budget(tokens=1000))
    assert server.requests == []
    assert "may cost" in findings[0].detail


def test_error_bodies_are_compared(tmp_path: Path) -> None:
    answer = Answer.json({"error": {"message": "no", "code": 4}}, 400)
    recorded = json.dumps({"error": {"message": "not at all", "code": "bad"}}).encode()
    findings, _, _ = _asked_again(tmp_path / "chat.yaml", answer, recorded=recorded, status=400)
    assert [(one.rule, one.where) for one in findings] == [("field-type", "error.code")]


def test_only_old_recordings_are_chosen(tmp_path: Path) -> None:
    _cassette(tmp_path / "new.yaml", "http://127.0.0.1/v1/chat/completions", at=1000.0)
    _cassette(tmp_path / "old.yaml", "http://127.0.0.1/v1/chat/completions", at=1.0)
    _cassette(tmp_path / "unknown.yaml", "http://127.0.0.1/v1/chat/completions")
    chosen = Selection(max_age=500 / 86400).of(list(recordings_in([tmp_path])), 1200.0)
    assert [one.path.name for one in chosen] == ["old.yaml", "unknown.yaml"]


def test_a_sample_depends_on_the_seed_only(tmp_path: Path) -> None:
    for number in range(20):
        _cassette(tmp_path / f"{number:02}.yaml", "http://127.0.0.1/v1/chat/completions")
    recordings = list(recordings_in([tmp_path]))
    drawn = [
        [one.path.name for one in Selection(sample=3, seed=seed).of(recordings, 0.0)] for seed in (1, 1, 2)
    ]
    assert drawn[0] == drawn[1] != drawn[2]
    assert len(drawn[0]) == 3


def test_an_old_recording_is_reported(tmp_path: Path) -> None:
    _cassette(tmp_path / "old.yaml", "http://127.0.0.1/v1/chat/completions", at=time.time() - 100 * 86400)
    [finding] = aged(list(recordings_in([tmp_path])), 90, time.time())
    assert (finding.rule, finding.tier) == ("age", Tier.WARNING)
    assert "100 days ago" in finding.detail


def test_a_key_stays_out_of_the_new_file(tmp_path: Path) -> None:
    with serve({PATH: Answer([_body(RECORDED)])}) as server:
        path = _cassette(tmp_path / "chat.yaml", "https://api.openai.com" + PATH)
        run = Rerecording(
            Budget(), {"openai": server.url}, {"OPENAI_API_KEY": "sk-very-secret-0123456789abcdef"}
        )
        assert list(run.run(list(recordings_in([path])))) == []
        assert server.requests[0].headers["authorization"] == "Bearer sk-very-secret-0123456789abcdef"
    assert "very-secret" not in beside(path).read_text("utf-8")


def test_asking_again_needs_the_network(tmp_path: Path) -> None:
    path = _cassette(tmp_path / "chat.yaml", "http://models.example/v1/chat/completions")
    with pytest.raises(NetworkBlockedError), block_network(closed=True):
        list(Rerecording(Budget(), {}, {}).run(list(recordings_in([path]))))


def test_what_was_not_asked_stays_in_the_new_file(tmp_path: Path) -> None:
    path = tmp_path / "chat.yaml"
    with serve({PATH: Answer([_body(_chunks("Guten Tag"))])}) as server:
        _cassette(path, server.url + PATH)
        [one] = load(path).interactions
        write(path, Document((one, one), {}))
        list(Rerecording(Budget(requests=1), {}, {}).run(list(recordings_in([path]))))
    bodies = [one.response.body for one in load(beside(path)).interactions]
    assert ["Guten Tag" in body.decode() for body in bodies] == [True, False]


def test_a_refusal_does_not_take_the_place_of_a_good_response(tmp_path: Path) -> None:
    path = tmp_path / "chat.yaml"
    findings, _, run = _asked_again(path, Answer.json({"error": {"message": "slow down"}}, 429))
    assert [(one.rule, one.detail) for one in findings] == [("status", "200, now 429")]
    assert run.written == []
    assert not beside(path).exists()


def test_a_response_that_breaks_counts_as_if_it_had_cost_the_most(tmp_path: Path) -> None:
    answer = Answer([_body([RECORDED[0], RECORDED[-1]], done=False)], ending="cut")
    _, _, run = _asked_again(tmp_path / "chat.yaml", answer, budget=Budget(tokens=5000))
    assert run.budget.used > 1000
