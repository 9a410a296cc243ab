"""Requests for Anthropic's Messages API."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from unspool.errors import BadRequestError, UnsupportedParamsError
from unspool.providers.anthropic import response_from_anthropic
from unspool.providers.anthropic_request import build_request
from unspool.providers.request import HTTPRequest

JSON = dict[str, Any]

HELLO = [{"role": "user", "content": "Hello"}]
MARK = {"type": "ephemeral"}


def build(
    messages: list[Any] | None = None,
    *,
    model: str = "claude-test",
    api_key: str | None = "sk-1",
    base_url: str = "https://api.anthropic.com",
    stream: bool = True,
    drop_params: bool = False,
    **params: Any,
) -> HTTPRequest:
    return build_request(
        model,
        HELLO if messages is None else messages,
        params,
        api_key=api_key,
        base_url=base_url,
        stream=stream,
        drop_params=drop_params,
    )


def body(messages: list[Any] | None = None, **params: Any) -> JSON:
    return build(messages, **params).body


def turns(*messages: Any) -> list[JSON]:
    return body(list(messages))["messages"]


def said(text: str, **fields: Any) -> JSON:
    return {"type": "text", "text": text, **fields}


def user(*content: JSON) -> JSON:
    return {"role": "user", "content": list(content)}


def assistant(*content: JSON) -> JSON:
    return {"role": "assistant", "content": list(content)}


# -- the request --------------------------------------------------------------------------------------


def test_it_posts_to_messages() -> None:
    request = build()
    assert (request.method, request.url) == ("POST", "https://api.anthropic.com/v1/messages")


@pytest.mark.parametrize(
    "given", ["https://proxy.test/", "https://proxy.test/v1", "https://proxy.test/v1/messages"]
)
def test_a_base_url_may_have_part_of_the_path(given: str) -> None:
    assert build(base_url=given).url == "https://proxy.test/v1/messages"


def test_the_key_and_the_version_are_headers() -> None:
    assert build().headers == {
        "content-type": "application/json",
        "x-api-key": "sk-1",
        "anthropic-version": "2023-06-01",
    }


def test_without_a_key_there_is_no_header_for_it() -> None:
    assert "x-api-key" not in build(api_key=None).headers


def test_extra_headers_go_over_the_builder_s_own() -> None:
    headers = build(extra_headers={"anthropic-version": "2099-01-01", "anthropic-beta": "x"}).headers
    assert (headers["anthropic-version"], headers["anthropic-beta"]) == ("2099-01-01", "x")


def test_a_plain_request() -> None:
    assert body() == {
        "model": "claude-test",
        "max_tokens": 4096,
        "messages": [user(said("Hello"))],
        "stream": True,
    }


def test_a_request_that_is_not_streamed_says_nothing_of_it() -> None:
    assert "stream" not in body(stream=False)


def test_what_was_handed_in_is_not_changed() -> None:
    messages = [{"role": "system", "content": "Brief."}, *HELLO, {"role": "assistant", "content": "Yes: "}]
    before = copy.deepcopy(messages)
    build(messages)
    assert messages == before


# -- parameters ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["max_tokens", "max_completion_tokens"])
def test_the_limit_has_two_names(name: str) -> None:
    assert body(**{name: 9})["max_tokens"] == 9


@pytest.mark.parametrize(("stop", "sent"), [("a", ["a"]), (["a", "b"], ["a", "b"])])
def test_stop_becomes_stop_sequences(stop: Any, sent: list[str]) -> None:
    assert body(stop=stop)["stop_sequences"] == sent


def test_a_user_becomes_metadata() -> None:
    assert body(user="u-17")["metadata"] == {"user_id": "u-17"}


@pytest.mark.parametrize("name", ["ada@example.org", "+49 30 901820"])
def test_a_user_that_names_a_person_is_left_out(name: str) -> None:
    assert "metadata" not in body(user=name)


def test_of_metadata_only_the_user_is_sent() -> None:
    assert body(metadata={"user_id": "u-17", "trace": "t"})["metadata"] == {"user_id": "u-17"}
    assert "metadata" not in body(metadata={"trace": "t"})


def test_what_only_anthropic_knows_is_sent_as_it_is() -> None:
    own = {"top_k": 3, "thinking": {"type": "disabled"}, "container": "box", "service_tier": "auto"}
    sent = body(temperature=0.5, top_p=0.1, **own)
    assert {key: sent[key] for key in own} == own


def test_what_is_none_is_left_out() -> None:
    assert body(temperature=None, tools=None, response_format=None, reasoning_effort=None) == body()


@pytest.mark.parametrize(
    "harmless", [{"n": 1}, {"response_format": {"type": "text"}}, {"stream_options": {"include_usage": True}}]
)
def test_what_asks_for_nothing_unusual_is_left_out(harmless: JSON) -> None:
    assert body(**harmless) == body()


def test_a_parameter_that_anthropic_does_not_have_is_an_error() -> None:
    with pytest.raises(UnsupportedParamsError, match="drop_params=True") as caught:
        build(seed=1)
    assert (caught.value.param, caught.value.model) == ("seed", "claude-test")


def test_drop_params_leaves_such_a_parameter_out() -> None:
    assert body(seed=1, n=2, drop_params=True) == body()


def test_an_unsupported_parameter_with_a_substitute_names_it() -> None:
    schema = {"type": "json_schema", "json_schema": {"name": "x", "schema": {}}}
    with pytest.raises(UnsupportedParamsError, match="use output_config="):
        build(response_format=schema)


# -- reasoning ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("effort", "budget"),
    [("minimal", 1024), ("low", 1024), ("medium", 2048), ("high", 4096), ("xhigh", 8192), ("max", 16384)],
)
def test_an_effort_is_a_budget_for_thinking(effort: str, budget: int) -> None:
    sent = body(model="claude-sonnet-4-5", reasoning_effort=effort)
    assert sent["thinking"] == {"type": "enabled", "budget_tokens": budget}
    assert "reasoning_effort" not in sent


@pytest.mark.parametrize(
    "model", ["claude-sonnet-4-6", "claude-opus-4-10", "claude-opus-5", "claude-opus-4.7"]
)
def test_a_newer_model_is_told_the_effort(model: str) -> None:
    sent = body(model=model, reasoning_effort="minimal")
    assert sent["thinking"] == {"type": "adaptive", "display": "summarized"}
    assert sent["output_config"] == {"effort": "low"}


@pytest.mark.parametrize(
    "model", ["claude-3-7-sonnet-20250219", "claude-sonnet-4-20250514", "claude-haiku-4-5"]
)
def test_an_older_model_is_given_a_budget(model: str) -> None:
    assert body(model=model, reasoning_effort="low")["thinking"]["type"] == "enabled"


def test_an_effort_leaves_the_rest_of_the_output_config_alone() -> None:
    wanted = {"format": {"type": "json_schema", "schema": {"type": "object"}}}
    sent = body(model="claude-opus-4-7", output_config=wanted, reasoning_effort="high")
    assert sent["output_config"] == {"effort": "high", **wanted}


def test_no_effort_is_no_thinking() -> None:
    assert body(reasoning_effort="none") == body()


def test_an_effort_may_come_with_other_wishes() -> None:
    sent = body(reasoning_effort={"effort": "low", "summary": "concise"})
    assert sent["thinking"]["budget_tokens"] == 1024


def test_an_unknown_effort_is_an_error() -> None:
    with pytest.raises(BadRequestError, match="use one of minimal, low"):
        build(reasoning_effort="heroic")


def test_thinking_comes_on_top_of_the_default_limit() -> None:
    assert body(thinking={"type": "enabled", "budget_tokens": 2000})["max_tokens"] == 6096


# -- tools --------------------------------------------------------------------------------------------

SCHEMA = {"type": "object", "properties": {"at": {"type": "string"}}}
LOOK = {"type": "function", "function": {"name": "look", "description": "Look up", "parameters": SCHEMA}}


def test_a_function_becomes_a_tool() -> None:
    assert body(tools=[LOOK])["tools"] == [{"name": "look", "description": "Look up", "input_schema": SCHEMA}]


def test_a_function_without_parameters_takes_an_empty_object() -> None:
    bare = {"type": "function", "function": {"name": "now"}}
    assert body(tools=[bare])["tools"] == [
        {"name": "now", "input_schema": {"type": "object", "properties": {}}}
    ]


def test_what_anthropic_knows_of_a_tool_is_kept_from_either_place() -> None:
    marked = {**LOOK, "cache_control": MARK, "function": {**LOOK["function"], "defer_loading": True}}
    (sent,) = body(tools=[marked])["tools"]
    assert (sent["cache_control"], sent["defer_loading"]) == (MARK, True)


def test_a_tool_of_anthropic_s_own_is_sent_as_it_is() -> None:
    search = {"type": "web_search_20250305", "name": "web_search", "max_uses": 2}
    assert body(tools=[search])["tools"] == [search]


@pytest.mark.parametrize(
    ("choice", "sent"),
    [
        ("auto", {"type": "auto"}),
        ("required", {"type": "any"}),
        ("none", {"type": "none"}),
        ({"type": "function", "function": {"name": "look"}}, {"type": "tool", "name": "look"}),
        ({"type": "required"}, {"type": "any"}),
        ({"type": "tool", "name": "look"}, {"type": "tool", "name": "look"}),
    ],
)
def test_tool_choice(choice: Any, sent: JSON) -> None:
    assert body(tools=[LOOK], tool_choice=choice)["tool_choice"] == sent


@pytest.mark.parametrize(
    ("params", "sent"),
    [
        ({"parallel_tool_calls": False}, {"type": "auto", "disable_parallel_tool_use": True}),
        ({"parallel_tool_calls": True}, {"type": "auto", "disable_parallel_tool_use": False}),
        (
            {"parallel_tool_calls": False, "tool_choice": "required"},
            {"type": "any", "disable_parallel_tool_use": True},
        ),
        ({"parallel_tool_calls": False, "tool_choice": "none"}, {"type": "none"}),
    ],
)
def test_parallel_tool_calls_are_part_of_the_choice(params: JSON, sent: JSON) -> None:
    assert body(tools=[LOOK], **params)["tool_choice"] == sent


def test_without_tools_there_is_no_choice() -> None:
    assert body(tool_choice="auto", parallel_tool_calls=False) == body()


# -- messages -----------------------------------------------------------------------------------------


def test_system_messages_are_lifted_out() -> None:
    sent = body(
        [
            {"role": "system", "content": "Be brief."},
            {"role": "developer", "content": [said("Be kind.", cache_control=MARK), said("")]},
            *HELLO,
        ]
    )
    assert sent["system"] == [said("Be brief."), said("Be kind.", cache_control=MARK)]
    assert sent["messages"] == [user(said("Hello"))]


def test_a_later_system_message_is_lifted_too() -> None:
    sent = body([*HELLO, {"role": "assistant", "content": "Hi"}, {"role": "system", "content": "Now rhyme."}])
    assert sent["system"] == [said("Now rhyme.")]


def test_messages_of_one_role_are_joined() -> None:
    spoken = [
        {"role": role, "content": text} for role, text in [("user", "a"), ("user", "b"), ("assistant", "c")]
    ]
    assert turns(*spoken, *HELLO) == [user(said("a"), said("b")), assistant(said("c")), user(said("Hello"))]


def test_a_cache_mark_of_a_message_goes_to_its_text() -> None:
    assert turns({"role": "user", "content": "Hello", "cache_control": MARK}) == [
        user(said("Hello", cache_control=MARK))
    ]


def test_a_prefill_does_not_end_in_white_space() -> None:
    assert turns(*HELLO, {"role": "assistant", "content": "Yes: \n"})[-1] == assistant(said("Yes:"))


def test_empty_text_is_left_out() -> None:
    assert turns(user(said("Hello"), said(" ")), {"role": "assistant", "content": ""}) == [
        user(said("Hello"))
    ]


def test_a_user_who_says_nothing_still_has_a_turn() -> None:
    assert turns(*HELLO, {"role": "assistant", "content": "Hi"}, {"role": "user", "content": ""})[-1] == user(
        said("(empty message)")
    )


def test_a_message_without_content_but_system_is_an_error() -> None:
    with pytest.raises(BadRequestError, match="add one of the role 'user'"):
        build([{"role": "system", "content": "Be brief."}])


def test_an_unknown_role_is_an_error() -> None:
    with pytest.raises(BadRequestError, match="no message of the role 'function'"):
        build([{"role": "function", "name": "look", "content": "x"}])


PNG = "data:image/png;base64,iVBORw0="
BASE64 = {"type": "base64", "media_type": "image/png", "data": "iVBORw0="}


@pytest.mark.parametrize(
    ("image", "source"),
    [
        (PNG, BASE64),
        ({"url": PNG, "detail": "high"}, BASE64),
        ({"url": PNG, "format": "image/webp"}, {**BASE64, "media_type": "image/webp"}),
        ("data:image/png;name=cat;base64,iVBORw0=", BASE64),
        ("https://a.test/cat.png", {"type": "url", "url": "https://a.test/cat.png"}),
        ("http://a.test/cat.png", {"type": "url", "url": "http://a.test/cat.png"}),
    ],
)
def test_images(image: Any, source: JSON) -> None:
    part = {"type": "image_url", "image_url": image, "cache_control": MARK}
    assert turns(user(part)) == [user({"type": "image", "source": source, "cache_control": MARK})]


def test_a_data_url_that_is_no_image_is_a_document() -> None:
    source = {"type": "base64", "media_type": "application/pdf", "data": "JVBERi0="}
    part = {"type": "image_url", "image_url": "data:application/pdf;base64,JVBERi0="}
    assert turns(user(part)) == [user({"type": "document", "source": source})]


@pytest.mark.parametrize(
    ("file", "source"),
    [
        ({"file_id": "file_1"}, {"type": "file", "file_id": "file_1"}),
        (
            {"file_data": "data:application/pdf;base64,JVBERi0="},
            {"type": "base64", "media_type": "application/pdf", "data": "JVBERi0="},
        ),
        (
            {"file_data": "https://a.test/a.pdf", "format": "application/pdf"},
            {"type": "url", "url": "https://a.test/a.pdf"},
        ),
    ],
)
def test_files_are_documents(file: JSON, source: JSON) -> None:
    assert turns(user({"type": "file", "file": file})) == [user({"type": "document", "source": source})]


def test_an_image_that_is_neither_data_nor_an_address_is_an_error() -> None:
    with pytest.raises(BadRequestError, match=r"not 'cat\.png'"):
        build([user({"type": "image_url", "image_url": "cat.png"})])


def test_a_part_of_anthropic_s_own_is_sent_as_it_is() -> None:
    document = {"type": "document", "source": {"type": "text", "media_type": "text/plain", "data": "x"}}
    assert turns(user(document)) == [user(document)]


# -- what goes back to the model ----------------------------------------------------------------------


def call(call_id: str, name: str = "look", arguments: Any = '{"at": "sky"}', **fields: Any) -> JSON:
    function = {"name": name, "arguments": arguments}
    return {"id": call_id, "type": "function", "function": function, **fields}


def used(call_id: str, name: str = "look", **fields: Any) -> JSON:
    return {"type": "tool_use", "id": call_id, "name": name, "input": {"at": "sky"}, **fields}


def answer(*calls: JSON, content: str | None = None, **fields: Any) -> JSON:
    return {"role": "assistant", "content": content, "tool_calls": list(calls) or None, **fields}


def test_tool_calls_come_after_what_was_said() -> None:
    assert turns(*HELLO, answer(call("a"), call("b"), content="Wait."))[1] == assistant(
        said("Wait."), used("a"), used("b")
    )


@pytest.mark.parametrize("arguments", ["", None, "{}", {}])
def test_a_call_without_arguments_has_an_empty_input(arguments: Any) -> None:
    assert turns(*HELLO, answer(call("a", arguments=arguments)))[1]["content"][0]["input"] == {}


def test_arguments_that_are_not_json_are_an_error() -> None:
    with pytest.raises(BadRequestError, match="the tool call 'look' aren't JSON"):
        build([*HELLO, answer(call("a", arguments='{"at": '))])


def test_a_call_keeps_its_caller_and_its_cache_mark() -> None:
    caller = {"type": "direct"}
    assert turns(*HELLO, answer(call("a", caller=caller, cache_control=MARK)))[1] == assistant(
        used("a", caller=caller, cache_control=MARK)
    )


def test_results_of_tools_are_one_user_turn() -> None:
    results = [{"role": "tool", "tool_call_id": name, "content": f"{name}!"} for name in "ab"]
    assert turns(*HELLO, answer(call("a"), call("b")), *results, *HELLO)[2] == user(
        {"type": "tool_result", "tool_use_id": "a", "content": "a!"},
        {"type": "tool_result", "tool_use_id": "b", "content": "b!"},
        said("Hello"),
    )


def test_a_result_may_have_parts_marks_and_an_error() -> None:
    content = [said("Done"), {"type": "image_url", "image_url": PNG}]
    result = {
        "role": "tool",
        "tool_call_id": "a",
        "content": content,
        "cache_control": MARK,
        "is_error": True,
    }
    assert turns(*HELLO, answer(call("a")), result)[2]["content"] == [
        {
            "type": "tool_result",
            "tool_use_id": "a",
            "content": [said("Done"), {"type": "image", "source": BASE64}],
            "cache_control": MARK,
            "is_error": True,
        }
    ]


def test_ids_of_other_providers_are_made_acceptable_in_both_places() -> None:
    result = {"role": "tool", "tool_call_id": "call:1.a", "content": "x"}
    _, asked, given = turns(*HELLO, answer(call("call:1.a")), result)
    assert (asked["content"][0]["id"], given["content"][0]["tool_use_id"]) == ("call_1_a", "call_1_a")


THOUGHT = {"type": "thinking", "thinking": "Hm.", "signature": "sig"}
REDACTED = {"type": "redacted_thinking", "data": "c2Vj"}


def test_thinking_goes_first() -> None:
    spoken = answer(call("a"), content="So.", thinking_blocks=[THOUGHT, REDACTED], reasoning_content="Hm.")
    assert turns(*HELLO, spoken)[1] == assistant(THOUGHT, REDACTED, said("So."), used("a"))


def test_thinking_without_a_signature_is_left_out() -> None:
    unsigned = [
        {"type": "thinking", "thinking": "Hm."},
        {"type": "thinking", "thinking": "Hm.", "signature": ""},
    ]
    assert turns(*HELLO, answer(content="So.", thinking_blocks=unsigned))[1] == assistant(said("So."))


def test_thinking_that_is_in_the_content_is_not_repeated() -> None:
    spoken = {"role": "assistant", "content": [said("So."), THOUGHT], "thinking_blocks": [THOUGHT]}
    assert turns(*HELLO, spoken)[1] == assistant(said("So."), THOUGHT)


def searched(number: int) -> tuple[JSON, JSON]:
    name = f"srvtoolu_{number}"
    ran = {"type": "server_tool_use", "id": name, "name": "web_search", "input": {"query": "sky"}}
    return ran, {"type": "web_search_tool_result", "tool_use_id": name, "content": []}


def test_each_call_that_anthropic_ran_goes_before_its_result() -> None:
    (first, found), (second, found_too) = searched(1), searched(2)
    fields = {"server_tool_use": [first, second], "web_search_results": [found, found_too]}
    spoken = answer(content="So.", provider_specific_fields=fields)
    assert turns(*HELLO, spoken)[1] == assistant(first, found, second, found_too, said("So."))


def test_thinking_is_put_between_such_calls() -> None:
    (first, found), (second, found_too) = searched(1), searched(2)
    fields = {"server_tool_use": [first, second], "tool_results": [found, found_too]}
    spoken = answer(content="So.", provider_specific_fields=fields, thinking_blocks=[THOUGHT, REDACTED])
    assert turns(*HELLO, spoken)[1] == assistant(
        THOUGHT, first, found, REDACTED, second, found_too, said("So.")
    )


def test_such_a_call_without_a_result_yet_goes_back_alone() -> None:
    ran, _ = searched(1)
    spoken = answer(call("a"), provider_specific_fields={"server_tool_use": [ran]})
    assert turns(*HELLO, spoken)[1] == assistant(ran, used("a"))


def test_litellm_s_way_to_keep_such_a_call_is_understood() -> None:
    ran, found = searched(1)
    kept = call("srvtoolu_1", "web_search", '{"query": "sky"}')
    spoken = answer(kept, content="So.", provider_specific_fields={"web_search_results": [found]})
    assert turns(*HELLO, spoken)[1] == assistant(ran, found, said("So."))


def test_a_compaction_goes_before_everything() -> None:
    summary = {"type": "compaction", "content": "So far: hello."}
    fields = {"compaction_blocks": [summary]}
    spoken = answer(content="So.", provider_specific_fields=fields, thinking_blocks=[THOUGHT])
    assert turns(*HELLO, spoken)[1] == assistant(summary, THOUGHT, said("So."))


def test_a_response_s_own_message_can_go_back_as_it_came() -> None:
    ran, found = searched(1)
    content = [THOUGHT, ran, found, said("So."), used("toolu_1", caller={"type": "direct"})]
    response = response_from_anthropic({"id": "msg_1", "content": content, "stop_reason": "tool_use"})
    assert turns(*HELLO, response.choices[0].message)[1] == assistant(*content)
