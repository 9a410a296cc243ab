"""The errors that an AWS event stream reports, as exceptions of their class and status."""

from __future__ import annotations

import pytest
from tests.providers.bedrock.events import START, event, exception, payload, run, text

from unspool import errors
from unspool.pipeline import Chain
from unspool.providers.bedrock import (
    BedrockAgentNormalizer,
    BedrockConverseNormalizer,
    BedrockInvokeNormalizer,
)
from unspool.providers.bedrock.chunks import error_in
from unspool.wire.aws import AWSEventStreamDecoder, encode_aws
from unspool.wire.event import WireEvent


@pytest.mark.parametrize(
    ("kind", "expected", "status"),
    [
        ("accessDeniedException", errors.PermissionDeniedError, 403),
        ("badGatewayException", errors.BadGatewayError, 502),
        ("conflictException", errors.BadRequestError, 409),
        ("dependencyFailedException", errors.BadRequestError, 424),
        ("internalServerException", errors.InternalServerError, 500),
        ("modelNotReadyException", errors.BadRequestError, 424),
        ("modelStreamErrorException", errors.BadRequestError, 424),
        ("modelTimeoutException", errors.Timeout, 408),
        ("resourceNotFoundException", errors.NotFoundError, 404),
        ("serviceQuotaExceededException", errors.BadRequestError, 400),
        ("serviceUnavailableException", errors.ServiceUnavailableError, 503),
        ("throttlingException", errors.RateLimitError, 429),
        ("validationException", errors.BadRequestError, 400),
        ("ThrottlingException", errors.RateLimitError, 429),
        ("someNewException", errors.InternalServerError, 500),
    ],
)
def test_an_exception_has_the_status_of_aws_s_model(
    kind: str, expected: type[errors.ProviderError], status: int
) -> None:
    error = error_in(exception(kind, message="No luck today"))
    assert type(error) is expected
    assert (error.status_code, error.llm_provider, error.code) == (status, "bedrock", kind)
    assert str(error).endswith(f"{kind}: No luck today")


def test_the_statuses_are_those_of_botocore_s_models() -> None:
    import botocore.session
    from botocore.model import StructureShape

    from unspool.providers.bedrock.chunks import _STATUS

    modelled: dict[str, int] = {}
    for service, stream in (
        ("bedrock-runtime", "ConverseStreamOutput"),
        ("bedrock-runtime", "ResponseStream"),
        ("bedrock-agent-runtime", "ResponseStream"),
        ("bedrock-agent-runtime", "RetrieveAndGenerateStreamResponseOutput"),
    ):
        shape = botocore.session.Session().get_service_model(service).shape_for(stream)
        assert isinstance(shape, StructureShape)
        exceptions = {
            name: member for name, member in shape.members.items() if member.metadata.get("exception")
        }
        modelled |= {name: member.metadata["error"]["httpStatusCode"] for name, member in exceptions.items()}
    assert modelled == _STATUS


def test_what_the_model_answered_bedrock_counts_for_more() -> None:
    error = error_in(exception("modelStreamErrorException", message="Ouch", originalStatusCode=500))
    assert type(error) is errors.InternalServerError


def test_an_input_that_is_too_long_is_a_class_of_its_own() -> None:
    error = error_in(exception("validationException", message="Input is too long for requested model."))
    assert type(error) is errors.ContextWindowExceededError


def test_an_unmodelled_error_is_in_the_headers_alone() -> None:
    headers = {":message-type": "error", ":error-code": "InternalFailure", ":error-message": "Ouch"}
    error = error_in(WireEvent(name="InternalFailure", headers=headers))
    assert type(error) is errors.InternalServerError
    assert (error.code, str(error)) == (
        "InternalFailure",
        "unspool.InternalServerError: InternalFailure: Ouch",
    )


def test_an_exception_under_an_event_s_header_counts_too() -> None:
    assert type(error_in(event("throttlingException", message="Slow down"))) is errors.RateLimitError


@pytest.mark.parametrize("data", ["", "not JSON", "[1]"])
def test_an_exception_may_say_little(data: str) -> None:
    silent = WireEvent(
        name="internalServerException", data=data, headers={":exception-type": "internalServerException"}
    )
    error = error_in(silent)
    assert type(error) is errors.InternalServerError
    assert (data or "it says no more") in str(error)


def test_an_event_is_no_error() -> None:
    assert error_in(START) is None


@pytest.mark.parametrize(
    "normalizer", [BedrockAgentNormalizer, BedrockConverseNormalizer, BedrockInvokeNormalizer]
)
def test_every_normalizer_raises_it(normalizer: type[BedrockConverseNormalizer]) -> None:
    with pytest.raises(errors.ServiceUnavailableError, match="busy"):
        run(exception("serviceUnavailableException", message="busy"), by=normalizer())


@pytest.mark.parametrize(
    ("normalizer", "said"),
    [
        (BedrockConverseNormalizer, text("Hi")[:1]),
        (BedrockInvokeNormalizer, [payload(outputText="Hi")]),
    ],
)
def test_what_came_before_an_error_in_the_same_read_is_delivered(
    normalizer: type[BedrockConverseNormalizer], said: list[WireEvent]
) -> None:
    failed = exception("internalServerException", message="No luck today")
    data = b"".join(encode_aws(each) for each in (*said, failed))
    chunks = Chain(AWSEventStreamDecoder(), normalizer()).feed(data)

    assert next(chunks).choices[0].delta.content == "Hi"
    with pytest.raises(errors.InternalServerError):
        next(chunks)
