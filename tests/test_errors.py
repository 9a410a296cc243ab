"""The exception tree: LiteLLM's names, bases and attributes."""

from __future__ import annotations

import copy
import pickle

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
