"""Random interactions such as a cassette gives back: headers grouped by name, times rounded."""

from __future__ import annotations

from hypothesis import strategies as st

from unspool.cassette.model import (
    End,
    Failure,
    Headers,
    Interaction,
    NetworkChunk,
    Request,
    Response,
    Timeline,
)
from unspool.cassette.vcr_format import round_ms

_NAMES = st.from_regex(r"[A-Za-z][A-Za-z0-9-]{0,12}", fullmatch=True)
_VALUES = st.text(st.characters(codec="latin-1"), max_size=20) | st.sampled_from(
    ["no", "12", "*/*", "", "a: b"]
)
_SECONDS = st.floats(0, 100_000).map(round_ms)
_LINES = st.sampled_from(
    ["data: {}", "data: caf\u00e9", "", "  x", "event: a ", "---", "\ufeff", "\U0001f600", "\u2028"]
)
_ENDS = st.sampled_from(["\n", "\r\n", "\r", "\n\n"])
_STREAMS = st.tuples(_ENDS, st.lists(_LINES)).map(lambda both: both[0].join(both[1]))
BODIES = st.binary(max_size=40) | st.text(max_size=40).map(str.encode) | _STREAMS.map(str.encode)
_EXTRAS = st.dictionaries(
    _NAMES.map("x-{}".format), st.none() | st.integers() | st.text() | st.lists(st.text()), max_size=2
)


def _grouped(groups: dict[str, list[str]]) -> Headers:
    return tuple((name, value) for name, values in groups.items() for value in values)


_ONE_OF_EACH = st.dictionaries(_NAMES.map(str.lower), st.lists(_VALUES, min_size=1, max_size=1), max_size=4)
_SEVERAL = st.dictionaries(_NAMES, st.lists(_VALUES, min_size=1, max_size=3), max_size=4)

TIMELINES = st.builds(
    Timeline,
    chunks=st.lists(st.builds(NetworkChunk, st.integers(0, 10**6), _SECONDS), max_size=6).map(tuple),
    headers_at=st.none() | _SECONDS,
    recorded_at=st.none() | st.floats(0, 4e9).map(lambda seconds: round(seconds, 6)),
    http_version=st.sampled_from(["HTTP/1.1", "HTTP/2", "HTTP/1.0"]),
    end=st.sampled_from(End),
    ended_at=st.none() | _SECONDS,
    failure=st.none() | st.builds(Failure, _NAMES, st.text(max_size=20)),
)
INTERACTIONS = st.builds(
    Interaction,
    st.builds(
        Request, st.sampled_from(["GET", "POST"]), st.text(max_size=20), _ONE_OF_EACH.map(_grouped), BODIES
    ),
    st.builds(
        Response,
        st.integers(100, 599),
        st.sampled_from(["", "OK", "Not Found", "no"]),
        _SEVERAL.map(_grouped),
        BODIES,
        st.none() | TIMELINES,
        _EXTRAS,
    ),
    _EXTRAS,
)
