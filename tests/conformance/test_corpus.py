"""Every stream of a folder is checked, whatever its manifest says that it is."""

from __future__ import annotations

from pathlib import Path

from tests.conformance.corpus import WIRE_FORMATS, read_corpus, read_manifest

from unspool.providers import FORMATS


def test_the_formats_of_manifests_are_those_of_unspool() -> None:
    assert set(WIRE_FORMATS.values()) <= set(FORMATS)


def test_no_stream_of_the_manifest_is_left_out(streams: Path) -> None:
    rows = read_manifest(streams)
    assert {row["wire_format"] for row in rows} - set(WIRE_FORMATS) == set()
    assert [stream.name for stream in read_corpus(streams)] == [row["dir"] for row in rows]
