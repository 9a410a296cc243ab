from __future__ import annotations

import pytest
from tests.drift.sdks.streams import MESSAGE

from unspool.drift.sdks.sdk_anthropic import readers

pytest.importorskip("anthropic")


def test_a_message_is_read_and_added_up() -> None:
    seen = readers()["anthropic-messages"](MESSAGE)
    assert (seen.error, seen.helper_error) == (None, None)
    assert seen.items[0]["type"] == "message_start"
    assert seen.result is not None
    assert seen.result["text"]
    assert seen.result["reasoning"]
