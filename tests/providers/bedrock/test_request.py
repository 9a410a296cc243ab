"""The request as a whole: where it goes, what is in its head, and that its parts are all there."""

from __future__ import annotations

import pytest
from tests.providers.bedrock.asking import HELLO, body, build, user

from unspool.errors import BadRequestError
from unspool.models import Message


def test_a_stream_is_asked_for_by_the_path() -> None:
    request = build(stream=True)
    assert request.method == "POST"
    assert request.url == (
        "https://bedrock-runtime.us-east-1.amazonaws.com"
        "/model/us.anthropic.claude-sonnet-4-5-20250929-v1%3A0/converse-stream"
    )


def test_a_whole_answer_has_another_path() -> None:
    assert build(stream=False).url.endswith("/converse")


@pytest.mark.parametrize(
    ("model", "path"),
    [
        ("converse/amazon.nova-lite-v1:0", "/model/amazon.nova-lite-v1%3A0/converse-stream"),
        (
            "arn:aws:bedrock:us-east-1:1:inference-profile/p",
            "/model/arn%3Aaws%3Abedrock%3Aus-east-1%3A1%3Ainference-profile%2Fp/converse-stream",
        ),
    ],
)
def test_the_model_is_in_the_path(model: str, path: str) -> None:
    assert build(model=model, base_url="http://aws.test/").url == f"http://aws.test{path}"


def test_a_bedrock_key_goes_into_the_head() -> None:
    assert build(api_key="ABSK").headers == {
        "content-type": "application/json",
        "authorization": "Bearer ABSK",
    }


def test_without_a_key_nothing_is_claimed() -> None:
    assert build().headers == {"content-type": "application/json"}


def test_all_parts_are_there() -> None:
    asked = [{"role": "system", "content": "Be brief."}, *HELLO]
    assert body(asked, temperature=0.5, top_k=3) == {
        "messages": [user({"text": "Hello"})],
        "system": [{"text": "Be brief."}],
        "inferenceConfig": {"temperature": 0.5},
        "additionalModelRequestFields": {"top_k": 3},
    }


def test_a_message_may_be_a_record() -> None:
    assert body([*HELLO, Message(content="Hi"), *HELLO])["messages"][1] == {
        "role": "assistant",
        "content": [{"text": "Hi"}],
    }


def test_extra_headers_and_body_are_laid_over_it() -> None:
    request = build(extra_headers={"x-test": "1"}, extra_body={"promptVariables": {}})
    assert request.headers["x-test"] == "1"
    assert request.body["promptVariables"] == {}


@pytest.mark.parametrize("messages", [[], [{"role": "system", "content": "Be brief."}]])
def test_a_conversation_without_a_turn_is_refused(messages: list[dict[str, str]]) -> None:
    with pytest.raises(BadRequestError, match="add one of the role 'user'"):
        build(messages)


@pytest.mark.parametrize("model", ["invoke/anthropic.claude-v2", "us-west-2/amazon.nova-lite-v1:0"])
def test_litellm_s_other_prefixes_are_refused(model: str) -> None:
    with pytest.raises(BadRequestError, match="aws_region_name"):
        build(model=model)
