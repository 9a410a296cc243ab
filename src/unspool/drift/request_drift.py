"""Request drift: what an application sends now beside what was recorded, from a run's misses.

The pytest plugin writes them with `--unspool-misses=FILE`: a JSON document with a list of misses, each as
`miss_of` makes it.
"""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from unspool.cassette.difference import Difference
from unspool.cassette.model import Request
from unspool.drift.environments import DriftError
from unspool.drift.findings import Finding

REQUESTS = "requests"
"""The subject of these findings."""

_INDEX = re.compile(r"\[\d+\]")
_ABSENT = "absent"
_MOST_TESTS = 50

Miss = Mapping[str, Any]


def miss_of(
    request: Request, places: Sequence[Difference] | None, *, test: str, cassette: str
) -> dict[str, Any]:
    """Return a request without a recording as plain data.

    Args:
        request: the request, redacted.
        places: where the nearest recording differs; None if the cassette has none.
        test: the test's id.
        cassette: its cassette's path.
    """
    fields = [{"where": one.where, "recorded": one.recorded, "came": one.came} for one in places or ()]
    return {
        "test": test,
        "cassette": cassette,
        "method": request.method,
        "uri": request.uri,
        "has_recording": places is not None,
        "fields": fields,
    }


def as_document(misses: Sequence[Miss]) -> str:
    """Write the misses of a run."""
    return json.dumps({"version": 1, "misses": list(misses)}, indent=1, ensure_ascii=False) + "\n"


def load_misses(path: Path) -> list[Miss]:
    """Load the misses of a run.

    Raises:
        DriftError: there is no such file, or it has another form.
    """
    try:
        document = json.loads(path.read_bytes())
        misses: list[Miss] = document["misses"]
        list(request_drift(misses))
    except FileNotFoundError as error:
        raise DriftError(f"there is no {path}: write it with `pytest --unspool-misses={path}`") from error
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise DriftError(f"expected {path} to be written by `pytest --unspool-misses={path}`") from error
    return misses


def request_drift(misses: Iterable[Miss]) -> Iterator[Finding]:
    """Yield a finding for each field in which a request differs from its nearest recording."""
    numbers: dict[str, int] = {}
    for miss in misses:
        cassette = miss["cassette"]
        number = numbers[cassette] = numbers.get(cassette, -1) + 1
        if not miss["has_recording"]:
            where = f"{miss['method']} {_address(miss['uri'])}"
            yield Finding(REQUESTS, "request-unrecorded", where, cassette, number, miss["test"])
        for one in miss["fields"]:
            where = _INDEX.sub("[*]", one["where"])
            yield Finding(REQUESTS, _rule(one), where, cassette, number, _detail(one))


def _address(uri: str) -> str:
    parts = urlsplit(uri)
    return f"{parts.netloc}{parts.path}"


def _rule(one: Mapping[str, str]) -> str:
    if one["recorded"] == _ABSENT:
        return "request-field-new"
    return "request-field-gone" if one["came"] == _ABSENT else "request-field-changed"


def _detail(one: Mapping[str, str]) -> str:
    if one["recorded"] == _ABSENT:
        return str(one["came"])
    return str(one["recorded"]) if one["came"] == _ABSENT else f"{one['recorded']}, now {one['came']}"


def how_to_record(misses: Iterable[Miss]) -> str:
    """Return the command that records the tests with misses again, and no others."""
    tests = sorted({miss["test"] for miss in misses if miss["test"]})
    if len(tests) > _MOST_TESTS:
        tests = sorted({test.partition("::")[0] for test in tests})
    return f"pytest {' '.join(map(shlex.quote, tests))} --unspool-record=rewrite"
