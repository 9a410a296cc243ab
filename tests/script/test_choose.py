"""Which turn a request gets."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from tests.script.asking import ME, Somebody

from unspool import ScriptError, UnplayedTurnsError, UnscriptedRequestError
from unspool.cassette.model import Request
from unspool.script import FOREVER, Script, agent, any_order, call, error, text, turn

CHAT = "https://api.openai.com/v1/chat/completions"
OTHER = Somebody("other")


class Conversation:
    """A client's side of a conversation: it asks, keeps the answers, and sends the tools' results."""

    def __init__(self, script: Script, system: str = "", by: Somebody = ME, **more: Any) -> None:
        self.script, self.by, self.more = script, by, more
        self.messages: list[Any] = [{"role": "system", "content": system}] if system else []

    def say(self, words: str) -> Any:
        self.messages.append({"role": "user", "content": words})
        return self.ask()

    def ask(self) -> Any:
        body = {"model": "gpt-4o", "messages": self.messages, **self.more}
        answer = self.script.answer(Request("POST", CHAT, (), json.dumps(body).encode()), self.by)
        read = json.loads(answer.interaction.response.body)
        return read["choices"][0]["message"] if "choices" in read else read

    def keep(self, message: Any) -> None:
        self.messages.append({key: value for key, value in message.items() if value is not None})

    def results(self, message: Any, *texts: str) -> None:
        self.keep(message)
        for made, result in zip(message["tool_calls"], texts, strict=True):
            self.messages.append({"role": "tool", "tool_call_id": made["id"], "content": result})

    def run(self, words: str, result: str = "rain") -> str:
        message = self.say(words)
        while message.get("tool_calls"):
            self.results(message, *[result] * len(message["tool_calls"]))
            message = self.ask()
        self.keep(message)
        return str(message["content"])


def test_turns_come_in_order_within_a_conversation() -> None:
    script = Script(call("search"), call("search"), "Done.", "Bye.")
    talk = Conversation(script)
    assert [talk.run("Find it"), talk.run("Thanks")] == ["Done.", "Bye."]
    script.assert_complete()
    assert {seen.conversation for seen in script.calls} == {1}


def test_conversations_one_after_the_other_go_on_with_the_script() -> None:
    script = Script("A", "B")
    assert [Conversation(script).run("one"), Conversation(script).run("two")] == ["A", "B"]
    assert [seen.conversation for seen in script.calls] == [1, 2]


def test_the_same_request_by_another_task_gets_the_same_turn() -> None:
    script = Script("A")
    hedged = [Conversation(script, by=by).run("one") for by in (ME, OTHER)]
    assert hedged == ["A", "A"]
    assert [seen.attempt for seen in script.calls] == [1, 2]


def test_a_retry_after_an_error_gets_the_next_turn() -> None:
    script = Script(error(500), "A")
    talk = Conversation(script)
    assert "error" in talk.say("one")
    assert talk.ask()["content"] == "A"


def test_a_retry_in_the_middle_gets_the_same_turn() -> None:
    script = Script(call("search"), "Done.")
    talk = Conversation(script)
    talk.results(talk.say("Find it"), "found")
    assert [talk.ask()["content"], talk.ask()["content"]] == ["Done.", "Done."]
    script.assert_complete()


def test_an_error_may_repeat() -> None:
    script = Script(turn(error(529), repeat=3), "A")
    talk = Conversation(script)
    talk.say("one")
    assert [talk.ask().get("content") for _ in range(3)] == [None, None, "A"]


def test_a_script_of_one_call_repeats_for_ever() -> None:
    script = Script(turn(call("search"), repeat=FOREVER))
    talk = Conversation(script)
    message, ids = talk.say("Find it"), set()
    for _ in range(30):
        ids.add(message["tool_calls"][0]["id"])
        talk.results(message, "nothing")
        message = talk.ask()
    assert len(ids) == 30
    script.assert_complete()


def test_each_conversation_plays_a_script_that_repeats_for_itself() -> None:
    script = Script(call("search"), "Done.", repeat=3)
    talks = [Conversation(script, by=Somebody(str(place))) for place in range(3)]
    first = [talk.say(f"Find {place}") for place, talk in enumerate(talks)]
    for talk, message in zip(talks, first, strict=True):
        talk.results(message, "x")
    assert [talk.ask()["content"] for talk in reversed(talks)] == ["Done."] * 3
    script.assert_complete()
    assert len({message["tool_calls"][0]["id"] for message in first}) == 3


def test_a_second_conversation_while_the_first_awaits_results_is_luck() -> None:
    script = Script(call("search"), "A", "B")
    first, second = Conversation(script), Conversation(script, by=OTHER)
    first.say("one")
    mark_delivered(script)
    with pytest.raises(UnscriptedRequestError, match=r"two conversations.*agent\(…, when=…\)"):
        second.say("two")


def mark_delivered(script: Script) -> None:
    class Whole:
        def is_whole(self) -> bool:
            return True

        def was_left(self) -> bool:
            return False

    script._given[-1].deliveries.append(Whole())


def test_the_same_task_may_begin_another_conversation() -> None:
    script = Script(call("search"), "A")
    Conversation(script).say("one")
    mark_delivered(script)
    assert Conversation(script).run("two") == "A"


def test_a_task_that_was_stopped_leaves_its_turn_used() -> None:
    script = Script("A", "B")
    Conversation(script, by=Somebody("stopped", gone=True)).say("one")
    assert Conversation(script, by=OTHER).run("two") == "B"


def test_an_agent_is_known_by_its_system_prompt() -> None:
    script = Script(
        call("delegate"),
        text("Final."),
        agent("Found.", when={"system": "You are a researcher"}),
    )
    boss = Conversation(script, system="You are the boss")
    asked = boss.say("Do it")
    mark_delivered(script)
    found = Conversation(script, system="You are a researcher", by=OTHER).run("Research")
    boss.results(asked, found)
    assert boss.ask()["content"] == "Final."
    script.assert_complete()


@pytest.mark.parametrize(
    "when",
    [
        "Oslo",
        {"user": "Oslo"},
        {"user": re.compile("Os.o")},
        {"model": "gpt-*"},
        {"tool": "search"},
        {"tools": ["search"]},
        {"format": "openai-chat", "user": "Oslo"},
        lambda seen: seen.user.endswith("Oslo"),
    ],
)
def test_a_request_is_known_by_what_it_says(when: Any) -> None:
    tools = [{"type": "function", "function": {"name": "search", "parameters": {}}}]
    script = Script(agent("A", when=when))
    assert Conversation(script, tools=tools).run("Weather in Oslo") == "A"


def test_compaction_uses_up_no_turn_of_the_main_conversation() -> None:
    script = Script(call("search"), "Done.", agent("It was about Oslo.", when={"system": "Summarize"}))
    main = Conversation(script, system="You help")
    first = main.say("Find Oslo")
    summary = Conversation(script, system="Summarize the conversation", by=OTHER).run("Find Oslo …")
    main.messages = [{"role": "system", "content": "You help"}, {"role": "user", "content": summary}]
    assert first["tool_calls"]
    assert main.ask()["content"] == "Done."
    script.assert_complete()


def test_a_resumed_conversation_begins_the_script() -> None:
    script = Script("Goodbye.")
    talk = Conversation(script)
    talk.messages = [
        {"role": "user", "content": "Hi"},
        {"role": "assistant", "content": "Hello, as recorded"},
    ]
    assert talk.run("Bye") == "Goodbye."


def test_the_turns_of_an_optional_agent_may_be_left_over() -> None:
    script = Script("Hi.", agent("A title", when={"system": "title"}, optional=True))
    assert Conversation(script).run("Hello") == "Hi."
    script.assert_complete()
    assert Conversation(script, system="Make a title", by=OTHER).run("Hello") == "A title"
    assert "optional=True" in repr(script)


def test_two_agents_that_know_a_request_are_an_error() -> None:
    script = Script(agent("A", when="Oslo", name="first"), agent("B", when="Weather", name="second"))
    with pytest.raises(UnscriptedRequestError, match=r"several agents \(first, second\)"):
        Conversation(script).say("Weather in Oslo")


def test_a_request_that_no_agent_knows_says_what_differs() -> None:
    script = Script(agent("A", when={"system": "researcher"}, name="helper"))
    with pytest.raises(UnscriptedRequestError, match="helper: its system is 'You cook', not 'researcher'"):
        Conversation(script, system="You cook").say("Weather")


def test_turns_in_any_order_go_by_their_own_requests() -> None:
    script = Script(
        "First.",
        any_order(turn("Rain.", when={"user": "Oslo"}), turn("Sun.", when={"user": "Rome"})),
        "Last.",
    )
    words = ["Go", "Rome", "Oslo", "End"]
    assert [Conversation(script).run(each) for each in words] == ["First.", "Sun.", "Rain.", "Last."]
    script.assert_complete()


def test_a_turn_for_another_request_is_shown_with_what_differs() -> None:
    script = Script(turn("Rain.", when={"user": "Oslo"}))
    with pytest.raises(UnscriptedRequestError, match=r"turn 0.*its user is 'Rome', not 'Oslo'"):
        Conversation(script).say("Rome")


def test_two_turns_that_fit_are_an_error() -> None:
    script = Script(any_order(turn("A", when="Oslo"), turn("B", when="Weather")))
    with pytest.raises(UnscriptedRequestError, match="several turns fit it"):
        Conversation(script).say("Weather in Oslo")


def test_turns_in_any_order_need_a_condition_each() -> None:
    with pytest.raises(ScriptError, match="its own when="):
        Script(any_order("A", "B"))


def test_what_follows_an_endless_turn_is_refused() -> None:
    with pytest.raises(ScriptError, match="never reached"):
        Script(turn("A", repeat=FOREVER), "B")


def test_a_call_without_a_result_is_told() -> None:
    script = Script(call("search") + call("search"), "A")
    talk = Conversation(script)
    message = talk.say("Find")
    talk.keep(message)
    talk.messages.append({"role": "tool", "tool_call_id": message["tool_calls"][0]["id"], "content": "x"})
    with pytest.raises(UnscriptedRequestError, match="got no result"):
        talk.ask()


def test_a_call_with_two_results_is_told() -> None:
    script = Script(call("search"), "A")
    talk = Conversation(script)
    message = talk.say("Find")
    talk.results(message, "x")
    talk.messages.append(talk.messages[-1])
    with pytest.raises(UnscriptedRequestError, match="got 2 results"):
        talk.ask()


def test_results_may_come_in_any_order() -> None:
    script = Script(call("search") + call("search"), "A")
    talk = Conversation(script)
    talk.results(talk.say("Find"), "x", "y")
    talk.messages[-2:] = reversed(talk.messages[-2:])
    assert talk.ask()["content"] == "A"


def test_a_result_of_a_call_that_nobody_made_is_told() -> None:
    script = Script(call("search"), "A")
    talk = Conversation(script)
    talk.results(talk.say("Find"), "x")
    talk.messages.append({"role": "tool", "tool_call_id": "call_other", "content": "y"})
    with pytest.raises(UnscriptedRequestError, match="call_other"):
        talk.ask()


def test_a_lost_call_is_told() -> None:
    script = Script(call("search") + call("find"), "A")
    talk = Conversation(script)
    message = talk.say("Find")
    message["tool_calls"].pop()
    talk.results(message, "x")
    with pytest.raises(UnscriptedRequestError, match=r"the call of find .* is lost"):
        talk.ask()


def test_what_is_left_is_shown_with_the_conversation() -> None:
    script = Script("A", call("search", q="x"))
    Conversation(script).run("one")
    with pytest.raises(UnplayedTurnsError, match=r"(?s)turn 1: call\('search', q='x'\).*user 'one' → turn 0"):
        script.assert_complete()
    assert [one.index for one in script.unplayed] == [1]


def test_the_requests_that_a_turn_answered_are_its_calls() -> None:
    script = Script("A", "B")
    Conversation(script).run("one")
    Conversation(script).run("two")
    assert [seen.user for seen in script[1].calls] == ["two"]


def test_a_list_of_parts_is_a_turn() -> None:
    script = Script(["Let me see.", call("search")])
    assert Conversation(script).say("x")["tool_calls"]
