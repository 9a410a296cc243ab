"""An error in mid-stream is the mapped class and `MidStreamFallbackError` at once."""

from __future__ import annotations

import copy
import gc
import pickle
import subprocess
import sys

import httpx
import pytest

import unspool
from unspool import errors, mid_stream
from unspool.errors import MidStreamFallbackError, ProviderError, name_of
from unspool.mid_stream import in_mid_stream

BROKEN = [
    errors.RateLimitError,
    errors.Timeout,
    errors.InternalServerError,
    errors.BadGatewayError,
    errors.APIConnectionError,
    errors.APIError,
    errors.APIResponseValidationError,
    errors.JSONSchemaValidationError,
]
BARE = [
    errors.AuthenticationError,
    errors.BadRequestError,
    errors.ContentPolicyViolationError,
    errors.ContextWindowExceededError,
    errors.NotFoundError,
    errors.PermissionDeniedError,
    errors.UnprocessableEntityError,
]


class TooEager(errors.RateLimitError):
    """A user's own."""


def broken_by(error: Exception | type[Exception]) -> ProviderError:
    script = [*unspool.text_chunks("so far"), error]
    with pytest.raises(ProviderError) as caught:
        list(unspool.CustomStreamWrapper(unspool.FakeStream(script), "m", custom_llm_provider="openai"))
    return caught.value


@pytest.mark.parametrize("cls", [*BROKEN, TooEager], ids=lambda cls: cls.__name__)
def test_both_classes_catch_it(cls: type[ProviderError]) -> None:
    error = broken_by(cls("no"))
    assert isinstance(error, cls)
    assert isinstance(error, MidStreamFallbackError)
    assert (error.generated_content, error.is_pre_first_chunk) == ("so far", False)


@pytest.mark.parametrize("cls", [*BROKEN, TooEager], ids=lambda cls: cls.__name__)
def test_it_shows_the_mapped_name_and_status(cls: type[ProviderError]) -> None:
    error = broken_by(cls("no"))
    assert str(error) == error.message == f"unspool.{cls.__name__}: no"
    assert (name_of(error), error.status_code) == (cls.__name__, cls("no").status_code)
    assert error.response.status_code == error.status_code


@pytest.mark.parametrize("cls", [*BROKEN, TooEager], ids=lambda cls: cls.__name__)
def test_it_survives_copies_and_pickles(cls: type[ProviderError]) -> None:
    error = broken_by(cls("no", model="m"))
    for again in (copy.copy(error), copy.deepcopy(error), pickle.loads(pickle.dumps(error))):
        assert (type(again), str(again), vars(again)) == (type(error), str(error), vars(error))


def test_another_process_reads_its_pickle() -> None:
    code = "import pickle, sys; print(pickle.load(sys.stdin.buffer), 'openai' in sys.modules)"
    data = pickle.dumps(broken_by(errors.RateLimitError("no")))
    run = subprocess.run([sys.executable, "-c", code], input=data, capture_output=True, check=True)
    assert run.stdout.decode().split() == ["unspool.RateLimitError:", "no", "False"]


@pytest.mark.parametrize("cls", BARE, ids=lambda cls: cls.__name__)
def test_a_4xx_stays_as_it_is(cls: type[ProviderError]) -> None:
    assert type(broken_by(cls("no"))) is cls


@pytest.mark.parametrize(
    ("status", "cls"), [(403, errors.PermissionDeniedError), (422, errors.UnprocessableEntityError)]
)
def test_a_4xx_in_mid_stream_has_the_class_of_its_status(status: int, cls: type[ProviderError]) -> None:
    refusal = RuntimeError("no")
    refusal.status_code = status  # type: ignore[attr-defined]  # as an SDK's exceptions have it
    assert type(broken_by(refusal)) is cls


def test_errors_that_are_gone_are_forgotten() -> None:
    before = len(mid_stream._UNBROKEN)
    for _ in range(3):
        broken_by(errors.RateLimitError("no"))
    gc.collect()
    assert len(mid_stream._UNBROKEN) <= before


def test_a_503_is_a_mid_stream_fallback_error() -> None:
    error = broken_by(errors.ServiceUnavailableError("busy"))
    assert type(error) is MidStreamFallbackError
    assert (str(error), error.status_code) == ("unspool.ServiceUnavailableError: busy", 503)


@pytest.mark.parametrize(
    ("raw", "mapped", "status"),
    [
        (httpx.ReadTimeout("slow"), errors.Timeout, 408),
        (httpx.ReadError("reset"), errors.APIConnectionError, 500),
        (KeyError, errors.APIConnectionError, 500),
    ],
)
def test_a_mapped_error_is_both_too(raw: Exception, mapped: type[ProviderError], status: int) -> None:
    error = broken_by(raw)
    assert isinstance(error, mapped)
    assert isinstance(error, MidStreamFallbackError)
    assert error.status_code == status
    assert isinstance(error.original_exception, raw if isinstance(raw, type) else type(raw))


def test_it_is_the_object_that_the_source_raised() -> None:
    error = errors.RateLimitError("slow down")
    assert broken_by(error) is error


def test_before_the_first_chunk_it_says_so() -> None:
    error = in_mid_stream(errors.Timeout("slow"), generated_content="", is_pre_first_chunk=True)
    assert isinstance(error, MidStreamFallbackError)
    assert error.is_pre_first_chunk
