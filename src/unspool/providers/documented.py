"""The error for an event that isn't shaped as its provider documents."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from unspool.errors import MalformedEventError
from unspool.wire.event import WireEvent


@contextmanager
def documented(event: WireEvent, what: str, page: str) -> Iterator[None]:
    """While the event is read: what its reader, or pydantic, finds wrong with it as the error to raise.

    Args:
        what: which event it is, such as `an OpenAI 'error' event`.
        page: where it's documented.

    Raises:
        MalformedEventError: instead of what comes of reading JSON that has a list where an object should be,
            and the like.
    """
    try:
        yield
    except (AttributeError, LookupError, TypeError, ValueError) as error:
        raise MalformedEventError(
            f"{what} isn't shaped as documented ({error}); compare it with {page}", data=event.data
        ) from error
