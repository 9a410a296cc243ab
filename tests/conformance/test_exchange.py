"""The wire format that a recorded stream's URL and content type tell, beside the manifest's."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.conformance.conftest import NO_FOLDER
from tests.conformance.corpus import read_manifest

from unspool.providers.detect import format_of_exchange

OUR_NAME = {"azure-openai-chat": "openai-chat", "mistral-chat": "openai-chat"}


def test_the_url_tells_the_wire_format_of_every_stream(pytestconfig: pytest.Config) -> None:
    folder = pytestconfig.getoption("--streams")
    if not folder:
        pytest.skip(NO_FOLDER)
    told = 0
    for row in read_manifest(Path(folder)):
        meta = json.loads((Path(folder) / row["dir"] / "meta.json").read_bytes())
        url = (meta.get("request") or {}).get("uri")
        if url:
            expected = OUR_NAME.get(row["wire_format"], row["wire_format"])
            assert format_of_exchange(url, meta.get("content_type")) == expected, row["dir"]
            told += 1
    assert told
