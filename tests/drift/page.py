"""The page `docs/drift.md`: what releases of SDKs lose of streams. No recording's words are in it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from unspool.counts import counted
from unspool.drift.findings import RULES, Finding, Tier
from unspool.drift.reports import Row, rows_of

LEAST = 20
"""In how many streams of one release a note has to occur to have a row."""

_SAID = frozenset({"sdk-raises", "sdk-helper-raises"})
"""Rules whose detail is the SDK's own message. Others quote the recording."""

_INTRO = """# What SDKs drop

This is what `unspool drift --with …` ([how](how-to/drift.md)) reports over {streams} of models of {providers}
providers, in {formats} wire formats, as test recorders of public projects stored them. The recordings aren't
published; the page is made by

```bash
python -m tests.drift FOLDER --write
```

over a folder of recordings of your own, in the form that `tests/conformance/conftest.py` describes. Each
number is that of the streams in which a release shows the finding. The openai SDK reads all streams in its
formats, whichever provider sent them.
"""


@dataclass(frozen=True)
class Corpus:
    """What was read.

    Attributes:
        streams: how many streams there are.
        providers: of how many providers.
        formats: in how many wire formats.
    """

    streams: int
    providers: int
    formats: int


def page(corpus: Corpus, findings: Sequence[Finding], checked: Mapping[str, int]) -> str:
    """Write the page.

    Args:
        corpus: what was read.
        findings: what was found.
        checked: how many streams each release has read.
    """
    intro = _INTRO.format(
        streams=counted(corpus.streams, "stream", ","), providers=corpus.providers, formats=corpus.formats
    )
    names = dict.fromkeys(subject.partition(" ")[0] for subject in checked)
    sections = [line for name in names for line in _sdk(name, findings, checked)]
    return "\n".join([intro, *sections]).rstrip() + "\n"


def _sdk(name: str, findings: Sequence[Finding], checked: Mapping[str, int]) -> Iterator[str]:
    releases = [subject for subject in checked if subject.partition(" ")[0] == name]
    rows = [row for row in rows_of(findings) if row.name == name]
    losses = [row for row in rows if row.tier is not Tier.INFO]
    notes = [row for row in rows if row.tier is Tier.INFO]
    frequent = [row for row in notes if max(row.counts.values()) >= LEAST]
    changed = [row for row in notes if row not in frequent and _differs(row, releases)]
    yield f"## {name}"
    yield ""
    yield f"Each release read {counted(checked[releases[0]], 'stream', ',')}."
    yield ""
    yield from _table("Lost, or read otherwise", losses, releases)
    yield from _table(f"Not declared by its models, in {LEAST} streams or more", frequent, releases)
    yield from _table("Not declared, in fewer, where the releases differ", changed, releases)
    rest = len(notes) - len(frequent) - len(changed)
    yield f"Not in the tables, for each is in fewer than {LEAST} streams and the same in each release:"
    yield f"{counted(rest, 'note', ',')}."
    yield ""


def _differs(row: Row, releases: Sequence[str]) -> bool:
    return len({row.counts.get(release, 0) for release in releases}) > 1


def _table(title: str, rows: Sequence[Row], releases: Sequence[str]) -> Iterator[str]:
    if not rows:
        return
    yield f"### {title}"
    yield ""
    yield f"| {' | '.join(['rule', 'where', *releases])} |"
    yield f"| {' | '.join(['---', '---', *('---:' for _ in releases)])} |"
    for row in rows:
        counts = (f"{row.counts.get(release, 0)}" for release in releases)
        yield f"| {' | '.join([f'`{row.rule}`', _where(row), *counts])} |"
    yield ""
    for rule in dict.fromkeys(row.rule for row in rows):
        yield f"- `{rule}`: {RULES[rule][1]}"
    yield ""


def _where(row: Row) -> str:
    said = next((one.detail for one in row.findings if one.detail), "") if row.rule in _SAID else ""
    shown = f"`{row.where}`" if row.where else "the stream"
    _, _, message = said.partition(": ")
    return f"{shown}: {message}" if message else shown
