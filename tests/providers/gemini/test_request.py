"""The request as a whole."""

from __future__ import annotations

import pytest
from tests.providers.gemini.asking import HOST, build, said, user

from unspool.errors import BadRequestError
from unspool.models import Message

VERTEX = (
    "https://europe-west1-aiplatform.googleapis.com/v1/projects/p/locations/europe-west1/publishers/google"
)


@pytest.mark.parametrize(
    ("base_url", "model", "url"),
    [
        (HOST, "gemini-2.5-flash", f"{HOST}/v1beta/models/gemini-2.5-flash"),
        (f"{HOST}/v1alpha/", "models/gemini-2.5-flash", f"{HOST}/v1alpha/models/gemini-2.5-flash"),
        (HOST, "tunedModels/mine", f"{HOST}/v1beta/tunedModels/mine"),
        (VERTEX, "gemini-2.5-flash", f"{VERTEX}/models/gemini-2.5-flash"),
    ],
)
def test_where_it_goes(base_url: str, model: str, url: str) -> None:
    assert build(base_url=base_url, model=model).url == f"{url}:streamGenerateContent?alt=sse"
    assert build(base_url=base_url, model=model, stream=False).url == f"{url}:generateContent"


@pytest.mark.parametrize(
    ("base_url", "key"),
    [(HOST, {"x-goog-api-key": "key-1"}), (VERTEX, {"authorization": "Bearer key-1"})],
)
def test_what_the_key_is_called(base_url: str, key: dict[str, str]) -> None:
    assert build(base_url=base_url).headers == {"content-type": "application/json", **key}
    assert build(base_url=base_url, api_key=None).headers == {"content-type": "application/json"}


def test_what_is_extra_is_laid_over_it() -> None:
    request = build(extra_body={"cachedContent": "x"}, extra_headers={"x-goog-user-project": "p"})
    assert request.body == {"contents": [user(said("Hello"))], "cachedContent": "x"}
    assert request.headers["x-goog-user-project"] == "p"


def test_a_record_is_as_good_as_a_dict() -> None:
    assert build([Message(role="user", content="Hello")]).body == build().body


def test_a_conversation_has_a_message() -> None:
    with pytest.raises(BadRequestError, match="needs a message"):
        build([])
