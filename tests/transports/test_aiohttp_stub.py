"""What aiohttp refuses to send, inside a cassette too."""

from __future__ import annotations

import asyncio
from pathlib import Path

import aiohttp
import pytest

from unspool import use_cassette


def test_data_and_json_are_refused_as_without_a_cassette(tmp_path: Path) -> None:
    async def ask() -> None:
        async with aiohttp.ClientSession() as session:
            await session.post("http://127.0.0.1:9/", data={"a": "1"}, json={"a": 1})

    with pytest.raises(ValueError, match="at the same time"), use_cassette(tmp_path / "a.yaml"):
        asyncio.run(ask())
