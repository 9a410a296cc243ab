"""Headers of a body that was kept decoded, as most tools but Unspool keep it."""

from __future__ import annotations

from unspool.cassette.content_coding import sized
from unspool.cassette.model import Headers


def decoded_headers(headers: Headers, body: bytes) -> Headers:
    """The headers without a content-encoding, and with the length that the body has now, if they tell one."""
    return sized(tuple(pair for pair in headers if pair[0].lower() != "content-encoding"), len(body))
