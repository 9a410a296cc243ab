"""Which hosts a list of allowed ones means: names, addresses, networks, each with a port or without."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

LOOPBACK = frozenset({"localhost", "127.0.0.0/8", "::1"})
"""This machine."""

_UNSPECIFIED = {"": "127.0.0.1", "0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - whoever connects there means this machine


@dataclass(frozen=True, slots=True)
class _Entry:
    """One of the allowed; without a port, all of its ports."""

    host: str | IPv4Network | IPv6Network
    port: str | None = None

    def allows(self, host: str, port: object) -> bool:
        if self.port is not None and port is not None and self.port != str(port):
            return False
        if isinstance(self.host, str):
            return self.host == host
        address = _address(host)
        return address is not None and address in self.host


def is_allowed(host: str, port: object, allowed: frozenset[str]) -> bool:
    """Whether a host, a name or an address, is among the allowed; a port of None is any."""
    host = _UNSPECIFIED.get(host, host).lower().rstrip(".")
    return any(entry.allows(host, port) for entry in _entries(allowed))


def is_address(host: str) -> bool:
    """Whether it's an address, and no name that must be looked up."""
    return _address(host) is not None


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
    whole = _host(text)
    host, colon, port = text.rpartition(":")
    if not isinstance(whole, str) or not colon or not port.isdecimal():
        return _Entry(whole)
    return _Entry(_host(host.strip("[]")), port)


def _host(text: str) -> str | IPv4Network | IPv6Network:
    try:
        return ip_network(text, strict=False)
    except ValueError:
        return text.lower().rstrip(".")
