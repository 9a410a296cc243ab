"""Nothing leaves this machine: `unspool_block_network` in `pyproject.toml`."""

from __future__ import annotations

import httpx
import pytest

import unspool


def test_without_a_cassette_the_network_is_blocked():
    with pytest.raises(unspool.NetworkBlockedError, match=r"api\.openai\.com"), unspool.block_network():
        httpx.get("https://api.openai.com/v1/models")
