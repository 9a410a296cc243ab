"""Where the SDKs' accumulators and Unspool come to different results, and why.

Each reason is a predicate on what a stream sent, never the name of a stream. A difference that no reason
explains fails the check.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from tests.conformance.corpus import RecordedStream
from tests.conformance.raw import JSON, RawStream, is_cut_short, split_sse
from tests.conformance.reading import Call, Reading, Said, read_response, settle_reason
from tests.conformance.runs import read_raw, rebuild
from tests.conformance.sdk_result import SDKResult

ALL = frozenset({"text", "reasoning", "tool calls", "finish reason", "usage", "role", "raises"})
ERROR = frozenset({"error"})
CHUNK = "chat.completion.chunk"


@dataclass(frozen=True)
class Reason:
    """What explains a difference.

    Attributes:
        text: for the table at the end.
        aspects: what may differ because of it.
        holds: whether a stream is one of which it is true.
    """

    text: str
    aspects: frozenset[str]
    holds: Callable[[RawStream], bool]


def differences(ours: Reading, sdk: SDKResult) -> set[str]:
    """In what two accounts of a stream differ."""
    found = set() if sdk.error is None else {"raises"}
    if sdk.reading is None:
        return found
    theirs = sdk.reading
    looks: dict[str, Callable[[Said], Any]] = {
        "text": lambda said: (said.content, said.refusal),
        "tool calls": lambda said: [(call.id, call.name, call.parsed) for call in said.calls],
        "finish reason": lambda said: said.finish and settle_reason(said.finish),
    }
    if sdk.tells_reasoning or any(said.reasoning for said in theirs.choices.values()):
        looks["reasoning"] = lambda said: said.reasoning
    for aspect, look in looks.items():
        if _each(ours, look) != _each(theirs, look):
            found.add(aspect)
    if set(sdk.roles.values()) - {"assistant"}:
        found.add("role")
    if ours.usage != theirs.usage:
        found.add("usage")
    return found


def _each(reading: Reading, look: Callable[[Said], Any]) -> dict[int, Any]:
    return {index: look(said) for index, said in reading.choices.items()}


def compared(stream: RecordedStream, sdk: SDKResult, of: str) -> dict[str, Reason | None]:
    """In what an SDK's account differs from Unspool's, with a reason for each.

    Args:
        of: whose reasons these may be, a key of `REASONS`.
    """
    raw = read_raw(stream)
    if raw.error is not None:
        return explain(of, raw, {"error"} if sdk.error is None else set())
    return explain(of, raw, differences(read_response(rebuild(stream)), sdk))


def verdict(reasons: dict[str, Reason | None]) -> dict[str, Any]:
    """A comparison as facts for the tables."""
    agrees = set(reasons) <= {"role"}  # which the SDK glues so often that it would hide the rest
    return {
        "agrees": int(agrees),
        "explained": int(not agrees and None not in reasons.values()),
        "reasons": sorted({reason.text for reason in reasons.values() if reason is not None}),
    }


def explain(of: str, raw: RawStream, found: set[str]) -> dict[str, Reason | None]:
    """A reason for each difference, None where there is none. Those that explain the least come first."""
    reasons = [reason for reason in (*REASONS.get(of, ()), *COMMON) if reason.holds(raw)]
    reasons.sort(key=lambda reason: len(reason.aspects))
    return {aspect: next((each for each in reasons if aspect in each.aspects), None) for aspect in found}


# -- of any stream ------------------------------------------------------------------------------------


def _has_no_usage(raw: RawStream) -> bool:
    return raw.usage is None


def _has_no_finish(raw: RawStream) -> bool:
    return not raw.reading.choices or any(index not in raw.finishes for index in raw.reading.choices)


def _finishes_differently(raw: RawStream) -> bool:
    return any(len({finish.reason for finish in each}) > 1 for each in raw.finishes.values())


def _has_cut_arguments(raw: RawStream) -> bool:
    return any(not call.is_json for call in _calls(raw) if call.arguments)


def _ends_without_blank_line(raw: RawStream) -> bool:
    last = [payload for payload in split_sse(raw.body) if not payload.is_whole]
    return bool(last) and not is_cut_short(last[-1])


def _has_a_mark(raw: RawStream) -> bool:
    return raw.body.startswith(b"\xef\xbb\xbf")


def _has_broken_characters(raw: RawStream) -> bool:
    return any("\ufffd" in f"{said}" for said in raw.reading.choices.values())


def _calls(raw: RawStream) -> Iterator[Call]:
    for said in raw.reading.choices.values():
        yield from said.calls


def _has_no_arguments(raw: RawStream) -> bool:
    return any(not call.arguments for call in _calls(raw))


def _has_calls(raw: RawStream) -> bool:
    return bool(list(_calls(raw)))


def _stops_after_calls(raw: RawStream) -> bool:
    reasons = {settle_reason(finish.reason) for each in raw.finishes.values() for finish in each}
    return "stop" in reasons and _has_calls(raw)


STOP = "tool calls end with stop: Unspool says tool_calls, as LiteLLM does"

COMMON = (
    Reason(STOP, frozenset({"finish reason"}), _stops_after_calls),
    Reason(
        "a tool call has no arguments: Unspool says {}, the SDK has none",
        frozenset({"tool calls"}),
        _has_no_arguments,
    ),
    Reason(
        "no usage is reported: Unspool counts tokens, the SDK has none", frozenset({"usage"}), _has_no_usage
    ),
    Reason(
        "no finish reason is sent: Unspool says stop with strict=False, the SDK has none",
        frozenset({"finish reason"}),
        _has_no_finish,
    ),
    Reason(
        "several finish reasons: Unspool keeps the first that is a chunk of its own, the SDK the last",
        frozenset({"finish reason"}),
        _finishes_differently,
    ),
    Reason("a byte order mark: the SDK takes it for a part of the first line", ALL, _has_a_mark),
    Reason(
        "broken characters: Unspool says U+FFFD, the SDK hands on what can't be printed, or raises",
        frozenset({"text", "tool calls", "raises"}),
        _has_broken_characters,
    ),
    Reason("the last event lacks its blank line: the SDK drops it", ALL | ERROR, _ends_without_blank_line),
)


# -- of OpenAI's chunks -------------------------------------------------------------------------------


def _seen(raw: RawStream) -> list[JSON]:
    """The chunks that the SDK doesn't skip; all of them if it skips all, and its lower half was asked."""
    return [data for data in raw.objects if data.get("object") == CHUNK] or raw.objects


def _choices(raw: RawStream) -> list[JSON]:
    return [choice for data in _seen(raw) for choice in data.get("choices") or ()]


def _deltas(raw: RawStream) -> list[JSON]:
    return [choice.get("delta") or {} for choice in _choices(raw)]


def _fragments(raw: RawStream) -> list[JSON]:
    return [call for delta in _deltas(raw) for call in _calls_in(delta)]


def _calls_in(delta: JSON) -> list[JSON]:
    calls = delta.get("tool_calls") or []
    return [calls] if isinstance(calls, dict) else calls


def _skips_all(raw: RawStream) -> bool:
    return all(data.get("object") != CHUNK for data in raw.objects)


def _skips_some(raw: RawStream) -> bool:
    return len(_seen(raw)) < len(raw.objects)


def _is_cut_off_by_the_model(raw: RawStream) -> bool:
    reasons = {raw.last_finish(index) for index in raw.finishes}
    return not reasons.isdisjoint({"length", "content_filter"})


def _lacks_choices(raw: RawStream) -> bool:
    return any(data.get("choices") is None for data in _seen(raw))


def _lacks_a_delta(raw: RawStream) -> bool:
    return any(choice.get("delta") is None for choice in _choices(raw))


def _lacks_a_call_index(raw: RawStream) -> bool:
    return any(call.get("index") is None for call in _fragments(raw))


def _skips_a_number(raw: RawStream) -> bool:
    """Whether choices, or the calls of one, don't come as 0, 1, 2 …"""
    chosen = [choice.get("index") or 0 for choice in _choices(raw)]
    called: dict[int, list[int]] = {index: [] for index in chosen}
    for choice in _choices(raw):
        calls = _calls_in(choice.get("delta") or {})
        called[choice.get("index") or 0] += [call["index"] for call in calls if call.get("index") is not None]
    return not all(_counts_up(numbers) for numbers in (chosen, *called.values()))


def _counts_up(numbers: list[int]) -> bool:
    new = list(dict.fromkeys(numbers))
    return new == list(range(len(new)))


def _shares_an_index(raw: RawStream) -> bool:
    ids: dict[int | None, set[str]] = {}
    for call in _fragments(raw):
        ids.setdefault(call.get("index"), set()).add(call.get("id") or "")
    return any(len(found - {""}) > 1 for found in ids.values())


def _repeats_a_name(raw: RawStream) -> bool:
    fragments = _fragments(raw)
    named = [call for call in fragments if (call.get("function") or {}).get("name")]
    identified = [call for call in fragments if call.get("id")]
    return max(len(named), len(identified)) > len(list(_calls(raw)))


def _has_a_lone_call(raw: RawStream) -> bool:
    return any(isinstance(delta.get("tool_calls"), dict) for delta in _deltas(raw))


def _lacks_a_call_type(raw: RawStream) -> bool:
    fragments = _fragments(raw)
    typed = {call.get("index") for call in fragments if call.get("type")}
    return any(call.get("type", "") is None or call.get("index") not in typed for call in fragments)


def _has_a_custom_call(raw: RawStream) -> bool:
    return any(call.get("type") == "custom" for call in _fragments(raw))


def _has_odd_logprobs(raw: RawStream) -> bool:
    return any(not isinstance(choice.get("logprobs") or {}, dict) for choice in _choices(raw))


def _has_lists_without_index(raw: RawStream) -> bool:
    lists = [
        key
        for delta in _deltas(raw)
        for key, value in delta.items()
        if key != "content" and isinstance(value, list) and any("index" not in entry for entry in value)
    ]
    return len(set(lists)) < len(lists)


def _has_content_parts(raw: RawStream) -> bool:
    return any(isinstance(delta.get("content"), list) for delta in _deltas(raw))


def _ends_without_usage(raw: RawStream) -> bool:
    return raw.usage is not None and not _seen(raw)[-1].get("usage")


def _repeats_the_role(raw: RawStream) -> bool:
    roles = [choice.get("index") for choice in _choices(raw) if (choice.get("delta") or {}).get("role")]
    return len(set(roles)) < len(roles)


def _lacks_a_role(raw: RawStream) -> bool:
    told = {choice.get("index") for choice in _choices(raw) if (choice.get("delta") or {}).get("role")}
    return any(choice.get("index") not in told for choice in _choices(raw))


def _said_off_the_record(raw: RawStream) -> bool:
    return any(payload.is_stray for payload in split_sse(raw.body))


def _has_an_event_named_error(raw: RawStream) -> bool:
    return any(payload.event == "error" for payload in split_sse(raw.body))


def _has_an_error_without_field(raw: RawStream) -> bool:
    return raw.error is not None and not raw.objects[-1].get("error")


OPENAI = (
    Reason(
        "no chunk's object is chat.completion.chunk: the SDK skips them all, and raises",
        frozenset({"raises"}),
        _skips_all,
    ),
    Reason(
        "a finish reason of length or content_filter: the SDK raises, with the completion in its error",
        frozenset({"raises"}),
        _is_cut_off_by_the_model,
    ),
    Reason("choices are null or missing: the SDK raises", frozenset({"raises"}), _lacks_choices),
    Reason("a choice has no delta: the SDK raises", frozenset({"raises"}), _lacks_a_delta),
    Reason("a tool call is a custom one: the SDK raises", frozenset({"raises"}), _has_a_custom_call),
    Reason("a tool call has no index: the SDK raises", frozenset({"raises"}), _lacks_a_call_index),
    Reason(
        "a tool call's type is null or missing: the SDK raises", frozenset({"raises"}), _lacks_a_call_type
    ),
    Reason("logprobs aren't an object: the SDK raises", frozenset({"raises"}), _has_odd_logprobs),
    Reason(
        "a delta's list has entries without index: the SDK can't join two such lists, and raises",
        frozenset({"raises"}),
        _has_lists_without_index,
    ),
    Reason("content is a list: the SDK drops one kind of content or the other", ALL, _has_content_parts),
    Reason(
        "one tool call stands where a list should: the SDK raises", frozenset({"raises"}), _has_a_lone_call
    ),
    Reason("tool calls share an index: the SDK glues them", frozenset({"tool calls"}), _shares_an_index),
    Reason(
        "a tool call's id or name comes twice: the SDK glues it", frozenset({"tool calls"}), _repeats_a_name
    ),
    Reason("the role is repeated: the SDK glues it", frozenset({"role"}), _repeats_the_role),
    Reason("no role is sent: Unspool says assistant, the SDK has none", frozenset({"role"}), _lacks_a_role),
    Reason("indices aren't 0, 1, 2 …: the SDK takes them for places in a list", ALL, _skips_a_number),
    Reason("the object of some chunk isn't chat.completion.chunk: the SDK skips it", ALL, _skips_some),
    Reason(
        "the last chunk has no usage: the SDK forgets the one before",
        frozenset({"usage"}),
        _ends_without_usage,
    ),
    Reason(
        "something stands on lines that aren't SSE: the SDK doesn't read it",
        ALL | ERROR,
        _said_off_the_record,
    ),
    Reason(
        "an event named error has no `error` in it: the SDK doesn't raise",
        ERROR,
        _has_an_event_named_error,
    ),
    Reason(
        "an error is told by a finish reason or as an object of that name: the SDK doesn't raise",
        ERROR,
        _has_an_error_without_field,
    ),
)


# -- of Anthropic's events ----------------------------------------------------------------------------


def _events(raw: RawStream, kind: str) -> list[JSON]:
    return [data for data in raw.objects if data.get("type") == kind]


def _holds_several_messages(raw: RawStream) -> bool:
    return len(_events(raw, "message_start")) > 1


def _holds_no_message(raw: RawStream) -> bool:
    started = [data.get("type") for data in raw.objects if data.get("type") != "ping"]
    return started[:1] != ["message_start"]


def _says_done(raw: RawStream) -> bool:
    return raw.saw_done


def _has_nameless_events(raw: RawStream) -> bool:
    return raw.body.count(b"event:") < len(raw.objects)


def _lacks_usage(raw: RawStream) -> bool:
    starts = (data["message"].get("usage") for data in _events(raw, "message_start"))
    ends = (data.get("usage") for data in _events(raw, "message_delta"))
    return not all((*starts, *ends))


def _was_made_in_passes(raw: RawStream) -> bool:
    return any((data.get("usage") or {}).get("iterations") for data in _events(raw, "message_delta"))


def _skips_a_block(raw: RawStream) -> bool:
    started = [data["index"] for data in _events(raw, "content_block_start")]
    filled = {data["index"] for data in _events(raw, "content_block_delta")}
    return not _counts_up(started) or not filled <= set(started)


ANTHROPIC = (
    Reason(
        "several messages in one stream: the SDK fills the first one's blocks with the others'",
        ALL,
        _holds_several_messages,
    ),
    Reason("no message_start comes first: the SDK raises", frozenset({"raises"}), _holds_no_message),
    Reason("[DONE] in the stream: the SDK takes it for JSON, and raises", frozenset({"raises"}), _says_done),
    Reason("events without a name: the SDK skips them", ALL, _has_nameless_events),
    Reason("usage is missing where it's due: the SDK raises", frozenset({"raises"}), _lacks_usage),
    Reason(
        "made in several passes: Unspool adds up their usage, the SDK has the last one's",
        frozenset({"usage"}),
        _was_made_in_passes,
    ),
    Reason(
        "blocks aren't started as 0, 1, 2 …: the SDK takes their indices for places in a list",
        ALL,
        _skips_a_block,
    ),
    Reason(
        "a tool's input is cut off: the SDK completes its JSON",
        frozenset({"tool calls", "raises"}),
        _has_cut_arguments,
    ),
)

# -- of OpenAI's Responses ----------------------------------------------------------------------------


def _is_incomplete(raw: RawStream) -> bool:
    return bool(_events(raw, "response.incomplete"))


def _changes_an_id(raw: RawStream) -> bool:
    """Whether a response, or an item of its output, is called one thing first and then another."""
    names: dict[object, set[object]] = {}
    for data in raw.objects:
        response, item = data.get("response") or {}, data.get("item") or {}
        names.setdefault("response", set()).add(response.get("id"))
        names.setdefault(data.get("output_index"), set()).add(item.get("id"))
        names.setdefault((data.get("output_index"), "call"), set()).add(item.get("call_id"))
    return any(len(found - {None}) > 1 for found in names.values())


def _tells_another_text(raw: RawStream) -> bool:
    """Whether some text's pieces aren't the beginning of its whole."""
    pieces: dict[tuple[object, object], str] = {}
    for data in _events(raw, "response.output_text.delta"):
        name = data.get("output_index"), data.get("content_index")
        pieces[name] = pieces.get(name, "") + data["delta"]
    wholes = {
        (data.get("output_index"), data.get("content_index")): data["text"]
        for data in _events(raw, "response.output_text.done")
    }
    return any(not whole.startswith(pieces.get(name, "")) for name, whole in wholes.items())


RESPONSES = (
    Reason(
        "the response is incomplete: the SDK's stream knows no end but response.completed, and raises",
        frozenset({"raises"}),
        _is_incomplete,
    ),
    Reason("a response or an item changes its id: the SDK raises", frozenset({"raises"}), _changes_an_id),
    Reason(
        "a text's pieces aren't how its whole begins: Unspool keeps to the pieces, the SDK to the whole",
        frozenset({"text"}),
        _tells_another_text,
    ),
)

# -- of Ollama's lines --------------------------------------------------------------------------------


def _identifies_a_call(raw: RawStream) -> bool:
    return any(
        call.get("id") for line in raw.objects for call in (line.get("message") or {}).get("tool_calls") or ()
    )


OLLAMA = (
    Reason("a tool call has an id: the SDK drops it", frozenset({"tool calls"}), _identifies_a_call),
    Reason(STOP, frozenset({"finish reason"}), _has_calls),  # the naive reading has it changed already
)

REASONS: dict[str, tuple[Reason, ...]] = {
    "anthropic-messages": ANTHROPIC,
    "ollama": OLLAMA,
    "openai-chat": OPENAI,
    "openai-responses": RESPONSES,
}
"""By wire format or, where that has an SDK of its own, by its vendor."""
