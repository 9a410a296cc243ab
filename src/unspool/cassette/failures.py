"""The exceptions that end an exchange: how the stream ends with each, and what it says.

Their names are httpx's, which a cassette stores; other libraries' exceptions are known by their bases.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from unspool.cassette.model import End, Failure


class KnownFailure(NamedTuple):
    """One of httpx's exceptions.

    Attributes:
        end: how a stream ends with it.
        text: what it says, as httpcore has it.
        built_in: Python's own exception for the same, for sources that have no HTTP library.
    """

    end: End
    text: str
    built_in: type[OSError] = ConnectionResetError


FAILURES: dict[str, KnownFailure] = {
    "ConnectError": KnownFailure(End.RESET, "connection refused", ConnectionRefusedError),
    "ConnectTimeout": KnownFailure(End.READ_TIMEOUT, "timed out while connecting", TimeoutError),
    "ReadError": KnownFailure(End.RESET, "connection reset by peer"),
    "ReadTimeout": KnownFailure(End.READ_TIMEOUT, "the read operation timed out", TimeoutError),
    "RemoteProtocolError": KnownFailure(
        End.PROTOCOL_ERROR, "server disconnected without sending a response", ConnectionAbortedError
    ),
    "WriteError": KnownFailure(End.RESET, "broken pipe"),
}
"""By the exception's name."""

RAISED_AS: dict[End, str] = {
    End.READ_TIMEOUT: "ReadTimeout",
    End.PROTOCOL_ERROR: "RemoteProtocolError",
    End.RESET: "ReadError",
}
"""The exception that a client sees when a body ends so."""

CUT_OFF = Failure("RemoteProtocolError", "peer closed connection without sending complete message body")
"""A body that the server closed in the middle."""

_ENDS_OF_BASES = {
    "TimeoutException": End.READ_TIMEOUT,
    "ProtocolError": End.PROTOCOL_ERROR,
    "NetworkError": End.RESET,
    # urllib3's, aiohttp's and http.client's
    "NewConnectionError": End.RESET,  # which is a TimeoutError to urllib3
    "TimeoutError": End.READ_TIMEOUT,
    "HTTPException": End.PROTOCOL_ERROR,
    "PayloadEncodingError": End.PROTOCOL_ERROR,
    "ClientPayloadError": End.PROTOCOL_ERROR,
    "OSError": End.RESET,
    "ClientConnectionError": End.RESET,
}


def failure(name: str) -> Failure:
    """One of `FAILURES`, with its text."""
    return Failure(name, FAILURES[name].text)


def end_by_bases(names: Iterable[str]) -> End:
    """How a stream ends with an exception of any library, by the names of its class and its bases."""
    return next((_ENDS_OF_BASES[name] for name in names if name in _ENDS_OF_BASES), End.FAILED)
