"""Send a request with httpx or httpx2: sync and async, side by side.

Each library is imported when it's needed; the transport passed by the caller decides which. A client that the
caller passed is used and left open; so is a transport.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from contextlib import AsyncExitStack, ExitStack, contextmanager
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from ssl import SSLContext
from types import ModuleType
from typing import Any

import anyio
from pydantic_core import from_json

from unspool.client.response import AsyncChunks, SyncChunks
from unspool.error_mapping import error_from_body, map_exception
from unspool.errors import APIConnectionError, APIResponseValidationError, ProviderError, UnspoolError
from unspool.pipeline import Chain
from unspool.providers import pipeline_for
from unspool.providers.request import HTTPRequest

DEFAULT_TIMEOUT = 600.0
"""The default timeout: seconds to connect, and seconds without a byte."""

_SHOWN = 500  # characters of an invalid response


@dataclass(frozen=True, slots=True)
class Connection:
    """How to send a request: client or transport, and timeout.

    Attributes:
        http_client: an httpx or httpx2 client, used and left open.
        transport: an httpx or httpx2 transport, used and left open; ignored if there is a client.
        timeout: seconds to connect, and without a byte; or an httpx `Timeout`. None: the client's own.
    """

    http_client: Any = None
    transport: Any = None
    timeout: Any = None


@dataclass(frozen=True, slots=True)
class Exchange:
    """A request, and how to read its response.

    Attributes:
        stream: whether to read the response as a stream of the `wire_format`, or whole, as JSON.
        model: for errors, like `provider`.
        sign: returns headers to add to the library's request, for a provider that requires a signature.
        pipeline: reads a stream's bytes; by default into chunks of the `wire_format`.
    """

    request: HTTPRequest
    connection: Connection
    wire_format: str
    stream: bool
    model: str
    provider: str
    sign: Callable[[Any], dict[str, str]] | None = None
    pipeline: Callable[[], Chain] | None = None

    def reader(self) -> Chain:
        """Return the pipeline of a stream: the call's own, else one to chunks of the `wire_format`."""
        return self.pipeline() if self.pipeline is not None else pipeline_for(self.wire_format)


@dataclass(frozen=True, slots=True)
class Reply:
    """A response: the chunks of a stream, else JSON. Header names are in lower case."""

    content: Any
    headers: dict[str, str]


@contextmanager
def mapped_errors(model: str, provider: str) -> Iterator[None]:
    """Map the exceptions of foreign code to LiteLLM's classes."""
    try:
        yield
    except ProviderError as error:
        map_exception(error, model=model, llm_provider=provider)  # which fills in missing details
        raise
    except UnspoolError:
        raise
    except Exception as error:
        raise map_exception(error, model=model, llm_provider=provider) from error


def send(exchange: Exchange) -> Reply:
    """Send a request.

    Raises:
        ProviderError: the provider sent an error or an invalid response, or couldn't be reached.
        TypeError: the client or the transport is an async one.
    """
    with ExitStack() as stack:
        client = _sync_client(exchange.connection, stack)
        with mapped_errors(exchange.model, exchange.provider):
            response = client.send(_build(client, exchange), stream=True)
            stack.callback(response.close)
            if _makes_no_sense(response, exchange):
                raise _refusal(response, response.read(), exchange)
            if not exchange.stream:
                return Reply(_parsed(response, response.read(), exchange), dict(response.headers))
            return Reply(
                SyncChunks(response, exchange.reader(), stack.pop_all().close), dict(response.headers)
            )


async def asend(exchange: Exchange) -> Reply:
    """Like `send`, for async clients and transports, on asyncio and on trio."""
    async with AsyncExitStack() as stack:
        client = _async_client(exchange.connection, stack)
        with mapped_errors(exchange.model, exchange.provider):
            response = await client.send(_build(client, exchange), stream=True)
            stack.push_async_callback(_aclose, response)
            if _makes_no_sense(response, exchange):
                raise _refusal(response, await response.aread(), exchange)
            if not exchange.stream:
                return Reply(_parsed(response, await response.aread(), exchange), dict(response.headers))
            return Reply(
                AsyncChunks(response, exchange.reader(), stack.pop_all().aclose), dict(response.headers)
            )


async def _aclose(resource: Any) -> None:
    """Close a response or client, in a cancelled task too."""
    with anyio.CancelScope(shield=True):
        await resource.aclose()


def _sync_client(connection: Connection, stack: ExitStack) -> Any:
    if connection.http_client is not None:
        if inspect.iscoroutinefunction(connection.http_client.send):
            raise TypeError("completion() needs a sync http_client, got an async one; await acompletion()")
        return connection.http_client
    if connection.transport is not None:
        if not hasattr(connection.transport, "handle_request"):
            raise TypeError("completion() needs a transport with handle_request(); await acompletion()")
        return _library_of(connection.transport).Client(transport=connection.transport)
    return stack.enter_context(import_module("httpx").Client(verify=_tls(), follow_redirects=True))


def _async_client(connection: Connection, stack: AsyncExitStack) -> Any:
    if connection.http_client is not None:
        if not inspect.iscoroutinefunction(connection.http_client.send):
            raise TypeError("acompletion() needs an async http_client, got a sync one; use completion()")
        return connection.http_client
    if connection.transport is not None:
        if not hasattr(connection.transport, "handle_async_request"):
            raise TypeError("acompletion() needs a transport with handle_async_request(); use completion()")
        return _library_of(connection.transport).AsyncClient(transport=connection.transport)
    client = import_module("httpx").AsyncClient(verify=_tls(), follow_redirects=True)
    stack.push_async_callback(_aclose, client)
    return client


@cache
def _tls() -> SSLContext:
    """Return the SSL context of all calls: reading the certificates takes longer than many a test."""
    context: SSLContext = import_module("httpx").create_ssl_context()
    return context


def _library_of(transport: Any) -> ModuleType:
    """Return httpx2 for a transport of httpx2, otherwise httpx, also for an adapter of neither library."""
    packages = {cls.__module__.partition(".")[0] for cls in type(transport).__mro__}
    return import_module("httpx2" if "httpx2" in packages else "httpx")


def _build(client: Any, exchange: Exchange) -> Any:
    request, connection = exchange.request, exchange.connection
    keeps_its_own = connection.timeout is None and connection.http_client is not None
    built = client.build_request(
        request.method,
        request.url,
        headers=request.headers,
        json=request.body or None,
        extensions={} if keeps_its_own else {"timeout": time_limits(connection.timeout)},
    )
    if exchange.sign is not None:
        built.headers.update(exchange.sign(built))
    return built


def time_limits(timeout: Any) -> dict[str, float | None]:
    """Return the parts of a timeout, in seconds: plain data, so that either library's `Timeout` works."""
    if hasattr(timeout, "as_dict"):
        limits: dict[str, float | None] = timeout.as_dict()
        return limits
    seconds = DEFAULT_TIMEOUT if timeout is None else float(timeout)
    return dict.fromkeys(("connect", "read", "write", "pool"), seconds)


def _makes_no_sense(response: Any, exchange: Exchange) -> bool:
    """Return the error for an error status, or for a web page instead of a stream: a wrong base URL, a login,
    a proxy.

    Other types are accepted, because servers send streams as `application/json` and without a type.
    """
    return response.status_code >= 300 or (exchange.stream and _media_type(response) == "text/html")


def _refusal(response: Any, data: bytes, exchange: Exchange) -> ProviderError:
    text = data.decode("utf-8", "replace")
    details = {
        "response": response,
        "request": response.request,
        "headers": dict(response.headers),
        "model": exchange.model,
        "llm_provider": exchange.provider,
    }
    if response.status_code >= 300:
        return error_from_body(_json_or_text(data), status=response.status_code, **details)
    return APIConnectionError(_unexpected("a stream", response, text), body=text, **details)


def _json_or_text(data: bytes) -> Any:
    try:
        return from_json(data)
    except ValueError:
        return data.decode("utf-8", "replace").strip()


def _parsed(response: Any, data: bytes, exchange: Exchange) -> dict[str, Any]:
    body = _json_or_text(data)
    if isinstance(body, dict):
        return body
    raise APIResponseValidationError(
        _unexpected("a JSON object", response, str(body)),
        body=body,
        response=response,
        model=exchange.model,
        llm_provider=exchange.provider,
    )


def _unexpected(wanted: str, response: Any, text: str) -> str:
    return (
        f"expected {wanted} from {response.request.url}, got {_media_type(response) or 'no content type'}"
        f" {text[:_SHOWN]!r}; check base_url, and any proxy on the way"
    )


def _media_type(response: Any) -> str:
    kind: str = response.headers.get("content-type", "")
    return kind.partition(";")[0].strip().lower()
