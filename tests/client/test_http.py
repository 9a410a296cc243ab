"""What a client makes of the status and the type of a response."""

from __future__ import annotations

import pytest
from tests.loopback import Answer, serve

import unspool

ASK = [{"role": "user", "content": "How are you?"}]


def ask(answer: Answer, *, stream: bool) -> unspool.ProviderError:
    with serve({"/chat/completions": answer}) as server, pytest.raises(unspool.ProviderError) as caught:
        list(unspool.completion("openai/m", ASK, stream=stream, base_url=server.url, api_key="any"))
    return caught.value


@pytest.mark.parametrize("stream", [True, False], ids=["stream", "whole"])
@pytest.mark.parametrize("status", [300, 304, 399])
def test_a_redirect_that_leads_nowhere_is_an_error_with_its_status(status: int, *, stream: bool) -> None:
    body = {} if status == 304 else {"error": {"message": "choose one"}}

    assert ask(Answer.json(body, status), stream=stream).status_code == status


def test_a_web_page_is_no_stream() -> None:
    page = Answer([b"<html>Log in</html>"], headers={"content-type": "text/html; charset=utf-8"})

    error = ask(page, stream=True)

    assert isinstance(error, unspool.APIConnectionError)
    assert "Log in" in str(error)
