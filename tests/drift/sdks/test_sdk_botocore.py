from __future__ import annotations

import pytest
from tests.drift.sdks.streams import CONVERSE

from unspool.drift.sdks.sdk_botocore import readers

pytest.importorskip("botocore")


def test_a_conversation_is_read() -> None:
    seen = readers()["bedrock-converse"](CONVERSE)
    assert seen.error is None
    assert "messageStart" in seen.items[0]


def test_frames_with_a_wrong_checksum_are_an_error() -> None:
    assert readers()["bedrock-converse"](CONVERSE[:-1] + b"\0").error is not None
