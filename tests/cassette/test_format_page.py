"""docs/cassette-format.md shows a cassette: it's one, and it's what we would write."""

from __future__ import annotations

import re
from pathlib import Path

from unspool.cassette.file_format import dumps, loads
from unspool.cassette.model import End, header, sizes_fit

PAGE = Path(__file__).parents[2] / "docs" / "cassette-format.md"


def example() -> bytes:
    found = re.search(r"^```yaml\n(.*?)^```$", PAGE.read_text("utf-8"), re.DOTALL | re.MULTILINE)
    assert found
    return found[1].encode()


def test_the_example_is_what_we_would_write() -> None:
    assert dumps(loads(example(), name="example")) == example()


def test_its_sizes_add_up() -> None:
    (interaction,) = loads(example(), name="example").interactions
    assert sizes_fit(interaction.response)
    assert header(interaction.request.headers, "authorization") is None


def test_the_page_names_every_end() -> None:
    for end in End:
        assert f"`{end.value}`" in PAGE.read_text("utf-8")
