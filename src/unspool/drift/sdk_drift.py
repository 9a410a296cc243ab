"""Whether SDKs still read recordings: each stream through each SDK that reads its format."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from unspool.drift.environments import OWN_PROVIDER, READS, SDK
from unspool.drift.findings import RECORDING, Finding
from unspool.drift.recordings import Recorded
from unspool.drift.sdk_reading import compare, findings_of
from unspool.drift.streams import read_stream
from unspool.providers.detect import provider_at


def sdk_drift(recordings: Sequence[Recorded], sdks: Sequence[SDK]) -> Iterator[Finding]:
    """Yield what each SDK loses of each stream, and the streams that none of them reads.

    Args:
        recordings: those without a stream of a known format are passed over.
        sdks: the running SDKs.
    """
    for one in recordings:
        if one.is_stream and one.wire_format is not None:
            yield from _read(one, one.wire_format, [sdk for sdk in sdks if reads(sdk, one)])


def _read(one: Recorded, wire_format: str, readers: Sequence[SDK]) -> Iterator[Finding]:
    if not readers:
        yield _unread(one, wire_format)
        return
    stream = read_stream(wire_format, one.response.body)
    for sdk in readers:
        found = compare(stream, sdk.read(wire_format, stream.body))
        yield from findings_of(found, sdk.subject, one.file, one.number, wire_format)


def reads(sdk: SDK, one: Recorded) -> bool:
    """Whether an SDK's users would read this stream with it."""
    provider = OWN_PROVIDER.get(sdk.name)
    is_own = provider is None or provider_at(one.interaction.request.uri) == provider
    return is_own and one.wire_format in sdk.formats


def _unread(one: Recorded, wire_format: str) -> Finding:
    names = [name for name, formats in READS.items() if wire_format in formats]
    advice = f"install one: pip install {names[0]}" if names else "no official SDK reads this format"
    return Finding(RECORDING, "not-read", wire_format, one.file, one.number, advice, wire_format)
