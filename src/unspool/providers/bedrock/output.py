"""OpenAI's `response_format` as Converse's `outputConfig`.

https://docs.aws.amazon.com/bedrock/latest/userguide/structured-output.html
"""

from __future__ import annotations

import json
from typing import Any

from unspool.providers.payload import JSON


def output_config(response_format: JSON) -> JSON:
    """A JSON schema for the answer; LiteLLM makes a tool of it for models that it thinks don't know this."""
    if response_format.get("type") != "json_schema":
        return {}
    wanted = response_format["json_schema"]
    described = {key: wanted[key] for key in ("name", "description") if wanted.get(key)}
    schema = {"schema": json.dumps(_closed(wanted.get("schema") or {})), **described}
    return {"outputConfig": {"textFormat": {"type": "json_schema", "structure": {"jsonSchema": schema}}}}


def _closed(schema: Any) -> Any:
    """The schema with `additionalProperties: false` on each object, which Bedrock demands."""
    if isinstance(schema, list):
        return [_closed(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    closed = {key: _closed(value) for key, value in schema.items()}
    return {**closed, "additionalProperties": False} if _is_open(schema) else closed


def _is_open(schema: JSON) -> bool:
    return schema.get("type") == "object" and "additionalProperties" not in schema
