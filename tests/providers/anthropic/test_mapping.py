"""Where the parts of a message go that OpenAI's shape has no place for."""

from __future__ import annotations

import pytest
from tests.providers.anthropic.events import block, kept, start


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        ("web_search_tool_result", "web_search_results"),
        ("web_fetch_tool_result", "web_search_results"),
        ("bash_code_execution_tool_result", "tool_results"),
        ("tool_search_tool_result", "tool_results"),
        ("mcp_tool_result", "tool_results"),
        ("compaction", "compaction_blocks"),
        ("fallback", "other_blocks"),
        ("hologram", "other_blocks"),
    ],
)
def test_a_block_without_a_place_in_openai_s_shape_is_kept_as_it_is(kind: str, name: str) -> None:
    content = {"type": kind, "tool_use_id": "srvtoolu_1", "content": [{"type": "x", "data": "…"}]}
    assert kept(start(), *block(content)) == {name: [content]}
