"""`response_format` as Converse's `outputConfig`."""

from __future__ import annotations

import json

from tests.providers.bedrock.asking import body

from unspool.providers.payload import JSON

POINT: JSON = {
    "type": "object",
    "properties": {"x": {"type": "number"}, "tags": {"type": "array", "items": {"type": "object"}}},
    "required": ["x"],
}


def test_a_schema_is_closed_and_sent_as_text() -> None:
    asked = {"type": "json_schema", "json_schema": {"name": "point", "schema": POINT, "strict": True}}

    text_format = body(response_format=asked)["outputConfig"]["textFormat"]

    assert text_format["type"] == "json_schema"
    wanted = text_format["structure"]["jsonSchema"]
    assert wanted["name"] == "point"
    schema = json.loads(wanted["schema"])
    assert schema["additionalProperties"] is False
    assert schema["properties"]["tags"]["items"]["additionalProperties"] is False
    assert "additionalProperties" not in POINT


def test_plain_text_needs_no_output_config() -> None:
    assert "outputConfig" not in body(response_format={"type": "text"})
