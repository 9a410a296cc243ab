"""Nothing leaves this machine: `unspool_block_network` in `pyproject.toml`."""

from __future__ import annotations

import openai
import pytest
from chat import chat
from chat_agent import openai_backend


def test_without_a_cassette_the_network_is_blocked():
    client = openai.OpenAI(api_key="none", max_retries=0)
    with pytest.raises(pytest.fail.Exception, match=r"api\.openai\.com"):
        chat(openai_backend(client), "Hello!")
