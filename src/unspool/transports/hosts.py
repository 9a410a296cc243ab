"""Match hosts against a list of allowed ones, each with or without a port.

api.example.com    that name
*.example.com      every name below it
re:api[0-9]+.test  every name that the regular expression matches as a whole
192.0.2.0/24       a network
[::1]:8080         one port of an address
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

LOOPBACK = frozenset({"localhost", "127.0.0.0/8", "::1"})
"""This machine."""

_UNSPECIFIED = {"": "127.0.0.1", "0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - to connect there is to connect to this machine

_EXPRESSION = "re:"


@dataclass(frozen=True, slots=True)
class _Entry:
    """An allowed host; without a port, all of its ports."""

    host: str | re.Pattern[str] | IPv4Network | IPv6Network
    port: str | None = None

    def allows(self, host: str, port: object) -> bool:
        if self.port is not None and port is not None and self.port != str(port):
            return False
        if isinstance(self.host, str):
            return self.host == host
        if isinstance(self.host, re.Pattern):
            return self.host.fullmatch(host) is not None
        address = _address(host)
        return address is not None and address in self.host


def is_allowed(host: str, port: object, allowed: frozenset[str]) -> bool:
    """Whether a host, a name or an address, is among the allowed; a port of None is any.

    Raises:
        ValueError: one of the allowed is no regular expression, though it is marked as one.
    """
    host = _UNSPECIFIED.get(host, host).lower().rstrip(".")
    return any(entry.allows(host, port) for entry in _entries(allowed))


def is_address(host: str) -> bool:
    """Whether it's an address, not a name that must be looked up."""
    return _address(host) is not None


def names_in(allowed: frozenset[str]) -> list[str]:
    """Return the plain names among the allowed hosts, such as can be looked up."""
    hosts = (entry.host for entry in _entries(allowed))
    return sorted(host for host in hosts if isinstance(host, str))


def _address(host: str) -> IPv4Address | IPv6Address | None:
    try:
        address = ip_address(host.partition("%")[0])
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return mapped or address


@cache
def _entries(allowed: frozenset[str]) -> tuple[_Entry, ...]:
    return tuple(map(_parse, allowed))


def _parse(text: str) -> _Entry:
    if text.startswith(_EXPRESSION):
        return _Entry(_compile(text))
    whole = _host(text)
    host, colon, port = text.rpartition(":")
    if isinstance(whole, IPv4Network | IPv6Network) or not colon or not port.isdecimal():
        return _Entry(whole)
    return _Entry(_host(host.strip("[]")), port)


def _compile(text: str) -> re.Pattern[str]:
    try:
        return re.compile(text.removeprefix(_EXPRESSION), re.IGNORECASE)
    except re.error as error:
        raise ValueError(
            f"expected a regular expression after {_EXPRESSION!r} in the allowed host {text!r}: {error}"
        ) from error


def _host(text: str) -> str | re.Pattern[str] | IPv4Network | IPv6Network:
    try:
        return ip_network(text, strict=False)
    except ValueError:
        name = text.lower().rstrip(".")
    return re.compile(rf"[^.].*{re.escape(name[1:])}") if name.startswith("*.") else name
