from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from unspool.cassette.difference import Difference
from unspool.cassette.model import Request
from unspool.drift.environments import DriftError
from unspool.drift.reports import rows_of
from unspool.drift.request_drift import as_document, how_to_record, load_misses, miss_of, request_drift

ASKED = Request("POST", "https://api.openai.com/v1/chat/completions")
NEW = Difference("body.store", "absent", "true")


def _miss(*places: Difference, test: str = "tests/test_a.py::test_b") -> dict[str, Any]:
    return miss_of(ASKED, places, test=test, cassette="a.yaml")


def test_each_field_is_new_gone_or_changed() -> None:
    places = (NEW, Difference("body.user", '"me"', "absent"), Difference("body.model", '"a"', '"b"'))
    found = [(one.rule, one.where, one.detail) for one in request_drift([_miss(*places)])]
    assert found == [
        ("request-field-new", "body.store", "true"),
        ("request-field-gone", "body.user", '"me"'),
        ("request-field-changed", "body.model", '"a", now "b"'),
    ]


def test_one_row_stands_for_the_same_field_in_all_tests() -> None:
    places = [Difference(f"body.messages[{place}].name", "absent", "1") for place in range(3)]
    [row] = rows_of(list(request_drift([_miss(place) for place in places])))
    assert (row.where, row.counts) == ("body.messages[*].name", {"requests": 3})


def test_a_request_to_an_address_without_recordings_is_named() -> None:
    [finding] = request_drift([miss_of(ASKED, None, test="t", cassette="a.yaml")])
    assert (finding.rule, finding.where) == ("request-unrecorded", "POST api.openai.com/v1/chat/completions")


def test_the_command_names_each_test_once() -> None:
    misses = [_miss(test="b.py::test[x y]"), _miss(test="a.py::test"), _miss(test="a.py::test")]
    assert how_to_record(misses) == "pytest a.py::test 'b.py::test[x y]' --unspool-record=rewrite"


def test_of_very_many_tests_the_command_names_the_files() -> None:
    assert (
        how_to_record(_miss(test=f"a.py::test[{n}]") for n in range(51))
        == "pytest a.py --unspool-record=rewrite"
    )


def test_misses_are_written_and_loaded(tmp_path: Path) -> None:
    path = tmp_path / "misses.json"
    path.write_text(as_document([_miss(NEW)]), "utf-8")
    assert load_misses(path) == [_miss(NEW)]


@pytest.mark.parametrize(
    "content", ["", "[]", "{}", json.dumps({"misses": [{}]}), json.dumps({"misses": [1]})]
)
def test_another_file_is_an_error(tmp_path: Path, content: str) -> None:
    path = tmp_path / "misses.json"
    path.write_text(content, "utf-8")
    with pytest.raises(DriftError, match=r"to be written by `pytest --unspool-misses="):
        load_misses(path)


def test_a_missing_file_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(DriftError, match=r"there is no .*misses\.json"):
        load_misses(tmp_path / "misses.json")
