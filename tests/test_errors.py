"""The exception tree: LiteLLM's names, bases and attributes."""

from __future__ import annotations

import copy
import pickle
import subprocess
import sys

import httpx
import openai
import pytest

from unspool import errors
from unspool.errors import (
    APIConnectionError,
    APIError,
    BadRequestError,
    InternalServerError,
    MalformedEventError,
    MidStreamFallbackError,
    ProviderError,
    RateLimitError,
    RepetitionError,
    ServiceUnavailableError,
    UnspoolError,
)

CLASSES = [cls for cls in vars(errors).values() if isinstance(cls, type) and issubclass(cls, UnspoolError)]
PROVIDER_CLASSES = [cls for cls in CLASSES if issubclass(cls, ProviderError)]


@pytest.mark.parametrize("cls", CLASSES, ids=lambda cls: cls.__name__)
def test_every_error_is_drawn_in_the_tree(cls: type[UnspoolError]) -> None:
    assert errors.__doc__ is not None
    assert cls.__name__ in errors.__doc__


@pytest.mark.parametrize(
    ("name", "status"),
    [
        ("AuthenticationError", 401),
        ("PaymentRequiredError", 402),
        ("PermissionDeniedError", 403),
        ("NotFoundError", 404),
        ("Timeout", 408),
        ("UnprocessableEntityError", 422),
        ("RateLimitError", 429),
        ("BadRequestError", 400),
        ("ContextWindowExceededError", 400),
        ("ContentPolicyViolationError", 400),
        ("UnsupportedParamsError", 400),
        ("InternalServerError", 500),
        ("BadGatewayError", 502),
        ("ServiceUnavailableError", 503),
        ("MidStreamFallbackError", 503),
        ("APIConnectionError", 500),
        ("APIResponseValidationError", 500),
    ],
)
def test_an_error_has_its_status(name: str, status: int) -> None:
    assert getattr(errors, name)("no").status_code == status


@pytest.mark.parametrize("cls", PROVIDER_CLASSES, ids=lambda cls: cls.__name__)
def test_the_message_names_the_class(cls: type[ProviderError]) -> None:
    assert cls("no").message == f"unspool.{cls.__name__}: no"
    assert str(cls("no")).startswith(cls("no").message)


@pytest.mark.parametrize("cls", PROVIDER_CLASSES, ids=lambda cls: cls.__name__)
def test_an_error_survives_copies_and_pickles(cls: type[ProviderError]) -> None:
    error = cls("no", model="m", llm_provider="p", generated_content="so far")
    for again in (copy.copy(error), pickle.loads(pickle.dumps(error))):
        assert (type(again), str(again), vars(again)) == (cls, str(error), vars(error))


def test_retries_are_told() -> None:
    assert str(RateLimitError("no", num_retries=2, max_retries=3)).endswith(
        "no Retried: 2 times, Max Retries: 3"
    )


def test_api_error_is_no_base_of_the_others() -> None:
    assert [cls for cls in PROVIDER_CLASSES if issubclass(cls, APIError)] == [APIError]


def test_a_rate_limit_error_has_its_code_and_type() -> None:
    error = RateLimitError("slow down", headers={"retry-after": "3"})
    assert (error.code, error.type, error.headers) == ("429", "throttling_error", {"retry-after": "3"})


def test_an_error_stands_for_itself_unless_made_from_another() -> None:
    plain = BadRequestError("no")
    cause = ValueError("x")
    assert plain.original_exception is plain
    assert BadRequestError("no", original_exception=cause).original_exception is cause


def test_a_loop_is_caught_by_both_of_its_names() -> None:
    error = RepetitionError("again", repeated="a", period=1, count=100, first_chunk=2)
    assert isinstance(error, InternalServerError)
    assert isinstance(error, MidStreamFallbackError)
    assert isinstance(error, ServiceUnavailableError)
    assert (error.status_code, error.type) == (500, "internal_server_error")
    assert (error.repeated, error.period, error.count, error.first_chunk, error.channel) == (
        "a",
        1,
        100,
        2,
        "content",
    )


def test_a_mid_stream_error_has_the_status_of_its_original() -> None:
    error = MidStreamFallbackError("broke", original_exception=RateLimitError("slow"))
    assert error.status_code == 429
    assert str(error).endswith("broke Original exception: RateLimitError: unspool.RateLimitError: slow")


def test_a_connection_error_is_a_500() -> None:
    assert APIConnectionError("gone").status_code == 500


def test_a_wire_error_shows_where_and_what() -> None:
    error = MalformedEventError("expected JSON", data=b"x" * 2000, position=7)
    assert str(error).startswith("expected JSON at byte 7: b'xxx")
    assert len(str(error)) < 1100


SDK_CLASSES = [
    ("AuthenticationError", "AuthenticationError"),
    ("PermissionDeniedError", "PermissionDeniedError"),
    ("NotFoundError", "NotFoundError"),
    ("Timeout", "APITimeoutError"),
    ("UnprocessableEntityError", "UnprocessableEntityError"),
    ("RateLimitError", "RateLimitError"),
    ("BadRequestError", "BadRequestError"),
    ("ContextWindowExceededError", "BadRequestError"),
    ("ContentPolicyViolationError", "BadRequestError"),
    ("InternalServerError", "InternalServerError"),
    ("BadGatewayError", "APIStatusError"),
    ("ServiceUnavailableError", "APIStatusError"),
    ("MidStreamFallbackError", "APIStatusError"),
    ("APIError", "APIError"),
    ("APIConnectionError", "APIConnectionError"),
    ("IncompleteStreamError", "APIStatusError"),
    ("APIResponseValidationError", "APIResponseValidationError"),
]


@pytest.mark.parametrize(("name", "base"), SDK_CLASSES)
def test_an_error_is_the_openai_sdks_of_the_same_meaning(name: str, base: str) -> None:
    error = getattr(errors, name)("no", model="m", llm_provider="openai")
    with pytest.raises(getattr(openai, base)) as caught:
        raise error
    assert caught.value is error
    assert isinstance(error, getattr(errors, name))
    assert isinstance(pickle.loads(pickle.dumps(error)), getattr(openai, base))


FIRST_OPENAI = "import openai, unspool"
FIRST_UNSPOOL = "import unspool; unspool.RateLimitError('before'); import openai"


@pytest.mark.parametrize("imports", [FIRST_OPENAI, FIRST_UNSPOOL])
def test_the_order_of_imports_makes_no_difference(imports: str) -> None:
    code = (
        f"{imports}; error = unspool.RateLimitError('no');"
        "assert isinstance(error, openai.RateLimitError); assert isinstance(error, unspool.RateLimitError)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_nothing_imports_the_sdk() -> None:
    code = "import sys, unspool; unspool.RateLimitError('no').response; assert 'openai' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)


def test_another_module_by_that_name_is_left_alone() -> None:
    code = (
        "import sys, types; sys.modules['openai'] = types.ModuleType('openai');"
        "import unspool; assert unspool.RateLimitError('no').status_code == 429"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_the_response_is_a_real_one() -> None:
    error = RateLimitError("no", headers={"retry-after": "3", "x-request-id": "r-1"})
    assert isinstance(error.response, httpx.Response)
    assert (error.response.status_code, error.response.headers["retry-after"]) == (429, "3")
    assert isinstance(error.request, httpx.Request)
    assert error.request_id == "r-1"


def test_a_given_response_stays() -> None:
    request = httpx.Request("POST", "https://api.openai.com/v1/chat/completions")
    response = httpx.Response(429, request=request, headers={"x-request-id": "r-2"})
    error = RateLimitError("no", response=response)
    assert (error.response, error.request, error.request_id) == (response, request, "r-2")


def test_a_failed_connection_has_a_request_and_no_response() -> None:
    error = APIConnectionError("no")
    assert (error.response, error.request.method, error.request_id) == (None, "POST", None)


@pytest.mark.parametrize(
    ("name", "given", "expected"),
    [
        ("RateLimitError", ("m", "openai", "gpt"), {"llm_provider": "openai", "model": "gpt"}),
        ("BadRequestError", ("m", "gpt", "openai"), {"llm_provider": "openai", "model": "gpt"}),
        ("Timeout", ("m", "gpt", "openai", None, 2, 1), {"max_retries": 2, "num_retries": 1}),
        ("APIError", (418, "m", "openai", "gpt"), {"status_code": 418, "model": "gpt"}),
        ("APIConnectionError", ("m", "openai", "gpt"), {"llm_provider": "openai"}),
        ("InternalServerError", ("m", "openai", "gpt"), {"llm_provider": "openai"}),
        ("UnsupportedParamsError", ("m", "openai", "gpt", 400), {"model": "gpt", "status_code": 400}),
        ("RejectedRequestError", ("m", "gpt", "openai", {"a": 1}), {"request_data": {"a": 1}}),
        (
            "ContentPolicyViolationError",
            ("m", "gpt", "openai", None, None, {"a": 1}),
            {"provider_specific_fields": {"a": 1}},
        ),
        ("JSONSchemaValidationError", ("gpt", "openai", "{", "{}"), {"raw_response": "{", "schema": "{}"}),
        ("LiteLLMUnknownProvider", ("gpt", "nobody"), {"model": "gpt", "llm_provider": "nobody"}),
        (
            "MidStreamFallbackError",
            ("m", "gpt", "openai", None, None, None, None, None, "so far"),
            {"generated_content": "so far"},
        ),
    ],
)
def test_positional_arguments_are_litellms(
    name: str, given: tuple[object, ...], expected: dict[str, object]
) -> None:
    error = getattr(errors, name)(*given)
    assert {key: getattr(error, key) for key in expected} == expected


def test_too_many_or_twice_given_arguments_are_refused() -> None:
    with pytest.raises(TypeError, match="at most 8 positional arguments"):
        BadRequestError(*"123456789")
    with pytest.raises(TypeError, match="model"):
        BadRequestError("m", "gpt", model="gpt")


def test_an_exception_that_cannot_be_unpickled_is_told_of_in_text() -> None:
    original = openai.RateLimitError(
        "slow", response=httpx.Response(429, request=httpx.Request("GET", "https://x")), body=None
    )
    error = RateLimitError("no", original_exception=original)
    again = pickle.loads(pickle.dumps(error))
    assert str(again.original_exception) == "openai.RateLimitError: slow"
    assert copy.copy(error).original_exception is original


def test_a_missing_end_is_caught_by_both_of_its_names() -> None:
    error = errors.IncompleteStreamError("no end")
    assert isinstance(error, APIConnectionError)
    assert isinstance(error, MidStreamFallbackError)
    assert error.status_code == 500
