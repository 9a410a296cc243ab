from __future__ import annotations

import re
from pathlib import Path

import pytest

from unspool.errors import LiteLLMUnknownProvider
from unspool.providers import FORMATS, WireFormat, builder_for, normalizer_for, reader_for


@pytest.mark.parametrize("name", sorted(FORMATS))
def test_all_that_the_table_names_is_there(name: str) -> None:
    known = FORMATS[name]

    assert callable(normalizer_for(name).feed)
    assert known.request is None or callable(builder_for(name))
    assert known.response is None or callable(reader_for(name))


def test_a_format_that_can_only_be_read_says_which_ones_can_be_asked_in(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(
        FORMATS, "heard-only", WireFormat("heard-only", "sse", "nowhere:Nobody", "nowhere:NOTHING", None)
    )

    for look_up in (builder_for, reader_for):
        with pytest.raises(LiteLLMUnknownProvider, match=r"'heard-only' .* one is for: anthropic-messages"):
            look_up("heard-only")


def test_an_unknown_format_is_refused() -> None:
    with pytest.raises(LiteLLMUnknownProvider, match="unknown wire format 'smoke signals'"):
        builder_for("smoke signals")


def test_the_docs_list_every_format_and_whether_it_is_asked_in() -> None:
    page = (Path(__file__).parents[2] / "docs" / "providers.md").read_text("utf-8")
    rows = re.findall(r"^\| `([a-z0-9-]+)` \| [^|]+ \| ?(✓?) ?\| [^|]+ \|$", page, re.MULTILINE)
    assert dict(rows) == {name: "✓" if known.request else "" for name, known in FORMATS.items()}
