"""Check that a request repeats the model's messages unchanged: calls, their results, signatures."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from unspool.script.choose import Given, repeats
from unspool.script.seen import Seen, SeenMessage


@dataclass(frozen=True, slots=True)
class Broken:
    """A rule that a request's history breaks.

    Attributes:
        kind: `lost-call`, `lost-result`, `crossed-result` or `changed-signature`.
        text: what is wrong.
    """

    kind: str
    text: str


def broken_rules(seen: Seen, given: Sequence[Given]) -> Iterator[Broken]:
    """Find errors in a request's history that a provider would reject, or a model misunderstand."""
    places = [place for place, one in enumerate(seen.messages) if one.role == "assistant"]
    known = {call.id for one in seen.messages for call in one.calls if call.id}
    for place in places:
        message = seen.messages[place]
        source = next((one for one in reversed(given) if one.message and repeats(message, one.message)), None)
        if source is None or source.message is None:
            continue
        is_last = place == places[-1]
        yield from _lost_calls(message, source.message)
        yield from _wrong_results(seen.messages[place + 1 :], message)
        yield from _wrong_signatures(message, source.message, must_come=is_last and bool(message.calls))
    for result in seen.results:
        if result.id and known and result.id not in known:
            text = f"a result of {result.name or 'a tool'} answers the call {result.id!r}, which nobody made"
            yield Broken("crossed-result", text)


def _lost_calls(message: SeenMessage, said: SeenMessage) -> Iterator[Broken]:
    came = Counter(call.id for call in message.calls)
    for call in said.calls:
        came[call.id] -= 1
        if call.id and came[call.id] < 0:
            text = f"the call of {call.name} ({call.id}) is lost from the history, which has others of it"
            yield Broken("lost-call", text)


def _wrong_results(after: Sequence[SeenMessage], message: SeenMessage) -> Iterator[Broken]:
    """Check that each call gets exactly one result before the next message of the model."""
    if not message.calls:
        return
    until = next((place for place, one in enumerate(after) if one.role == "assistant"), len(after))
    results = [result for one in after[:until] for result in one.results]
    has_ids = all(call.id for call in message.calls) and all(result.id for result in results)
    wanted = Counter((call.id if has_ids else call.name) for call in message.calls)
    came = Counter((result.id if has_ids else result.name) for result in results)
    if not has_ids and any(not result.name for result in results):  # Ollama's older messages have no names
        wanted, came = Counter({"tools": len(message.calls)}), Counter({"tools": len(results)})
    names = {call.id: call.name for call in message.calls}
    for key, count in wanted.items():
        if came[key] != count:
            shown = f"{names[key]} ({key})" if key in names and has_ids else key
            got = "no result" if not came[key] else f"{came[key]} results"
            text = (
                f"the call of {shown} got {got}: each call gets exactly one before the model is asked again"
            )
            yield Broken("crossed-result" if came[key] else "lost-result", text)


def _wrong_signatures(message: SeenMessage, said: SeenMessage, *, must_come: bool) -> Iterator[Broken]:
    sent = [thought.signature for thought in said.thoughts if thought.signature]
    came = [thought.signature for thought in message.thoughts if thought.signature]
    if not sent or came == sent:
        return
    if came:
        changed = f"a signature came back changed: {came!r:.200} instead of {sent!r:.200}"
        yield Broken("changed-signature", changed)
    elif must_come:
        yield Broken("changed-signature", "the reasoning before a tool call came back without its signature")
