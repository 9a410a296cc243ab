"""From statuses, bodies and exceptions to LiteLLM's classes."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from unspool.error_mapping import error_for_status, error_from_body, map_exception
from unspool.errors import (
    APIConnectionError,
    APIError,
    AuthenticationError,
    BadGatewayError,
    BadRequestError,
    ContentPolicyViolationError,
    ContextWindowExceededError,
    InternalServerError,
    NotFoundError,
    PermissionDeniedError,
    ProviderError,
    RateLimitError,
    ServiceUnavailableError,
    Timeout,
)


@pytest.mark.parametrize(
    ("status", "cls"),
    [
        (400, BadRequestError),
        (401, AuthenticationError),
        (404, NotFoundError),
        (408, Timeout),
        (418, BadRequestError),
        (429, RateLimitError),
        (500, InternalServerError),
        (501, APIError),
        (502, BadGatewayError),
        (503, ServiceUnavailableError),
        (504, Timeout),
        (529, InternalServerError),
    ],
)
def test_a_status_has_its_class(status: int, cls: type[ProviderError]) -> None:
    error = error_for_status(status, "no")
    assert (type(error), error.status_code) == (cls, status)


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({"error": {"message": "a", "type": "t"}}, "a"),  # OpenAI
        ({"type": "error", "error": {"type": "t", "message": "a"}}, "a"),  # Anthropic
        ({"error": "a"}, "a"),  # Ollama, Venice
        ({"code": "invalid", "error": "a"}, "a"),  # xAI
        ({"message": "a"}, "a"),  # Bedrock, Cohere
        ({"detail": "a"}, "a"),  # Mistral
        ([{"error": {"code": 400, "message": "a"}}], "a"),  # Google
        ({"errors": [{"message": "a"}, {"message": "b"}]}, "a"),  # watsonx
        ({"error": [{"message": "a"}]}, "a"),  # SAP
        ("a", "a"),  # text
    ],
    ids=str,
)
def test_every_envelope_gives_its_message(body: Any, message: str) -> None:
    error = error_from_body(body, status=400)
    assert error.message == f"unspool.BadRequestError: {message}"
    assert error.body == body


@pytest.mark.parametrize("body", [{}, [], None, {"error": {}}], ids=repr)
def test_a_body_without_a_message_is_shown(body: Any) -> None:
    assert "without a message" in error_from_body(body, status=500).message


@pytest.mark.parametrize(
    ("error", "status"),
    [
        ({"code": 502}, 502),
        ({"code": "429"}, 429),
        ({"status_code": 400, "code": "tool_use_failed"}, 400),
        ({"type": "rate_limit_error"}, 429),
        ({"type": "overloaded_error"}, 500),
        ({"code": "model_not_found", "type": "invalid_request_error"}, 404),
        ({"type": "never_heard_of"}, 500),
        ({"code": 7}, 500),
    ],
    ids=str,
)
def test_an_error_inside_a_stream_has_a_status_of_its_own(error: dict[str, Any], status: int) -> None:
    assert error_from_body({"error": {"message": "a", **error}}).status_code == status


def test_the_status_of_a_list_of_errors_may_stand_beside_it() -> None:
    assert error_from_body({"errors": [{"message": "a"}], "status_code": 404}).status_code == 404


@pytest.mark.parametrize(
    ("message", "code", "cls"),
    [
        ("This model's maximum context length is 8192 tokens", None, ContextWindowExceededError),
        ("too long", "context_length_exceeded", ContextWindowExceededError),
        ("prompt is too long: 210000 tokens", None, ContextWindowExceededError),
        ("The count exceeds the maximum number of tokens allowed (8).", None, ContextWindowExceededError),
        ("API key not valid. Please pass a valid API key.", None, AuthenticationError),
        ("filtered", "content_policy_violation", ContentPolicyViolationError),
        ("no such field", "invalid_value", BadRequestError),
    ],
)
def test_a_bad_request_is_told_apart(message: str, code: str | None, cls: type[ProviderError]) -> None:
    assert type(error_from_body({"error": {"message": message, "code": code}}, status=400)) is cls


@pytest.mark.parametrize(
    ("name", "status"),
    [("INVALID_ARGUMENT", 400), ("UNAUTHENTICATED", 401), ("RESOURCE_EXHAUSTED", 429), ("UNAVAILABLE", 503)],
)
def test_googles_word_for_an_error_is_its_type(name: str, status: int) -> None:
    error = error_from_body({"error": {"message": "a", "status": name}})
    assert (error.type, error.status_code) == (name, status)


def test_code_type_and_param_are_kept() -> None:
    error = error_from_body({"error": {"message": "a", "code": "c", "type": "t", "param": "p"}}, status=400)
    assert (error.code, error.type, error.param) == ("c", "t", "p")


def test_an_error_without_code_and_type_keeps_its_classes_own() -> None:
    error = error_from_body({"error": {"message": "slow"}}, status=429)
    assert (error.code, error.type) == ("429", "throttling_error")


def mapped(error: BaseException) -> ProviderError:
    return map_exception(error, model="m", llm_provider="openai")


@pytest.mark.parametrize(
    "error", [RuntimeError("x"), KeyError("x"), httpx.ReadError("x"), ConnectionResetError("x")], ids=repr
)
def test_an_unknown_exception_is_a_connection_error(error: Exception) -> None:
    assert type(mapped(error)) is APIConnectionError
    assert mapped(error).original_exception is error


@pytest.mark.parametrize(
    "error", [TimeoutError("x"), httpx.ReadTimeout("x"), httpx.ConnectTimeout("x")], ids=repr
)
def test_a_timeout_is_a_timeout(error: Exception) -> None:
    assert type(mapped(error)) is Timeout


def test_a_connection_error_names_the_provider() -> None:
    assert mapped(RuntimeError("boom")).message == "unspool.APIConnectionError: OpenaiException - boom"


def test_an_exception_without_text_is_named() -> None:
    assert mapped(RuntimeError()).message.endswith("RuntimeError")


def test_an_sdks_error_keeps_its_status() -> None:
    class SDKError(Exception):
        status_code = 429
        body = "{}"

    error = mapped(SDKError("slow"))
    assert (type(error), error.body) == (RateLimitError, "{}")


@pytest.mark.parametrize(("status", "cls"), [(401, AuthenticationError), (429, RateLimitError)])
def test_an_http_status_error_has_the_class_of_its_status(status: int, cls: type[Exception]) -> None:
    request = httpx.Request("POST", "https://api.example")
    response = httpx.Response(status, request=request)
    error = mapped(httpx.HTTPStatusError("no", request=request, response=response))
    assert (type(error), error.status_code, error.response) == (cls, status, response)


def test_an_error_of_ours_is_filled_in_and_stays_itself() -> None:
    error = BadRequestError("no", model="named already")
    assert mapped(error) is error
    assert (error.model, error.llm_provider) == ("named already", "openai")


@pytest.mark.parametrize(
    ("status", "body", "cls"),
    [
        (403, {"message": "The security token included in the request is invalid."}, AuthenticationError),
        (403, {"message": "The security token included in the request is expired"}, AuthenticationError),
        (403, {"message": "Signature expired: 20250130T064508Z is now earlier than …"}, AuthenticationError),
        (403, {"Message": "no", "__type": "UnrecognizedClientException"}, AuthenticationError),
        (
            403,
            {"message": "User: arn:… is not authorized to perform: bedrock:InvokeModel"},
            PermissionDeniedError,
        ),
        (
            400,
            {"error": "Incorrect API key provided: xa***de.", "code": "invalid argument"},
            AuthenticationError,
        ),
        (400, {"error": {"message": "no", "details": [{"reason": "API_KEY_INVALID"}]}}, AuthenticationError),
        (
            400,
            {"error": {"message": "input length and `max_tokens` exceed context limit: 19 + 2 > 20"}},
            ContextWindowExceededError,
        ),
        (
            400,
            {"error": {"message": "Input tokens exceed the configured limit of 272000 tokens."}},
            ContextWindowExceededError,
        ),
        (
            400,
            {"error": "This model's maximum prompt length is 131072 but the request contains 537812 tokens."},
            ContextWindowExceededError,
        ),
        (
            422,
            {"error": "Input validation error: `inputs` tokens + `max_new_tokens` must be <= 4096."},
            ContextWindowExceededError,
        ),
        (400, {"error": {"message": "no", "type": "exceed_context_size_error"}}, ContextWindowExceededError),
        (
            400,
            {"error": {"message": "Output blocked by content filtering policy"}},
            ContentPolicyViolationError,
        ),
        (400, {"error": {"message": "Content Exists Risk"}}, ContentPolicyViolationError),
        (400, {"error": {"message": "no", "code": "data_inspection_failed"}}, ContentPolicyViolationError),
        (
            400,
            {"error": {"message": "no", "innererror": {"code": "ResponsibleAIPolicyViolation"}}},
            ContentPolicyViolationError,
        ),
        (403, {"error": "Content violates usage guidelines."}, ContentPolicyViolationError),
        (
            400,
            {
                "error": {
                    "message": "Provider returned error",
                    "metadata": {"raw": "prompt is too long: 3 > 2"},
                }
            },
            ContextWindowExceededError,
        ),
        (400, {"error": {"message": "Unknown parameter: 'context'."}}, BadRequestError),
        (500, {"error": {"message": "the context window of the browser crashed"}}, InternalServerError),
    ],
)
def test_the_provider_s_own_words_count(status: int, body: Any, cls: type[ProviderError]) -> None:
    assert type(error_from_body(body, status=status)) is cls


def test_aws_names_an_error_in_a_header() -> None:
    headers = {"x-amzn-errortype": "UnrecognizedClientException:http://internal.amazon.com/"}
    assert type(error_from_body({"message": "no"}, status=403, headers=headers)) is AuthenticationError
