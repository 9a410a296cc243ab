"""Why a recorded body may no longer have the size that it had: tools that touch files, or a person's edit."""

from __future__ import annotations

import re

from unspool.cassette.model import Response, header, sizes_fit

_BLANK_LINE = re.compile(rb"\n\r?\n")
_ADVICE = (
    "Restore the file from version control and keep such tools off cassettes (.gitattributes: "
    "`*.yaml -text`); if the change is meant, delete the line `chunks` beside the body"
)


def explain_change(response: Response) -> str | None:
    """Explain that a body doesn't have its recorded size; None if it has, or if no size was recorded."""
    timeline = response.timeline
    if timeline is None or not timeline.chunks or sizes_fit(response):
        return None
    recorded = sum(chunk.size for chunk in timeline.chunks)
    return (
        f"the response's body has {len(response.body):,} bytes, {recorded:,} were recorded: "
        f"{_likely_cause(response, recorded)}. {_ADVICE}"
    )


def _likely_cause(response: Response, recorded: int) -> str:
    body, lost = response.body, recorded - len(response.body)
    lines = body.count(b"\n")
    if lost > 0 and _is_stream(response) and not _BLANK_LINE.search(body):
        return "a tool has probably removed its blank lines, which separate the events of a stream"
    if lines and lost == lines and b"\r" not in body:
        return "a tool has probably converted its line endings from CRLF to LF"
    if lines and -lost == body.count(b"\r\n"):
        return "a tool has probably converted its line endings from LF to CRLF"
    if 0 < lost <= max(lines, 1):
        return "a tool has probably collapsed its blank lines or trimmed its end"
    return "someone has edited it, or a tool has"


def _is_stream(response: Response) -> bool:
    return (header(response.headers, "content-type") or "").lower().startswith("text/event-stream")
