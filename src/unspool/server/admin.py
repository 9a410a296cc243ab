"""The addresses under `/__unspool/`: health, requests, reset, scenarios, pauses, metrics."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

from unspool.cassette.model import Headers, Request, header
from unspool.errors import UnspoolError
from unspool.server.app import ADMIN, App

Response = tuple[int, Headers, bytes]

_JSON: Headers = (("content-type", "application/json"), ("cache-control", "no-store"))
_OWN_HOSTS = frozenset({"127.0.0.1", "localhost", "[::1]"})


class Refused(Exception):  # noqa: N818 - a response, not an error of ours
    """An invalid admin request.

    Attributes:
        status: the HTTP status of the response.
    """

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


class Admin:
    """The handler of admin requests.

    Args:
        load: loads a scenario from its JSON object.
        has_one_memory: whether this process sees all requests; with several workers it doesn't.
    """

    def __init__(self, load: Callable[[dict[str, Any]], None], *, has_one_memory: bool = True) -> None:
        self._load = load
        self._has_one_memory = has_one_memory

    def __call__(self, app: App, request: Request) -> Response:
        """The response to a request under `/__unspool/`."""
        try:
            self._check(app, request)
            return self._routed(app, request)
        except Refused as refused:
            return _json(refused.status, {"error": str(refused)})
        except (UnspoolError, ValueError) as error:
            return _json(400, {"error": str(error)})

    def _check(self, app: App, request: Request) -> None:
        """Reject requests of web pages, which a browser lets send requests to this machine."""
        if header(request.headers, "origin") is not None or header(request.headers, "sec-fetch-site"):
            raise Refused(403, "expected no request of a web page: the admin addresses are for tools")
        host = (header(request.headers, "host") or "").rsplit(":", 1)[0].lower()
        if app.token is None and host not in _OWN_HOSTS:
            raise Refused(403, f"expected the host 127.0.0.1 or localhost, got {host!r}")
        if not app.admits(request):
            raise Refused(401, "expected the server's token, as in `Authorization: Bearer TOKEN`")

    def _routed(self, app: App, request: Request) -> Response:
        parts = urlsplit(request.uri)
        name = parts.path.removeprefix(ADMIN)
        route = _ROUTES.get((request.method, name))
        if route is None:
            known = ", ".join(f"{method} {ADMIN}{one}" for method, one in _ROUTES)
            raise Refused(404, f"there is no {request.method} {parts.path}; the addresses are {known}")
        if name in _NEED_ONE_MEMORY and not self._has_one_memory:
            raise Refused(409, f"{name} needs one process: start the server without --workers")
        return route(self, app, {**_query(parts.query), **_object(request.body)})

    # Routes

    def health(self, _app: App, _fields: dict[str, Any]) -> Response:
        """Say that the server runs."""
        return _json(200, {"status": "ok"})

    def requests(self, app: App, _fields: dict[str, Any]) -> Response:
        """List the latest requests."""
        journal = app.journal
        entries = [entry.as_json() for entry in journal.entries]
        counts = dict(journal.outcomes)
        return _json(200, {"requests": entries, "outcomes": counts, "waiting": app.gate.waiting})

    def reset(self, app: App, _fields: dict[str, Any]) -> Response:
        """Reset the playback and the journal."""
        app.reset()
        return _json(200, {"status": "reset"})

    def scenario(self, app: App, fields: dict[str, Any]) -> Response:
        """Load other recordings, a script or a fault, and reset."""
        self._load(fields)
        app.journal.clear()
        return _json(200, {"status": "loaded"})

    def pause(self, app: App, fields: dict[str, Any]) -> Response:
        """Hold streams after a number of pieces."""
        try:
            after = int(fields.get("after", 0))
        except (TypeError, ValueError):
            raise Refused(400, f"expected `after` to be a number, got {fields['after']!r}") from None
        app.gate.pause(max(after, 0))
        return _json(200, {"status": "paused", "after": max(after, 0)})

    def release(self, app: App, _fields: dict[str, Any]) -> Response:
        """Release held streams."""
        waiting = app.gate.waiting
        app.gate.release()
        return _json(200, {"status": "released", "released": waiting})

    def metrics(self, app: App, _fields: dict[str, Any]) -> Response:
        """Return the counts in Prometheus's format."""
        try:
            from prometheus_client import CollectorRegistry  # noqa: PLC0415 - an extra
            from prometheus_client.exposition import (  # noqa: PLC0415 - as above
                CONTENT_TYPE_LATEST,
                generate_latest,
            )
        except ImportError:
            raise Refused(501, "metrics need prometheus-client: pip install 'unspool[server]'") from None
        registry = CollectorRegistry()
        registry.register(_Counts(app))
        return 200, (("content-type", CONTENT_TYPE_LATEST),), generate_latest(registry)


_ROUTES: dict[tuple[str, str], Callable[[Admin, App, dict[str, Any]], Response]] = {
    ("GET", "health"): Admin.health,
    ("GET", "ready"): Admin.health,  # the server listens only once its recordings are loaded
    ("GET", "requests"): Admin.requests,
    ("POST", "reset"): Admin.reset,
    ("POST", "scenario"): Admin.scenario,
    ("POST", "pause"): Admin.pause,
    ("POST", "release"): Admin.release,
    ("GET", "metrics"): Admin.metrics,
}
_NEED_ONE_MEMORY = frozenset({"requests", "reset", "scenario", "pause", "release", "metrics"})


class _Counts:
    """The journal's counts, as a Prometheus collector."""

    def __init__(self, app: App) -> None:
        self._app = app

    def collect(self) -> Iterator[Any]:
        """Yield the metrics."""
        from prometheus_client.core import (  # noqa: PLC0415 - an extra
            CounterMetricFamily,
            GaugeMetricFamily,
        )

        journal = self._app.journal
        responses = CounterMetricFamily(
            "unspool_responses", "Responses that have ended, by outcome.", labels=["outcome"]
        )
        for outcome, count in sorted(journal.outcomes.items()):
            responses.add_metric([outcome], count)
        yield responses
        yield CounterMetricFamily("unspool_pieces", "Pieces of bodies that were sent.", value=journal.pieces)
        yield CounterMetricFamily("unspool_body_bytes", "Bytes of bodies that were sent.", value=journal.size)
        yield GaugeMetricFamily(
            "unspool_held_streams", "Streams held by a pause.", value=self._app.gate.waiting
        )


def _query(text: str) -> dict[str, Any]:
    return {name: values[-1] for name, values in parse_qs(text).items()}


def _object(body: bytes) -> dict[str, Any]:
    if not body:
        return {}
    try:
        found = json.loads(body)
    except ValueError as error:
        raise Refused(400, f"expected a JSON object: {error}") from None
    if not isinstance(found, dict):
        raise Refused(400, f"expected a JSON object, got {type(found).__name__}")
    return found


def _json(status: int, document: object) -> Response:
    return status, _JSON, json.dumps(document, ensure_ascii=False).encode() + b"\n"
