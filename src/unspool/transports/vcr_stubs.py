"""requests, urllib3, http.client, botocore, httplib2, aiohttp and tornado: they go through vcrpy's own stubs.

That is with the fidelity that these allow: a body is read whole before the client gets any of it, recording
and replaying alike, so that a stream without end never begins, an error in the middle of one comes in its
place, and what is recorded has one chunk and no times. Streams as they were are to be had with httpx.

vcrpy swaps classes for the whole process, and puts the real ones back for a moment whenever a stub connects,
which other threads notice. Here nothing is put back, and the stubs serve all cassettes: their `Deck` leads
each request to the cassette of its task or thread.
"""

from __future__ import annotations

import functools
import http.client
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from importlib.metadata import PackageNotFoundError, version
from types import FunctionType, ModuleType
from typing import Any

from unspool.cassette.model import Response
from unspool.errors import CassetteError
from unspool.transports import active, aiohttp_stub, network_guard, tornado_stub, vcr_insides
from unspool.transports.patching import Installation, swap
from unspool.transports.vcr_deck import Asked, Deck, asked, fail


def _major_of_urllib3() -> str:
    """Its major version; empty where it isn't installed, as beside httpx alone."""
    try:
        return version("urllib3").partition(".")[0]
    except PackageNotFoundError:
        return ""


_DECKS = {
    "httplib": Deck(decodes=False),
    "boto3": Deck(decodes=False),
    # and with it requests; before urllib3 2 it decodes what a stub hands out
    "urllib3": Deck(decodes=_major_of_urllib3() != "1"),
    "httplib2": Deck(decodes=False),
}
"""vcrpy's names for the clients whose connections are stubs, with the deck of each.

Those that decode bodies themselves get them as they came; those whose stubs stand in for what decodes get
them decoded.
"""


@contextmanager
def stubbed() -> Iterator[None]:
    """Inside the block, vcrpy's stubs are in place; nested and at once, the first block puts them there."""
    with _connections.in_use(), stubbed_async():
        yield


def stubbed_async() -> AbstractContextManager[None]:
    """Inside the block, the stubs of aiohttp and tornado are in place, which pass on what has no cassette.

    A thread keeps them until it ends. It doesn't keep the stubs of connections, which read each body whole:
    the guard stops late requests of those clients.
    """
    return _async_clients.in_use()


def _install(stack: ExitStack) -> None:
    try:
        patch, stubs = vcr_insides.patching(), vcr_insides.connection_stubs()
        patchers = [one for name, deck in _DECKS.items() for one in vcr_insides.patchers(name, deck)]
    except vcr_insides.VcrpyMovedError as error:  # httpx and httpx2 work without
        swap(stack, http.client.HTTPConnection, "putrequest", functools.partial(_refusing, error))
    else:
        _install_connections(stack, patch, stubs, patchers)


def _install_async(stack: ExitStack) -> None:
    aiohttp_stub.install(stack)
    tornado_stub.install(stack)


def _refusing(error: CassetteError, original: Callable[..., Any]) -> Callable[..., Any]:
    """A request that needs a stub fails for want of one, instead of reaching the network."""

    def putrequest(self: Any, *args: Any, **kwargs: Any) -> Any:
        if active.playback() is not None and not network_guard.is_live():
            raise error
        return original(self, *args, **kwargs)

    return putrequest


def _install_connections(
    stack: ExitStack, patch: ModuleType, stubs: ModuleType, patchers: Iterable[Any]
) -> None:
    removers = [patcher for patcher in patchers if isinstance(patcher, patch.ConnectionRemover)]
    swaps = [patcher for patcher in patchers if not isinstance(patcher, patch.ConnectionRemover)]
    # Pools are freed of stubs when no new ones can come any more: the first to enter is the last to leave.
    for remover in removers:
        stack.enter_context(remover)
    _change_connections(stack, patch, stubs)
    _pin_classes(stack, [(swap_.getter(), swap_.attribute) for swap_ in swaps])
    for patcher in swaps:
        stack.enter_context(patcher)


_connections = Installation(_install)
_async_clients = Installation(_install_async)


# How vcrpy's connections are changed


def _change_connections(stack: ExitStack, patch: ModuleType, stubs: ModuleType) -> None:
    swap(stack, patch, "force_reset", _nothing_is_reset)
    swap(stack, stubs.VCRConnection, "__init__", functools.partial(_init, stubs.VCRConnection))
    swap(stack, stubs.VCRConnection, "connect", _connect)
    swap(stack, stubs.VCRConnection, "getresponse", _getresponse)


def _nothing_is_reset(_original: Callable[..., Any]) -> Callable[..., Any]:
    def force_reset() -> AbstractContextManager[None]:
        return nullcontext()

    return force_reset


_HTTPConnection = http.client.HTTPConnection
_HTTPSConnection = http.client.HTTPSConnection


def _init(connection: type, original: Callable[..., None]) -> Callable[..., None]:
    """httplib2's real connections call `http.client.HTTPConnection.__init__`, and mean the real one."""

    def init(self: Any, *args: Any, **kwargs: Any) -> None:
        if isinstance(self, connection):
            original(self, *args, **kwargs)
        elif isinstance(self, _HTTPSConnection):
            _HTTPSConnection.__init__(self, *args, **kwargs)
        else:
            _HTTPConnection.__init__(self, *args, **kwargs)

    return init


def _connect(_original: Callable[..., None]) -> Callable[..., None]:
    """Only who sends needs to be connected."""

    def connect(self: Any, *args: Any, **kwargs: Any) -> None:
        self._deferred_connect = (args, kwargs)

    return connect


def _getresponse(original: Callable[..., Any]) -> Callable[..., Any]:
    """The moment at which a stub sends, if it does."""

    def getresponse(self: Any, *args: Any, **kwargs: Any) -> Any:
        about = asked(self._vcr_request)
        try:
            with network_guard.live():
                if about.take is not None:
                    _notes_pieces(self.real_connection, about)
                return original(self, *args, **kwargs)
        except BaseException as error:
            fail(about, error)
            raise

    return getresponse


def _notes_pieces(connection: Any, about: Asked) -> None:
    """Have the next response of a connection record what it has received when it breaks off."""

    def response(*args: Any, **kwargs: Any) -> http.client.HTTPResponse:
        del connection.response_class
        made: http.client.HTTPResponse = connection.response_class(*args, **kwargs)
        vars(made)["read"] = functools.partial(_read, made, about)
        return made

    connection.response_class = response


def _read(response: http.client.HTTPResponse, about: Asked, _amount: int | None = None) -> bytes:
    """Read all of a body, as `HTTPResponse.read`, and record what has arrived if it breaks off."""
    at = about.seconds()
    came: list[tuple[bytes, float]] = []
    try:
        while data := response.read1(_PIECE_BYTES):
            came.append((data, about.seconds()))
        _check_length(response)
        about.wire[:] = b"".join(data for data, _ in came)
    except BaseException:
        head = Response(response.status, response.reason, tuple(response.getheaders()), b"")
        about.broken_off(head, at, came)
        raise
    return b"".join(data for data, _ in came)


def _check_length(response: http.client.HTTPResponse) -> None:
    if response.length:
        raise http.client.IncompleteRead(b"", response.length)


_PIECE_BYTES = 65_536


# Classes that find themselves by their names


def _pin_classes(stack: ExitStack, swapped: Iterable[tuple[Any, str]]) -> None:
    """Let methods of real classes, as `super(HTTPSConnection, self)` in them, go on finding the real ones."""
    real: dict[ModuleType, dict[str, type]] = defaultdict(dict)
    for owner, name in swapped:
        if isinstance(owner, ModuleType) and isinstance(getattr(owner, name, None), type):
            real[owner][name] = getattr(owner, name)
    for classes in real.values():
        for kind in set(classes.values()):
            for name, method in list(vars(kind).items()):
                if isinstance(method, FunctionType) and not classes.keys().isdisjoint(
                    method.__code__.co_names
                ):
                    swap(stack, kind, name, functools.partial(_pinned, classes))


def _pinned(names: dict[str, type], function: Callable[..., Any]) -> Callable[..., Any]:
    """The function, for which these names mean what they mean now."""
    assert isinstance(function, FunctionType)  # noqa: S101 - whoever swaps has looked
    active = {**function.__globals__, **names}
    pinned = FunctionType(
        function.__code__, active, function.__name__, function.__defaults__, function.__closure__
    )
    pinned.__kwdefaults__ = function.__kwdefaults__
    return pinned
