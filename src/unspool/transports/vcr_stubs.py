"""requests, urllib3, http.client, botocore and httplib2, by vcrpy's stubs of their connections.

A stub holds a request back until its client asks for the response. Then a cassette answers as it answers
httpx, and the client's own HTTP library reads that response from a file (`http1`) in a socket's place: piece
by piece, at its times, with its failures. What is recorded passes through the same file as it arrives.

vcrpy swaps classes for the whole process, and puts the real ones back for a moment whenever a stub connects,
which other threads notice. Here nothing is put back, and the stubs serve all cassettes: each request goes to
the cassette of its task or thread.
"""

from __future__ import annotations

import functools
import http.client
import io
import socket
import sys
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from dataclasses import replace
from types import FunctionType, ModuleType
from typing import Any
from weakref import ref

from unspool.cassette.model import Response
from unspool.cassette.vcr_compat import from_vcr
from unspool.errors import CassetteError
from unspool.transports import active, aiohttp_stub, lm15_stub, network_guard, tornado_stub, vcr_insides
from unspool.transports.http1 import ResponseFile, as_httpx, as_httpx_response, fitted, socket_error
from unspool.transports.ignored import is_ignored, may_pass
from unspool.transports.patching import Installation, swap
from unspool.transports.playback import Playback, respond
from unspool.transports.vcr_deck import Deck

_GROUPS = ("httplib", "boto3", "urllib3", "httplib2")
"""vcrpy's names for the clients whose connections are stubs; requests is one of urllib3's."""


@contextmanager
def stubbed() -> Iterator[None]:
    """Install vcrpy's stubs inside the block; the first of several blocks installs them."""
    with _connections.in_use(), stubbed_async():
        yield


def stubbed_async() -> AbstractContextManager[None]:
    """Inside the block, the stubs of aiohttp, tornado and lm15 are in place. They let all else pass.

    A thread keeps them until it ends. It doesn't keep the stubs of connections: the guard stops late requests
    of those clients.
    """
    return _async_clients.in_use()


def _install(stack: ExitStack) -> None:
    """Put the stubs of connections in place until the last block ends.

    They are classes, and a class that is defined meanwhile derives from the stub for good, so they don't stay
    longer than a block. The stubs made for one block serve the next one too, as long as the attributes that
    they replace are what they were.
    """
    if not (_made and _made[0].fit()):
        for old in _made:
            old.undo()  # what another tool has put back after the block
        try:
            _made[:] = [_make_stubs()]
        except vcr_insides.VcrpyMovedError as error:  # httpx and httpx2 work without
            swap(stack, http.client.HTTPConnection, "putrequest", functools.partial(_refusing, error))
            return
    _made[0].put(stack)


def _refusing(error: CassetteError, original: Callable[..., Any]) -> Callable[..., Any]:
    """Let a request that needs a missing stub fail, instead of reaching the network."""

    def putrequest(self: Any, *args: Any, **kwargs: Any) -> Any:
        if active.playback() is not None and not network_guard.is_live():
            raise error
        return original(self, *args, **kwargs)

    return putrequest


class _Stubs:
    """The stubs of connections, what they replace, and what frees pools of them."""

    def __init__(self, replacements: Iterable[tuple[Any, str, Any]], removers: Sequence[Any]) -> None:
        self._places = [_Place(owner, name, new) for owner, name, new in replacements]
        self._removers = removers
        self._parts = vcr_insides.patching_parts()

    def fit(self) -> bool:
        """Whether no other tool has replaced anything since."""
        return self._parts == vcr_insides.patching_parts() and all(map(_Place.is_known, self._places))

    def put(self, stack: ExitStack) -> None:
        # Pools are freed of stubs after no new ones can be made, so these enter first.
        for remover in self._removers:
            stack.callback(vcr_insides.forget_pools, remover)
            stack.enter_context(remover)
        stack.callback(self.undo)
        for place in self._places:
            setattr(place.owner, place.name, place.stub)

    def undo(self) -> None:
        for place in reversed(self._places):
            place.undo()


class _Place:
    """An attribute of a client's module or class, and what replaces it."""

    __slots__ = ("_found", "_is_own", "name", "owner", "stub")

    def __init__(self, owner: Any, name: str, stub: Any) -> None:
        self.owner, self.name, self.stub = owner, name, stub
        self._found, self._is_own = getattr(owner, name, None), name in vars(owner)

    def is_known(self) -> bool:
        found = getattr(self.owner, self.name, None)
        return found is self._found or found is self.stub

    def undo(self) -> None:
        """Restore the original, unless another tool has replaced ours."""
        if getattr(self.owner, self.name, None) is not self.stub:
            return
        if self._is_own:
            setattr(self.owner, self.name, self._found)
        else:
            delattr(self.owner, self.name)


_made: list[_Stubs] = []
_connections = Installation({}, install=_install)
_async_clients = Installation(
    {
        "aiohttp": aiohttp_stub.swaps,
        **dict.fromkeys(tornado_stub.CLIENTS, tornado_stub.swaps),
        **dict.fromkeys(lm15_stub.MODULES, lm15_stub.swaps),
    }
)


def _make_stubs() -> _Stubs:
    patch, stubs = vcr_insides.patching(), vcr_insides.connection_stubs()
    patchers = [one for name in _GROUPS for one in vcr_insides.patchers(name, Deck())]
    removers = [patcher for patcher in patchers if isinstance(patcher, patch.ConnectionRemover)]
    swapped = [
        (patcher.getter(), patcher.attribute, patcher.new)
        for patcher in patchers
        if not isinstance(patcher, patch.ConnectionRemover)
    ]
    pinned = _pinned_methods((owner, name) for owner, name, _ in swapped)
    return _Stubs([*_changed_connections(patch, stubs), *pinned, *swapped], removers)


# Changes of vcrpy's connections


def _changed_connections(patch: ModuleType, stubs: ModuleType) -> Iterator[tuple[Any, str, Any]]:
    yield patch, "force_reset", _nothing_is_reset(patch.force_reset)
    connection = stubs.VCRConnection
    for name, make in (
        ("__init__", functools.partial(_init, connection)),
        ("connect", _connect),
        ("request", _request),
        ("getresponse", _getresponse),
    ):
        original = getattr(connection, name)
        yield connection, name, functools.wraps(original)(make(original))
    yield connection, "is_closed", property(_is_closed)


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
    """Connect lazily: a replay needs no connection."""

    def connect(self: Any, *args: Any, **kwargs: Any) -> None:
        self._deferred_connect = (args, kwargs)

    return connect


def _is_closed(stub: Any) -> bool:
    """Whether a connection needs to connect: urllib3 sets no read timeout on one that does."""
    return bool(stub.real_connection.is_closed and vars(stub).get("_sock") is None)


_OPTIONS = "_unspool_options"


def _request(original: Callable[..., None]) -> Callable[..., None]:
    """Store a client's options for its response, which the stub drops."""

    def request(
        self: Any, method: str, url: str, body: Any = None, headers: Any = None, **kwargs: Any
    ) -> None:
        vars(self)[_OPTIONS] = kwargs
        original(self, method, url, body, headers)
        vars(self)["_sock"] = _Unconnected(self.real_connection)

    return request


class _Unconnected:
    """The socket of a connection whose request is complete, and not sent yet."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection

    def settimeout(self, seconds: float | None) -> None:
        """Set the timeout of the wait for the response."""
        self._connection.timeout = seconds

    def setsockopt(self, *_: Any) -> None:
        """There are no options to set."""

    def close(self) -> None:
        """There is nothing to close."""

    def fileno(self) -> int:
        return -1


def _getresponse(_original: Callable[..., Any]) -> Callable[..., Any]:
    """Ask the cassette for a stub's request, and send it if necessary."""

    def getresponse(self: Any, *_: Any, **__: Any) -> Any:
        try:
            playback = active.playback()
            if playback is None or network_guard.is_live():
                return _sent(self, **_options(self))
            return _answered(self, playback.now())
        finally:
            vars(self)["_sock"] = None

    return getresponse


def _answered(stub: Any, playback: Playback) -> Any:
    """Return the response to a stub's request, parsed by its client's HTTP library from the cassette's
    answer.
    """
    request = stub._vcr_request
    if is_ignored(playback.cassette, request.uri) and may_pass(playback.cassette, request.uri):
        return _sent(stub, **_options(stub))
    asked = as_httpx(from_vcr(request), _patience(stub.real_connection))
    try:
        response = respond(replace(playback, fit=fitted), asked, functools.partial(_live, stub))
    except Exception as error:
        raise socket_error(error) or http.client.RemoteDisconnected(str(error)) from error
    return received(stub, ResponseFile(response, request.method, delimited=playback.breaker is not None))


def _options(connection: Any) -> dict[str, Any]:
    options: dict[str, Any] = vars(connection).get(_OPTIONS, {})
    return options


def _patience(connection: Any) -> float | None:
    """Return how many seconds without a byte the client waits."""
    seconds = connection.timeout
    return seconds if seconds is None or isinstance(seconds, int | float) else socket.getdefaulttimeout()


# To the network


def _sent(stub: Any, **options: Any) -> Any:
    """Send a stub's request by its real connection, whose response is returned."""
    real, request = stub.real_connection, stub._vcr_request
    with network_guard.live():
        if deferred := vars(stub).get("_deferred_connect"):
            stub._deferred_connect = None
            args, kwargs = deferred
            if real.sock is None:
                real.connect(*args, **kwargs)
        url, body = stub._url(request.uri), request.body_bytes
        real.request(method=request.method, url=url, body=body, headers=request.headers, **options)
        return real.getresponse()


def _live(stub: Any, _request: Any) -> Any:
    """Send a stub's request; the response is an httpx response, with a body that streams as it arrives."""
    options = _options(stub)
    if _is_urllib3s(options):
        options = {**options, "preload_content": False, "decode_content": False}
    shown = _sent(stub, **options)
    plain: http.client.HTTPResponse = getattr(shown, "_original_response", None) or shown
    head = Response(plain.status, plain.reason, tuple(plain.getheaders()), b"")
    return as_httpx_response(head, _LiveBody, plain, shown)


class _LiveBody:
    """The body of an `http.client` response, as it arrives.

    Args:
        response: that response.
        shown: the response that its client's library makes of it, which closes it when it's dropped.
    """

    def __init__(self, response: http.client.HTTPResponse, shown: Any) -> None:
        self._response, self._shown = response, shown

    def __iter__(self) -> Iterator[bytes]:
        while data := self._response.read1(_PIECE_BYTES):
            yield data
        if self._response.length:
            raise http.client.IncompleteRead(b"", self._response.length)

    def close(self) -> None:
        self._shown.close()


_PIECE_BYTES = 65_536


# To the client


def received(stub: Any, file: ResponseFile) -> Any:
    """Return the response that a stub's client reads from a file: urllib3's own, or that of `http.client`."""
    response = http.client.HTTPResponse(_Delivered(file), method=stub._vcr_request.method)  # type: ignore[arg-type]
    try:
        response.begin()
        return _of_urllib3(stub, response) if _is_urllib3s(_options(stub)) else response
    except BaseException:
        response.close()
        raise


def _is_urllib3s(options: Mapping[str, Any]) -> bool:
    """Whether a client of urllib3 2 has sent a request, whose connections return urllib3's responses."""
    return "preload_content" in options


def _of_urllib3(stub: Any, plain: http.client.HTTPResponse) -> Any:
    """Make urllib3's response from one of `http.client`, as its connections do."""
    urllib3: Any = sys.modules["urllib3"]
    asked, options = stub._vcr_request, _options(stub)
    made = urllib3.HTTPResponse(
        body=plain,
        headers=urllib3.HTTPHeaderDict(plain.msg.items()),
        status=plain.status,
        version=plain.version,
        reason=plain.reason,
        original_response=plain,
        request_method=asked.method,
        request_url=stub._url(asked.uri),
        **{name: options[name] for name in _SHAPING if name in options},
    )
    made.version_string = f"HTTP/{plain.version // 10}.{plain.version % 10}"
    made.release_conn = functools.partial(_release, ref(made))  # weakly: a dropped response closes itself
    return made


_SHAPING = ("preload_content", "decode_content", "enforce_content_length")
"""The options that urllib3 passes from a request to its response."""


def _release(weak: ref[Any]) -> None:
    """Like urllib3's `release_conn`; a connection that its cassette removed from the pool stays out."""
    response: Any = weak()
    connection = response._connection
    if connection is not None and vars(connection).get("_vcr_cassette_exited"):
        response._connection = None
        response._pool._put_conn(None)
        return
    type(response).release_conn(response)


class _Delivered:
    """The socket that a response is read from."""

    def __init__(self, file: ResponseFile) -> None:
        self._file = file

    def makefile(self, *_: Any, **__: Any) -> io.BufferedReader:
        return io.BufferedReader(self._file)


# Classes that find themselves by their names


def _pinned_methods(swapped: Iterable[tuple[Any, str]]) -> Iterator[tuple[type, str, Any]]:
    """Let methods of real classes, with `super(HTTPSConnection, self)` in them, still find the real ones."""
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
                    yield kind, name, _pinned(classes, method)


def _pinned(names: dict[str, type], function: FunctionType) -> Callable[..., Any]:
    """Return the function with the current values of these names."""
    known = _PinnedNames(function.__globals__, names)
    pinned = FunctionType(
        function.__code__, known, function.__name__, function.__defaults__, function.__closure__
    )
    pinned.__kwdefaults__ = function.__kwdefaults__
    return functools.wraps(function)(pinned)


class _PinnedNames(dict[str, Any]):
    """A module's names, of which some never change."""

    def __init__(self, module: dict[str, Any], names: dict[str, type]) -> None:
        super().__init__({"__builtins__": module["__builtins__"], **names})
        self._module = module

    def __missing__(self, name: str) -> Any:
        return self._module[name]
