"""The recordings to check: each interaction of cassettes and folders, decoded, with its wire format."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from unspool.cassette.content_coding import decoded
from unspool.cassette.model import Interaction, Response, header
from unspool.cassette.store import cassettes_in, load
from unspool.errors import CassetteFormatError
from unspool.faults.model_event import format_of_body
from unspool.providers import FORMATS
from unspool.providers.detect import format_of_exchange

RERECORDED = "rerecorded"
"""The word in the name of a file that `--rerecord` writes beside a cassette."""


@dataclass(frozen=True, slots=True)
class Recorded:
    """One interaction of a cassette.

    Attributes:
        path: the cassette's file.
        number: its place in the file, counted from 0.
        interaction: as recorded.
        response: with its body decompressed.
        wire_format: one of `FORMATS`; None if the request isn't a call to a model that is known.
    """

    path: Path
    number: int
    interaction: Interaction
    response: Response
    wire_format: str | None

    @property
    def file(self) -> str:
        """The file's name for reports."""
        return self.path.as_posix()

    @property
    def is_stream(self) -> bool:
        """Whether a whole stream of a known format was recorded."""
        if self.wire_format is None or self.response.status != 200:
            return False
        is_json = self.response.body.lstrip()[:1] in {b"{", b"["}
        return bool(self.response.body) and not (is_json and FORMATS[self.wire_format].framing == "sse")


def recordings_in(
    paths: Sequence[Path], unreadable: Callable[[Path, CassetteFormatError], None] | None = None
) -> Iterator[Recorded]:
    """Load the cassettes at these paths, files or folders; what `--rerecord` wrote is left out.

    Args:
        paths: files and folders.
        unreadable: called for a file that is no cassette, so that the others are still checked.

    Raises:
        CassetteNotFoundError: there is no such file.
        CassetteFormatError: a file isn't a cassette, and `unreadable` isn't given.
    """
    for path in dict.fromkeys(_files(paths)):
        try:
            yield from [recorded(path, *numbered) for numbered in enumerate(load(path).interactions)]
        except CassetteFormatError as error:
            if unreadable is None:
                raise
            unreadable(path, error)


def _files(paths: Iterable[Path]) -> Iterator[Path]:
    for path in paths:
        for file in cassettes_in(path):
            if not file.stem.endswith(f".{RERECORDED}"):
                yield file


def recorded(path: Path, number: int, interaction: Interaction) -> Recorded:
    """Decode an interaction's response, and find its format.

    Raises:
        CassetteFormatError: the body isn't in its content-encoding.
    """
    response = decoded(interaction.response)
    content_type = header(response.headers, "content-type")
    found = format_of_exchange(interaction.request.uri, content_type)
    if found not in FORMATS:
        found = format_of_body(response.body)
    return Recorded(path, number, interaction, response, found)


def beside(path: Path) -> Path:
    """Return the file that `--rerecord` writes beside a cassette: `chat.rerecorded.yaml` for `chat.yaml`."""
    return path.with_name(f"{path.stem}.{RERECORDED}{path.suffix}")
