from __future__ import annotations

import pytest

from unspool.errors import LiteLLMUnknownProvider
from unspool.providers import FORMATS, WireFormat, builder_for, normalizer_for, reader_for
from unspool.wire.sse import SSEDecoder


@pytest.mark.parametrize("name", sorted(FORMATS))
def test_all_that_the_table_names_is_there(name: str) -> None:
    known = FORMATS[name]

    assert callable(normalizer_for(name).feed)
    assert known.request is None or callable(builder_for(name))
    assert known.response is None or callable(reader_for(name))


def test_a_format_that_can_only_be_read_says_which_ones_can_be_asked_in(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(FORMATS, "heard-only", WireFormat("heard-only", SSEDecoder, "nowhere:Nobody"))

    for look_up in (builder_for, reader_for):
        with pytest.raises(LiteLLMUnknownProvider, match=r"'heard-only' .* one is for: anthropic-messages"):
            look_up("heard-only")


def test_an_unknown_format_is_refused() -> None:
    with pytest.raises(LiteLLMUnknownProvider, match="unknown wire format 'smoke signals'"):
        builder_for("smoke signals")
